//! The difference of loudness between output and input, for *Auto gain* and *Compare*. No allocation.

use super::loudness::{ABSOLUTE_GATE_LUFS, lufs};
use crate::math;

/// Share of the newest step in the mean, as a multiple of the share in a plain mean of all steps. The steps before a change of
/// the settings weigh 1/8 once their number has doubled, and 1/1000 once it is ten times as high.
const RECENCY: f64 = 3.0;
/// Most steps of 10 ms that count: the memory is about 3 s, as that of short-term loudness.
const MEMORY_STEPS: u32 = 900;
/// Steps that count after a change of the settings, so that what follows soon outweighs what was before.
const STEPS_BEFORE_CHANGE: u32 = 4;
/// Steps after a change in which the output may still hold peaks of the settings before.
const TAIL_STEPS: u32 = 5;
/// Steps after a change until the gain of a comparison is constant: 3 s.
const SETTLED_STEPS: u32 = 300;
/// Steps after a change in which a comparison keeps its gain: 0.4 s.
const NEW_STEPS: u32 = 40;
/// Range of the gain to each side, dB.
const MAX_DB: f64 = 24.0;

/// The mean level of the input above the output. Each step counts with the input's energy, which no setting changes, so
/// that loud output before a change doesn't hide what comes after it.
#[derive(Clone, Copy, Debug, Default)]
pub struct LoudnessMatch {
    input: f64,
    /// The sum of input energy times level difference, dB.
    weighted_db: f64,
    steps: u32,
    steps_since_change: u32,
    /// The highest output sample since the settings last changed.
    peak: f32,
}

impl LoudnessMatch {
    /// Adds the K-weighted mean squares of the next 10 ms, and the highest output sample. Silence on either side changes
    /// nothing.
    pub fn step(&mut self, input: f64, output: f64, output_peak: f32) {
        if lufs(input) < ABSOLUTE_GATE_LUFS || lufs(output) < ABSOLUTE_GATE_LUFS {
            return;
        }
        self.steps = (self.steps + 1).min(MEMORY_STEPS);
        self.steps_since_change = self.steps_since_change.saturating_add(1);
        if self.steps_since_change > TAIL_STEPS && output_peak > self.peak {
            self.peak = output_peak;
        }
        let share = (RECENCY / f64::from(self.steps)).min(1.0);
        let difference_db = math::db_from_power(input / output);
        self.input += share * (input - self.input);
        self.weighted_db += share * (input * difference_db - self.weighted_db);
    }

    /// Begins anew for changed settings, from the present gain.
    pub fn restart(&mut self) {
        self.steps = self.steps.min(STEPS_BEFORE_CHANGE);
        self.steps_since_change = 0;
        self.peak = 0.0;
    }

    /// Skips a step of bypassed audio. The difference stays.
    pub fn skip(&mut self) {
        self.steps_since_change = 0;
    }

    /// The gain within ±24 dB; above 1 only as far as the output's samples stay below full scale.
    #[must_use]
    pub fn gain(&self) -> f32 {
        if self.steps == 0 {
            return 1.0;
        }
        let gain_db = (-self.difference_db()).clamp(-MAX_DB, MAX_DB);
        let gain = math::narrow(math::gain_from_db(gain_db));
        let headroom = if self.peak < 1.0 {
            1.0 / self.peak
        } else {
            1.0
        };
        if gain < headroom { gain } else { headroom }
    }

    /// The loudness of the output above the input, LU; 0 before the first step.
    #[must_use]
    pub fn difference_db(&self) -> f64 {
        if self.steps == 0 {
            return 0.0;
        }
        -self.weighted_db / self.input
    }

    /// Whether the settings of earlier sound changed, or bypass ended, in the last 0.4 s.
    #[must_use]
    pub fn has_just_changed(&self) -> bool {
        self.steps > self.steps_since_change && self.steps_since_change < NEW_STEPS
    }

    /// Whether the last 3 s of sound had the same settings and no bypass.
    #[must_use]
    pub fn is_settled(&self) -> bool {
        self.steps_since_change >= SETTLED_STEPS
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn loudness_match_after_change_of_10_db_is_near_in_half_a_second() {
        let mut matching = LoudnessMatch::default();
        assert_eq!(matching.gain(), 1.0);
        (0..1000).for_each(|_| matching.step(0.01, 0.01, 0.5));
        assert!((matching.gain() - 1.0).abs() < 1e-6);
        matching.restart();
        (0..50).for_each(|_| matching.step(0.01, 0.1, 0.9));
        let db = math::db_from_gain(f64::from(matching.gain()));
        assert!((db + 10.0).abs() < 0.5, "{db}");
    }

    #[test]
    fn loudness_match_of_quiet_output_leaves_its_peaks_below_full_scale() {
        let mut matching = LoudnessMatch::default();
        (0..20).for_each(|_| matching.step(0.1, 0.001, 0.01));
        assert!((matching.gain() - 10.0).abs() < 1e-4);
        matching.step(0.1, 0.001, 0.5);
        assert_eq!(matching.gain(), 2.0);
        matching.step(0.1, 0.001, 1.5);
        assert_eq!(matching.gain(), 1.0);
        matching.step(0.0, 0.001, 0.01);
        assert_eq!(matching.gain(), 1.0);
        // The peaks of earlier settings don't count.
        matching.restart();
        (0..20).for_each(|_| matching.step(0.1, 0.001, 0.01));
        assert!((matching.gain() - 10.0).abs() < 1e-4);
    }
}
