//! Monitor states: comparison, automatic gain, delta and mono, which replace the output for the listener and are never part of a bounce.
//!
//! No delay, no allocation.

use crate::{
    Compare, Monitor, Readings, Spec,
    block::{quantum::Quantum, ramp::Ramp},
    math,
    simd::isa::Isa,
};

/// Largest attenuation for a loudness match.
const MAX_MATCH_DB: f32 = 12.0;

/// Mixes output and delayed input for the monitor states; every change crossfades over 20 ms.
#[derive(Clone, Debug)]
pub struct Monitoring {
    output_gain: Ramp,
    input_gain: Ramp,
    mono: Ramp,
    comparing: bool,
    /// Match gains of output and input, constant while comparing.
    matched: [f32; 2],
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
        self.comparing = false;
    }

    /// Replaces the output by the monitored signal; untouched while all states are off. `auto_gain` makes the output as
    /// loud as the input.
    #[inline(always)]
    pub fn process<I: Isa>(
        &mut self,
        monitor: Monitor,
        readings: &Readings,
        auto_gain: f32,
        delayed_input: &Quantum,
        output: &mut Quantum,
    ) {
        let comparing = monitor.compare != Compare::Off;
        if comparing && !self.comparing {
            self.matched = match_gains(readings);
        }
        self.comparing = comparing;
        let [output_match, input_match] = self.matched;
        let (output_gain, input_gain) = match (monitor.delta, monitor.compare, monitor.auto_gain) {
            (true, _, _) => (1.0, -1.0),
            (false, Compare::Off, false) => (1.0, 0.0),
            (false, Compare::Processed, false) => (output_match, 0.0),
            (false, Compare::Original, false) => (0.0, input_match),
            (false, Compare::Off | Compare::Processed, true) => (auto_gain, 0.0),
            (false, Compare::Original, true) => (0.0, 1.0),
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
            comparing: false,
            matched: [1.0; 2],
        }
    }
}

/// Turns the louder of output and input down to the other's short-term loudness, within ±12 dB.
fn match_gains(readings: &Readings) -> [f32; 2] {
    let difference = readings.output.short_term_lufs - readings.input.short_term_lufs;
    if !difference.is_finite() {
        return [1.0; 2];
    }
    let gain = |db: f32| math::narrow(math::gain_from_db(-f64::from(db.clamp(0.0, MAX_MATCH_DB))));
    [gain(difference), gain(-difference)]
}
