//! The K-weighting filter of ITU-R BS.1770-5, for any sample rate and four channels at once. No allocation.
//!
//! The standard tabulates coefficients for 48 kHz only. The analog parameters behind them (a shelf of +4 dB above
//! 1.68 kHz and a high-pass at 38 Hz) were recovered by De Man ("Evaluation of implementations of the EBU R128
//! loudness measurement", AES 145, 2018); at 48 kHz they give the table's values to 12 digits.

use crate::{math, simd::isa::Isa};
use core::f64::consts::PI;

/// Channels filtered side by side: left and right of the input and of the output.
pub const CHANNELS: usize = 4;

/// Both stages in transposed direct form II, double precision.
#[derive(Clone, Copy, Debug)]
pub struct KWeighting {
    shelf: Biquad,
    high_pass: Biquad,
    state: [[f64; CHANNELS]; 4],
}

#[derive(Clone, Copy, Debug)]
struct Biquad {
    b0: f64,
    b1: f64,
    b2: f64,
    a1: f64,
    a2: f64,
}

impl KWeighting {
    /// Filters for a sample rate.
    #[must_use]
    pub fn new(rate_hz: f64) -> Self {
        let k = math::tan(PI * 1_681.974_450_955_533 / rate_hz);
        let q = 0.707_175_236_955_419_6;
        let vh = math::gain_from_db(3.999_843_853_973_347);
        let vb = math::exp2(math::log2(vh) * 0.499_666_774_154_541_6);
        let a0 = 1.0 + k / q + k * k;
        let shelf = Biquad {
            b0: (vh + vb * k / q + k * k) / a0,
            b1: 2.0 * (k * k - vh) / a0,
            b2: (vh - vb * k / q + k * k) / a0,
            a1: 2.0 * (k * k - 1.0) / a0,
            a2: (1.0 - k / q + k * k) / a0,
        };
        let k = math::tan(PI * 38.135_470_876_024_44 / rate_hz);
        let q = 0.500_327_037_323_877_3;
        let a0 = 1.0 + k / q + k * k;
        let high_pass = Biquad {
            b0: 1.0,
            b1: -2.0,
            b2: 1.0,
            a1: 2.0 * (k * k - 1.0) / a0,
            a2: (1.0 - k / q + k * k) / a0,
        };
        Self {
            shelf,
            high_pass,
            state: [[0.0; CHANNELS]; 4],
        }
    }

    /// Clears the memory.
    pub fn reset(&mut self) {
        self.state = [[0.0; CHANNELS]; 4];
    }

    /// The weighted samples of one frame.
    #[inline(always)]
    pub fn process<I: Isa>(&mut self, frame: [f64; CHANNELS]) -> [f64; CHANNELS] {
        let [s1, s2, s3, s4] = &mut self.state;
        let (shelf, high) = (self.shelf, self.high_pass);
        let mut out = [0.0; CHANNELS];
        for c in 0..CHANNELS {
            let x = frame[c];
            let y = I::mul_add_f64(shelf.b0, x, s1[c]);
            s1[c] = I::mul_add_f64(-shelf.a1, y, I::mul_add_f64(shelf.b1, x, s2[c]));
            s2[c] = I::mul_add_f64(-shelf.a2, y, shelf.b2 * x);
            let z = y + s3[c];
            s3[c] = I::mul_add_f64(-high.a1, z, I::mul_add_f64(high.b1, y, s4[c]));
            s4[c] = I::mul_add_f64(-high.a2, z, y);
            out[c] = z;
        }
        out
    }

    /// Whether zeros at the input give zeros.
    #[inline(always)]
    #[must_use]
    pub fn has_no_memory(&self) -> bool {
        self.state.as_flattened().iter().all(|value| *value == 0.0)
    }

    /// Sets states below −400 dBFS to zero before they become subnormal.
    #[inline(always)]
    pub fn snap(&mut self) {
        for value in self.state.as_flattened_mut() {
            if value.abs() < 1e-20 {
                *value = 0.0;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn k_weighting_at_48_khz_has_the_coefficients_of_the_standard() {
        let k = KWeighting::new(48_000.0);
        let table = [
            (k.shelf.b0, 1.535_124_859_586_97),
            (k.shelf.b1, -2.691_696_189_406_38),
            (k.shelf.b2, 1.198_392_810_852_85),
            (k.shelf.a1, -1.690_659_293_182_41),
            (k.shelf.a2, 0.732_480_774_215_85),
            (k.high_pass.a1, -1.990_047_454_833_98),
            (k.high_pass.a2, 0.990_072_250_366_21),
        ];
        for (value, expected) in table {
            // The table has 14 digits.
            assert!((value - expected).abs() < 1e-12, "{value} {expected}");
        }
    }
}
