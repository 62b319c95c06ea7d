//! Work that takes a while, or hangs, on a thread of its own: nobody waits for it, and it ends when nobody wants it.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::mpsc::{Receiver, TryRecvError, channel};
use std::task::Poll;
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use crate::flags::{FLAGS, Flag};
use crate::{module_pin, priority};

/// How long whoever drops one waits for its thread.
const JOIN_TIMEOUT: Duration = Duration::from_millis(500);

/// Work under way.
#[derive(Debug)]
pub struct BackgroundTask<T> {
    answer: Receiver<T>,
    is_wanted: Arc<AtomicBool>,
    /// None once it is joined.
    thread: Option<JoinHandle<()>>,
}

impl<T: Send + 'static> BackgroundTask<T> {
    /// Begins it, at a low priority. The work asks now and then whether its answer is still wanted.
    ///
    /// # Errors
    ///
    /// If the system has no thread to give.
    pub fn begin(
        name: &str,
        work: impl FnOnce(&dyn Fn() -> bool) -> T + Send + 'static,
    ) -> io::Result<Self> {
        let (sender, answer) = channel();
        let is_wanted = Arc::new(AtomicBool::new(true));
        let of_thread = is_wanted.clone();
        let thread = thread::Builder::new().name(name.into()).spawn(move || {
            if FLAGS.is_on(Flag::Scheduler) {
                priority::lower();
            }
            // Who asked may be gone.
            let _ = sender.send(work(&|| of_thread.load(Relaxed)));
        })?;
        Ok(Self {
            answer,
            is_wanted,
            thread: Some(thread),
        })
    }

    /// Its answer, once it is there; none if it came to none, by a panic.
    pub fn poll(&self) -> Poll<Option<T>> {
        match self.answer.try_recv() {
            Ok(answer) => Poll::Ready(Some(answer)),
            Err(TryRecvError::Empty) => Poll::Pending,
            Err(TryRecvError::Disconnected) => Poll::Ready(None),
        }
    }
}

impl<T> BackgroundTask<T> {
    /// Lets it end soon.
    pub fn cancel(&self) {
        self.is_wanted.store(false, Relaxed);
    }

    /// Whether its thread has ended.
    pub fn is_finished(&self) -> bool {
        self.thread.as_ref().is_none_or(JoinHandle::is_finished)
    }
}

impl<T> Drop for BackgroundTask<T> {
    /// Calls it off, and waits a moment: a host may unload the code next.
    fn drop(&mut self) {
        self.cancel();
        let begin = Instant::now();
        while !self.is_finished() {
            if begin.elapsed() > JOIN_TIMEOUT {
                // A file system that doesn't answer, say. Its code has to stay where it is.
                let pinned = module_pin::pin();
                log::warn!("a thread doesn't end; left behind, image pinned: {pinned}");
                return;
            }
            thread::sleep(Duration::from_millis(1));
        }
        if let Some(thread) = self.thread.take() {
            // It has left our code but for its end. What a panic would say is told by the missing answer.
            let _ = thread.join();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wait<T: Send + 'static>(task: &BackgroundTask<T>) -> Option<T> {
        let begin = Instant::now();
        loop {
            if let Poll::Ready(answer) = task.poll() {
                return answer;
            }
            assert!(begin.elapsed() < Duration::from_secs(20));
            thread::sleep(Duration::from_millis(1));
        }
    }

    #[test]
    fn an_answer_comes_once_and_a_panic_is_none() {
        let task = BackgroundTask::begin("test", |_| 7).unwrap();
        assert_eq!(wait(&task), Some(7));
        let task = BackgroundTask::<u8>::begin("test", |_| panic!("on purpose")).unwrap();
        assert_eq!(wait(&task), None);
    }

    #[test]
    fn what_nobody_wants_ends_at_once() {
        let task = BackgroundTask::begin("test", |wanted| {
            while wanted() {
                thread::sleep(Duration::from_millis(1));
            }
        });
        let begin = Instant::now();
        drop(task.unwrap());
        assert!(begin.elapsed() < JOIN_TIMEOUT);
    }

    #[test]
    fn what_hangs_is_left_behind() {
        let (let_go, held) = channel::<()>();
        let task = BackgroundTask::begin("test", move |_| held.recv().is_ok());
        let begin = Instant::now();
        drop(task.unwrap());
        let waited = begin.elapsed();
        assert!(
            waited >= JOIN_TIMEOUT && waited < 10 * JOIN_TIMEOUT,
            "{waited:?}"
        );
        drop(let_go);
    }
}
