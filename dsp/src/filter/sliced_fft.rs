//! A Fourier transform that is computed in slices, so that no quantum has to pay for the whole.
//!
//! Radix 2, decimation in time (Cooley & Tukey, 1965). The transforms of libraries choose their instructions by the CPU
//! and run in one piece; this one gives equal bits everywhere and has one slice for each power of two.

use crate::math;
use core::f64::consts::TAU;

/// A complex transform of a power of two of samples. Allocates in `new` only.
#[derive(Clone, Debug)]
pub struct SlicedFft {
    real: Vec<f32>,
    imaginary: Vec<f32>,
    /// Cosines and sines of the slices one after the other: slice `s` has 2ˢ of them from 2ˢ − 1 on.
    cosines: Vec<f32>,
    sines: Vec<f32>,
    slices: u32,
}

impl SlicedFft {
    /// A transform of 2^`slices` samples. Allocates.
    #[must_use]
    pub fn new(slices: u32) -> Self {
        let length = 1 << slices;
        let (mut cosines, mut sines) = (Vec::with_capacity(length), Vec::with_capacity(length));
        for slice in 0..slices {
            let half = 1_usize << slice;
            for j in 0..half {
                let (sin, cos) = math::sin_cos(-TAU * math::count(j) / math::count(2 * half));
                cosines.push(math::narrow(cos));
                sines.push(math::narrow(sin));
            }
        }
        Self {
            real: vec![0.0; length],
            imaginary: vec![0.0; length],
            cosines,
            sines,
            slices,
        }
    }

    /// Number of samples.
    #[must_use]
    pub fn length(&self) -> usize {
        self.real.len()
    }

    /// Number of slices.
    #[must_use]
    pub fn slices(&self) -> u32 {
        self.slices
    }

    /// Writes a sample. All must be written before the first slice.
    ///
    /// # Panics
    /// If `index` is not below the length.
    #[inline(always)]
    pub fn write(&mut self, index: usize, real: f32, imaginary: f32) {
        let place = index.reverse_bits() >> (usize::BITS - self.slices);
        self.real[place] = real;
        self.imaginary[place] = imaginary;
    }

    /// Computes one slice; they run from 0 upwards, each once.
    #[inline(always)]
    pub fn run(&mut self, slice: u32) {
        let half = 1_usize << slice;
        let cosines = &self.cosines[half - 1..2 * half - 1];
        let sines = &self.sines[half - 1..2 * half - 1];
        let real = self.real.chunks_exact_mut(2 * half);
        for (real, imaginary) in real.zip(self.imaginary.chunks_exact_mut(2 * half)) {
            let (real_a, real_b) = real.split_at_mut(half);
            let (imaginary_a, imaginary_b) = imaginary.split_at_mut(half);
            for j in 0..half {
                let turned_real = real_b[j] * cosines[j] - imaginary_b[j] * sines[j];
                let turned_imaginary = real_b[j] * sines[j] + imaginary_b[j] * cosines[j];
                real_b[j] = real_a[j] - turned_real;
                imaginary_b[j] = imaginary_a[j] - turned_imaginary;
                real_a[j] += turned_real;
                imaginary_a[j] += turned_imaginary;
            }
        }
    }

    /// The squared magnitude of a bin after the last slice.
    ///
    /// # Panics
    /// If `bin` is not below the length.
    #[inline(always)]
    #[must_use]
    pub fn power(&self, bin: usize) -> f32 {
        let (re, im) = (self.real[bin], self.imaginary[bin]);
        re * re + im * im
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sliced_fft_of_two_tones_has_power_in_their_bins_only() {
        let mut fft = SlicedFft::new(6);
        assert_eq!((fft.length(), fft.slices()), (64, 6));
        for i in 0..64 {
            let turn = |bin: f64| math::sin_cos(TAU * bin * math::count(i) / 64.0);
            let ((sin_5, cos_5), (_, cos_20)) = (turn(5.0), turn(20.0));
            fft.write(i, math::narrow(cos_5 + cos_20), math::narrow(sin_5));
        }
        for slice in 0..6 {
            fft.run(slice);
        }
        for bin in 0..64 {
            let expected = match bin {
                5 => 64.0_f32 * 64.0,
                20 | 44 => 32.0 * 32.0,
                _ => 0.0,
            };
            assert!((fft.power(bin) - expected).abs() < 0.01, "{bin}");
        }
    }
}
