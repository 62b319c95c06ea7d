//! The squared envelopes of the three bands of a crossover at four points of each quantum, for detectors.
//!
//! All of it is linear but the squares, so the signal takes both phases first, and each phase is split into bands. One matrix
//! gives the points and the next state; the bands themselves are never computed. No delay of their own; allocates in
//! `new` only.

use super::{
    block_filter::SNAP,
    crossover::Split,
    point_filter::{POINT_SAMPLES, POINTS, ROWS},
    quadrature::Quadrature,
};
use crate::{
    QUANTUM, Spec,
    block::quantum::Quantum,
    math,
    simd::isa::{Isa, rolled},
};

/// States of a phase, and of its two splits.
const PHASE_STATES: usize = 6;
const SPLIT_STATES: usize = 8;
const OF_PHASE: usize = PHASE_STATES + SPLIT_STATES;
const STATES: usize = 2 * OF_PHASE;
const BANDS: usize = 3;

/// A row is some registers with four numbers of the first phase and four of the second, which never meet: the points of each
/// band, and the states. A state reaches nothing in front of it, so that its row begins at its own register.
type Row = [[f32; 8]; REGISTERS];
const REGISTERS: usize = BANDS + STATE_REGISTERS.len();
/// The registers of low, mid and high band.
const BAND_REGISTERS: [usize; BANDS] = [3, 5, 6];
/// Those of the states: four of the phase, its other two, those of the lower split, those of the upper one.
const STATE_REGISTERS: [usize; 4] = [0, 1, 2, 4];

/// The envelopes of low, mid and high band of both channels.
#[derive(Clone, Debug)]
pub struct BandEnvelopes {
    rows: Box<Rows>,
    /// The registers of the states of both channels.
    states: [[[f32; 8]; STATE_REGISTERS.len()]; 2],
}

/// The share of each input sample, and of each pair of states, one of each phase, in the points and in the next state.
#[derive(Clone, Debug)]
struct Rows {
    of_input: [Row; QUANTUM],
    of_states: [Row; OF_PHASE],
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
                of_input: [[[0.0; 8]; REGISTERS]; QUANTUM],
                of_states: [[[0.0; 8]; REGISTERS]; OF_PHASE],
            }),
            states: [[[0.0; 8]; STATE_REGISTERS.len()]; 2],
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
        for (s, row) in self.rows.of_states.iter_mut().enumerate() {
            state = [0.0; STATES];
            for phase in 0..2 {
                state[state_index(phase, s)] = 1.0;
            }
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
        self.states = [[[0.0; 8]; STATE_REGISTERS.len()]; 2];
    }

    /// The power of each band at each point, for both channels.
    #[inline(always)]
    pub fn powers<I: Isa>(&mut self, input: &Quantum) -> [[[f32; POINTS]; BANDS]; 2] {
        let mut powers = [[[0.0; POINTS]; BANDS]; 2];
        for (c, powers) in powers.iter_mut().enumerate() {
            let (input, states) = (&input.channels[c], &mut self.states[c]);
            let mut sums = [I::splat(0.0); REGISTERS];
            let (rows, _) = self.rows.of_input.as_chunks::<ROWS>();
            let (inputs, _) = input.as_chunks::<ROWS>();
            for (rows, inputs) in rows.iter().zip(inputs).take(rolled(QUANTUM)) {
                for i in 0..ROWS {
                    add::<I, 0>(&rows[i], I::splat(inputs[i]), &mut sums);
                }
            }
            let [a, b, c, d, e, f, splits @ ..] = &self.rows.of_states;
            let [phase, rest_of_phase, lower, upper] = states;
            add_four::<I, { STATE_REGISTERS[0] }>([a, b, c, d], phase, &mut sums);
            let rest = I::load(rest_of_phase);
            add::<I, { STATE_REGISTERS[1] }>(e, I::splat_in_halves::<0>(rest), &mut sums);
            add::<I, { STATE_REGISTERS[1] }>(f, I::splat_in_halves::<1>(rest), &mut sums);
            let [a, b, c, d, e, f, g, h] = splits;
            add_four::<I, { STATE_REGISTERS[2] }>([a, b, c, d], lower, &mut sums);
            add_four::<I, { STATE_REGISTERS[3] }>([e, f, g, h], upper, &mut sums);
            for (band, power) in powers.iter_mut().enumerate() {
                let mut phases = [0.0; 8];
                I::store(sums[BAND_REGISTERS[band]], &mut phases);
                for point in 0..POINTS {
                    let (a, b) = (phases[point], phases[POINTS + point]);
                    power[point] = I::mul_add(a, a, b * b);
                }
            }
            for (register, states) in STATE_REGISTERS.into_iter().zip(states) {
                I::store(I::flush_eight(sums[register], SNAP), states);
            }
        }
        powers
    }
}

/// Adds the shares of a number in the sums from register `FROM` on; of two numbers, one for each half of the registers.
#[inline(always)]
fn add<I: Isa, const FROM: usize>(row: &Row, x: I::Eight, sums: &mut [I::Eight; REGISTERS]) {
    for r in FROM..REGISTERS {
        sums[r] = I::mul_add_eight(I::load(&row[r]), x, sums[r]);
    }
}

/// Adds the shares of four states of each phase.
#[inline(always)]
fn add_four<I: Isa, const FROM: usize>(
    rows: [&Row; 4],
    states: &[f32; 8],
    sums: &mut [I::Eight; REGISTERS],
) {
    let states = I::load(states);
    add::<I, FROM>(rows[0], I::splat_in_halves::<0>(states), sums);
    add::<I, FROM>(rows[1], I::splat_in_halves::<1>(states), sums);
    add::<I, FROM>(rows[2], I::splat_in_halves::<2>(states), sums);
    add::<I, FROM>(rows[3], I::splat_in_halves::<3>(states), sums);
}

/// The index of state `s` of a phase in the state of the network.
fn state_index(phase: usize, s: usize) -> usize {
    if s < PHASE_STATES {
        phase * PHASE_STATES + s
    } else {
        2 * PHASE_STATES + phase * SPLIT_STATES + s - PHASE_STATES
    }
}

/// Writes the bands of sample `i` of a quantum, if it is a point.
fn set_point(row: &mut Row, i: usize, bands: [[f64; 2]; BANDS]) {
    if !(i + 1).is_multiple_of(POINT_SAMPLES) {
        return;
    }
    for (register, phases) in BAND_REGISTERS.into_iter().zip(bands) {
        for (phase, sample) in phases.into_iter().enumerate() {
            row[register][POINTS * phase + i / POINT_SAMPLES] = math::narrow(sample);
        }
    }
}

fn set_state(row: &mut Row, state: &[f64; STATES]) {
    for phase in 0..2 {
        for s in 0..OF_PHASE {
            // Two places behind the phase's own states stay empty.
            let place = if s < PHASE_STATES { s } else { s + 2 };
            row[STATE_REGISTERS[place / 4]][4 * phase + place % 4] =
                math::narrow(state[state_index(phase, s)]);
        }
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
