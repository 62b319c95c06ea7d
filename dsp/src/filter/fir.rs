//! Symmetric FIR filters for the interpolators of limiter and meters.
//!
//! The oversampling's shorter filters are faster unrolled and don't use this one.

use crate::{
    QUANTUM,
    block::quantum::Lane,
    simd::isa::{Isa, Kernel},
};

/// Σ `taps[k]` · (`falling` k samples earlier + `rising` k samples later), for both channels.
///
/// The sum begins at the last sixteen samples of `falling` and at the first sixteen of `rising`. All interpolators call
/// it as one function ([`Isa::call`]): one loop that stays in the instruction cache is faster than an unrolled copy for
/// each of them.
#[derive(Clone, Copy, Debug)]
pub struct SymmetricFir<'a> {
    /// The taps from the middle outwards.
    pub taps: &'a [f32],
    /// Samples that the taps walk back through; at least fifteen more than there are taps.
    pub falling: [&'a [f32]; 2],
    /// Samples that the taps walk forward through; at least fifteen more than there are taps.
    pub rising: [&'a [f32]; 2],
}

impl Kernel for SymmetricFir<'_> {
    type Output = [Lane; 2];

    #[inline(always)]
    fn run<I: Isa>(self) -> [Lane; 2] {
        let Self {
            taps,
            falling,
            rising,
        } = self;
        let reach = taps.len() - 1 + QUANTUM;
        let [a, b] = falling.map(|samples| samples[samples.len() - reach..].windows(QUANTUM).rev());
        let [c, d] = rising.map(|samples| samples[..reach].windows(QUANTUM));
        let mut sums = [[I::splat(0.0); 2]; 2];
        for ((tap, left), right) in taps.iter().zip(a.zip(c)).zip(b.zip(d)) {
            let tap = I::splat(*tap);
            for (sums, (falling, rising)) in sums.iter_mut().zip([left, right]) {
                for half in 0..2 {
                    let pair =
                        I::add_eight(I::load(&falling[8 * half..]), I::load(&rising[8 * half..]));
                    sums[half] = I::mul_add_eight(pair, tap, sums[half]);
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
