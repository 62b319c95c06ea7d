//! The instances that live in this image, for diagnostics.
//!
//! Touched when an instance is made and when somebody asks, never by an audio thread. Readers are
//! held weakly: an instance that is gone drops out by itself.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::thread::{self, ThreadId};

use crate::meters::MeterReader;

/// With the thread that made each.
static READERS: Mutex<Vec<(ThreadId, Weak<MeterReader>)>> = Mutex::new(Vec::new());

fn readers() -> MutexGuard<'static, Vec<(ThreadId, Weak<MeterReader>)>> {
    READERS.lock().unwrap_or_else(PoisonError::into_inner)
}

/// `[main]` Makes this the newest instance.
pub(crate) fn register(reader: &Arc<MeterReader>) {
    let mut readers = readers();
    readers.retain(|(_, reader)| reader.strong_count() > 0);
    readers.push((thread::current().id(), Arc::downgrade(reader)));
}

/// `[gui]` The instance that was made last of those still living: of those that this thread made, if it made any, so that
/// threads with an instance each don't get in each other's way.
pub(crate) fn newest() -> Option<Arc<MeterReader>> {
    let readers = readers();
    let newest = |of: &dyn Fn(ThreadId) -> bool| {
        let mut readers = readers.iter().rev().filter(|(maker, _)| of(*maker));
        readers.find_map(|(_, reader)| reader.upgrade())
    };
    let here = thread::current().id();
    newest(&|maker| maker == here).or_else(|| newest(&|_| true))
}
