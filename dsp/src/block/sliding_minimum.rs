//! The minimum over a sliding window.

use super::quantum::Lane;
use crate::{QUANTUM, lanes};

/// The minimum over a window of whole quanta, of values up to 1.
///
/// A window of w quanta that ends at lane i of the newest one has three parts: the lanes after i of the quantum w before,
/// the w − 1 quanta between, and the newest quantum's lanes up to i. Only the values themselves are kept, so nothing
/// drifts and the cost is constant. It has no delay and allocates in `new` only.
#[derive(Clone, Debug)]
pub struct SlidingMinimum {
    /// Of each past quantum: the minimum of the lanes after each lane, and of all.
    after: Vec<Lane>,
    all: Vec<f32>,
    /// Of the newest quantum: the minimum of the lanes up to each lane.
    up_to: Lane,
    /// Index of the newest quantum in the rings.
    position: usize,
}

impl SlidingMinimum {
    /// A memory of ones for windows of up to `max_window` samples, a multiple of sixteen. Allocates.
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

    /// Fills the memory with ones.
    pub fn reset(&mut self) {
        self.after.fill([1.0; QUANTUM]);
        self.all.fill(1.0);
        self.up_to = [1.0; QUANTUM];
        self.position = 0;
    }

    /// Appends the newest sixteen values.
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

    /// The minimum over the last `window` samples, a multiple of sixteen, at each of the newest sixteen.
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sliding_minimum_over_three_windows_equals_the_brute_force_minimum() {
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
