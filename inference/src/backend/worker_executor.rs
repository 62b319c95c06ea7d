//! An executor on a thread of its own, which others wait for only so long.
//!
//! Drivers take seconds to start, hang, and are lost. Whoever asks here gets an answer or an error in time; a thread that a
//! driver holds is left behind, its image pinned, and never asked again.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, TryRecvError, sync_channel};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use crate::error::ModelError;
use crate::executor::{Executor, Outputs};

/// How long whoever lets go waits for the thread.
const JOIN_TIMEOUT: Duration = Duration::from_millis(100);

/// Threads that had to be left behind, and that drivers still hold.
pub(crate) static ABANDONED_THREADS: AtomicUsize = AtomicUsize::new(0);

/// Makes an executor.
pub(crate) type Make = Box<dyn FnOnce() -> Result<Box<dyn Executor>, ModelError> + Send>;

/// How far it has got.
#[derive(Debug, PartialEq)]
pub(crate) enum Start {
    /// Not yet known.
    Pending,
    /// It can be asked.
    Ready,
    /// It can't, and never will.
    Failed(ModelError),
}

/// An executor elsewhere.
pub(crate) struct WorkerExecutor {
    started: Receiver<Result<(), ModelError>>,
    questions: Option<SyncSender<Vec<f32>>>,
    answers: Receiver<Result<Vec<Outputs>, ModelError>>,
    timeout: Duration,
    thread: Option<JoinHandle<()>>,
    abandoned: bool,
    /// Set when the thread ends and when it is left behind: whoever comes second knows of the other.
    parted: Arc<AtomicBool>,
}

impl WorkerExecutor {
    /// Its thread is held by a driver: the code that it runs has to stay where it is.
    fn abandon(&mut self) {
        if !self.abandoned {
            self.abandoned = true;
            let pinned = flow_platform::module_pin::pin();
            if self.parted.swap(true, Relaxed) {
                return;
            }
            let count = ABANDONED_THREADS.fetch_add(1, Relaxed) + 1;
            log::warn!("left {count} threads to drivers that hold them, image pinned: {pinned}");
        }
    }
}

impl Drop for WorkerExecutor {
    /// Waits a moment for its thread, which ends when nobody can ask it any more.
    fn drop(&mut self) {
        self.questions = None;
        let begin = Instant::now();
        while self.thread.as_ref().is_some_and(|t| !t.is_finished()) {
            if begin.elapsed() > JOIN_TIMEOUT {
                self.abandon();
                return;
            }
            thread::sleep(Duration::from_millis(1));
        }
        if let Some(thread) = self.thread.take() {
            // It has left our code but for the end of its thread. It catches panics; what one of them would say is lost.
            let _ = thread.join();
        }
    }
}

/// Makes an executor and has it answer, until nobody asks any more or it panics.
fn serve(
    make: Make,
    tell_start: &SyncSender<Result<(), ModelError>>,
    asked: &Receiver<Vec<f32>>,
    answer: SyncSender<Result<Vec<Outputs>, ModelError>>,
) {
    let mut executor = match make() {
        Ok(executor) => {
            let _ = tell_start.send(Ok(()));
            executor
        }
        Err(e) => {
            let _ = tell_start.send(Err(e));
            return;
        }
    };
    while let Ok(mel) = asked.recv() {
        let run = catch_unwind(AssertUnwindSafe(|| executor.run(&mel)));
        if !run.is_ok_and(|answered| answer.send(answered).is_ok()) {
            break;
        }
    }
    // Who waits is told that there is no answer before a driver takes its time.
    drop(answer);
    // Here and not while a panic unwinds: another one would then end the process.
    drop(executor);
}

impl WorkerExecutor {
    /// Starts its thread; `timeout` is how long an answer may take.
    pub(crate) fn start(make: Make, timeout: Duration) -> Self {
        let (tell_start, started) = sync_channel(1);
        let (questions, asked) = sync_channel::<Vec<f32>>(1);
        let (answer, answers) = sync_channel(1);
        let parted = Arc::new(AtomicBool::new(false));
        let of_thread = parted.clone();
        let spawned = thread::Builder::new()
            .name("flow gpu".into())
            .spawn(move || {
                let serve = move || serve(make, &tell_start, &asked, answer);
                // Whoever asks sees its channels closed.
                let _ = catch_unwind(AssertUnwindSafe(serve));
                if of_thread.swap(true, Relaxed) {
                    ABANDONED_THREADS.fetch_sub(1, Relaxed);
                }
            });
        Self {
            started,
            questions: Some(questions),
            answers,
            timeout,
            // Without a thread all channels are closed, which is an error for whoever asks.
            thread: spawned.ok(),
            abandoned: false,
            parted,
        }
    }

    /// Whether it has started since it was last asked this; doesn't wait.
    pub(crate) fn poll(&mut self) -> Start {
        match self.started.try_recv() {
            Ok(Ok(())) => Start::Ready,
            Ok(Err(e)) => Start::Failed(e),
            Err(TryRecvError::Empty) => Start::Pending,
            Err(TryRecvError::Disconnected) => Start::Failed(ModelError::new("its thread ended")),
        }
    }
}

impl Executor for WorkerExecutor {
    fn run(&mut self, mel: &[f32]) -> Result<Vec<Outputs>, ModelError> {
        let gone = || ModelError::new("its thread ended");
        let questions = self.questions.as_ref().ok_or_else(gone)?;
        questions.try_send(mel.to_vec()).map_err(|_| gone())?;
        match self.answers.recv_timeout(self.timeout) {
            Ok(Ok(outputs)) => Ok(outputs),
            Ok(Err(e)) => {
                self.questions = None;
                Err(e)
            }
            Err(RecvTimeoutError::Disconnected) => {
                self.questions = None;
                Err(gone())
            }
            Err(RecvTimeoutError::Timeout) => {
                // Its late answer would be taken for the next question's.
                self.questions = None;
                self.abandon();
                let ms = self.timeout.as_millis();
                Err(ModelError::new(format!("no answer within {ms} ms")))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Slow(Duration);

    impl Executor for Slow {
        fn run(&mut self, mel: &[f32]) -> Result<Vec<Outputs>, ModelError> {
            thread::sleep(self.0);
            Ok(vec![vec![mel.to_vec()]])
        }
    }

    fn remote(delay_ms: u64) -> WorkerExecutor {
        let slow = Slow(Duration::from_millis(delay_ms));
        WorkerExecutor::start(
            Box::new(move || Ok(Box::new(slow) as _)),
            Duration::from_millis(200),
        )
    }

    fn started(remote: &mut WorkerExecutor) -> Start {
        loop {
            match remote.poll() {
                Start::Pending => thread::sleep(Duration::from_millis(1)),
                other => return other,
            }
        }
    }

    #[test]
    fn what_answers_in_time_is_like_any_other() {
        let mut remote = remote(1);
        assert_eq!(started(&mut remote), Start::Ready);
        assert_eq!(remote.run(&[1.0, 2.0]).unwrap(), [[[1.0, 2.0]]]);
        assert_eq!(remote.run(&[3.0]).unwrap(), [[[3.0]]]);
    }

    #[test]
    fn a_driver_that_hangs_for_two_seconds_is_left_behind() {
        let mut remote = remote(2000);
        let before = ABANDONED_THREADS.load(Relaxed);
        let begin = Instant::now();
        assert!(
            remote
                .run(&[1.0])
                .unwrap_err()
                .to_string()
                .contains("no answer within 200 ms")
        );
        assert!(begin.elapsed() < Duration::from_millis(1000));
        assert!(ABANDONED_THREADS.load(Relaxed) > before);
        // From now on at once.
        let begin = Instant::now();
        remote.run(&[1.0]).unwrap_err();
        drop(remote);
        assert!(begin.elapsed() < Duration::from_millis(400));
    }

    #[test]
    fn starts_that_hang_fail_or_panic_are_no_ones_concern() {
        let make: Make = Box::new(|| {
            thread::sleep(Duration::from_secs(2));
            Err(ModelError::new("too late"))
        });
        let mut remote = WorkerExecutor::start(make, Duration::from_millis(50));
        assert_eq!(remote.poll(), Start::Pending);
        remote.run(&[1.0]).unwrap_err();
        drop(remote);
        let failing: Make = Box::new(|| Err(ModelError::new("no driver")));
        let mut remote = WorkerExecutor::start(failing, Duration::from_millis(50));
        assert_eq!(
            started(&mut remote),
            Start::Failed(ModelError::new("no driver"))
        );
        let panicking: Make = Box::new(|| panic!("on purpose"));
        let mut remote = WorkerExecutor::start(panicking, Duration::from_millis(50));
        assert!(matches!(started(&mut remote), Start::Failed(_)));
        remote.run(&[1.0]).unwrap_err();
    }

    thread_local! {
        static LAST: std::cell::Cell<Option<Late>> = const { std::cell::Cell::new(None) };
    }

    /// Goes when its thread's values do, after a while.
    struct Late(Arc<AtomicBool>);

    impl Drop for Late {
        fn drop(&mut self) {
            thread::sleep(Duration::from_millis(50));
            self.0.store(true, Relaxed);
        }
    }

    #[test]
    fn its_thread_has_ended_to_the_last_when_it_is_let_go() {
        let ended = Arc::new(AtomicBool::new(false));
        let of_thread = ended.clone();
        let make: Make = Box::new(move || {
            LAST.set(Some(Late(of_thread)));
            Err(ModelError::new("no driver"))
        });
        drop(WorkerExecutor::start(make, Duration::from_millis(200)));
        assert!(ended.load(Relaxed));
    }

    /// As wgpu does where a device is lost: what it holds panics too when it goes.
    struct Lost;

    impl Executor for Lost {
        fn run(&mut self, _: &[f32]) -> Result<Vec<Outputs>, ModelError> {
            panic!("on purpose")
        }
    }

    impl Drop for Lost {
        fn drop(&mut self) {
            panic!("on purpose, again")
        }
    }

    #[test]
    fn a_panic_after_a_panic_does_not_end_the_process() {
        let mut remote = WorkerExecutor::start(
            Box::new(|| Ok(Box::new(Lost) as _)),
            Duration::from_secs(10),
        );
        assert_eq!(started(&mut remote), Start::Ready);
        let said = remote.run(&[1.0]).unwrap_err();
        assert_eq!(said, ModelError::new("its thread ended"));
    }

    #[test]
    fn a_thread_that_its_driver_lets_go_is_held_no_more() {
        let mut remote = remote(1500);
        let before = ABANDONED_THREADS.load(Relaxed);
        remote.run(&[1.0]).unwrap_err();
        assert_eq!(ABANDONED_THREADS.load(Relaxed), before + 1);
        let begin = Instant::now();
        while ABANDONED_THREADS.load(Relaxed) > before {
            assert!(begin.elapsed() < Duration::from_secs(10));
            thread::sleep(Duration::from_millis(1));
        }
    }
}
