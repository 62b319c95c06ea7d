//! A smoothing filter of three moving averages in a row.

use super::{lookback::Lookback, quantum::Lane};
use crate::QUANTUM;

/// Three moving averages of one power-of-two length in a row: a smooth step response of 3·length − 2 samples.
///
/// The mean over 2ᵏ samples is a row of pair means at distances 1, 2, 4, …; three pair means at one distance make one
/// filter with the taps 1, 3, 3, 1 over 8. These are sums of pairs, never running sums, so nothing drifts and a constant
/// 1 stays exactly 1.
#[derive(Clone, Debug)]
pub struct MovingAverage {
    /// One filter for each distance.
    filters: Vec<PairMeans>,
}

#[derive(Clone, Debug)]
struct PairMeans {
    distance: usize,
    memory: Lookback,
}

impl MovingAverage {
    /// Averages over `length` samples, a power of two. Allocates.
    #[must_use]
    pub fn new(length: usize) -> Self {
        debug_assert!(length.is_power_of_two());
        Self {
            filters: (0..length.ilog2())
                .map(|k| PairMeans {
                    distance: 1 << k,
                    memory: Lookback::new(3 << k, 1.0),
                })
                .collect(),
        }
    }

    /// Takes over the memory of another one of the same length. Doesn't allocate.
    pub fn copy_from(&mut self, other: &Self) {
        for (to, from) in self.filters.iter_mut().zip(&other.filters) {
            to.memory.copy_from(&from.memory);
        }
    }

    /// Fills the memory with ones.
    pub fn reset(&mut self) {
        for filter in &mut self.filters {
            filter.memory.reset();
        }
    }

    /// Replaces the newest sixteen values by their averages.
    #[inline(always)]
    pub fn process(&mut self, lane: &mut Lane) {
        for PairMeans { distance, memory } in &mut self.filters {
            memory.push(lane);
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
