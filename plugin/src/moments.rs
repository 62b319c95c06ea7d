//! The last minutes at a glance: loudness and gain reduction ten times a second.

use crossbeam_queue::ArrayQueue;
use flow_dsp::Readings;

/// Moments a second.
pub const MOMENTS_PER_SECOND: usize = 10;

/// How far back the window looks.
pub const MINUTES: usize = 2;

/// Moments that are kept.
pub const MOMENTS: usize = MINUTES * 60 * MOMENTS_PER_SECOND;

/// A tenth of a second.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Moment {
    /// Short-term loudness of the output, LUFS.
    pub short_term_lufs: f32,
    /// Lowest gain of the limiter in it, dB.
    pub limiter_gain_db: f32,
}

/// `[audio]` Collects moments, whether a window is open or not, so that one that opens shows what
/// was played.
pub struct MomentWriter {
    frames: usize,
    frames_per_moment: usize,
    lowest_gain_db: f32,
}

impl MomentWriter {
    /// For a sample rate.
    #[must_use]
    pub fn new(sample_rate_hz: f32) -> Self {
        // At most 38 400.
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
        let frames_per_moment = (sample_rate_hz / 10.0).max(1.0) as usize;
        Self {
            frames: 0,
            frames_per_moment,
            lowest_gain_db: 0.0,
        }
    }

    /// Takes in a process call. The oldest moments give way.
    pub fn observe(&mut self, frames: usize, readings: &Readings, moments: &ArrayQueue<Moment>) {
        self.lowest_gain_db = self.lowest_gain_db.min(readings.limiter_gain_db);
        self.frames += frames;
        while self.frames >= self.frames_per_moment {
            self.frames -= self.frames_per_moment;
            moments.force_push(Moment {
                short_term_lufs: readings.output.short_term_lufs,
                limiter_gain_db: self.lowest_gain_db,
            });
            self.lowest_gain_db = 0.0;
        }
    }
}
