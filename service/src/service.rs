//! The service of a loaded module: its background thread, started with the first client and joined with the last.

use std::sync::atomic::{AtomicU32, Ordering::Relaxed};
use std::sync::{Arc, Mutex, Weak};
use std::time::Duration;

use flow_platform::background_task::{BackgroundTask, TaskConfig, ThreadCounts};
use flow_platform::clock::{self, Clock};
use flow_platform::mutex::lock;

use crate::inbox::Inbox;
use crate::stats::{ServiceStats, SharedStats};
use crate::worker::{self, MakeAnalyzer};

/// Longest time that the last client waits for the thread.
pub(crate) const JOIN_TIMEOUT: Duration = Duration::from_millis(500);

/// The analysis threads of this module: 0 or 1, and more for moments while one ends and the next begins.
pub(crate) static THREADS: ThreadCounts = ThreadCounts::new();

/// The service of this module, while it has clients.
static CURRENT: Mutex<Weak<Service>> = Mutex::new(Weak::new());

/// The thread, and the data that it shares with the clients.
pub(crate) struct Service {
    pub(crate) inbox: Arc<Inbox>,
    pub(crate) stats: Arc<SharedStats>,
    instance_count: AtomicU32,
    /// None if the system could not start the thread.
    task: Option<BackgroundTask<()>>,
}

/// `[main]` Counts of this module's service; `None` without clients.
#[must_use]
pub fn stats() -> Option<ServiceStats> {
    // If the last client leaves now, this thread waits for the service's thread when it drops the service.
    let service = lock(&CURRENT).upgrade()?;
    Some(service.stats())
}

impl Service {
    /// The service of this module, which is started if there is none.
    pub(crate) fn current(make_analyzer: MakeAnalyzer) -> Arc<Self> {
        let mut current = lock(&CURRENT);
        current.upgrade().unwrap_or_else(|| {
            let service = Self::start(make_analyzer, Clock::System);
            *current = Arc::downgrade(&service);
            service
        })
    }

    pub(crate) fn start(make_analyzer: MakeAnalyzer, clock: Clock) -> Arc<Self> {
        // The first call, which initializes the module's clock, must not come from an audio thread.
        let _ = clock::now_ns();
        let (inbox, stats) = (Arc::new(Inbox::default()), Arc::new(SharedStats::default()));
        let config = TaskConfig {
            join_timeout: JOIN_TIMEOUT,
            counts: &THREADS,
            ..TaskConfig::new("flow analysis")
        };
        let (worker_inbox, worker_stats) = (inbox.clone(), stats.clone());
        let task = BackgroundTask::spawn(config, move |token| {
            worker::run(&worker_inbox, worker_stats, make_analyzer, clock, token);
        });
        if let Err(error) = &task {
            log::warn!("the analysis thread could not be started: {error}; there is no analysis");
        }
        Arc::new(Self {
            inbox,
            stats,
            instance_count: AtomicU32::new(0),
            task: task.ok(),
        })
    }

    /// A number for a new instance.
    pub(crate) fn next_instance_number(&self) -> u32 {
        self.instance_count.fetch_add(1, Relaxed)
    }

    pub(crate) fn stats(&self) -> ServiceStats {
        self.stats.snapshot(&THREADS)
    }
}

impl Drop for Service {
    /// Runs on the thread of the last client. The task joins its thread when it is dropped after this.
    fn drop(&mut self) {
        if let Some(task) = &self.task {
            task.cancel();
        }
        self.inbox.notify();
    }
}

/// The number of references to this module's service.
#[cfg(test)]
pub(crate) fn current_references() -> usize {
    lock(&CURRENT).strong_count()
}
