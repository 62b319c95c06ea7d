//! Symmetric FIR filters for the interpolators of limiter and meters.
//!
//! The oversampling's shorter filters are faster unrolled and don't use this one.

use crate::{
    QUANTUM,
    block::{lookback::RECENT, quantum::Lane},
    simd::isa::{Isa, Kernel},
};

/// Σ `taps[k]` · (sample k before the middle + sample k behind it), for the newest sixteen middles of both channels.
///
/// All interpolators call it as one function ([`Isa::call`]): one loop that stays in the instruction cache is faster than
/// an unrolled copy for each of them.
#[derive(Clone, Copy, Debug)]
pub struct SymmetricFir<'a, const K: usize> {
    /// The taps from the middle outwards.
    pub taps: &'a [f32; K],
    /// The newest samples of both channels. The newest middle lies K − ½ samples before their end.
    pub samples: [&'a [f32; RECENT]; 2],
}

impl<const K: usize> Kernel for SymmetricFir<'_, K> {
    type Output = [Lane; 2];

    #[inline(always)]
    fn run<I: Isa>(self) -> [Lane; 2] {
        const { assert!(2 * K + QUANTUM <= RECENT + 1 && K.is_multiple_of(4)) };
        let mut sums = [[I::splat(0.0); 2]; 2];
        let (fours, _) = self.taps.as_chunks::<4>();
        for (n, taps) in fours.iter().enumerate() {
            for (i, tap) in taps.iter().enumerate() {
                let k = 4 * n + i;
                let tap = I::splat(*tap);
                let (before, behind) = (RECENT - QUANTUM - K - k, RECENT - QUANTUM - K + 1 + k);
                for (sums, samples) in sums.iter_mut().zip(self.samples) {
                    for half in 0..2 {
                        let pair = I::add_eight(
                            I::load(&samples[before + 8 * half..]),
                            I::load(&samples[behind + 8 * half..]),
                        );
                        sums[half] = I::mul_add_eight(pair, tap, sums[half]);
                    }
                }
            }
        }
        let mut lanes = [[0.0; QUANTUM]; 2];
        for (lane, sums) in lanes.iter_mut().zip(sums) {
            I::store(sums[0], lane);
            I::store(sums[1], &mut lane[8..]);
        }
        lanes
    }
}
