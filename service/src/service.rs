//! The analysis service: one background thread for all instances of an image.
//!
//! [`join`] makes an instance a member: [`AudioSide`] for its audio thread, [`Client`] for everyone else. The thread is
//! there while any client is. It fetches their audio, turn by turn, while the audio threads have time to spare
//! ([`Scheduler`](crate::scheduler::Scheduler)), and hands each its newest [`Report`]. Nobody waits for it but the last
//! client that leaves, and that one not for long.
//!
//! Locks and wake-ups are between this thread and those that own clients. The audio side knows nothing of them: the
//! thread looks for audio every few milliseconds while somebody listens.

mod client;
mod durations;
mod job;
mod standing;
mod worker;

use std::mem;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, AtomicUsize, Ordering::Relaxed};
use std::sync::mpsc::Sender;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, Weak};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};
use std::{fmt, io};

use flow_analysis::analyst::Analyst;
use flow_platform::{clock, flags, module_pin};

pub use client::{AudioSide, Client, Report};
use job::Job;
pub use standing::ServiceCounts;
use standing::Standing;

/// How long the last client waits for the thread to end.
const FAREWELL: Duration = Duration::from_millis(500);

/// Threads of this image that run, and those that didn't end in time.
static RUNNING: AtomicUsize = AtomicUsize::new(0);
static STUCK: AtomicUsize = AtomicUsize::new(0);

/// The service of this image, while it has clients.
static CURRENT: Mutex<Weak<Service>> = Mutex::new(Weak::new());

/// Makes who comes before the rules; on the service's thread.
type MakeAnalyst = Box<dyn FnOnce() -> Option<Box<dyn Analyst>> + Send>;

/// The thread, and what it shares with the clients.
struct Service {
    shared: Arc<Shared>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

/// Between the thread and the clients.
struct Shared {
    inbox: Mutex<Inbox>,
    wake: Condvar,
    instances: AtomicU32,
    standing: Arc<Standing>,
}

/// What the thread has to see to.
#[derive(Default)]
struct Inbox {
    arrivals: Vec<Job>,
    exports: Vec<(PathBuf, Sender<io::Result<()>>)>,
    nudged: bool,
    stop: bool,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // Nothing here is left half done by a panic.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// `[main]` Makes an instance a member of this image's service, which is started if it is the first; `make_analyst` is
/// then called on the service's thread once somebody wants an analysis.
#[must_use]
pub fn join(
    make_analyst: impl FnOnce() -> Option<Box<dyn Analyst>> + Send + 'static,
) -> (AudioSide, Client) {
    flags::read_environment();
    let service = {
        let mut current = lock(&CURRENT);
        current.upgrade().unwrap_or_else(|| {
            let service = Service::start(make_analyst);
            *current = Arc::downgrade(&service);
            service
        })
    };
    service.join()
}

/// `[main]` What the service of this image counted; none while nobody is a member.
#[must_use]
pub fn counts() -> Option<ServiceCounts> {
    let service = lock(&CURRENT).upgrade()?;
    let counts = service.shared.standing.counts();
    // Whoever looks is no member: should the last one leave at this moment, waiting for the thread falls to us.
    drop(service);
    Some(counts)
}

/// `[any]` Threads of this image's services that run: 0 or 1, and more for moments while one ends and the next begins.
#[must_use]
pub fn running() -> usize {
    RUNNING.load(Relaxed)
}

/// `[any]` Threads that had to be left behind.
#[must_use]
pub fn stuck() -> usize {
    STUCK.load(Relaxed)
}

impl Service {
    fn start(
        make_analyst: impl FnOnce() -> Option<Box<dyn Analyst>> + Send + 'static,
    ) -> Arc<Self> {
        // The clock starts here and not on an audio thread.
        let _ = clock::now_ns();
        let shared = Arc::new(Shared {
            inbox: Mutex::default(),
            wake: Condvar::new(),
            instances: AtomicU32::new(0),
            standing: Arc::default(),
        });
        let of_thread = shared.clone();
        RUNNING.fetch_add(1, Relaxed);
        let thread = thread::Builder::new()
            .name("flow analysis".into())
            .spawn(move || {
                worker::run(&of_thread, Box::new(make_analyst));
                RUNNING.fetch_sub(1, Relaxed);
            });
        if let Err(error) = &thread {
            RUNNING.fetch_sub(1, Relaxed);
            log::warn!("no analysis: its thread could not be started: {error}");
        }
        Arc::new(Self {
            shared,
            thread: Mutex::new(thread.ok()),
        })
    }

    fn join(self: &Arc<Self>) -> (AudioSide, Client) {
        let number = self.shared.instances.fetch_add(1, Relaxed);
        let (audio, client, job) = client::member(number, self.clone());
        self.shared.tell(|inbox| inbox.arrivals.push(job));
        (audio, client)
    }
}

impl Shared {
    /// Puts something into the inbox and wakes the thread.
    fn tell(&self, what: impl FnOnce(&mut Inbox)) {
        let mut inbox = lock(&self.inbox);
        what(&mut inbox);
        inbox.nudged = true;
        drop(inbox);
        self.wake.notify_one();
    }

    /// What came in, at once or within a time.
    fn wait(&self, most: Duration) -> Inbox {
        let inbox = lock(&self.inbox);
        let (mut inbox, _) = self
            .wake
            .wait_timeout_while(inbox, most, |inbox| !inbox.nudged)
            .unwrap_or_else(PoisonError::into_inner);
        let stop = inbox.stop;
        mem::replace(
            &mut *inbox,
            Inbox {
                stop,
                ..Inbox::default()
            },
        )
    }
}

impl Drop for Service {
    /// On the thread of the last client: the service's own thread holds none.
    fn drop(&mut self) {
        self.shared.tell(|inbox| inbox.stop = true);
        let Some(thread) = lock(&self.thread).take() else {
            return;
        };
        let begin = Instant::now();
        while !thread.is_finished() {
            if begin.elapsed() > FAREWELL {
                // Its code has to stay where it is.
                STUCK.fetch_add(1, Relaxed);
                let pinned = module_pin::pin();
                log::warn!("the analysis thread doesn't end; left behind, image pinned: {pinned}");
                return;
            }
            thread::sleep(Duration::from_millis(1));
        }
        // It has left our code but for the end of its thread. It catches panics; what one of them would say is lost.
        let _ = thread.join();
    }
}

impl fmt::Debug for Service {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Service").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
