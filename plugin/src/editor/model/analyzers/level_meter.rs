//! The level of a signal: its average as level meters show it, and its peak.

use flow_dsp::math::{count, narrow};
use flow_service::audio_tap::AudioBlock;

/// The average reaches 99 % of a new power in this time, s: the integration time of Katz, "Integrated approach to metering, monitoring, and
/// leveling practices" (JAES 48, 2000).
const INTEGRATION_S: f32 = 0.6;
/// The fall of a peak, dB/s: 20 dB in 1.7 s, as IEC 60268-10 has for type I.
const PEAK_FALL_DB_PER_S: f32 = 20.0 / 1.7;
/// The lowest level, dBFS.
const MIN_DB: f32 = -120.0;

/// Measures both channels, and shows the louder one.
pub(crate) struct LevelMeter {
    rate_hz: f32,
    mean_squares: [f64; 2],
    peak_db: f32,
    /// Average and peak that are shown, dBFS.
    shown_db: [f32; 2],
}

impl LevelMeter {
    pub(super) fn new(rate_hz: f32) -> Self {
        Self {
            rate_hz,
            mean_squares: [0.0; 2],
            peak_db: MIN_DB,
            shown_db: [MIN_DB; 2],
        }
    }

    /// Shows the present levels.
    pub(super) fn show(&mut self) {
        let [left, right] = self.mean_squares;
        // A sine has the level of its peak (AES17).
        let db = narrow(10.0 * (2.0 * left.max(right)).max(1e-12).log10());
        self.shown_db = [db.max(MIN_DB), self.peak_db];
    }

    pub(super) fn push(&mut self, block: &AudioBlock) {
        let [left, right] = block.filled();
        self.push_samples([left, right]);
    }

    fn push_samples(&mut self, channels: [&[f32]; 2]) {
        let frames = channels[0].len();
        let keep = f64::from(-(100.0_f32.ln()) / (INTEGRATION_S * self.rate_hz)).exp();
        let mut peak = 0.0_f32;
        for (mean_square, channel) in self.mean_squares.iter_mut().zip(channels) {
            for sample in channel {
                let square = f64::from(sample * sample);
                *mean_square = square + (*mean_square - square) * keep;
                peak = peak.max(sample.abs());
            }
        }
        let fall_db = PEAK_FALL_DB_PER_S * narrow(count(frames)) / self.rate_hz;
        let level_db = 20.0 * peak.max(1e-6).log10();
        self.peak_db = level_db.max(self.peak_db - fall_db).max(MIN_DB);
    }

    /// The average level of the louder channel, dBFS.
    #[must_use]
    pub(crate) fn average_db(&self) -> f32 {
        self.shown_db[0]
    }

    /// The peak of the samples, which falls slowly, dBFS.
    #[must_use]
    pub(crate) fn peak_db(&self) -> f32 {
        self.shown_db[1]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sine(level: f32, seconds: f32) -> Vec<f32> {
        let frames = flow_dsp::math::samples(f64::from(48_000.0 * seconds));
        let sample = |frame: usize| {
            let phase = std::f64::consts::TAU * 997.0 * count(frame) / 48_000.0;
            level * narrow(flow_dsp::math::sin_cos(phase).0)
        };
        (0..frames).map(sample).collect()
    }

    #[test]
    fn sine_has_the_level_of_its_peak_after_the_integration_time() {
        let mut meter = LevelMeter::new(48_000.0);
        let tone = sine(0.1, 0.6);
        let silence = vec![0.0; tone.len()];
        meter.push_samples([&silence, &tone]);
        assert_eq!(meter.average_db(), MIN_DB, "nothing is shown yet");
        meter.show();
        let average_db = meter.average_db();
        assert!((average_db + 20.0).abs() < 0.1, "{average_db}");
        assert!((meter.peak_db() + 20.0).abs() < 0.01, "{}", meter.peak_db());
        // After the same time of silence 1 % of the power is left.
        meter.push_samples([&silence, &silence]);
        meter.show();
        let average_db = meter.average_db();
        assert!((average_db + 40.0).abs() < 0.1, "{average_db}");
    }

    #[test]
    fn peak_falls_by_20_db_in_1_7_s_and_not_without_end() {
        let mut meter = LevelMeter::new(48_000.0);
        meter.push_samples([&[1.0; 64], &[0.0; 64]]);
        meter.show();
        assert_eq!(meter.peak_db(), 0.0);
        let silence = vec![0.0; 81_600];
        for part in silence.chunks(333) {
            meter.push_samples([part, part]);
        }
        meter.show();
        let peak_db = meter.peak_db();
        assert!((peak_db + 20.0).abs() < 0.01, "{peak_db}");
        for _ in 0..20 {
            meter.push_samples([&silence, &silence]);
        }
        meter.show();
        assert_eq!((meter.peak_db(), meter.average_db()), (MIN_DB, MIN_DB));
    }
}
