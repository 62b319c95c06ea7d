//! Work on a thread of its own that can be canceled and polled, and that is joined within a bounded time.

use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed};
use std::sync::mpsc::{Receiver, TryRecvError, channel};
use std::sync::{Arc, Mutex};
use std::task::Poll;
use std::thread::{self, JoinHandle};
use std::time::Duration;

use crate::clock::Clock;
use crate::flags::{FLAGS, Flag};
use crate::mutex::lock;
use crate::{module_pin, priority};

/// How a task runs and how it is joined.
#[derive(Clone, Debug)]
pub struct TaskConfig {
    /// Name of the thread, for debuggers and the log.
    pub name: &'static str,
    /// Longest time that dropping the task waits for its thread.
    pub join_timeout: Duration,
    /// Where the thread is counted.
    pub counts: &'static ThreadCounts,
    /// Measures `join_timeout`.
    pub clock: Clock,
}

impl TaskConfig {
    /// The configuration of a task of the user interface: 500 ms for the join.
    #[must_use]
    pub fn new(name: &'static str) -> Self {
        static COUNTS: ThreadCounts = ThreadCounts::new();
        Self {
            name,
            join_timeout: Duration::from_millis(500),
            counts: &COUNTS,
            clock: Clock::System,
        }
    }
}

/// Counts the threads of one kind of task in this module.
#[derive(Debug, Default)]
pub struct ThreadCounts {
    running: AtomicUsize,
    abandoned: AtomicUsize,
    abandoned_running: AtomicUsize,
}

impl ThreadCounts {
    /// All zeros.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            running: AtomicUsize::new(0),
            abandoned: AtomicUsize::new(0),
            abandoned_running: AtomicUsize::new(0),
        }
    }

    /// `[any]` Threads that run, abandoned ones included.
    #[must_use]
    pub fn running(&self) -> usize {
        self.running.load(Relaxed)
    }

    /// `[any]` Threads that were ever abandoned.
    #[must_use]
    pub fn abandoned(&self) -> usize {
        self.abandoned.load(Relaxed)
    }

    /// `[any]` Threads that were abandoned and still run.
    #[must_use]
    pub fn abandoned_running(&self) -> usize {
        self.abandoned_running.load(Relaxed)
    }
}

/// Tells the work that its result is no longer needed.
#[derive(Clone, Debug, Default)]
pub struct CancelToken(Arc<AtomicBool>);

impl CancelToken {
    /// `[any]` Whether the work should end soon.
    #[must_use]
    pub fn is_canceled(&self) -> bool {
        self.0.load(Relaxed)
    }
}

/// A running task. Dropping it cancels the work and joins the thread; a thread that doesn't end in time is abandoned.
#[derive(Debug)]
pub struct BackgroundTask<T> {
    config: TaskConfig,
    result: Mutex<Receiver<T>>,
    token: CancelToken,
    /// None once it is joined.
    thread: Option<JoinHandle<()>>,
    is_abandoned: bool,
    /// Set when the thread ends and when it is abandoned, so that the second of the two knows of the first.
    has_ended_or_is_abandoned: Arc<AtomicBool>,
}

impl<T: Send + 'static> BackgroundTask<T> {
    /// Starts the work on a thread of low priority.
    ///
    /// # Errors
    ///
    /// If the system can't start a thread.
    pub fn spawn(
        config: TaskConfig,
        work: impl FnOnce(&CancelToken) -> T + Send + 'static,
    ) -> io::Result<Self> {
        let (sender, result) = channel();
        let token = CancelToken::default();
        let has_ended_or_is_abandoned = Arc::new(AtomicBool::new(false));
        let counts = config.counts;
        counts.running.fetch_add(1, Relaxed);
        let (work_token, ended) = (token.clone(), has_ended_or_is_abandoned.clone());
        let body = move || {
            if FLAGS.is_on(Flag::Scheduler) {
                priority::lower();
            }
            // A panic shows as a missing result.
            let outcome = catch_unwind(AssertUnwindSafe(|| work(&work_token)));
            counts.running.fetch_sub(1, Relaxed);
            if ended.swap(true, Relaxed) {
                counts.abandoned_running.fetch_sub(1, Relaxed);
            }
            if let Ok(value) = outcome {
                // The receiver is gone if the task was abandoned.
                let _ = sender.send(value);
            }
        };
        let thread = thread::Builder::new()
            .name(config.name.into())
            .spawn(body)
            .inspect_err(|_| {
                counts.running.fetch_sub(1, Relaxed);
            })?;
        Ok(Self {
            config,
            result: Mutex::new(result),
            token,
            thread: Some(thread),
            is_abandoned: false,
            has_ended_or_is_abandoned,
        })
    }

    /// The result, once it is there; `None` if the work panicked.
    pub fn poll(&self) -> Poll<Option<T>> {
        match lock(&self.result).try_recv() {
            Ok(result) => Poll::Ready(Some(result)),
            Err(TryRecvError::Empty) => Poll::Pending,
            Err(TryRecvError::Disconnected) => Poll::Ready(None),
        }
    }
}

impl<T> BackgroundTask<T> {
    /// Asks the work to end soon.
    pub fn cancel(&self) {
        self.token.0.store(true, Relaxed);
    }

    /// Whether the thread has ended.
    #[must_use]
    pub fn is_finished(&self) -> bool {
        self.thread.as_ref().is_none_or(JoinHandle::is_finished)
    }

    /// Gives the thread up. Its code stays loaded until the process ends.
    pub fn abandon(&mut self) {
        if std::mem::replace(&mut self.is_abandoned, true) {
            return;
        }
        let is_pinned = module_pin::pin();
        if self.has_ended_or_is_abandoned.swap(true, Relaxed) {
            return;
        }
        let TaskConfig { name, counts, .. } = &self.config;
        counts.abandoned.fetch_add(1, Relaxed);
        let count = counts.abandoned_running.fetch_add(1, Relaxed) + 1;
        log::warn!(
            "the thread \"{name}\" does not end; {count} abandoned threads run, module pinned: {is_pinned}"
        );
    }
}

impl<T> Drop for BackgroundTask<T> {
    /// Waits for the thread within the timeout, because a host may unload the code next.
    fn drop(&mut self) {
        self.cancel();
        let TaskConfig {
            join_timeout,
            clock,
            ..
        } = self.config.clone();
        let begin_ns = clock.now_ns();
        while !self.is_finished() {
            if u128::from(clock.now_ns() - begin_ns) > join_timeout.as_nanos() {
                self.abandon();
                return;
            }
            clock.sleep(Duration::from_millis(1));
        }
        if let Some(thread) = self.thread.take() {
            // Only the destructors of its thread-local values are left.
            let _ = thread.join();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use super::*;
    use crate::clock::ManualClock;

    const NAME: &str = "test";

    fn wait<T: Send + 'static>(task: &BackgroundTask<T>) -> Option<T> {
        let begin = Instant::now();
        loop {
            if let Poll::Ready(result) = task.poll() {
                return result;
            }
            assert!(begin.elapsed() < Duration::from_secs(240));
            thread::yield_now();
        }
    }

    #[test]
    fn poll_after_end_returns_result_and_none_after_panic() {
        let task = BackgroundTask::spawn(TaskConfig::new(NAME), |_| 7).unwrap();
        assert_eq!(wait(&task), Some(7));
        let panics = |_: &CancelToken| -> u8 { panic!("on purpose") };
        let task = BackgroundTask::spawn(TaskConfig::new(NAME), panics).unwrap();
        assert_eq!(wait(&task), None);
    }

    #[test]
    fn drop_of_cancelable_work_joins_its_thread() {
        static COUNTS: ThreadCounts = ThreadCounts::new();
        let config = TaskConfig {
            join_timeout: Duration::from_secs(20),
            counts: &COUNTS,
            ..TaskConfig::new(NAME)
        };
        let task = BackgroundTask::spawn(config, |token| {
            while !token.is_canceled() {
                thread::yield_now();
            }
        });
        assert_eq!(COUNTS.running(), 1);
        drop(task.unwrap());
        assert_eq!((COUNTS.running(), COUNTS.abandoned()), (0, 0));
    }

    #[test]
    fn drop_of_hanging_work_abandons_its_thread_after_timeout() {
        static COUNTS: ThreadCounts = ThreadCounts::new();
        let clock = ManualClock::default();
        let config = TaskConfig {
            counts: &COUNTS,
            clock: Clock::Manual(clock.clone()),
            ..TaskConfig::new(NAME)
        };
        let (release, held) = channel::<()>();
        let timeout_ns = config.join_timeout.as_nanos();
        let task = BackgroundTask::spawn(config, move |_| held.recv().is_ok());
        let begin_ns = clock.now_ns();
        drop(task.unwrap());
        let waited_ns = u128::from(clock.now_ns() - begin_ns);
        assert!((timeout_ns..2 * timeout_ns).contains(&waited_ns));
        assert_eq!((COUNTS.abandoned(), COUNTS.abandoned_running()), (1, 1));
        drop(release);
        let begin = Instant::now();
        while COUNTS.abandoned_running() > 0 {
            assert!(begin.elapsed() < Duration::from_secs(240));
            thread::yield_now();
        }
        assert_eq!((COUNTS.running(), COUNTS.abandoned()), (0, 1));
    }
}
