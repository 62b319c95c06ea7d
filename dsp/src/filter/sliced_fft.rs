//! A Fourier transform that is computed in slices, so that no quantum has to pay for the whole.
//!
//! Radix 2 in Stockham's order (Cochran et al., "What is the fast Fourier transform?", 1967): each pass reads both halves of one
//! buffer in order and writes another, so that the result needs no bit reversal. The transforms of libraries choose
//! their instructions by the CPU and run in one piece; this one gives equal bits in every run and has slices of equal length.

use crate::{QUANTUM, block::quantum::Quantum, lanes, math, simd::isa::Isa};
use core::f64::consts::TAU;

/// Butterflies of a slice.
const SLICE: usize = 256;
/// Butterflies side by side.
const LANES: usize = 8;

/// The transform of a Hann window of two real signals, left as the real and right as the imaginary part. Allocates in `new` only.
#[derive(Clone, Debug)]
pub struct SlicedFft {
    /// Real and imaginary parts: of the input of a pass, and of its output.
    buffers: [[Vec<f32>; 2]; 2],
    /// cos and −sin of 2π i / length, for the first half of the circle.
    turns: [Vec<f32>; 2],
    passes: usize,
}

impl SlicedFft {
    /// A transform of 2^`passes` samples, 512 at least. Allocates.
    #[must_use]
    pub fn new(passes: usize) -> Self {
        let length = 1 << passes.max(9);
        let turn = |i: usize| math::sin_cos(TAU * math::count(i) / math::count(length));
        let half = 0..length / 2;
        let zeros = || vec![0.0; length];
        Self {
            buffers: [[zeros(), zeros()], [zeros(), zeros()]],
            turns: [
                half.clone().map(|i| math::narrow(turn(i).1)).collect(),
                half.map(|i| math::narrow(-turn(i).0)).collect(),
            ],
            passes: passes.max(9),
        }
    }

    /// Number of samples.
    #[must_use]
    pub fn length(&self) -> usize {
        2 * self.turns[0].len()
    }

    /// Number of slices.
    #[must_use]
    pub fn slices(&self) -> usize {
        self.passes * (self.length() / 2 / SLICE)
    }

    /// Writes a quantum, times the window, from sample `start` on. All must be written before the first slice.
    ///
    /// # Panics
    /// If the quantum ends beyond the length.
    #[inline(always)]
    pub fn write<I: Isa>(&mut self, start: usize, quantum: &Quantum) {
        let half = self.turns[0].len();
        let (from, sign) = if start < half {
            (start, -0.5)
        } else {
            (start - half, 0.5)
        };
        let cosines = &self.turns[0][from..from + QUANTUM];
        let window = lanes!(i => I::mul_add(sign, cosines[i], 0.5));
        for (part, channel) in self.buffers[0].iter_mut().zip(&quantum.channels) {
            let part = &mut part[start..start + QUANTUM];
            part.copy_from_slice(&lanes!(i => window[i] * channel[i]));
        }
    }

    /// Computes one slice; they run from 0 upwards, each once.
    #[inline(always)]
    pub fn run<I: Isa>(&mut self, slice: usize) {
        let slices = self.length() / 2 / SLICE;
        let (pass, first) = (slice / slices, slice % slices * SLICE);
        match pass {
            0 => self.near::<I, 1>(pass, first),
            1 => self.near::<I, 2>(pass, first),
            2 => self.near::<I, 4>(pass, first),
            _ => self.far::<I>(pass, first),
        }
    }

    /// Butterflies of a pass whose outputs lie closer together than the lanes.
    #[inline(always)]
    fn near<I: Isa, const STRIDE: usize>(&mut self, pass: usize, first: usize) {
        let half = self.turns[0].len();
        let [cosines, sines] = &self.turns;
        let ([real, imaginary], [to_real, to_imaginary]) = ends(&mut self.buffers, pass);
        for i in (first..first + SLICE).step_by(LANES) {
            let [a, b] = [&real[i..i + LANES], &real[half + i..half + i + LANES]];
            let [c, d] = [
                &imaginary[i..i + LANES],
                &imaginary[half + i..half + i + LANES],
            ];
            let (cos, sin) = (&cosines[i..i + LANES], &sines[i..i + LANES]);
            let cos = lanes!(l, LANES => cos[l - l % STRIDE]);
            let sin = lanes!(l, LANES => sin[l - l % STRIDE]);
            let sums = [
                lanes!(l, LANES => a[l] + b[l]),
                lanes!(l, LANES => c[l] + d[l]),
            ];
            let re = lanes!(l, LANES => a[l] - b[l]);
            let im = lanes!(l, LANES => c[l] - d[l]);
            let turned = [
                lanes!(l, LANES => I::mul_add(re[l], cos[l], -(im[l] * sin[l]))),
                lanes!(l, LANES => I::mul_add(re[l], sin[l], im[l] * cos[l])),
            ];
            let to = 2 * i..2 * (i + LANES);
            to_real[to.clone()].copy_from_slice(&woven::<STRIDE>(&sums[0], &turned[0]));
            to_imaginary[to].copy_from_slice(&woven::<STRIDE>(&sums[1], &turned[1]));
        }
    }

    /// Butterflies of a pass whose outputs lie at least as far apart as the lanes.
    #[inline(always)]
    fn far<I: Isa>(&mut self, pass: usize, first: usize) {
        let half = self.turns[0].len();
        let stride = 1 << pass;
        let [cosines, sines] = &self.turns;
        let ([real, imaginary], [to_real, to_imaginary]) = ends(&mut self.buffers, pass);
        for i in (first..first + SLICE).step_by(LANES) {
            let place = i & (stride - 1);
            let (cos, sin) = (cosines[i - place], sines[i - place]);
            let [a, b] = [&real[i..i + LANES], &real[half + i..half + i + LANES]];
            let [c, d] = [
                &imaginary[i..i + LANES],
                &imaginary[half + i..half + i + LANES],
            ];
            let to = 2 * i - place;
            to_real[to..to + LANES].copy_from_slice(&lanes!(l, LANES => a[l] + b[l]));
            to_imaginary[to..to + LANES].copy_from_slice(&lanes!(l, LANES => c[l] + d[l]));
            let (re, im) = (
                lanes!(l, LANES => a[l] - b[l]),
                lanes!(l, LANES => c[l] - d[l]),
            );
            let to = to + stride;
            to_real[to..to + LANES]
                .copy_from_slice(&lanes!(l, LANES => I::mul_add(re[l], cos, -(im[l] * sin))));
            to_imaginary[to..to + LANES]
                .copy_from_slice(&lanes!(l, LANES => I::mul_add(re[l], sin, im[l] * cos)));
        }
    }

    /// Twice the sum of the squared magnitudes of left and right at a bin, after the last slice.
    ///
    /// # Panics
    /// If `bin` is 0 or not below the length.
    #[inline(always)]
    #[must_use]
    pub fn power(&self, bin: usize) -> f32 {
        // Left is the real part and right the imaginary one: both mirror images add up to their power.
        let [real, imaginary] = &self.buffers[self.passes % 2];
        let mirrored = self.length() - bin;
        let square = |i: usize| real[i] * real[i] + imaginary[i] * imaginary[i];
        square(bin) + square(mirrored)
    }
}

/// Groups of `STRIDE` numbers of two rows in turn.
#[inline(always)]
fn woven<const STRIDE: usize>(a: &[f32; LANES], b: &[f32; LANES]) -> [f32; 2 * LANES] {
    let from = |m: usize| m / (2 * STRIDE) * STRIDE + m % STRIDE;
    lanes!(m, 2 * LANES => if m % (2 * STRIDE) < STRIDE { a[from(m)] } else { b[from(m)] })
}

/// Parts of the input and of the output of a pass.
type Ends<'a> = (&'a [Vec<f32>; 2], &'a mut [Vec<f32>; 2]);

#[inline(always)]
fn ends(buffers: &mut [[Vec<f32>; 2]; 2], pass: usize) -> Ends<'_> {
    let [even, odd] = buffers;
    if pass.is_multiple_of(2) {
        (even, odd)
    } else {
        (odd, even)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::simd::isa::Baseline;

    /// The window spreads a tone over three bins: half of the amplitude in the middle, a quarter beside it.
    #[test]
    fn sliced_fft_of_two_tones_has_power_in_their_bins_only() {
        for passes in [9, 10] {
            let mut fft = SlicedFft::new(passes);
            let length = 1 << passes;
            assert_eq!(fft.length(), length);
            for start in (0..length).step_by(QUANTUM) {
                let tone = |bin: f64, i: usize| {
                    let turns = bin * math::count(start + i) / math::count(length);
                    math::narrow(math::sin_cos(TAU * turns).0)
                };
                let quantum = Quantum {
                    channels: [lanes!(i => tone(5.0, i)), lanes!(i => tone(100.0, i))],
                };
                fft.write::<Baseline>(start, &quantum);
            }
            for slice in 0..fft.slices() {
                fft.run::<Baseline>(slice);
            }
            let unit = math::narrow(math::count(length * length)) / 8.0;
            for bin in 1..length / 2 {
                let expected = match bin {
                    5 | 100 => unit,
                    4 | 6 | 99 | 101 => 0.25 * unit,
                    _ => 0.0,
                };
                assert!((fft.power(bin) - expected).abs() < 1e-5 * unit, "{bin}");
            }
        }
    }
}
