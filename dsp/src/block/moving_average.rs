//! A smoothing filter of three moving averages in a row.

use super::quantum::{Lane, Lookback};
use crate::QUANTUM;

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
