//! Minimum and mean over a sliding window.
//!
//! Nothing is carried from quantum to quantum but the values themselves, so nothing drifts, every lane is computed
//! alike, and the cost is constant.

use crate::{
    QUANTUM, lanes,
    quantum::{Lane, Lookback},
};

/// Minimum over the last whole quanta of samples, of values up to 1.
///
/// A window of w quanta that ends at lane i of this one is made of the lanes after i of the quantum w ago, of the w − 1
/// quanta between, and of this quantum's lanes up to i.
#[derive(Clone, Debug)]
pub struct SlidingMinimum {
    /// For each quantum that is remembered: the minimum of the lanes after each, and of all.
    after: Vec<Lane>,
    all: Vec<f32>,
    /// Minimum of this quantum's lanes up to each.
    up_to: Lane,
    /// Where this quantum stands in the rings.
    position: usize,
}

impl SlidingMinimum {
    /// For windows of up to `max_window` samples, a multiple of sixteen. Allocates.
    #[must_use]
    pub fn new(max_window: usize) -> Self {
        let quanta = max_window / QUANTUM + 1;
        Self {
            after: vec![[1.0; QUANTUM]; quanta],
            all: vec![1.0; quanta],
            up_to: [1.0; QUANTUM],
            position: 0,
        }
    }

    /// All ones.
    pub fn reset(&mut self) {
        self.after.fill([1.0; QUANTUM]);
        self.all.fill(1.0);
        self.up_to = [1.0; QUANTUM];
        self.position = 0;
    }

    /// Takes the newest values.
    #[inline(always)]
    pub fn push(&mut self, values: &Lane) {
        self.position += 1;
        if self.position == self.all.len() {
            self.position = 0;
        }
        let mut lowest = 1.0;
        for i in 0..QUANTUM {
            lowest = lower(values[i], lowest);
            self.up_to[i] = lowest;
        }
        self.all[self.position] = lowest;
        let after = &mut self.after[self.position];
        let mut lowest = 1.0;
        for i in (0..QUANTUM).rev() {
            after[i] = lowest;
            lowest = lower(values[i], lowest);
        }
    }

    /// Minimum over the last `window` samples, a multiple of sixteen, for each of the newest sixteen.
    #[inline(always)]
    #[must_use]
    pub fn over(&self, window: usize) -> Lane {
        let mut at = self.position;
        let mut between = 1.0;
        for _ in 1..window / QUANTUM {
            at = if at == 0 { self.all.len() } else { at } - 1;
            between = lower(self.all[at], between);
        }
        at = if at == 0 { self.all.len() } else { at } - 1;
        let after = &self.after[at];
        lanes!(i => lower(lower(self.up_to[i], after[i]), between))
    }
}

#[inline(always)]
fn lower(a: f32, b: f32) -> f32 {
    if a < b { a } else { b }
}

/// Three moving averages of one power-of-two length in a row: a smooth step response of 3·length − 2 samples.
///
/// The mean over 2ᵏ samples is a row of pair means at distances 1, 2, 4, …; three pair means at one distance make
/// one filter with the taps 1, 3, 3, 1 over 8. A constant 1 comes out as exactly 1.
///
/// `N` signals go side by side, because each distance waits for the one before.
#[derive(Clone, Debug)]
pub struct MovingAverage<const N: usize> {
    /// One for each distance.
    levels: Vec<Level<N>>,
}

#[derive(Clone, Debug)]
struct Level<const N: usize> {
    distance: usize,
    memory: [Lookback; N],
}

impl<const N: usize> MovingAverage<N> {
    /// Goes on from averages over `from` samples (1: from the samples themselves) to averages over `length`, both powers
    /// of two. Allocates.
    #[must_use]
    pub fn new(from: usize, length: usize) -> Self {
        debug_assert!(from.is_power_of_two() && length.is_power_of_two());
        Self {
            levels: (from.ilog2()..length.ilog2())
                .map(|k| Level {
                    distance: 1 << k,
                    memory: core::array::from_fn(|_| Lookback::new(3 << k, 1.0)),
                })
                .collect(),
        }
    }

    /// All ones.
    pub fn reset(&mut self) {
        for level in &mut self.levels {
            level.memory.iter_mut().for_each(Lookback::reset);
        }
    }

    /// From the newest values to their averages.
    #[inline(always)]
    pub fn process(&mut self, lanes: &mut [Lane; N]) {
        for Level { distance, memory } in &mut self.levels {
            for (memory, lane) in memory.iter_mut().zip(&*lanes) {
                memory.push(lane);
            }
            for (memory, lane) in memory.iter().zip(&mut *lanes) {
                let (b, c, d) = (
                    memory.delayed(*distance),
                    memory.delayed(2 * *distance),
                    memory.delayed(3 * *distance),
                );
                for i in 0..QUANTUM {
                    lane[i] = 0.125 * ((lane[i] + d[i]) + 3.0 * (b[i] + c[i]));
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_minimum_is_that_of_the_window() {
        for window in [16, 48, 112] {
            let mut minimum = SlidingMinimum::new(112);
            let mut past = vec![1.0_f32; 112];
            let mut random = 1_u32;
            for _ in 0..60 {
                let mut values = [0.0; QUANTUM];
                for value in &mut values {
                    random = random.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                    *value = f32::from(u16::try_from(random >> 16).unwrap()) / 65_536.0;
                }
                minimum.push(&values);
                let result = minimum.over(window);
                for (i, value) in values.iter().enumerate() {
                    past.push(*value);
                    let expected = past[past.len() - window..]
                        .iter()
                        .copied()
                        .fold(1.0, f32::min);
                    assert_eq!(result[i], expected, "lane {i} of a window of {window}");
                }
            }
        }
    }
}
