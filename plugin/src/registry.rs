//! The instances that live in this image, for diagnostics.
//!
//! Touched when an instance is made and when somebody asks, never by an audio thread. Readers are
//! held weakly: an instance that is gone drops out by itself.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use crate::meters::MeterReader;

static READERS: Mutex<Vec<Weak<MeterReader>>> = Mutex::new(Vec::new());

fn readers() -> MutexGuard<'static, Vec<Weak<MeterReader>>> {
    READERS.lock().unwrap_or_else(PoisonError::into_inner)
}

/// `[main]` Makes this the newest instance.
pub(crate) fn register(reader: &Arc<MeterReader>) {
    let mut readers = readers();
    readers.retain(|reader| reader.strong_count() > 0);
    readers.push(Arc::downgrade(reader));
}

/// `[gui]` The instance that was made last of those still living.
pub(crate) fn newest() -> Option<Arc<MeterReader>> {
    readers().iter().rev().find_map(Weak::upgrade)
}
