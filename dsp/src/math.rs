//! The transcendental functions of the DSP, from basic IEEE-754 operations only.
//!
//! The math libraries of systems differ in their last bits, and their functions aren't inlined; these polynomials give
//! the same bits everywhere. The stated errors are the largest that the tests below find against the standard library.
//! The series are the classical ones (Abramowitz & Stegun, ch. 4 and 9).

use core::f64::consts::{LN_2, LOG2_E, PI};

/// Rounds `f64` to the nearest `f32`. All code narrows here.
#[inline(always)]
#[allow(clippy::cast_possible_truncation)]
#[must_use]
pub fn narrow(x: f64) -> f32 {
    x as f32
}

/// Rounds a length to a whole number of samples. Negative lengths and NaN give 0; large ones saturate.
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
#[must_use]
pub fn samples(x: f64) -> usize {
    x.round() as usize
}

/// A count as a floating-point number; exact below 2⁵³.
#[allow(clippy::cast_precision_loss)]
#[inline(always)]
#[must_use]
pub fn count(n: usize) -> f64 {
    n as f64
}

/// 2ˣ, relative error below 1e-15 for −1000 ≤ x ≤ 1000; clamped outside.
#[must_use]
pub fn exp2(x: f64) -> f64 {
    let x = x.clamp(-1000.0, 1000.0);
    let whole = x.round();
    let t = (x - whole) * LN_2;
    // Taylor series of eᵗ for |t| ≤ ln 2 / 2: the 14th term is below 1e-17.
    let mut sum = 1.0;
    let mut k = 13.0;
    while k > 0.0 {
        sum = 1.0 + sum * t / k;
        k -= 1.0;
    }
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    let exponent = (whole as i64 + 1023) as u64;
    sum * f64::from_bits(exponent << 52)
}

/// log₂ x for normal positive x, absolute error below 1e-15 of the exponent's size; −∞ for 0 and below.
#[must_use]
pub fn log2(x: f64) -> f64 {
    if x.is_nan() || x < f64::MIN_POSITIVE {
        return f64::NEG_INFINITY;
    }
    let bits = x.to_bits();
    #[allow(clippy::cast_possible_wrap)]
    let mut exponent = ((bits >> 52) as i64) - 1023;
    let mut mantissa = f64::from_bits((bits & ((1 << 52) - 1)) | (1023 << 52));
    if mantissa > core::f64::consts::SQRT_2 {
        mantissa *= 0.5;
        exponent += 1;
    }
    // ln m = 2 artanh((m − 1)/(m + 1)); |z| ≤ 0.1716, so that z²³ is below 1e-17.
    let z = (mantissa - 1.0) / (mantissa + 1.0);
    let z2 = z * z;
    let mut sum = 0.0;
    let mut k = 21.0;
    while k > 0.0 {
        sum = sum * z2 + 1.0 / k;
        k -= 2.0;
    }
    #[allow(clippy::cast_precision_loss)]
    let whole = exponent as f64;
    whole + 2.0 * z * sum * LOG2_E
}

/// log₂ of positive values in single precision, absolute error below 1e-6. Values below 2⁻¹²⁶ give −126.
#[inline(always)]
#[must_use]
pub fn log2_lanes<const N: usize>(values: [f32; N]) -> [f32; N] {
    let mut logarithms = values;
    for value in &mut logarithms {
        let x = *value;
        let x = if x > f32::MIN_POSITIVE {
            x
        } else {
            f32::MIN_POSITIVE
        };
        // The exponent of x/√½, so that the mantissa lies in √½ … √2.
        let offset = x.to_bits().wrapping_sub(0x3f35_04f3);
        #[allow(clippy::cast_possible_wrap)]
        let exponent = (offset as i32) >> 23;
        let mantissa = f32::from_bits((offset & 0x007f_ffff).wrapping_add(0x3f35_04f3));
        #[allow(clippy::cast_precision_loss)]
        let whole = exponent as f32;
        // The series of `log2`; |z| ≤ 0.1716, z⁹ is below 2e-7.
        let z = (mantissa - 1.0) / (mantissa + 1.0);
        let z2 = z * z;
        let sum = 1.0 + z2 * (1.0 / 3.0 + z2 * (0.2 + z2 * (1.0 / 7.0)));
        *value = whole + z * sum * (2.0 * core::f32::consts::LOG2_E);
    }
    logarithms
}

/// 2ˣ in single precision, relative error below 3e-7, for −126 ≤ x ≤ 126; clamped outside.
#[inline(always)]
#[must_use]
pub fn exp2_lanes<const N: usize>(values: [f32; N]) -> [f32; N] {
    let mut powers = values;
    for value in &mut powers {
        let x = *value;
        let x = if x > -126.0 { x } else { -126.0 };
        let x = if x < 126.0 { x } else { 126.0 };
        // Adding 1.5 · 2²³ leaves no room for a fraction. The sum is rounded, and its low bits hold the integer.
        const MAGIC: f32 = 12_582_912.0;
        let shifted = x + MAGIC;
        let t = (x - (shifted - MAGIC)) * core::f32::consts::LN_2;
        // Taylor series of eᵗ for |t| ≤ ln 2 / 2.
        let sum = 1.0
            + t * (1.0
                + t * (0.5
                    + t * (1.0 / 6.0 + t * (1.0 / 24.0 + t * (1.0 / 120.0 + t * (1.0 / 720.0))))));
        *value = sum * f32::from_bits(shifted.to_bits().wrapping_add(127).wrapping_shl(23));
    }
    powers
}

/// Decibels per octave of a power: 10 log₁₀ 2.
pub const POWER_DB_PER_OCTAVE: f32 = 3.010_3;
/// Octaves of amplitude per decibel: log₂ 10 / 20.
pub const OCTAVES_PER_DB: f32 = 0.166_096_4;

/// eˣ.
#[must_use]
pub fn exp(x: f64) -> f64 {
    exp2(x * LOG2_E)
}

/// Amplitude factor of a level in decibels.
#[must_use]
pub fn gain_from_db(db: f64) -> f64 {
    // log₂(10) / 20
    exp2(db * 0.166_096_404_744_368_12)
}

/// Level in decibels of an amplitude factor; −∞ for 0.
#[must_use]
pub fn db_from_gain(gain: f64) -> f64 {
    // 20 / log₂(10)
    log2(gain) * 6.020_599_913_279_624
}

/// Level in decibels of a power; −∞ for 0.
#[must_use]
pub fn db_from_power(power: f64) -> f64 {
    0.5 * db_from_gain(power)
}

/// Sine and cosine of an angle in radians, absolute error below 1e-15 times the larger of 1 and |x|.
#[must_use]
pub fn sin_cos(x: f64) -> (f64, f64) {
    let quarter = (x * (2.0 / PI)).round();
    let t = x - quarter * (PI / 2.0);
    let t2 = t * t;
    // |t| ≤ π/4: the terms of order 18 and 19 are below 1e-17.
    let (mut s, mut c) = (1.0, 1.0);
    let mut k = 18.0;
    while k > 0.0 {
        s = 1.0 - s * t2 / (k * (k + 1.0));
        c = 1.0 - c * t2 / (k * (k - 1.0));
        k -= 2.0;
    }
    s *= t;
    #[allow(clippy::cast_possible_truncation)]
    match (quarter as i64).rem_euclid(4) {
        0 => (s, c),
        1 => (c, -s),
        2 => (-s, -c),
        _ => (-c, s),
    }
}

/// tan x for |x| < π/2.
#[must_use]
pub fn tan(x: f64) -> f64 {
    let (s, c) = sin_cos(x);
    s / c
}

/// sin(πx)/(πx).
#[must_use]
pub fn sinc(x: f64) -> f64 {
    if x == 0.0 {
        1.0
    } else {
        sin_cos(PI * x).0 / (PI * x)
    }
}

/// Modified Bessel function of the first kind and order 0, relative error below 1e-15 for |x| ≤ 20.
#[must_use]
pub fn bessel_i0(x: f64) -> f64 {
    let quarter_square = 0.25 * x * x;
    let (mut term, mut sum, mut k) = (1.0, 1.0, 1.0);
    while term > 1e-17 * sum {
        term *= quarter_square / (k * k);
        sum += term;
        k += 1.0;
    }
    sum
}

/// The coefficient of a one-pole filter that covers 1 − 1/e of a step in `time_ms`.
#[must_use]
pub fn one_pole(time_ms: f64, rate_hz: f64) -> f64 {
    1.0 - exp(-1000.0 / (time_ms * rate_hz))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn functions_over_their_range_agree_with_the_standard_library() {
        for i in -40_000..40_000 {
            let x = f64::from(i) * 0.0025;
            assert!((exp2(x) / x.exp2() - 1.0).abs() < 1e-14, "exp2({x})");
            let (s, c) = sin_cos(x);
            assert!(
                (s - x.sin()).abs() < 1e-15 * x.abs().max(1.0)
                    && (c - x.cos()).abs() < 1e-15 * x.abs().max(1.0),
                "sin_cos({x})"
            );
            if i % 16 == 0 {
                let single = narrow(x);
                let [e] = exp2_lanes([single]);
                let ratio = f64::from(e) / f64::from(single).exp2();
                assert!((ratio - 1.0).abs() < 3e-7, "exp2_lanes({x}): {ratio}");
                let [l] = log2_lanes([narrow(x.abs() + 1e-9)]);
                let error = f64::from(l) - (x.abs() + 1e-9).log2();
                assert!(error.abs() < 2e-6, "log2_lanes({x}): {error}");
            }
            let p = x.exp2();
            assert!((log2(p) - x).abs() < 1e-13, "log2({p})");
        }
        assert_eq!(gain_from_db(0.0), 1.0);
        assert!((gain_from_db(-6.0) - 0.501_187_233_627_272_2).abs() < 1e-15);
        assert_eq!(db_from_gain(0.0), f64::NEG_INFINITY);
    }
}
