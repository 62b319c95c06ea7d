//! Activations by table.

use crate::cpu::activation::mixed_activation;
use crate::model::plan::Scale;
use flow_dsp::math::{count, narrow};

/// Steps of a table for 1. The mixed_activation is never steeper than 0.7, so that what is off by half a step is off by less
/// than a tenth of what a network's eight bits tell apart.
const PER_ONE: f32 = 256.0;

/// Below, it is as low as it gets.
const LEAST: f32 = -10.0;

/// The mixed_activation from real numbers to eight bits.
pub(super) struct Table {
    entries: Vec<i8>,
    /// The place of the last one.
    last: f32,
}

impl Table {
    pub(super) fn new(scale: Scale) -> Self {
        // Above, it rises by 0.2 for 1, until eight bits can't tell it any more.
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

    /// Of the entry next to it.
    #[inline(always)]
    pub(super) fn at(&self, x: f32) -> i8 {
        let place = ((x - LEAST) * PER_ONE).max(0.0).min(self.last);
        let index = (place + ROUNDER).to_bits() & 0x3f_ffff;
        self.entries[index as usize]
    }
}

/// Adding it rounds to whole numbers, halves to even ones, which are the lowest bits then: from −2^22 to 2^22.
const ROUNDER: f32 = 12_582_912.0;

/// As ONNX has it: halves to even numbers. No number is as the eight bits 0.
#[inline(always)]
pub(super) fn quantized(scale: Scale, x: f32) -> i8 {
    // Further away, it is the least or the most in any case.
    let steps = (x / scale.scale).clamp(-1000.0, 1000.0);
    let value = (steps + ROUNDER) - ROUNDER + f32::from(scale.zero);
    let small = value.clamp(-128.0, 127.0) + ROUNDER;
    small.to_bits().to_le_bytes()[0].cast_signed()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_are_at_most_a_step_off() {
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
    fn halves_go_to_even_numbers() {
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
