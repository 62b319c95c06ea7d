//! Linear-phase oversampling by two and four, for stages that make harmonics.
//!
//! Only the part that such a stage *adds* is decimated, never the signal itself. So the filters needn't pass the whole
//! band, but must stop everything that would fold back.
//!
//! - 1 → 2: a half-band filter of 39 taps, of which every other one is zero.
//! - 2 → 4 and 4 → 2: half-band filters of 19 taps.
//! - 2 → 1: a low-pass of 47 taps that is 80 dB down from half the sample rate on, so that nothing folds. It passes
//!   added harmonics up to 0.28 of the sample rate (13 kHz at 48 kHz).
//!
//! The filters work on polyphase components of sixteen samples at the low rate, so no sample moves between lanes. From
//! 66 kHz on twofold oversampling is enough, from 132 kHz on the sample rate itself. The delay is
//! [`OVERSAMPLING_LATENCY`] samples at every rate. No allocation in `process`.

use crate::{
    QUANTUM, Spec,
    block::{
        lookback::{RECENT, Recent},
        quantum::{Lane, Quantum},
    },
    lanes, math,
    simd::isa::Isa,
};

/// Delay of interpolation and decimation together, samples at the low rate.
pub const OVERSAMPLING_LATENCY: usize = 25;

/// Taps of the phases that aren't a mere delay.
const UP_TAPS: usize = 20;
const DOWN_ODD_TAPS: usize = 24;
const DOWN_EVEN_TAPS: usize = 23;
/// Delay of the odd phase of the interpolator, low-rate samples.
const UP_DELAY: usize = 9;
/// Half the taps of the symmetric filters at four times the rate.
const TOP_PAIRS: usize = 5;
/// Index of the newest quantum in [`Recent`].
const PAST: usize = RECENT - QUANTUM;

/// The oversampling factor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Factor {
    /// The rate is high enough by itself.
    One,
    /// Twice.
    Two,
    /// Four times.
    Four,
}

impl Factor {
    /// The factor at which folded harmonics are inaudible.
    #[must_use]
    pub fn at(spec: Spec) -> Self {
        if spec.sample_rate_hz < 66_000.0 {
            Self::Four
        } else if spec.sample_rate_hz < 132_000.0 {
            Self::Two
        } else {
            Self::One
        }
    }
}

/// Σ taps[k] · (signal k + `offset` samples ago) with symmetric taps, for both channels.
#[inline(always)]
fn convolve<I: Isa, const TAPS: usize>(
    past: &[Recent; 2],
    taps: &[f32; TAPS],
    offset: usize,
) -> [Lane; 2] {
    let mut sums = [[I::splat(0.0); 2]; 2];
    let past = [past[0].samples(), past[1].samples()];
    for k in 0..TAPS / 2 {
        let tap = I::splat(taps[k]);
        let (new, old) = (PAST - offset - k, PAST + 1 + k - offset - TAPS);
        for c in 0..2 {
            for half in 0..2 {
                let pair = I::add_eight(
                    I::load(&past[c][new + 8 * half..]),
                    I::load(&past[c][old + 8 * half..]),
                );
                sums[c][half] = I::mul_add_eight(pair, tap, sums[c][half]);
            }
        }
    }
    if TAPS % 2 == 1 {
        let tap = I::splat(taps[TAPS / 2]);
        let center = PAST - offset - TAPS / 2;
        for c in 0..2 {
            for half in 0..2 {
                let middle = I::load(&past[c][center + 8 * half..]);
                sums[c][half] = I::mul_add_eight(middle, tap, sums[c][half]);
            }
        }
    }
    stored::<I>(&sums)
}

#[inline(always)]
fn stored<I: Isa>(sums: &[[I::Eight; 2]; 2]) -> [Lane; 2] {
    let mut lanes = [[0.0; QUANTUM]; 2];
    for c in 0..2 {
        I::store(sums[c][0], &mut lanes[c]);
        I::store(sums[c][1], &mut lanes[c][8..]);
    }
    lanes
}

/// The filters, the same at every rate.
#[derive(Clone, Copy, Debug)]
struct Taps {
    /// Even phase of the interpolator, gain 1. The odd phase is the signal [`UP_DELAY`] samples ago.
    up: [f32; UP_TAPS],
    /// The decimator's phases for the odd and the even samples of the doubled rate.
    down_odd: [f32; DOWN_ODD_TAPS],
    down_even: [f32; DOWN_EVEN_TAPS],
    /// Half the taps of the 2 → 4 filter's phase that isn't a delay, gain 1; the other half mirrors them.
    top: [f32; TOP_PAIRS],
}

impl Taps {
    fn design() -> Self {
        let half_band_phase = |taps: &[f64]| -> Vec<f32> {
            let phase: Vec<f64> = taps.iter().copied().step_by(2).collect();
            let sum: f64 = phase.iter().sum();
            phase.iter().map(|tap| math::narrow(tap / sum)).collect()
        };
        let up = half_band_phase(&low_pass::<39>(0.25, 7.9));
        let top = half_band_phase(&low_pass::<19>(0.25, 9.5));
        // Half the low rate is 0.25 of the doubled one.
        let down = low_pass::<47>(0.1955, 7.9);
        Self {
            up: core::array::from_fn(|k| up[k]),
            down_odd: core::array::from_fn(|k| math::narrow(down[2 * k])),
            down_even: core::array::from_fn(|k| math::narrow(down[2 * k + 1])),
            top: core::array::from_fn(|j| top[2 * j]),
        }
    }

    /// One phase of a filter at four times the rate, as a sum over pairs of symmetric taps.
    #[inline(always)]
    fn top_phase<I: Isa>(&self, a: &[Recent; 2], b: &[Recent; 2], b_from: usize) -> [Lane; 2] {
        let mut sums = [[I::splat(0.0); 2]; 2];
        let a = [a[0].samples(), a[1].samples()];
        let b = [b[0].samples(), b[1].samples()];
        for (j, &tap) in self.top.iter().enumerate() {
            let tap = I::splat(tap);
            for c in 0..2 {
                for half in 0..2 {
                    let pair = I::add_eight(
                        I::load(&a[c][PAST - j + 8 * half..]),
                        I::load(&b[c][PAST + j - b_from + 8 * half..]),
                    );
                    sums[c][half] = I::mul_add_eight(pair, tap, sums[c][half]);
                }
            }
        }
        stored::<I>(&sums)
    }
}

/// The past of one phase of both channels.
type Phase = [Recent; 2];

#[inline(always)]
fn push(phase: &mut Phase, lanes: &[Lane; 2]) {
    let [left, right] = phase;
    left.push(&lanes[0]);
    right.push(&lanes[1]);
}

#[inline(always)]
fn delayed(phase: &Phase, delay: usize) -> [Lane; 2] {
    [phase[0].delayed(delay), phase[1].delayed(delay)]
}

/// A Kaiser-windowed sinc of gain 1 at 0 Hz; `cutoff` as a share of the sample rate.
fn low_pass<const N: usize>(cutoff: f64, beta: f64) -> [f64; N] {
    let middle = 0.5 * math::count(N - 1);
    let taps: [f64; N] = core::array::from_fn(|i| {
        let t = math::count(i) - middle;
        let u = t / (middle + 1.0);
        let window = math::bessel_i0(beta * (1.0 - u * u).max(0.0).sqrt());
        2.0 * cutoff * math::sinc(2.0 * cutoff * t) * window
    });
    let sum: f64 = taps.iter().sum();
    taps.map(|tap| tap / sum)
}

/// A memoryless function of a signal.
pub trait Waveshaper {
    /// Applies it to sixteen samples that are one low-rate period apart.
    fn apply<I: Isa>(&self, lane: &Lane) -> Lane;
}

#[inline(always)]
fn shaped<I: Isa>(function: &impl Waveshaper, lanes: &[Lane; 2]) -> [Lane; 2] {
    [
        function.apply::<I>(&lanes[0]),
        function.apply::<I>(&lanes[1]),
    ]
}

impl Past {
    const SILENCE: Self = {
        const PHASE: Phase = [Recent::SILENCE; 2];
        Self {
            low: PHASE,
            doubled: [PHASE; 2],
            quadrupled: [PHASE; 4],
            result: [PHASE; 2],
        }
    };
}

/// Applies a memoryless function at a rate at which its harmonics don't fold back.
#[derive(Clone, Debug)]
pub struct Oversampling {
    factor: Factor,
    taps: Taps,
    past: Box<Past>,
}

/// The state of the filters: 9 kB, which no constructor moves over the stack.
#[derive(Clone, Debug)]
struct Past {
    low: Phase,
    /// The phases of the doubled rate, before the function.
    doubled: [Phase; 2],
    /// The phases of the quadrupled rate, after the function.
    quadrupled: [Phase; 4],
    /// The phases of the doubled rate, after the function.
    result: [Phase; 2],
}

impl Oversampling {
    /// Filters with cleared memory. Allocates.
    #[must_use]
    pub fn new(spec: Spec) -> Self {
        Self {
            factor: Factor::at(spec),
            taps: Taps::design(),
            past: Box::new(Past::SILENCE),
        }
    }

    /// Changes the sample rate, and resets. Never allocates.
    pub fn prepare(&mut self, spec: Spec) {
        self.factor = Factor::at(spec);
        self.reset();
    }

    /// Clears the memory.
    pub fn reset(&mut self) {
        let Past {
            low,
            doubled,
            quadrupled,
            result,
        } = &mut *self.past;
        let phases = [low]
            .into_iter()
            .chain(doubled)
            .chain(quadrupled)
            .chain(result);
        phases.flatten().for_each(Recent::reset);
    }

    /// Applies `function` to the signal with a delay of [`OVERSAMPLING_LATENCY`] samples.
    #[inline(always)]
    pub fn process<I: Isa>(&mut self, input: &Quantum, function: &impl Waveshaper) -> Quantum {
        let Self { factor, taps, past } = self;
        let Past {
            low,
            doubled,
            quadrupled,
            result,
        } = &mut **past;
        push(low, &input.channels);
        match factor {
            Factor::One => {
                let late = delayed(low, OVERSAMPLING_LATENCY);
                return Quantum {
                    channels: shaped::<I>(function, &late),
                };
            }
            Factor::Two => {
                // Nine samples of the doubled rate replace the delay of the filters at four times the rate.
                let even = delayed(low, UP_DELAY + 5);
                let odd = convolve::<I, UP_TAPS>(low, &taps.up, 4);
                push(&mut result[0], &shaped::<I>(function, &even));
                push(&mut result[1], &shaped::<I>(function, &odd));
            }
            Factor::Four => {
                push(&mut doubled[0], &convolve::<I, UP_TAPS>(low, &taps.up, 0));
                push(&mut doubled[1], &delayed(low, UP_DELAY));
                let [even, odd] = &*doubled;
                let phases = [
                    taps.top_phase::<I>(even, odd, 5),
                    delayed(even, 2),
                    taps.top_phase::<I>(odd, even, 4),
                    delayed(odd, 2),
                ];
                for (past, lanes) in quadrupled.iter_mut().zip(&phases) {
                    push(past, &shaped::<I>(function, lanes));
                }
                let [first, second, third, fourth] = &*quadrupled;
                let even = taps.top_phase::<I>(first, third, 5);
                let odd = taps.top_phase::<I>(third, first, 4);
                push(&mut result[0], &means(&even, &delayed(fourth, 3)));
                push(&mut result[1], &means(&odd, &delayed(second, 2)));
            }
        }
        let [even, odd] = &*result;
        let a = convolve::<I, DOWN_ODD_TAPS>(odd, &taps.down_odd, 0);
        let b = convolve::<I, DOWN_EVEN_TAPS>(even, &taps.down_even, 0);
        let mut output = Quantum::SILENCE;
        for c in 0..2 {
            for i in 0..QUANTUM {
                output.channels[c][i] = a[c][i] + b[c][i];
            }
        }
        output
    }
}

#[inline(always)]
fn means(a: &[Lane; 2], b: &[Lane; 2]) -> [Lane; 2] {
    [
        lanes!(i => 0.5 * (a[0][i] + b[0][i])),
        lanes!(i => 0.5 * (a[1][i] + b[1][i])),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::simd::isa::Baseline;
    use core::f64::consts::PI;

    struct Identity;

    impl Waveshaper for Identity {
        fn apply<I: Isa>(&self, lane: &Lane) -> Lane {
            *lane
        }
    }

    /// The gain of interpolation and decimation at a frequency, as a share of the sample rate, and the error of the delay.
    fn transfer(rate: f64, frequency: f64) -> (f64, f64) {
        let mut oversampling = Oversampling::new(Spec {
            sample_rate_hz: rate,
        });
        let mut n = 0;
        let (mut real, mut imaginary, mut count) = (0.0, 0.0, 0.0);
        for quantum in 0..200 {
            let mut input = Quantum::SILENCE;
            let start = n;
            for sample in &mut input.channels[1] {
                *sample = math::narrow((2.0 * PI * frequency * f64::from(n)).sin());
                n += 1;
            }
            let output = oversampling.process::<Baseline>(&input, &Identity);
            assert_eq!(output.channels[0], [0.0; QUANTUM]);
            if quantum >= 20 {
                for (i, &y) in output.channels[1].iter().enumerate() {
                    let t = f64::from(start) + math::count(i) - math::count(OVERSAMPLING_LATENCY);
                    let angle = 2.0 * PI * frequency * t;
                    real += f64::from(y) * angle.sin();
                    imaginary += f64::from(y) * angle.cos();
                    count += 0.5;
                }
            }
        }
        (real / count, imaginary / count)
    }

    #[test]
    fn oversampling_in_its_pass_band_is_a_delay_at_every_rate() {
        for rate in [44_100.0, 88_200.0, 192_000.0] {
            // A whole number of periods in the 2880 measured samples.
            for frequency in [1.0 / 960.0, 0.025, 0.1, 0.2, 0.275] {
                let (gain, off) = transfer(rate, frequency);
                assert!(
                    (gain - 1.0).abs() < 0.002 && off.abs() < 0.002,
                    "{gain} {off} at {frequency} of {rate}"
                );
            }
        }
    }
}
