//! The activation function by table.

use crate::cpu::activation::mixed_activation;
use crate::model::plan::Scale;
use crate::rounding::ROUNDER;
use flow_dsp::math::{count, narrow};

/// Entries for each unit of x. The activation's slope is below 0.7, so that half a step changes the result by less than a
/// tenth of an 8-bit step.
const PER_ONE: f32 = 256.0;

/// Below this, the activation is at its minimum.
const LEAST: f32 = -10.0;

/// The activation from real numbers to 8-bit integers.
pub(super) struct Table {
    entries: Vec<i8>,
    /// The index of the last entry.
    last: f32,
}

impl Table {
    pub(super) fn new(scale: Scale) -> Self {
        // Far above 0 the slope is 0.2, until the 8-bit range ends.
        let highest = scale.scale * f32::from(i16::from(i8::MAX) - i16::from(scale.zero));
        let most = (highest / 0.2).clamp(10.0, 1000.0);
        let mut entries = Vec::new();
        let mut x = LEAST;
        while x <= most {
            entries.push(quantized(scale, mixed_activation(x)));
            x += 1.0 / PER_ONE;
        }
        let last = narrow(count(entries.len() - 1));
        Self { entries, last }
    }

    /// The nearest entry.
    #[inline(always)]
    pub(super) fn at(&self, x: f32) -> i8 {
        let place = ((x - LEAST) * PER_ONE).max(0.0).min(self.last);
        let index = (place + ROUNDER).to_bits() & 0x3f_ffff;
        self.entries[index as usize]
    }
}

/// Quantizes as ONNX does: halves round to even. NaN becomes 0.
#[inline(always)]
pub(super) fn quantized(scale: Scale, x: f32) -> i8 {
    // Beyond ±1000 the result is the smallest or the largest integer anyway.
    let steps = (x / scale.scale).clamp(-1000.0, 1000.0);
    let value = (steps + ROUNDER) - ROUNDER + f32::from(scale.zero);
    let small = value.clamp(-128.0, 127.0) + ROUNDER;
    small.to_bits().to_le_bytes()[0].cast_signed()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn activation_table_over_its_range_is_at_most_one_step_off() {
        let scale = Scale {
            scale: 2.4 / 255.0,
            zero: -85,
        };
        let table = Table::new(scale);
        for i in -30_000..30_000_i16 {
            let x = f32::from(i) / 1000.0;
            let exact = i16::from(quantized(scale, mixed_activation(x)));
            assert!((i16::from(table.at(x)) - exact).abs() <= 1, "{x}");
        }
        assert_eq!(table.at(f32::NEG_INFINITY), quantized(scale, -0.4));
        assert_eq!(table.at(f32::INFINITY), i8::MAX);
    }

    #[test]
    fn quantize_of_halves_rounds_to_even() {
        let scale = Scale {
            scale: 1.0,
            zero: 3,
        };
        let found: Vec<i8> = [0.5, 1.5, -0.5, 200.0, -200.0, f32::NAN]
            .map(|x| quantized(scale, x))
            .to_vec();
        assert_eq!(found, [3, 5, 3, 127, -128, 0]);
    }
}
