//! Loudness, bass and mono compatibility of a mix, for comparing two versions of it.

use flow_audio_file::Audio;
use std::f64::consts::{FRAC_1_SQRT_2, TAU};

use crate::loudness::LoudnessMeasurement;

/// The upper end of the bass, Hz.
const BASS_HZ: f64 = 120.0;

/// Levels of a mix, dB. Differences between two mixes are meaningful, the values alone are not; silence is negative
/// infinity.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct MixBalance {
    /// Integrated loudness, LUFS.
    pub integrated_lufs: f64,
    /// Power of the bass of both channels.
    pub bass_db: f64,
    /// Power of the bass of the mono sum.
    pub mono_bass_db: f64,
    /// Power of the mono sum against that of both channels, at most 0: 0 for equal channels, negative infinity for inverted
    /// polarity.
    pub mono_db: f64,
}

impl MixBalance {
    /// Measures a mix in memory.
    #[must_use]
    pub fn of(audio: &Audio) -> Self {
        let mut meter = MixMeter::new(audio.sample_rate_hz, audio.channel_count());
        meter.push(&audio.slices());
        meter.finish()
    }
}

/// Measures the balance of a mix block by block. A mono mix counts as two equal channels.
pub struct MixMeter {
    loudness: LoudnessMeasurement,
    filters: [BassFilter; 2],
    /// The powers of mid and side. They are scaled so that they add up to that of both channels.
    powers: [f64; 2],
    bass_powers: [f64; 2],
}

impl MixMeter {
    /// A meter for audio of one or two channels.
    #[must_use]
    pub fn new(sample_rate_hz: u32, channel_count: usize) -> Self {
        Self {
            loudness: LoudnessMeasurement::new(sample_rate_hz, channel_count),
            filters: [BassFilter::new(f64::from(sample_rate_hz)); 2],
            powers: [0.0; 2],
            bass_powers: [0.0; 2],
        }
    }

    /// Measures a block: one slice for each channel, all of one length.
    pub fn push(&mut self, block: &[&[f32]]) {
        self.loudness.push(block);
        let (left, right) = match block {
            [left, right, ..] => (left, right),
            [only] => (only, only),
            [] => return,
        };
        for (l, r) in left.iter().zip(*right) {
            let (l, r) = (f64::from(*l), f64::from(*r));
            let mid_side = [l + r, l - r].map(|x| x * FRAC_1_SQRT_2);
            for (i, sample) in mid_side.into_iter().enumerate() {
                self.powers[i] += sample * sample;
                self.bass_powers[i] += self.filters[i].tick(sample).powi(2);
            }
        }
    }

    /// The balance of all blocks.
    #[must_use]
    pub fn finish(self) -> MixBalance {
        let db = |power: f64| 10.0 * power.log10();
        let [mid, side] = self.powers;
        let [mid_bass, side_bass] = self.bass_powers;
        MixBalance {
            integrated_lufs: self.loudness.finish().integrated_lufs,
            bass_db: db(mid_bass + side_bass),
            mono_bass_db: db(mid_bass),
            mono_db: if mid + side > 0.0 {
                db(mid / (mid + side))
            } else {
                f64::NEG_INFINITY
            },
        }
    }
}

/// A Butterworth low-pass of second order, after the Audio EQ Cookbook (R. Bristow-Johnson).
#[derive(Clone, Copy)]
struct BassFilter {
    feedforward: f64,
    feedback: [f64; 2],
    inputs: [f64; 2],
    outputs: [f64; 2],
}

impl BassFilter {
    fn new(sample_rate_hz: f64) -> Self {
        let (sin, cos) = (TAU * BASS_HZ / sample_rate_hz).sin_cos();
        let alpha = sin * FRAC_1_SQRT_2;
        let scale = 1.0 / (1.0 + alpha);
        Self {
            feedforward: 0.5 * (1.0 - cos) * scale,
            feedback: [-2.0 * cos * scale, (1.0 - alpha) * scale],
            inputs: [0.0; 2],
            outputs: [0.0; 2],
        }
    }

    fn tick(&mut self, input: f64) -> f64 {
        let [before, earlier] = self.inputs;
        let output = self.feedforward * (input + 2.0 * before + earlier)
            - self.feedback[0] * self.outputs[0]
            - self.feedback[1] * self.outputs[1];
        self.inputs = [input, before];
        self.outputs = [output, self.outputs[0]];
        output
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use flow_testkit::signals;

    fn tone(hz: f64, right_gain: f32) -> Audio {
        let mut tone = signals::sine(48_000, 2, 3.0, hz, 0.5, 0.0);
        tone.channels[1].iter_mut().for_each(|s| *s *= right_gain);
        tone
    }

    #[test]
    fn mono_level_of_equal_channels_is_0_db_and_of_inverted_ones_none() {
        assert!(MixBalance::of(&tone(1000.0, 1.0)).mono_db.abs() < 1e-9);
        assert_eq!(
            MixBalance::of(&tone(1000.0, -1.0)).mono_db,
            f64::NEG_INFINITY
        );
        // One side alone loses half of its power in mono.
        assert!((MixBalance::of(&tone(1000.0, 0.0)).mono_db + 3.01).abs() < 0.01);
    }

    #[test]
    fn bass_level_counts_low_tones_only() {
        let [low, high] = [40.0, 1000.0].map(|hz| MixBalance::of(&tone(hz, 1.0)));
        assert!(low.bass_db - high.bass_db > 35.0, "{low:?} {high:?}");
        assert!((low.bass_db - low.mono_bass_db).abs() < 1e-9);
        let inverted = MixBalance::of(&tone(40.0, -1.0));
        assert!((inverted.bass_db - low.bass_db).abs() < 0.01);
        assert!(inverted.mono_bass_db < low.bass_db - 100.0);
    }
}
