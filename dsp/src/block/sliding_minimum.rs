//! The minimum over a sliding window.

use super::{lookback::Lookback, quantum::Lane};
use crate::QUANTUM;

/// The minimum over a window of whole quanta, of values up to 1.
///
/// Minima over 2, 4, 8 and 16 values follow from each other; those over 16, in whole steps, give the window. Only the
/// values themselves are kept, so nothing drifts and the cost is constant. It allocates in `new` only.
#[derive(Clone, Debug)]
pub struct SlidingMinimum {
    /// The newest quantum.
    before: Lane,
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
            before: [1.0; QUANTUM],
            sixteen: Lookback::new(delay_samples + window, 1.0),
            quanta: window / QUANTUM,
            delay_samples,
        }
    }

    /// Fills the memory with ones.
    pub fn reset(&mut self) {
        self.before = [1.0; QUANTUM];
        self.sixteen.reset();
    }

    /// Takes over the memory of another one of the same window and delay. Doesn't allocate.
    pub fn copy_from(&mut self, other: &Self) {
        self.before = other.before;
        self.sixteen.copy_from(&other.sixteen);
    }

    /// Appends the newest sixteen values, and gives the minima of the windows that end at each of them.
    #[inline(always)]
    #[must_use]
    pub fn process(&mut self, values: &Lane) -> Lane {
        let mut minima = [0.0; 2 * QUANTUM];
        minima[..QUANTUM].copy_from_slice(&self.before);
        minima[QUANTUM..].copy_from_slice(values);
        self.before = *values;
        for distance in [1, 2, 4, 8] {
            let earlier = minima;
            for i in distance..2 * QUANTUM {
                minima[i] = lower(earlier[i], earlier[i - distance]);
            }
        }
        let mut newest = [0.0; QUANTUM];
        newest.copy_from_slice(&minima[QUANTUM..]);
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

#[inline(always)]
fn lower(a: f32, b: f32) -> f32 {
    if a < b { a } else { b }
}

#[cfg(test)]
mod tests {
    use super::*;

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
                let result = minimum.process(&values);
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
