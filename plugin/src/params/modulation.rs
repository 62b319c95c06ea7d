//! The offset that a host's modulation adds to a parameter.

use std::sync::atomic::{AtomicU32, Ordering};

/// An offset, normalized; 0 at first. The framework keeps it too, but has no way to ask for it.
#[derive(Default)]
pub(super) struct Modulation(AtomicU32);

impl Modulation {
    pub(super) fn offset(&self) -> f32 {
        f32::from_bits(self.0.load(Ordering::Relaxed))
    }

    pub(super) fn set(&self, offset: f32) {
        self.0.store(offset.to_bits(), Ordering::Relaxed);
    }
}
