//! Monitor states: comparison, automatic gain, delta and mono, which replace the output for the listener and are never part of a bounce.
//!
//! No delay, no allocation.

use crate::{
    Compare, MAX_MATCH_DB, Monitor, Spec,
    block::{quantum::Quantum, ramp::Ramp},
    math,
    meter::meters::Meters,
    simd::isa::Isa,
};

/// Mixes output and delayed input for the monitor states; every change crossfades over 20 ms.
#[derive(Clone, Debug)]
pub struct Monitoring {
    output_gain: Ramp,
    input_gain: Ramp,
    mono: Ramp,
    /// The last quantum was a comparison.
    is_comparing: bool,
    /// The match gains are those of settled loudness.
    is_matched: bool,
    /// Match gains of output and input.
    matched: [f32; 2],
    /// Gain of the output against the input.
    gain: f32,
}

impl Monitoring {
    /// Sets the crossfade time from the sample rate, and resets.
    pub fn prepare(&mut self, spec: Spec) {
        for ramp in [&mut self.output_gain, &mut self.input_gain, &mut self.mono] {
            ramp.prepare(spec);
        }
        self.reset();
    }

    /// Resets; the next state is taken at once.
    pub fn reset(&mut self) {
        for ramp in [&mut self.output_gain, &mut self.input_gain, &mut self.mono] {
            ramp.reset();
        }
        self.is_comparing = false;
        self.is_matched = false;
        self.gain = 1.0;
    }

    /// The gain of the output against the input in the newest quantum, of a comparison or of automatic gain; otherwise 1.
    #[must_use]
    pub fn gain(&self) -> f32 {
        self.gain
    }

    /// Replaces the output by the monitored signal; untouched while all states are off.
    #[inline(always)]
    pub fn process<I: Isa>(
        &mut self,
        monitor: Monitor,
        meters: &Meters,
        delayed_input: &Quantum,
        output: &mut Quantum,
    ) {
        let comparing = monitor.compare != Compare::Off;
        let is_settled = meters.loudness_match().is_settled();
        // Too little is known right after a change: with automation the gain would follow each of its steps.
        let is_kept = self.is_comparing && meters.loudness_match().has_just_changed();
        if comparing && !is_kept && !(self.is_matched && is_settled) {
            let settled_db = meters.settled_difference_db();
            let difference_db = settled_db.unwrap_or(meters.loudness_match().difference_db());
            self.matched = match_gains(difference_db);
        }
        self.is_matched = comparing && is_settled;
        self.is_comparing = comparing;
        let [output_match, input_match] = if monitor.auto_gain {
            [meters.loudness_match().gain(), 1.0]
        } else if comparing && !monitor.delta {
            self.matched
        } else {
            [1.0; 2]
        };
        self.gain = output_match / input_match;
        let (output_gain, input_gain) = match (monitor.delta, monitor.compare) {
            (true, _) => (output_match, -1.0),
            (false, Compare::Off | Compare::Processed) => (output_match, 0.0),
            (false, Compare::Original) => (0.0, input_match),
        };
        let output_gain = self.output_gain.advance(output_gain);
        let input_gain = self.input_gain.advance(input_gain);
        let mono = self.mono.advance(if monitor.mono { 1.0 } else { 0.0 });
        if !(output_gain.is(1.0) && input_gain.is(0.0)) {
            let (a, b) = (output_gain.lane::<I>(), input_gain.lane::<I>());
            for (channel, input) in output.channels.iter_mut().zip(&delayed_input.channels) {
                for (i, sample) in channel.iter_mut().enumerate() {
                    *sample = a[i] * *sample + b[i] * input[i];
                }
            }
        }
        if !mono.is(0.0) {
            let mono = mono.lane::<I>();
            let [left, right] = &mut output.channels;
            for (i, (left, right)) in left.iter_mut().zip(right).enumerate() {
                let half_difference = 0.5 * (*right - *left) * mono[i];
                *left += half_difference;
                *right -= half_difference;
            }
        }
    }
}

impl Default for Monitoring {
    fn default() -> Self {
        Self {
            output_gain: Ramp::new(),
            input_gain: Ramp::new(),
            mono: Ramp::new(),
            is_comparing: false,
            is_matched: false,
            matched: [1.0; 2],
            gain: 1.0,
        }
    }
}

/// Turns the louder of output and input down to the other's loudness, by at most 12 dB. `difference_db` is the loudness of
/// the output above the input.
fn match_gains(difference_db: f64) -> [f32; 2] {
    let gain = |db: f64| math::narrow(math::gain_from_db(-db.clamp(0.0, MAX_MATCH_DB)));
    [gain(difference_db), gain(-difference_db)]
}
