//! What the windows of an instance hear: the ends of its taps.

use std::sync::{Mutex, MutexGuard, PoisonError};

use flow_service::tap::{PIECES, Piece, TapReader, TapSwitch};

/// The ends of both taps. The lock is among windows only, of which there is one: the audio thread knows nothing of it.
pub struct Ears {
    readers: Mutex<[TapReader; 2]>,
    switches: [TapSwitch; 2],
}

impl Ears {
    /// Of what comes in and what goes out.
    #[must_use]
    pub fn new(readers: [TapReader; 2], switches: [TapSwitch; 2]) -> Self {
        // The publisher knows when a window looks on, and that there is something to see.
        switches.iter().for_each(|switch| switch.want(true));
        Self {
            readers: Mutex::new(readers),
            switches,
        }
    }

    fn readers(&self) -> MutexGuard<'_, [TapReader; 2]> {
        // A window that panicked has not harmed the rings.
        self.readers.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// `[gui]` Hands everything that has arrived to `input` and `output`, oldest first.
    pub fn hear(&self, input: impl FnMut(&Piece), output: impl FnMut(&Piece)) {
        // At most as many as there are, so that a fast audio thread can't hold the window here.
        let [inputs, outputs] = &mut *self.readers();
        inputs.drain(PIECES, input);
        outputs.drain(PIECES, output);
    }

    /// `[gui]` Frames that were lost because no window fetched them in time.
    #[must_use]
    pub fn dropped(&self) -> u64 {
        self.switches.iter().map(TapSwitch::dropped).sum()
    }
}
