//! Work that takes a while, or hangs, on a thread of its own: nobody waits for it, and it ends when nobody wants it.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::mpsc::{Receiver, TryRecvError, channel};
use std::task::Poll;
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use flow_inference::flags::{FLAGS, Flag};
use flow_inference::{image, priority};

/// How long whoever drops one waits for its thread.
const FAREWELL: Duration = Duration::from_millis(500);

/// Work under way.
#[derive(Debug)]
pub(crate) struct Errand<T> {
    answer: Receiver<T>,
    is_wanted: Arc<AtomicBool>,
    /// None once it is joined.
    thread: Option<JoinHandle<()>>,
}

impl<T: Send + 'static> Errand<T> {
    /// Begins it, at a low priority. The work asks now and then whether its answer is still wanted.
    ///
    /// # Errors
    ///
    /// If the system has no thread to give.
    pub(crate) fn begin(
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
    pub(crate) fn poll(&self) -> Poll<Option<T>> {
        match self.answer.try_recv() {
            Ok(answer) => Poll::Ready(Some(answer)),
            Err(TryRecvError::Empty) => Poll::Pending,
            Err(TryRecvError::Disconnected) => Poll::Ready(None),
        }
    }
}

impl<T> Errand<T> {
    /// Lets it end soon.
    pub(crate) fn call_off(&self) {
        self.is_wanted.store(false, Relaxed);
    }

    /// Whether its thread has ended.
    pub(crate) fn is_over(&self) -> bool {
        self.thread.as_ref().is_none_or(JoinHandle::is_finished)
    }
}

impl<T> Drop for Errand<T> {
    /// Calls it off, and waits a moment: a host may unload the code next.
    fn drop(&mut self) {
        self.call_off();
        let begin = Instant::now();
        while !self.is_over() {
            if begin.elapsed() > FAREWELL {
                // A file system that doesn't answer, say. Its code has to stay where it is.
                let pinned = image::pin();
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

    fn wait<T: Send + 'static>(errand: &Errand<T>) -> Option<T> {
        let begin = Instant::now();
        loop {
            if let Poll::Ready(answer) = errand.poll() {
                return answer;
            }
            assert!(begin.elapsed() < Duration::from_secs(20));
            thread::sleep(Duration::from_millis(1));
        }
    }

    #[test]
    fn an_answer_comes_once_and_a_panic_is_none() {
        let errand = Errand::begin("test", |_| 7).unwrap();
        assert_eq!(wait(&errand), Some(7));
        let errand = Errand::<u8>::begin("test", |_| panic!("on purpose")).unwrap();
        assert_eq!(wait(&errand), None);
    }

    #[test]
    fn what_nobody_wants_ends_at_once() {
        let errand = Errand::begin("test", |wanted| {
            while wanted() {
                thread::sleep(Duration::from_millis(1));
            }
        });
        let begin = Instant::now();
        drop(errand.unwrap());
        assert!(begin.elapsed() < FAREWELL);
    }

    #[test]
    fn what_hangs_is_left_behind() {
        let (let_go, held) = channel::<()>();
        let errand = Errand::begin("test", move |_| held.recv().is_ok());
        let begin = Instant::now();
        drop(errand.unwrap());
        let waited = begin.elapsed();
        assert!(waited >= FAREWELL && waited < 10 * FAREWELL, "{waited:?}");
        drop(let_go);
    }
}
