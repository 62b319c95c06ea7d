//! The input's and the output's audio for the editor's displays.

use std::sync::{Mutex, MutexGuard};

use flow_platform::mutex::lock;
use flow_service::audio_tap::{AudioBlock, TAP_BLOCKS, TapReader, TapSwitch};

/// The editor's ends of both taps. Only editors take the lock, never the audio thread.
pub struct EditorTaps {
    readers: Mutex<[TapReader; 2]>,
    switches: [TapSwitch; 2],
}

impl EditorTaps {
    /// Wraps the ends of the input's and the output's tap, in this order.
    #[must_use]
    pub fn new(readers: [TapReader; 2], switches: [TapSwitch; 2]) -> Self {
        // The taps stay on: the reporter decides whether audio is worth sending.
        switches.iter().for_each(|switch| switch.set_enabled(true));
        Self {
            readers: Mutex::new(readers),
            switches,
        }
    }

    fn readers(&self) -> MutexGuard<'_, [TapReader; 2]> {
        lock(&self.readers)
    }

    /// `[gui]` Passes all waiting audio to `input` and `output`, oldest first.
    pub fn drain(&self, input: impl FnMut(&AudioBlock), output: impl FnMut(&AudioBlock)) {
        // Bounded by the queues' capacity, so that a fast audio thread can't keep the editor here.
        let [inputs, outputs] = &mut *self.readers();
        inputs.drain(TAP_BLOCKS, input);
        outputs.drain(TAP_BLOCKS, output);
    }

    /// `[gui]` Frames that were dropped because no editor fetched them in time.
    #[must_use]
    pub fn dropped_frames(&self) -> u64 {
        self.switches.iter().map(TapSwitch::dropped_frames).sum()
    }
}
