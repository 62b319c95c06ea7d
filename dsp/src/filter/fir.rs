//! Filters whose taps mirror each other, for the interpolators of limiter and meters. The oversamplers' shorter ones are
//! faster as straight lines.

use crate::{QUANTUM, block::quantum::Lane, simd::isa::Isa};

/// Σ `taps[k]` · (falling k samples earlier + rising k samples later), for both channels: of `falling` the last sixteen
/// samples count at first, of `rising` the first sixteen.
///
/// [`Isa::mirrored`] is the function that all of them share, because one loop that stays in the nearest cache is read
/// faster than the straight line that the compiler would make of each of them.
///
/// # Panics
/// If there are too few samples.
#[inline(always)]
#[must_use]
pub fn mirrored<I: Isa>(taps: &[f32], falling: [&[f32]; 2], rising: [&[f32]; 2]) -> [Lane; 2] {
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
