//! Messages from the clients to the service's thread.

use std::io;
use std::mem;
use std::path::PathBuf;
use std::sync::mpsc::Sender;
use std::sync::{Condvar, Mutex, PoisonError};
use std::time::Duration;

use flow_platform::mutex::lock;

use crate::job::Job;

/// A request to write the probe's recording to a file.
pub(crate) struct ExportRequest {
    pub(crate) path: PathBuf,
    pub(crate) reply: Sender<io::Result<()>>,
}

/// Messages that have arrived.
#[derive(Default)]
pub(crate) struct Messages {
    pub(crate) new_jobs: Vec<Job>,
    pub(crate) exports: Vec<ExportRequest>,
    is_notified: bool,
}

/// Collects messages and wakes the service's thread.
#[derive(Default)]
pub(crate) struct Inbox {
    messages: Mutex<Messages>,
    wake: Condvar,
}

impl Inbox {
    /// Adds a message and wakes the thread.
    pub(crate) fn post(&self, add: impl FnOnce(&mut Messages)) {
        let mut messages = lock(&self.messages);
        add(&mut messages);
        messages.is_notified = true;
        drop(messages);
        self.wake.notify_one();
    }

    /// Wakes the thread, so that it reads flags and atomics.
    pub(crate) fn notify(&self) {
        self.post(|_| ());
    }

    /// Takes all messages: at once if there are any, else after a wake-up or the timeout.
    pub(crate) fn wait(&self, timeout: Duration) -> Messages {
        let (mut messages, _) = self
            .wake
            .wait_timeout_while(lock(&self.messages), timeout, |m| !m.is_notified)
            .unwrap_or_else(PoisonError::into_inner);
        mem::take(&mut *messages)
    }
}
