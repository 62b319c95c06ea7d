//! The squared envelopes of the three bands of a crossover at four points of each quantum, for detectors.
//!
//! All of it is linear but the squares, so the signal takes both phases first, and each phase is split into bands. One matrix
//! gives the points and the next state; the bands themselves are never computed. No delay of their own; allocates in
//! `new` only.

use super::{
    block_filter::{ROWS, SNAP},
    crossover::Split,
    point_filter::{POINT_SAMPLES, POINTS},
    quadrature::Quadrature,
};
use crate::{
    QUANTUM, Spec,
    block::quantum::Quantum,
    math,
    simd::isa::{Isa, rolled},
};

/// States of the two phases, and of the two splits of each phase.
const PHASE_STATES: usize = 6;
const SPLIT_STATES: usize = 8;
const STATES: usize = 2 * (PHASE_STATES + SPLIT_STATES);
/// A row has one register for the points of each band, four of the first phase and four of the second, and the states.
const BANDS: usize = 3;
const REGISTERS: usize = BANDS + STATES.div_ceil(8);
const ROW: usize = 8 * REGISTERS;
const FIRST_STATE: usize = 8 * BANDS;

/// The envelopes of low, mid and high band of both channels.
#[derive(Clone, Debug)]
pub struct BandEnvelopes {
    rows: Box<Rows>,
    states: [[f32; ROW - FIRST_STATE]; 2],
}

/// The share of each input sample and of each state in the points and in the next state.
#[derive(Clone, Debug)]
struct Rows {
    of_input: [[f32; ROW]; QUANTUM],
    of_state: [[f32; ROW]; STATES],
}

/// The network: two phases, two splits in a row for each.
struct Network {
    quadrature: Quadrature<6>,
    lower: Split,
    upper: Split,
}

impl Network {
    /// One sample of each band in both phases.
    fn tick(&self, state: &mut [f64; STATES], input: f64) -> [[f64; 2]; BANDS] {
        let (phases, splits) = state.split_at_mut(2 * PHASE_STATES);
        let (rows, _) = phases.as_chunks_mut::<PHASE_STATES>();
        let [first, second] = rows else {
            return [[0.0; 2]; BANDS];
        };
        let both = self.quadrature.tick([first, second], input);
        let mut bands = [[0.0; 2]; BANDS];
        let (splits, _) = splits.as_chunks_mut::<SPLIT_STATES>();
        for (phase, (signal, [a, b, c, d, e, f, g, h])) in both.into_iter().zip(splits).enumerate()
        {
            let [low, rest] = self.lower.tick([a, b, c, d], signal);
            let [mid, high] = self.upper.tick([e, f, g, h], rest);
            for (band, sample) in bands.iter_mut().zip([low, mid, high]) {
                band[phase] = sample;
            }
        }
        bands
    }
}

impl BandEnvelopes {
    /// Envelopes with cleared states of bands that meet at two frequencies, Hz. Allocates.
    #[must_use]
    pub fn new(crossovers_hz: [f32; 2], spec: Spec) -> Self {
        let mut envelopes = Self {
            rows: Box::new(Rows {
                of_input: [[0.0; ROW]; QUANTUM],
                of_state: [[0.0; ROW]; STATES],
            }),
            states: [[0.0; ROW - FIRST_STATE]; 2],
        };
        envelopes.set(crossovers_hz, spec);
        envelopes
    }

    /// Changes the frequencies with the same states at once, without a fade. Never allocates.
    #[inline(never)]
    pub fn set(&mut self, [lower_hz, upper_hz]: [f32; 2], spec: Spec) {
        let rate_hz = spec.sample_rate_hz;
        let network = Network {
            quadrature: Quadrature::wide(rate_hz),
            lower: Split::new(f64::from(lower_hz), rate_hz),
            upper: Split::new(f64::from(upper_hz), rate_hz),
        };
        let mut state = [0.0; STATES];
        for i in 0..QUANTUM {
            let bands = network.tick(&mut state, if i == 0 { 1.0 } else { 0.0 });
            // The response is the same for each input, but later.
            for j in 0..QUANTUM - i {
                set_point(&mut self.rows.of_input[j], i + j, bands);
            }
            set_state(&mut self.rows.of_input[QUANTUM - 1 - i], &state);
        }
        for (s, row) in self.rows.of_state.iter_mut().enumerate() {
            state = [0.0; STATES];
            state[s] = 1.0;
            for i in 0..QUANTUM {
                let bands = network.tick(&mut state, 0.0);
                set_point(row, i, bands);
            }
            set_state(row, &state);
        }
    }

    /// Clears the states.
    #[inline(always)]
    pub fn reset(&mut self) {
        self.states = [[0.0; ROW - FIRST_STATE]; 2];
    }

    /// The power of each band at each point, for both channels.
    #[inline(always)]
    pub fn powers<I: Isa>(&mut self, input: &Quantum) -> [[[f32; POINTS]; BANDS]; 2] {
        let mut powers = [[[0.0; POINTS]; BANDS]; 2];
        for (c, powers) in powers.iter_mut().enumerate() {
            let (input, states) = (&input.channels[c], &mut self.states[c]);
            let mut sums = [I::splat(0.0); REGISTERS];
            let (rows, _) = self.rows.of_input.as_chunks();
            for (rows, inputs) in rows.iter().zip(input.as_chunks().0).take(rolled(QUANTUM)) {
                add::<I>(rows, inputs, &mut sums);
            }
            let (rows, _) = self.rows.of_state.as_chunks();
            for (rows, inputs) in rows.iter().zip(states.as_chunks().0).take(rolled(STATES)) {
                add::<I>(rows, inputs, &mut sums);
            }
            for (band, power) in powers.iter_mut().enumerate() {
                let mut phases = [0.0; 8];
                I::store(sums[band], &mut phases);
                for point in 0..POINTS {
                    let (a, b) = (phases[point], phases[POINTS + point]);
                    power[point] = I::mul_add(a, a, b * b);
                }
            }
            for r in BANDS..REGISTERS {
                let state = I::flush_eight(sums[r], SNAP);
                I::store(state, &mut states[8 * (r - BANDS)..]);
            }
        }
        powers
    }
}

/// Adds the shares of some samples or states.
#[inline(always)]
fn add<I: Isa>(rows: &[[f32; ROW]; ROWS], inputs: &[f32; ROWS], sums: &mut [I::Eight; REGISTERS]) {
    for i in 0..ROWS {
        let x = I::splat(inputs[i]);
        for r in 0..REGISTERS {
            let column = I::load(&rows[i][8 * r..]);
            sums[r] = I::mul_add_eight(column, x, sums[r]);
        }
    }
}

/// Writes the bands of sample `i` of a quantum, if it is a point.
fn set_point(row: &mut [f32; ROW], i: usize, bands: [[f64; 2]; BANDS]) {
    if !(i + 1).is_multiple_of(POINT_SAMPLES) {
        return;
    }
    for (b, phases) in bands.into_iter().enumerate() {
        for (phase, sample) in phases.into_iter().enumerate() {
            row[8 * b + POINTS * phase + i / POINT_SAMPLES] = math::narrow(sample);
        }
    }
}

fn set_state(row: &mut [f32; ROW], state: &[f64; STATES]) {
    for (to, from) in row[FIRST_STATE..].iter_mut().zip(state) {
        *to = math::narrow(*from);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::simd::isa::Baseline;
    use core::f64::consts::TAU;

    /// In the middle of a band its envelope is that of the tone, without ripple, and the other bands have next to none.
    #[test]
    fn band_envelopes_of_a_tone_stand_still_in_its_band() {
        let spec = Spec {
            sample_rate_hz: 48_000.0,
        };
        for (own, frequency_hz) in [(0, 50.0), (1, 900.0), (2, 14_000.0)] {
            let mut envelopes = BandEnvelopes::new([250.0, 4000.0], spec);
            let mut n = 0;
            for quantum in 0..4_000 {
                let mut input = Quantum::SILENCE;
                for sample in &mut input.channels[1] {
                    let phase = TAU * frequency_hz * f64::from(n) / spec.sample_rate_hz;
                    *sample = math::narrow(0.5 * math::sin_cos(phase).0);
                    n += 1;
                }
                let [left, right] = envelopes.powers::<Baseline>(&input);
                assert_eq!(left, [[0.0; POINTS]; BANDS]);
                if quantum < 3_000 {
                    continue;
                }
                for (band, powers) in right.iter().enumerate() {
                    for power in powers {
                        let level_db = 10.0 * power.log10() + 6.02;
                        if band == own {
                            assert!(level_db.abs() < 0.1, "{level_db} dB at {frequency_hz} Hz");
                        } else {
                            assert!(level_db < -40.0, "{level_db} dB at {frequency_hz} Hz");
                        }
                    }
                }
            }
        }
    }
}
