//! Quantiles of a few numbers at a cost that doesn't depend on their values.

use crate::math;

/// Bits of a number that are found: its exponent and 10 bits of its mantissa.
const BITS: u32 = 18;

/// The quantile `share`, 0 to 1, of the first `count` numbers, 1 at least, rounded down to 0.1 %. All must be positive, and
/// those behind `count` the highest number. Bisects: positive numbers are ordered as their bits are.
#[inline(always)]
pub(super) fn quantile<const N: usize>(numbers: &[f32; N], share: f64, count: usize) -> f32 {
    const LANES: usize = 16;
    const { assert!(N.is_multiple_of(LANES), "lanes must be full") };
    let rank = math::samples(share * math::count(count - 1));
    let (rows, _) = numbers[..count.next_multiple_of(LANES)].as_chunks::<LANES>();
    let mut found = 0_u32;
    for bit in 1..=BITS {
        let candidate = found | 1 << (31 - bit);
        let limit = f32::from_bits(candidate);
        let mut below = [0_u32; LANES];
        for row in rows {
            for k in 0..LANES {
                below[k] += u32::from(row[k] < limit);
            }
        }
        let below: u32 = below.iter().sum();
        if below as usize <= rank {
            found = candidate;
        }
    }
    f32::from_bits(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantile_of_shuffled_numbers_is_the_one_of_its_rank() {
        let mut numbers = [f32::MAX; 48];
        for (i, number) in numbers[..41].iter_mut().enumerate() {
            *number = 1.5 * ((i * 17 % 41) as f32) + 1e-6;
        }
        for rank in 0..41_u8 {
            let share = f64::from(rank) / 40.0;
            let expected = 1.5 * f32::from(rank) + 1e-6;
            let found = quantile(&numbers, share, 41);
            assert!(found <= expected && found > 0.999 * expected, "{rank}");
        }
    }
}
