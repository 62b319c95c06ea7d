//! The state of the transport that the window asks for, and the place of the playback.

use std::sync::atomic::{AtomicU64, Ordering};

/// The state of the transport that the window asks for. Times are frames of the song at the device's rate.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Transport {
    /// The song that this is for. The playback ignores a transport for another song than its own.
    pub song: u16,
    /// Whether the song should play.
    pub is_playing: bool,
    /// The number of seeks so far. A new number is a new seek.
    pub seek: u16,
    /// The target of the last seek.
    pub seek_frame: u32,
    /// The first frame of the loop, and the frame after its last one; none while the loop is off.
    pub loop_frames: Option<[u32; 2]>,
}

/// The place of the playback.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Place {
    /// The song that plays; 0 for none.
    pub(super) song: u16,
    /// The last seek that was followed.
    pub(super) seek: u16,
    pub(super) frame: u32,
}

/// The place of the playback, which the audio thread writes and the window reads.
#[derive(Debug, Default)]
pub(super) struct SharedPlace(AtomicU64);

impl SharedPlace {
    /// `[audio]` Replaces the place.
    pub(super) fn store(&self, place: Place) {
        let [a, b] = place.song.to_le_bytes();
        let [c, d] = place.seek.to_le_bytes();
        let [e, f, g, h] = place.frame.to_le_bytes();
        let bits = u64::from_le_bytes([a, b, c, d, e, f, g, h]);
        self.0.store(bits, Ordering::Relaxed);
    }

    /// `[gui]` The latest place.
    pub(super) fn load(&self) -> Place {
        let [a, b, c, d, e, f, g, h] = self.0.load(Ordering::Relaxed).to_le_bytes();
        Place {
            song: u16::from_le_bytes([a, b]),
            seek: u16::from_le_bytes([c, d]),
            frame: u32::from_le_bytes([e, f, g, h]),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shared_place_after_store_loads_all_numbers() {
        let shared = SharedPlace::default();
        assert_eq!(shared.load(), Place::default());
        let place = Place {
            song: 65_534,
            seek: 258,
            frame: 4_000_000_001,
        };
        shared.store(place);
        assert_eq!(shared.load(), place);
    }
}
