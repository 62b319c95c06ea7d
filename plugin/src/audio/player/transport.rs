//! The state of the transport that the window asks for, and the place of the playback.

use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};

/// The state of the transport that the window asks for. Times are frames of the song at the device's rate.
#[derive(Clone, Copy, Debug, PartialEq)]
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
    /// The linear gain of the song.
    pub gain: f32,
}

impl Default for Transport {
    fn default() -> Self {
        Self {
            song: 0,
            is_playing: false,
            seek: 0,
            seek_frame: 0,
            loop_frames: None,
            gain: 1.0,
        }
    }
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
pub(super) struct SharedPlace {
    place: AtomicU64,
    /// As `f32` bits; 0 before the first block.
    device_rate_hz: AtomicU32,
}

impl SharedPlace {
    /// `[audio]` Replaces the place.
    pub(super) fn store(&self, place: Place) {
        let [a, b] = place.song.to_le_bytes();
        let [c, d] = place.seek.to_le_bytes();
        let [e, f, g, h] = place.frame.to_le_bytes();
        let bits = u64::from_le_bytes([a, b, c, d, e, f, g, h]);
        self.place.store(bits, Ordering::Relaxed);
    }

    /// `[audio]` Replaces the rate of the device.
    pub(super) fn store_device_rate(&self, rate_hz: f32) {
        self.device_rate_hz
            .store(rate_hz.to_bits(), Ordering::Relaxed);
    }

    /// `[gui]` The rate of the device in Hz, once there is audio.
    pub(super) fn device_rate_hz(&self) -> Option<f32> {
        let rate_hz = f32::from_bits(self.device_rate_hz.load(Ordering::Relaxed));
        (rate_hz > 0.0).then_some(rate_hz)
    }

    /// `[gui]` The latest place.
    pub(super) fn load(&self) -> Place {
        let [a, b, c, d, e, f, g, h] = self.place.load(Ordering::Relaxed).to_le_bytes();
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
