//! A smoothing filter of three moving averages in a row.

use super::{lookback::Lookback, quantum::Lane};
use crate::QUANTUM;

/// Three moving averages of one power-of-two length in a row, for `N` signals: a smooth step response of 3·length − 2
/// samples.
///
/// The mean over 2ᵏ samples is a row of pair means at distances 1, 2, 4, …; three pair means at one distance make one
/// filter with the taps 1, 3, 3, 1 over 8. These are sums of pairs, never running sums, so nothing drifts and a constant
/// 1 stays exactly 1. The signals are processed side by side, because each distance waits for the one before.
#[derive(Clone, Debug)]
pub struct MovingAverage<const N: usize> {
    /// One filter for each distance.
    filters: Vec<PairMeans<N>>,
}

#[derive(Clone, Debug)]
struct PairMeans<const N: usize> {
    distance: usize,
    memory: [Lookback; N],
}

impl<const N: usize> MovingAverage<N> {
    /// The filter that turns averages over `from` samples (1: the samples themselves) into averages over `length`, both
    /// powers of two. Allocates.
    #[must_use]
    pub fn new(from: usize, length: usize) -> Self {
        debug_assert!(from.is_power_of_two() && length.is_power_of_two());
        Self {
            filters: (from.ilog2()..length.ilog2())
                .map(|k| PairMeans {
                    distance: 1 << k,
                    memory: core::array::from_fn(|_| Lookback::new(3 << k, 1.0)),
                })
                .collect(),
        }
    }

    /// Fills the memory with ones.
    pub fn reset(&mut self) {
        for filter in &mut self.filters {
            filter.memory.iter_mut().for_each(Lookback::reset);
        }
    }

    /// Replaces the newest sixteen values by their averages.
    #[inline(always)]
    pub fn process(&mut self, lanes: &mut [Lane; N]) {
        for PairMeans { distance, memory } in &mut self.filters {
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
