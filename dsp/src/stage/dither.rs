//! Word-length reduction: TPDF dither, optional noise shaping, rounding.
//!
//! Triangular dither of ±1 LSB makes the first two moments of the error independent of the signal: the error's variance is
//! always 1/4 LSB² (Lipshitz, Wannamaker, Vanderkooy, "Quantization and dither: a theoretical survey", JAES 40(5), 1992).
//! The noise is a hash of a counter that starts at reset, so that every bounce is the same. No delay, no allocation.

use crate::{
    DitherDepth, DitherSettings, QUANTUM, Spec,
    block::{processor::Processor, quantum::Quantum},
    math,
    simd::isa::Isa,
};
use core::f64::consts::TAU;

/// Taps of the noise-shaping filter.
const ORDER: usize = 5;

/// Error feedback after Lipshitz, Vanderkooy, Wannamaker ("Minimally audible noise shaping", JAES 39(11), 1991),
/// five coefficients for 44.1 kHz.
const LIPSHITZ: [f64; ORDER] = [2.033, -2.165, 1.959, -1.590, 0.6149];

/// Rounds both channels to a word length.
#[derive(Clone, Debug)]
pub struct Dither {
    feedback: [f64; ORDER],
    counter: u32,
    /// Errors of both channels in LSB, the newest last.
    errors: [[f64; 2]; ORDER],
}

impl Default for Dither {
    fn default() -> Self {
        Self {
            feedback: LIPSHITZ,
            counter: 0,
            errors: [[0.0; 2]; ORDER],
        }
    }
}

/// Bits of the word; `None` without dither.
fn bits(depth: DitherDepth) -> Option<u32> {
    match depth {
        DitherDepth::Off => None,
        DitherDepth::Bits16 => Some(16),
        DitherDepth::Bits20 => Some(20),
        DitherDepth::Bits24 => Some(24),
    }
}

/// An integer hash with full avalanche (the construction of Mueller; the constants are Wellons' "lowbias32", 2018).
#[inline(always)]
fn hash(mut x: u32) -> u32 {
    x ^= x >> 16;
    x = x.wrapping_mul(0x7feb_352d);
    x ^= x >> 15;
    x = x.wrapping_mul(0x846c_a68b);
    x ^ (x >> 16)
}

/// Triangular noise in (−1, 1) from two independent uniform 16-bit numbers.
#[inline(always)]
fn triangular(random: u32) -> f64 {
    // 65 535 makes the mean exactly zero.
    (f64::from(random & 0xffff) + f64::from(random >> 16) - 65_535.0) * (1.0 / 65_536.0)
}

/// Rounds half to even for |x| < 2⁵¹, by letting the addition drop the fraction.
#[inline(always)]
fn round(x: f64) -> f64 {
    const MAGIC: f64 = 6_755_399_441_055_744.0; // 1.5 · 2⁵²
    (x + MAGIC) - MAGIC
}

impl Processor for Dither {
    type Settings = DitherSettings;

    fn prepare(&mut self, spec: Spec) {
        self.feedback = if spec.sample_rate_hz < 22_050.0 {
            // The whole band is audible, so there is no place for shaped noise.
            [0.0; ORDER]
        } else if spec.sample_rate_hz < 66_000.0 {
            LIPSHITZ
        } else {
            // At higher rates there is room above the audible band; one pair of zeros on the unit circle at 4 kHz is enough.
            let (_, cos) = math::sin_cos(TAU * 4000.0 / spec.sample_rate_hz);
            [2.0 * cos, -1.0, 0.0, 0.0, 0.0]
        };
        self.reset();
    }

    fn reset(&mut self) {
        self.counter = 0;
        self.errors = [[0.0; 2]; ORDER];
    }

    #[inline(always)]
    fn process<I: Isa>(&mut self, settings: DitherSettings, quantum: &mut Quantum) {
        let first = self.counter;
        // The counter runs while dither is off too, so that the noise at a sample depends on its position alone.
        self.counter = first.wrapping_add(2 * 16);
        let Some(bits) = bits(settings.depth) else {
            self.errors = [[0.0; 2]; ORDER];
            return;
        };
        let scale = f64::from(1_u32 << (bits - 1));
        let step = 1.0 / scale;
        let firsts = [first, first.wrapping_add(16)];
        let (low, high) = (-scale, scale - 1.0);
        if !settings.noise_shaping {
            self.errors = [[0.0; 2]; ORDER];
            for (channel, first) in quantum.channels.iter_mut().zip(firsts) {
                for (i, sample) in (0_u32..).zip(channel) {
                    let noise = triangular(hash(first.wrapping_add(i)));
                    let rounded = round(f64::from(*sample) * scale + noise);
                    *sample = math::narrow(rounded.clamp(low, high) * step);
                }
            }
            return;
        }
        let mut noise = [[0.0; QUANTUM]; 2];
        for (noise, first) in noise.iter_mut().zip(firsts) {
            for (i, noise) in (0_u32..).zip(noise) {
                *noise = triangular(hash(first.wrapping_add(i)));
            }
        }
        // Both channels are computed side by side, because each waits for its last error. That error is added last, so that
        // the older ones don't wait for it.
        let mut errors = [[0.0; 2]; ORDER + QUANTUM];
        errors[..ORDER].copy_from_slice(&self.errors);
        let mut newest = self.errors[ORDER - 1];
        for i in 0..QUANTUM {
            let older = &errors[i..ORDER + i - 1];
            for c in 0..2 {
                let sample = &mut quantum.channels[c][i];
                let mut target = f64::from(*sample) * scale;
                for (error, tap) in older.iter().zip(self.feedback[1..].iter().rev()) {
                    target = I::mul_add_f64(-error[c], *tap, target);
                }
                target = I::mul_add_f64(-newest[c], self.feedback[0], target);
                let rounded = round(target + noise[c][i]);
                newest[c] = rounded - target;
                *sample = math::narrow(rounded.clamp(low, high) * step);
            }
            errors[ORDER + i] = newest;
        }
        self.errors.copy_from_slice(&errors[QUANTUM..]);
    }
}
