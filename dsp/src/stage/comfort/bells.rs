//! Four bells side by side, whose gains and frequencies move.
//!
//! Each is a share of the input's band-pass that is added to the input. The band-passes are state-variable filters (see
//! [`Section`](crate::filter::section::Section)), four bells of two channels in the eight lanes of one recursion. No delay, no allocation.

use crate::{
    QUANTUM, Spec,
    block::{quantum::Quantum, ramp::Segment},
    lanes, math,
    simd::isa::Isa,
};
use core::f64::consts::PI;

/// Number of bells.
pub(super) const BELLS: usize = 4;
const LANES: usize = 2 * BELLS;
/// Q of the poles: they undo a resonance of Q 8 and 12 dB.
pub(super) const Q: f64 = 4.0;
/// States below this are zero: recursions decay to exact silence.
const SNAP: f32 = 1e-15;

/// Eight lanes: the bells of the left channel, then those of the right one.
type Lanes = [f32; LANES];

/// Band-passes with gains.
#[derive(Clone, Debug)]
pub(super) struct Bells {
    rate_hz: f64,
    states: [Lanes; 2],
    /// The next states from the states and the input.
    from_first: [Lanes; 2],
    from_second: [Lanes; 2],
    from_input: [Lanes; 2],
    /// Factors of the band-passes' outputs at the end of the last quantum, without those of the gains.
    weights: Lanes,
}

impl Bells {
    pub(super) fn new() -> Self {
        Self {
            rate_hz: Spec::default().sample_rate_hz,
            states: [[0.0; LANES]; 2],
            from_first: [[0.0; LANES]; 2],
            from_second: [[0.0; LANES]; 2],
            from_input: [[0.0; LANES]; 2],
            weights: [0.0; LANES],
        }
    }

    pub(super) fn prepare(&mut self, spec: Spec) {
        self.rate_hz = spec.sample_rate_hz;
    }

    /// Forgets the signal.
    pub(super) fn reset(&mut self) {
        self.states = [[0.0; LANES]; 2];
        self.weights = [0.0; LANES];
    }

    /// Begins with one bell, which has no gain yet, at a frequency.
    pub(super) fn begin(&mut self, bell: usize, hz: f64) {
        for lane in [bell, bell + BELLS] {
            self.states[0][lane] = 0.0;
            self.states[1][lane] = 0.0;
            self.weights[lane] = 0.0;
        }
        self.tune(bell, hz);
    }

    /// Moves a bell.
    #[inline(never)]
    pub(super) fn tune(&mut self, bell: usize, hz: f64) {
        let g = math::tan(PI * (hz / self.rate_hz).min(0.49));
        let damping = 1.0 / Q;
        let a1 = 1.0 / (1.0 + g * (g + damping));
        let (a2, a3) = (g * a1, g * g * a1);
        for lane in [bell, bell + BELLS] {
            self.from_first[0][lane] = math::narrow(2.0 * a1 - 1.0);
            self.from_first[1][lane] = math::narrow(2.0 * a2);
            self.from_second[0][lane] = math::narrow(-2.0 * a2);
            self.from_second[1][lane] = math::narrow(1.0 - 2.0 * a3);
            self.from_input[0][lane] = math::narrow(2.0 * a2);
            self.from_input[1][lane] = math::narrow(2.0 * a3);
        }
    }

    /// Processes one quantum, at the end of which the bells have these gains.
    #[inline(always)]
    pub(super) fn process<I: Isa>(
        &mut self,
        gains: [f32; BELLS],
        mix: Segment,
        quantum: &mut Quantum,
    ) {
        // The band-pass is the mean of its state before and after a sample, times the damping.
        let half_damping = math::narrow(0.5 / Q);
        let weights = lanes!(k, LANES => half_damping * mix.end * (gains[k % BELLS] - 1.0));
        let before = self.weights;
        let share = 1.0 / math::narrow(math::count(QUANTUM));
        let step = lanes!(k, LANES => share * (weights[k] - before[k]));
        self.weights = weights;

        let zero = I::splat(0.0);
        let [first, second] = self.from_first.map(|row| I::load(&row));
        let [first_cross, second_cross] = self.from_second.map(|row| I::load(&row));
        let [first_input, second_input] = self.from_input.map(|row| I::load(&row));
        let step = I::load(&step);
        let mut weight = I::load(&before);
        let [mut s1, mut s2] = self.states.map(|row| I::load(&row));
        let mut added = [[0.0; LANES]; QUANTUM];
        for i in 0..QUANTUM {
            let [left, right] = [quantum.channels[0][i], quantum.channels[1][i]];
            let x = I::load(&[left, left, left, left, right, right, right, right]);
            let next = I::mul_add_eight(first_cross, s2, I::mul_add_eight(first_input, x, zero));
            let next = I::mul_add_eight(first, s1, next);
            let cross = I::mul_add_eight(second, s1, I::mul_add_eight(second_input, x, zero));
            s2 = I::mul_add_eight(second_cross, s2, cross);
            weight = I::add_eight(weight, step);
            let band = I::add_eight(s1, next);
            s1 = next;
            I::store(I::mul_add_eight(weight, band, zero), &mut added[i]);
        }
        for (state, eight) in self.states.iter_mut().zip([s1, s2]) {
            I::store(eight, state);
            *state = lanes!(k, LANES => if state[k].abs() < SNAP { 0.0 } else { state[k] });
        }
        for (c, channel) in quantum.channels.iter_mut().enumerate() {
            for (x, added) in channel.iter_mut().zip(&added) {
                let [a, b, c, d] = [0, 1, 2, 3].map(|k| added[BELLS * c + k]);
                *x += (a + b) + (c + d);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{filter::section::Section, simd::isa::Baseline};

    #[test]
    fn bells_with_steady_gains_equal_the_input_and_shares_of_its_band_passes() {
        let rate_hz = 48_000.0;
        let mut bells = Bells::new();
        bells.prepare(Spec {
            sample_rate_hz: rate_hz,
        });
        let hz = [140.0, 700.0, 3_000.0, 9_000.0];
        let gains = [0.4, 1.0, 0.7, 0.5];
        let mut sections = hz.map(|hz| (Section::band_pass(hz, Q, rate_hz), [0.0; 2]));
        for (bell, hz) in hz.iter().enumerate() {
            bells.begin(bell, *hz);
        }
        let mix = Segment {
            start: 1.0,
            end: 1.0,
        };
        bells.process::<Baseline>(gains, mix, &mut Quantum::SILENCE.clone());
        let mut random = 1_u32;
        for _ in 0..300 {
            let mut quantum = Quantum::SILENCE;
            for sample in &mut quantum.channels[1] {
                random = random.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                *sample = f32::from(u16::try_from(random >> 16).unwrap()) / 32_768.0 - 1.0;
            }
            let input = quantum.channels[1];
            bells.process::<Baseline>(gains, mix, &mut quantum);
            assert_eq!(quantum.channels[0], [0.0; QUANTUM]);
            for (x, output) in input.iter().zip(quantum.channels[1]) {
                let x = f64::from(*x);
                let mut expected = x;
                for ((section, [a, b]), gain) in sections.iter_mut().zip(gains) {
                    expected += (f64::from(gain) - 1.0) * section.tick([a, b], x);
                }
                assert!((f64::from(output) - expected).abs() < 3e-6);
            }
        }
    }
}
