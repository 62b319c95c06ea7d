//! The last minutes at a glance: loudness and gain reduction ten times a second.

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

use flow_dsp::Readings;

/// Moments a second.
pub const MOMENTS_PER_SECOND: usize = 10;

/// How far back the window looks.
pub const MINUTES: usize = 2;

/// Moments that are kept.
pub const MOMENTS: usize = MINUTES * 60 * MOMENTS_PER_SECOND;

/// Quieter than this is silence, LUFS: where BS.1770's absolute gate is.
const SILENCE_LUFS: f32 = -70.0;

/// A tenth of a second.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Moment {
    /// Short-term loudness of the output, LUFS.
    pub short_term_lufs: f32,
    /// Lowest gain of the limiter in it, dB.
    pub limiter_gain_db: f32,
}

impl Moment {
    /// Whether there was anything to measure.
    #[must_use]
    pub fn is_silent(&self) -> bool {
        // What is not a number is silent too.
        self.short_term_lufs.max(SILENCE_LUFS) <= SILENCE_LUFS
    }

    fn to_bits(self) -> u64 {
        u64::from(self.short_term_lufs.to_bits()) << 32 | u64::from(self.limiter_gain_db.to_bits())
    }

    fn from_bits(bits: u64) -> Self {
        let half = |bits: u64| f32::from_bits(u32::try_from(bits & 0xFFFF_FFFF).unwrap_or(0));
        Self {
            short_term_lufs: half(bits >> 32),
            limiter_gain_db: half(bits),
        }
    }
}

/// The moments of the last minutes, written by one thread and read by any, none of which ever waits.
pub struct Moments {
    places: [AtomicU64; MOMENTS],
    written: AtomicUsize,
}

impl Moments {
    /// Of nothing yet.
    #[must_use]
    pub fn new() -> Self {
        Self {
            places: [const { AtomicU64::new(0) }; MOMENTS],
            written: AtomicUsize::new(0),
        }
    }

    /// `[audio]` The oldest gives way.
    fn push(&self, moment: Moment) {
        let written = self.written.load(Ordering::Relaxed);
        self.places[written % MOMENTS].store(moment.to_bits(), Ordering::Relaxed);
        self.written.store(written + 1, Ordering::Release);
    }

    /// `[gui]` All that there are, oldest first. One that is pushed meanwhile may stand in the place of the oldest.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = Moment> + '_ {
        let written = self.written.load(Ordering::Acquire);
        (written.saturating_sub(MOMENTS)..written)
            .map(|i| Moment::from_bits(self.places[i % MOMENTS].load(Ordering::Relaxed)))
    }
}

impl Default for Moments {
    fn default() -> Self {
        Self::new()
    }
}

/// `[audio]` Collects moments, whether a window is open or not, so that one that opens shows what was played. Silence
/// between two songs is one moment, however long it is.
pub struct MomentWriter {
    frames: usize,
    frames_per_moment: usize,
    lowest_gain_db: f32,
    was_silent: bool,
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
            was_silent: true,
        }
    }

    /// Takes in a process call. The oldest moments give way.
    pub fn observe(&mut self, frames: usize, readings: &Readings, moments: &Moments) {
        self.lowest_gain_db = self.lowest_gain_db.min(readings.limiter_gain_db);
        self.frames += frames;
        while self.frames >= self.frames_per_moment {
            self.frames -= self.frames_per_moment;
            let moment = Moment {
                short_term_lufs: readings.output.short_term_lufs,
                limiter_gain_db: self.lowest_gain_db,
            };
            if !(self.was_silent && moment.is_silent()) {
                moments.push(moment);
            }
            self.was_silent = moment.is_silent();
            self.lowest_gain_db = 0.0;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(moments: &Moments) -> Vec<f32> {
        moments.iter().map(|m| m.short_term_lufs).collect()
    }

    fn play(writer: &mut MomentWriter, moments: &Moments, lufs: f32) {
        let mut readings = Readings::default();
        readings.output.short_term_lufs = lufs;
        writer.observe(4800, &readings, moments);
    }

    #[test]
    fn the_oldest_give_way_and_all_windows_see_the_same() {
        let (moments, mut writer) = (Moments::new(), MomentWriter::new(48_000.0));
        for i in 0..1300_u16 {
            play(&mut writer, &moments, f32::from(i));
        }
        let newest: Vec<f32> = (100..1300_u16).map(f32::from).collect();
        assert_eq!(seen(&moments), newest);
        assert_eq!(seen(&moments), newest, "also a window that opens later");
    }

    #[test]
    fn silence_is_one_moment() {
        let (moments, mut writer) = (Moments::new(), MomentWriter::new(48_000.0));
        const NOTHING: f32 = f32::NEG_INFINITY;
        for lufs in [NOTHING, NOTHING, -14.0, NOTHING, NOTHING, NOTHING, -20.0] {
            play(&mut writer, &moments, lufs);
        }
        assert_eq!(seen(&moments), [-14.0, NOTHING, -20.0]);
    }
}
