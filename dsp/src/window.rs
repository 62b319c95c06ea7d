//! Minimum and mean over a sliding window, by doubling: the result over 2ᵏ⁺¹ samples is made of two results over 2ᵏ.
//!
//! Nothing is carried from quantum to quantum but the values themselves, so nothing drifts, every lane is computed
//! alike, and the cost is constant.

use crate::{
    QUANTUM,
    quantum::{Lane, Lookback},
};

/// Minimum over the last samples.
#[derive(Clone, Debug)]
pub struct SlidingMinimum {
    /// `levels[k]` remembers the minima over 2ᵏ samples.
    levels: Vec<Lookback>,
}

impl SlidingMinimum {
    /// For windows of up to `max_window` samples. Allocates.
    #[must_use]
    pub fn new(max_window: usize) -> Self {
        let top = max_window.max(1).ilog2();
        Self {
            levels: (0..=top).map(|k| Lookback::new(1 << k, 1.0)).collect(),
        }
    }

    /// All ones.
    pub fn reset(&mut self) {
        self.levels.iter_mut().for_each(Lookback::reset);
    }

    /// Takes the newest values.
    #[inline(always)]
    pub fn push(&mut self, values: &Lane) {
        let mut lane = *values;
        let top = self.levels.len() - 1;
        for (k, level) in self.levels.iter_mut().enumerate() {
            level.push(&lane);
            if k < top {
                lane = lower(&lane, &level.delayed(1 << k));
            }
        }
    }

    /// Minimum over the last `window` samples, for each of the newest sixteen.
    #[inline(always)]
    #[must_use]
    pub fn over(&self, window: usize) -> Lane {
        let k = window.ilog2();
        let level = &self.levels[k as usize];
        lower(&level.delayed(0), &level.delayed(window - (1 << k)))
    }
}

#[inline(always)]
fn lower(a: &Lane, b: &Lane) -> Lane {
    core::array::from_fn(|i| if a[i] < b[i] { a[i] } else { b[i] })
}

/// Three moving averages of one power-of-two length in a row: a smooth step response of 3·length − 2 samples.
///
/// The mean over 2ᵏ samples is a row of pair means at distances 1, 2, 4, …; three pair means at one distance make
/// one filter with the taps 1, 3, 3, 1 over 8. A constant 1 comes out as exactly 1.
#[derive(Clone, Debug)]
pub struct MovingAverage {
    /// One for each distance 2ᵏ.
    levels: Vec<Lookback>,
}

impl MovingAverage {
    /// `length` is a power of two. Allocates.
    #[must_use]
    pub fn new(length: usize) -> Self {
        debug_assert!(length.is_power_of_two());
        Self {
            levels: (0..length.ilog2())
                .map(|k| Lookback::new(3 << k, 1.0))
                .collect(),
        }
    }

    /// All ones.
    pub fn reset(&mut self) {
        self.levels.iter_mut().for_each(Lookback::reset);
    }

    /// Takes the newest values and gives their averages.
    #[inline(always)]
    #[must_use]
    pub fn process(&mut self, values: &Lane) -> Lane {
        let mut lane = *values;
        for (k, level) in self.levels.iter_mut().enumerate() {
            level.push(&lane);
            let (b, c, d) = (
                level.delayed(1 << k),
                level.delayed(2 << k),
                level.delayed(3 << k),
            );
            for i in 0..QUANTUM {
                lane[i] = 0.125 * ((lane[i] + d[i]) + 3.0 * (b[i] + c[i]));
            }
        }
        lane
    }
}
