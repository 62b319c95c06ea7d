//! The living instances of the process, for diagnostics.
//!
//! Only the creation of an instance and diagnostic calls lock the list, never an audio thread. The list holds weak
//! references, so dropped instances leave it by themselves.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::thread::{self, ThreadId};

use crate::audio::meters::MeterReader;

/// Each instance's meters with the thread that created it, oldest first.
static READERS: Mutex<Vec<(ThreadId, Weak<MeterReader>)>> = Mutex::new(Vec::new());

fn readers() -> MutexGuard<'static, Vec<(ThreadId, Weak<MeterReader>)>> {
    READERS.lock().unwrap_or_else(PoisonError::into_inner)
}

/// `[main]` Adds a new instance.
pub(crate) fn register(reader: &Arc<MeterReader>) {
    let mut readers = readers();
    readers.retain(|(_, reader)| reader.strong_count() > 0);
    readers.push((thread::current().id(), Arc::downgrade(reader)));
}

/// `[gui]` The newest living instance that the calling thread created, or else the newest of all. Threads with an
/// instance each therefore read their own.
pub(crate) fn newest() -> Option<Arc<MeterReader>> {
    let readers = readers();
    let newest = |is_candidate: &dyn Fn(ThreadId) -> bool| {
        let mut candidates = readers.iter().rev().filter(|(id, _)| is_candidate(*id));
        candidates.find_map(|(_, reader)| reader.upgrade())
    };
    let current = thread::current().id();
    newest(&|id| id == current).or_else(|| newest(&|_| true))
}
