//! An executor on a thread of its own, with a timeout for each result.
//!
//! Graphics drivers take seconds to start, hang, and lose their devices. The caller gets a result or an error in time. A
//! thread that a driver holds is abandoned and gets no more inputs.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, TryRecvError, sync_channel};
use std::time::Duration;

use flow_platform::background_task::{BackgroundTask, TaskConfig, ThreadCounts};

use crate::error::ModelError;
use crate::executor::{Executor, Outputs};

/// Longest time that dropping a worker waits for its thread.
const JOIN_TIMEOUT: Duration = Duration::from_millis(100);

/// The worker threads of this module.
pub(crate) static THREADS: ThreadCounts = ThreadCounts::new();

/// Makes an executor, on the worker's thread.
pub(crate) type Make = Box<dyn FnOnce() -> Result<Box<dyn Executor>, ModelError> + Send>;

/// The progress of a worker's start.
#[derive(Debug, PartialEq)]
pub(crate) enum Start {
    /// The executor is being made.
    Pending,
    /// The executor can run.
    Ready,
    /// The executor could not be made.
    Failed(ModelError),
}

/// An executor on another thread.
pub(crate) struct WorkerExecutor {
    started: Receiver<Result<(), ModelError>>,
    /// None after an error. Dropping it ends the thread.
    inputs: Option<SyncSender<Vec<f32>>>,
    outputs: Receiver<Result<Vec<Outputs>, ModelError>>,
    timeout: Duration,
    /// None if the system could not start the thread. Then all channels are closed, which is an error to the caller.
    task: Option<BackgroundTask<()>>,
}

fn ended() -> ModelError {
    ModelError::new("its thread ended")
}

impl WorkerExecutor {
    /// Starts the thread; `timeout` is the longest time of a run.
    pub(crate) fn start(make: Make, timeout: Duration) -> Self {
        let (start_sender, started) = sync_channel(1);
        let (inputs, input_receiver) = sync_channel::<Vec<f32>>(1);
        let (output_sender, outputs) = sync_channel(1);
        let config = TaskConfig {
            join_timeout: JOIN_TIMEOUT,
            counts: &THREADS,
            ..TaskConfig::new("flow gpu")
        };
        let task = BackgroundTask::spawn(config, move |_| {
            serve(make, &start_sender, &input_receiver, output_sender);
        });
        Self {
            started,
            inputs: Some(inputs),
            outputs,
            timeout,
            task: task.ok(),
        }
    }

    /// The progress of the start since the last call.
    pub(crate) fn poll(&mut self) -> Start {
        match self.started.try_recv() {
            Ok(Ok(())) => Start::Ready,
            Ok(Err(error)) => Start::Failed(error),
            Err(TryRecvError::Empty) => Start::Pending,
            Err(TryRecvError::Disconnected) => Start::Failed(ended()),
        }
    }
}

/// Makes the executor and runs it until the inputs end or it panics.
fn serve(
    make: Make,
    start: &SyncSender<Result<(), ModelError>>,
    inputs: &Receiver<Vec<f32>>,
    outputs: SyncSender<Result<Vec<Outputs>, ModelError>>,
) {
    let mut executor = match make() {
        Ok(executor) => {
            let _ = start.send(Ok(()));
            executor
        }
        Err(error) => {
            let _ = start.send(Err(error));
            return;
        }
    };
    while let Ok(mel) = inputs.recv() {
        let run = catch_unwind(AssertUnwindSafe(|| executor.run(&mel)));
        if !run.is_ok_and(|result| outputs.send(result).is_ok()) {
            break;
        }
    }
    // The caller sees the closed channel before the driver takes its time to release the executor.
    drop(outputs);
    // The executor is not dropped while a panic unwinds: a second panic would abort the process.
    drop(executor);
}

impl Executor for WorkerExecutor {
    fn run(&mut self, mel: &[f32]) -> Result<Vec<Outputs>, ModelError> {
        let inputs = self.inputs.as_ref().ok_or_else(ended)?;
        inputs.try_send(mel.to_vec()).map_err(|_| ended())?;
        let result = self.outputs.recv_timeout(self.timeout);
        if !matches!(result, Ok(Ok(_))) {
            // A late result would be taken for that of the next input.
            self.inputs = None;
        }
        match result {
            Ok(result) => result,
            Err(RecvTimeoutError::Disconnected) => Err(ended()),
            Err(RecvTimeoutError::Timeout) => {
                if let Some(task) = &mut self.task {
                    task.abandon();
                }
                let ms = self.timeout.as_millis();
                Err(ModelError::new(format!("no answer within {ms} ms")))
            }
        }
    }
}

impl Drop for WorkerExecutor {
    /// Ends the inputs, so that the task can join its thread.
    fn drop(&mut self) {
        self.inputs = None;
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
    use std::sync::mpsc::{Sender, channel};
    use std::thread;
    use std::time::Instant;

    use super::*;

    /// Long enough for a busy machine.
    const LONG: Duration = Duration::from_secs(20);

    /// Returns its input, after each `release` or at once without one.
    struct Echo {
        release: Option<Receiver<()>>,
    }

    impl Executor for Echo {
        fn run(&mut self, mel: &[f32]) -> Result<Vec<Outputs>, ModelError> {
            if let Some(release) = &self.release {
                let _ = release.recv();
            }
            Ok(vec![vec![mel.to_vec()]])
        }
    }

    fn hanging_worker() -> (WorkerExecutor, Sender<()>) {
        let (sender, release) = channel();
        let echo = Echo {
            release: Some(release),
        };
        let make: Make = Box::new(|| Ok(Box::new(echo)));
        (
            WorkerExecutor::start(make, Duration::from_millis(20)),
            sender,
        )
    }

    fn wait_for_start(worker: &mut WorkerExecutor) -> Start {
        loop {
            match worker.poll() {
                Start::Pending => thread::yield_now(),
                other => return other,
            }
        }
    }

    #[test]
    fn run_in_time_returns_outputs() {
        let make: Make = Box::new(|| Ok(Box::new(Echo { release: None })));
        let mut worker = WorkerExecutor::start(make, LONG);
        assert_eq!(wait_for_start(&mut worker), Start::Ready);
        assert_eq!(worker.run(&[1.0, 2.0]).unwrap(), [[[1.0, 2.0]]]);
        assert_eq!(worker.run(&[3.0]).unwrap(), [[[3.0]]]);
    }

    #[test]
    fn run_on_hanging_driver_fails_after_timeout_and_abandons_thread_until_it_ends() {
        let (mut worker, release) = hanging_worker();
        let before = THREADS.abandoned_running();
        let error = worker.run(&[1.0]).unwrap_err().to_string();
        assert!(error.contains("no answer within 20 ms"), "{error}");
        assert_eq!(THREADS.abandoned_running(), before + 1);
        // Later runs fail at once.
        assert_eq!(worker.run(&[1.0]).unwrap_err(), ended());
        drop(worker);
        drop(release);
        let begin = Instant::now();
        while THREADS.abandoned_running() > before {
            assert!(begin.elapsed() < LONG);
            thread::yield_now();
        }
    }

    #[test]
    fn start_that_hangs_fails_or_panics_gives_error() {
        let (release, held) = channel::<()>();
        let hanging: Make = Box::new(move || {
            let _ = held.recv();
            Err(ModelError::new("too late"))
        });
        let mut worker = WorkerExecutor::start(hanging, Duration::from_millis(20));
        assert_eq!(worker.poll(), Start::Pending);
        worker.run(&[1.0]).unwrap_err();
        drop(worker);
        drop(release);
        let failing: Make = Box::new(|| Err(ModelError::new("no driver")));
        let mut worker = WorkerExecutor::start(failing, LONG);
        let failed = Start::Failed(ModelError::new("no driver"));
        assert_eq!(wait_for_start(&mut worker), failed);
        let panicking: Make = Box::new(|| panic!("on purpose"));
        let mut worker = WorkerExecutor::start(panicking, LONG);
        assert_eq!(wait_for_start(&mut worker), Start::Failed(ended()));
        worker.run(&[1.0]).unwrap_err();
    }

    thread_local! {
        static LAST: std::cell::Cell<Option<SlowDrop>> = const { std::cell::Cell::new(None) };
    }

    /// A thread-local value with a slow destructor.
    struct SlowDrop(Arc<AtomicBool>);

    impl Drop for SlowDrop {
        fn drop(&mut self) {
            // Long enough for a thread that doesn't wait to go on. A number of yields would take minutes on a busy machine.
            let begin = Instant::now();
            while begin.elapsed() < Duration::from_millis(50) {
                thread::yield_now();
            }
            self.0.store(true, Relaxed);
        }
    }

    #[test]
    fn drop_waits_for_destructors_of_thread_local_values() {
        let has_ended = Arc::new(AtomicBool::new(false));
        let value = SlowDrop(has_ended.clone());
        let make: Make = Box::new(move || {
            LAST.set(Some(value));
            Err(ModelError::new("no driver"))
        });
        let mut worker = WorkerExecutor::start(make, LONG);
        wait_for_start(&mut worker);
        drop(worker);
        assert!(has_ended.load(Relaxed));
    }

    /// Panics like wgpu with a lost device: in the run, and again when it is dropped.
    struct LostDevice;

    impl Executor for LostDevice {
        fn run(&mut self, _: &[f32]) -> Result<Vec<Outputs>, ModelError> {
            panic!("on purpose")
        }
    }

    impl Drop for LostDevice {
        fn drop(&mut self) {
            panic!("on purpose, again")
        }
    }

    #[test]
    fn panics_of_run_and_drop_give_error_without_abort() {
        let mut worker = WorkerExecutor::start(Box::new(|| Ok(Box::new(LostDevice))), LONG);
        assert_eq!(wait_for_start(&mut worker), Start::Ready);
        assert_eq!(worker.run(&[1.0]).unwrap_err(), ended());
    }
}
