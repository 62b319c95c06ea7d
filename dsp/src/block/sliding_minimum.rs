//! The minimum over a sliding window.

use super::{lookback::Lookback, quantum::Lane};
use crate::{QUANTUM, simd::isa::Isa};

/// The minimum over a window of whole quanta, of values up to 1.
///
/// Minima over 2, 4, 8 and 16 values follow from each other; those over 16, in whole steps, give the window. Only
/// values and minima are kept, never sums, so nothing drifts and the cost is constant. It allocates in `new` only.
#[derive(Clone, Debug)]
pub struct SlidingMinimum {
    /// The newest eight values, and the newest eight minima over the last two, four and eight values.
    tails: [[f32; 8]; 4],
    /// Minima over the last sixteen values.
    sixteen: Lookback,
    quanta: usize,
    delay_samples: usize,
}

impl SlidingMinimum {
    /// A memory of ones for a window, a multiple of sixteen samples, that ends `delay_samples` before the newest value.
    /// Allocates.
    #[must_use]
    pub fn new(window: usize, delay_samples: usize) -> Self {
        Self {
            tails: [[1.0; 8]; 4],
            sixteen: Lookback::new(delay_samples + window, 1.0),
            quanta: window / QUANTUM,
            delay_samples,
        }
    }

    /// Fills the memory with ones.
    pub fn reset(&mut self) {
        self.tails = [[1.0; 8]; 4];
        self.sixteen.reset();
    }

    /// Takes over the memory of another one of the same window and delay. Doesn't allocate.
    pub fn copy_from(&mut self, other: &Self) {
        self.tails = other.tails;
        self.sixteen.copy_from(&other.sixteen);
    }

    /// Appends the newest sixteen values, and gives the minima of the windows that end at each of them.
    #[inline(always)]
    #[must_use]
    pub fn process<I: Isa>(&mut self, values: &Lane) -> Lane {
        let mut minima = [I::load(values), I::load(&values[8..])];
        let [one, two, four, eight] = &mut self.tails;
        double::<I, 1>(one, &mut minima);
        double::<I, 2>(two, &mut minima);
        double::<I, 4>(four, &mut minima);
        let before = I::load(eight);
        I::store(minima[1], eight);
        let [first, second] = minima;
        let minima = [I::lower_eight(first, before), I::lower_eight(second, first)];
        let mut newest = [0.0; QUANTUM];
        I::store(minima[0], &mut newest);
        I::store(minima[1], &mut newest[8..]);
        self.sixteen.push(&newest);
        let mut lowest = self.sixteen.delayed(self.delay_samples);
        for quantum in 1..self.quanta {
            let earlier = self.sixteen.delayed(self.delay_samples + quantum * QUANTUM);
            for i in 0..QUANTUM {
                lowest[i] = lower(lowest[i], earlier[i]);
            }
        }
        lowest
    }
}

/// Minima over twice as many values, from minima over `DISTANCE` values and the eight before them.
#[inline(always)]
fn double<I: Isa, const DISTANCE: usize>(tail: &mut [f32; 8], minima: &mut [I::Eight; 2]) {
    let [first, second] = *minima;
    let before = I::load(tail);
    I::store(second, tail);
    *minima = [
        I::lower_eight(first, I::late_eight::<DISTANCE>(before, first)),
        I::lower_eight(second, I::late_eight::<DISTANCE>(first, second)),
    ];
}

#[inline(always)]
fn lower(a: f32, b: f32) -> f32 {
    if a < b { a } else { b }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::simd::isa::Baseline;

    #[test]
    fn sliding_minimum_over_windows_and_delays_equals_the_brute_force_minimum() {
        for (window, delay) in [(16, 0), (48, 7), (112, 44)] {
            let mut minimum = SlidingMinimum::new(window, delay);
            let mut past = vec![1.0_f32; window + delay];
            let mut random = 1_u32;
            for _ in 0..60 {
                let mut values = [0.0; QUANTUM];
                for value in &mut values {
                    random = random.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                    *value = f32::from(u16::try_from(random >> 16).unwrap()) / 65_536.0;
                }
                let result = minimum.process::<Baseline>(&values);
                for (i, value) in values.iter().enumerate() {
                    past.push(*value);
                    let end = past.len() - delay;
                    let expected = past[end - window..end].iter().copied().fold(1.0, f32::min);
                    assert_eq!(result[i], expected, "lane {i} of a window of {window}");
                }
            }
        }
    }
}
