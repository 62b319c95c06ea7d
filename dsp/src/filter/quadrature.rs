//! Quadrature networks and envelopes: a signal and its copy a quarter of a period later, at any frequency.
//!
//! The sum of their squares is the squared envelope, without the ripple of a rectifier. Two rows of first-order all-passes
//! have phases that differ by 90° (Bedrosian, "Normalized design of 90° phase-difference networks", IRE Trans. Circuit
//! Theory 7, 1960). The poles are equal-ripple solutions, found numerically; they mirror each other about the geometric
//! middle of the band.

use super::{
    network::Network,
    point_filter::{POINTS, PointFilter},
    section::Section,
};
use crate::{Spec, block::quantum::Quantum, simd::isa::Isa};
use core::f64::consts::PI;

/// Two rows of `N` all-passes.
#[derive(Clone, Copy, Debug)]
pub struct Quadrature<const N: usize> {
    /// g/(1 + g) of each all-pass.
    rows: [[f64; N]; 2],
}

impl Quadrature<6> {
    /// 40 Hz to 30 kHz of the analog frequency scale, which is 40 Hz to 16.8 kHz at 48 kHz. The phase is 90° within 0.15°,
    /// and within 2.2° down to 30 Hz. A wider band would ring longer after a bass note.
    #[must_use]
    pub fn wide(rate_hz: f64) -> Self {
        Self::new(
            [
                [
                    13.636_186,
                    102.543_17,
                    402.240_854,
                    1_529.250_815,
                    5_849.708_116,
                    25_421.634_134,
                ],
                [
                    47.203_889,
                    205.138_44,
                    784.697_963,
                    2_983.287_219,
                    11_702.388_372,
                    88_001.146_298,
                ],
            ],
            rate_hz,
        )
    }
}

impl Quadrature<3> {
    /// 28 to 280 Hz. The phase is 90° within 0.08°.
    #[must_use]
    pub fn bass(rate_hz: f64) -> Self {
        Self::new(
            [
                [8.761_568, 62.962_165, 263.318_215],
                [29.773_861, 124.519_226, 894.816_952],
            ],
            rate_hz,
        )
    }
}

impl<const N: usize> Quadrature<N> {
    fn new(poles_hz: [[f64; N]; 2], rate_hz: f64) -> Self {
        Self {
            rows: poles_hz.map(|row| {
                row.map(|pole_hz| {
                    let g = PI * pole_hz / rate_hz;
                    g / (1.0 + g)
                })
            }),
        }
    }

    /// One sample of the signal in both phases.
    pub fn tick(&self, states: [&mut [f64; N]; 2], input: f64) -> [f64; 2] {
        let mut outputs = [input; 2];
        for ((output, row), states) in outputs.iter_mut().zip(&self.rows).zip(states) {
            for (state, g) in states.iter_mut().zip(row) {
                let v = (*output - *state) * g;
                let low = *state + v;
                *state = low + v;
                *output = 2.0 * low - *output;
            }
        }
        outputs
    }
}

/// The squared envelopes of `K` stereo signals at four points a quantum. For a sine of amplitude a they stand still at
/// a². No delay but the all-passes' own; allocates in `new` only.
#[derive(Clone, Debug)]
pub struct Envelope<const K: usize>(PointFilter<12, K>);

impl Network<12, 2> for Quadrature<6> {
    fn tick(&self, state: &mut [f64; 12], input: f64) -> [f64; 2] {
        let (rows, _) = state.as_chunks_mut::<6>();
        let [first, second] = rows else {
            return [0.0; 2];
        };
        self.tick([first, second], input)
    }
}

impl<const K: usize> Envelope<K> {
    /// Envelopes with cleared states. Allocates.
    #[must_use]
    pub fn new(spec: Spec) -> Self {
        Self(PointFilter::new(&Quadrature::wide(spec.sample_rate_hz)))
    }

    /// Changes the sample rate, and resets. Never allocates.
    pub fn prepare(&mut self, spec: Spec) {
        self.0.set(&Quadrature::wide(spec.sample_rate_hz));
        self.reset();
    }

    /// Clears the states.
    #[inline(always)]
    pub fn reset(&mut self) {
        self.0.reset();
    }

    /// The power of both channels of each signal at each point.
    #[inline(always)]
    pub fn powers<I: Isa>(&mut self, inputs: &[Quantum; K]) -> [[[f32; POINTS]; 2]; K] {
        self.0.powers::<I>(inputs)
    }
}

/// The squared envelope of one stereo signal behind a high-pass: a side chain without the bass.
#[derive(Clone, Debug)]
pub struct SideChain(PointFilter<14, 1>);

/// The high-pass and the two rows behind it.
#[derive(Clone, Copy, Debug)]
struct HighPassed(Section, Quadrature<6>);

impl Network<14, 2> for HighPassed {
    fn tick(&self, state: &mut [f64; 14], input: f64) -> [f64; 2] {
        let [s1, s2, rest @ ..] = state;
        let high = self.0.tick([s1, s2], input);
        Network::tick(&self.1, rest, high)
    }
}

impl SideChain {
    /// A side chain with cleared states. Allocates.
    #[must_use]
    pub fn new(high_pass_hz: f32, spec: Spec) -> Self {
        Self(PointFilter::new(&Self::network(high_pass_hz, spec)))
    }

    fn network(high_pass_hz: f32, spec: Spec) -> HighPassed {
        HighPassed(
            Section::high_pass(f64::from(high_pass_hz), spec.sample_rate_hz),
            Quadrature::wide(spec.sample_rate_hz),
        )
    }

    /// Changes the corner frequency, Hz. Never allocates.
    pub fn set(&mut self, high_pass_hz: f32, spec: Spec) {
        self.0.set(&Self::network(high_pass_hz, spec));
    }

    /// Clears the states.
    #[inline(always)]
    pub fn reset(&mut self) {
        self.0.reset();
    }

    /// The power of both channels at each point.
    #[inline(always)]
    pub fn powers<I: Isa>(&mut self, input: &Quantum) -> [[f32; POINTS]; 2] {
        let [powers] = self.0.powers::<I>(core::array::from_ref(input));
        powers
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{math, simd::isa::Baseline};

    /// 0.15° of phase are 0.01 dB of ripple.
    #[test]
    fn envelope_of_a_sine_stands_still_within_0_013_db() {
        for rate in [44_100.0, 48_000.0, 192_000.0] {
            for frequency in [40.0, 100.0, 1_000.0, 5_000.0, 15_000.0] {
                let spec = Spec {
                    sample_rate_hz: rate,
                };
                let mut envelope = Envelope::<1>::new(spec);
                let mut n = 0;
                for quantum in 0..20_000 {
                    let mut input = Quantum::SILENCE;
                    for sample in &mut input.channels[0] {
                        let phase = 2.0 * PI * frequency * f64::from(n) / rate;
                        *sample = math::narrow(0.5 * math::sin_cos(phase).0);
                        n += 1;
                    }
                    let [[left, right]] = envelope.powers::<Baseline>(&[input]);
                    assert_eq!(right, [0.0; POINTS]);
                    for power in left {
                        let level = 10.0 * power.log10() + 6.02;
                        assert!(
                            quantum < 10_000 || level.abs() < 0.013,
                            "{level} dB at {frequency} Hz of {rate}"
                        );
                    }
                }
            }
        }
    }
}
