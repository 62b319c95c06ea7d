//! The activation function, written so that compilers vectorize loops over it.

use crate::rounding::ROUNDER;

/// exp(x) for x from −87 to 0, with an error below 2e-7: a power of two times a Taylor series.
#[inline(always)]
pub(super) fn exp_of_negative(x: f32) -> f32 {
    let octaves = x * std::f32::consts::LOG2_E;
    let shifted = octaves + ROUNDER;
    let whole = shifted - ROUNDER;
    let rest = (octaves - whole) * std::f32::consts::LN_2;
    let series = 1.0 / 720.0;
    let series = series * rest + 1.0 / 120.0;
    let series = series * rest + 1.0 / 24.0;
    let series = series * rest + 1.0 / 6.0;
    let series = series * rest + 0.5;
    let series = series * rest + 1.0;
    let series = series * rest + 1.0;
    // The lowest bits of the shifted number are the whole octaves. Added to the exponent, each doubles the result.
    let doubled = (shifted.to_bits() << 23).wrapping_add(series.to_bits());
    f32::from_bits(doubled)
}

/// 0.4·sigmoid + 0.4·tanh + 0.2·relu.
#[inline(always)]
pub(crate) fn mixed_activation(x: f32) -> f32 {
    let u = exp_of_negative(-x.abs().min(40.0));
    let square = u * u;
    // For |x|, sigmoid is 1 / (1 + u), tanh is (1 − u²) / (1 + u²).
    let shared = 0.4 / ((1.0 + u) * (1.0 + square));
    let sigmoid = shared * (1.0 + square);
    let tanh = shared * (1.0 - square) * (1.0 + u);
    let sigmoid = if x < 0.0 { 0.4 - sigmoid } else { sigmoid };
    sigmoid + tanh.copysign(x) + 0.2 * x.max(0.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mixed_activation_over_its_range_is_within_4e_7() {
        for i in -32_000..=32_000_i16 {
            let x = f64::from(i) / 1000.0;
            let exact = 0.4 / (1.0 + (-x).exp()) + 0.4 * x.tanh() + 0.2 * x.max(0.0);
            let found = f64::from(mixed_activation(f32::from(i) / 1000.0));
            assert!(
                (found - exact).abs() < 4e-7 * (1.0 + exact.abs()),
                "{x}: {found}, {exact}"
            );
        }
        assert!((mixed_activation(1e30) / 2e29 - 1.0).abs() < 1e-6);
        assert!((mixed_activation(-1e30) + 0.4).abs() < 1e-6);
    }
}
