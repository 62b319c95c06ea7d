//! The song that is open.

use std::path::PathBuf;

use flow_dsp::math::samples;

use crate::audio::player::decoded_song::Overview;

/// The shortest section of a loop, s.
const MIN_LOOP_S: f64 = 0.1;

/// The song that is open.
pub(super) struct OpenSong {
    pub(super) path: PathBuf,
    pub(super) name: String,
    pub(super) frames: u32,
    pub(super) rate_hz: u32,
    pub(super) overview: Overview,
    pub(super) section_s: [f64; 2],
    pub(super) is_looping: bool,
}

impl OpenSong {
    pub(super) fn duration_s(&self) -> f64 {
        f64::from(self.frames) / f64::from(self.rate_hz)
    }

    /// The nearest frame to a position in seconds, at most the end.
    pub(super) fn frame(&self, seconds: f64) -> u32 {
        let frame = samples(seconds * f64::from(self.rate_hz));
        u32::try_from(frame).map_or(self.frames, |frame| frame.min(self.frames))
    }
}

/// A section of a loop within a song of this duration, in order and long enough.
pub(super) fn valid_section([a, b]: [f64; 2], duration_s: f64) -> [f64; 2] {
    let within = |seconds: f64| {
        if seconds.is_finite() {
            seconds.clamp(0.0, duration_s)
        } else {
            0.0
        }
    };
    let (start_s, end_s) = (within(a.min(b)), within(a.max(b)));
    if end_s - start_s >= MIN_LOOP_S {
        return [start_s, end_s];
    }
    let end_s = (start_s + MIN_LOOP_S).min(duration_s);
    [(end_s - MIN_LOOP_S).max(0.0).min(start_s), end_s]
}
