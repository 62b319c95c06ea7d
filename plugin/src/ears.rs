//! What the windows of an instance hear: the ends of its taps.

use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::taps::{Piece, TapReader};

/// The ends of both taps. The lock is among windows only, of which there is one: the audio thread knows nothing of it.
pub struct Ears(Mutex<Readers>);

struct Readers {
    input: TapReader,
    output: TapReader,
}

impl Ears {
    /// Of what comes in and what goes out.
    #[must_use]
    pub fn new(input: TapReader, output: TapReader) -> Self {
        Self(Mutex::new(Readers { input, output }))
    }

    fn readers(&self) -> MutexGuard<'_, Readers> {
        // A window that panicked has not harmed the queues.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// `[gui]` Hands everything that has arrived to `input` and `output`, oldest first.
    pub fn hear(&self, input: impl FnMut(&Piece), output: impl FnMut(&Piece)) {
        let mut readers = self.readers();
        readers.input.drain(input);
        readers.output.drain(output);
    }

    /// `[gui]` Frames that were lost because no window fetched them in time.
    #[must_use]
    pub fn dropped(&self) -> u64 {
        let readers = self.readers();
        readers.input.dropped() + readers.output.dropped()
    }
}
