//! A smoothing filter of three moving averages in a row.

use super::{lookback::Lookback, quantum::Lane};
use crate::{QUANTUM, simd::isa::Isa};

/// Three moving averages of one power-of-two length in a row: a smooth step response of 3·length − 2 samples.
///
/// The mean over 2ᵏ samples is a row of pair means at distances 1, 2, 4, …; three pair means at one distance make one
/// filter with the taps 1, 3, 3, 1 over 8. These are sums of pairs, never running sums, so nothing drifts and a constant
/// 1 stays exactly 1.
#[derive(Clone, Debug)]
pub struct MovingAverage {
    tails: Tails,
    /// Whether there is a filter at a distance of 8.
    has_eight: bool,
    /// One filter for each distance from 16 on.
    longer: Vec<PairMeans>,
}

/// The newest values in front of the filters at distances of 1, 2, 4 and 8 samples.
#[derive(Clone, Copy, Debug)]
struct Tails {
    one: [f32; 8],
    two: [f32; 8],
    four: [[f32; 8]; 2],
    eight: [[f32; 8]; 3],
}

#[derive(Clone, Debug)]
struct PairMeans {
    distance: usize,
    memory: Lookback,
}

impl Tails {
    const ONES: Self = Self {
        one: [1.0; 8],
        two: [1.0; 8],
        four: [[1.0; 8]; 2],
        eight: [[1.0; 8]; 3],
    };
}

impl MovingAverage {
    /// Averages over `length` samples, a power of two from 8 on. Allocates.
    #[must_use]
    pub fn new(length: usize) -> Self {
        debug_assert!(length.is_power_of_two() && length >= 8);
        Self {
            tails: Tails::ONES,
            has_eight: length > 8,
            longer: (4..length.ilog2())
                .map(|k| PairMeans {
                    distance: 1 << k,
                    memory: Lookback::new(3 << k, 1.0),
                })
                .collect(),
        }
    }

    /// Takes over the memory of another one of the same length. Doesn't allocate.
    pub fn copy_from(&mut self, other: &Self) {
        self.tails = other.tails;
        for (to, from) in self.longer.iter_mut().zip(&other.longer) {
            to.memory.copy_from(&from.memory);
        }
    }

    /// Fills the memory with ones.
    pub fn reset(&mut self) {
        self.tails = Tails::ONES;
        for filter in &mut self.longer {
            filter.memory.reset();
        }
    }

    /// Replaces the newest sixteen values by their averages.
    #[inline(always)]
    pub fn process<I: Isa>(&mut self, lane: &mut Lane) {
        let [first, second] = self
            .tails
            .process::<I>([I::load(lane), I::load(&lane[8..])], self.has_eight);
        I::store(first, lane);
        I::store(second, &mut lane[8..]);
        for PairMeans { distance, memory } in &mut self.longer {
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

impl Tails {
    /// The filters at short distances. Their values stay in registers: reading what was just written, at another place,
    /// would wait for the memory.
    #[inline(always)]
    fn process<I: Isa>(
        &mut self,
        [first, second]: [I::Eight; 2],
        has_eight: bool,
    ) -> [I::Eight; 2] {
        let Self {
            one,
            two,
            four,
            eight,
        } = self;
        let before = I::load(one);
        I::store(second, one);
        let [first, second] = [
            weighted::<I>(
                first,
                I::late_eight::<1>(before, first),
                I::late_eight::<2>(before, first),
                I::late_eight::<3>(before, first),
            ),
            weighted::<I>(
                second,
                I::late_eight::<1>(first, second),
                I::late_eight::<2>(first, second),
                I::late_eight::<3>(first, second),
            ),
        ];

        let before = I::load(two);
        I::store(second, two);
        let [first, second] = [
            weighted::<I>(
                first,
                I::late_eight::<2>(before, first),
                I::late_eight::<4>(before, first),
                I::late_eight::<6>(before, first),
            ),
            weighted::<I>(
                second,
                I::late_eight::<2>(first, second),
                I::late_eight::<4>(first, second),
                I::late_eight::<6>(first, second),
            ),
        ];

        let [earlier, before] = [I::load(&four[0]), I::load(&four[1])];
        I::store(first, &mut four[0]);
        I::store(second, &mut four[1]);
        let [oldest, middle, newest] = [
            I::late_eight::<4>(earlier, before),
            I::late_eight::<4>(before, first),
            I::late_eight::<4>(first, second),
        ];
        let [first, second] = [
            weighted::<I>(first, middle, before, oldest),
            weighted::<I>(second, newest, first, middle),
        ];
        if !has_eight {
            return [first, second];
        }

        let [oldest, earlier, before] =
            [I::load(&eight[0]), I::load(&eight[1]), I::load(&eight[2])];
        I::store(before, &mut eight[0]);
        I::store(first, &mut eight[1]);
        I::store(second, &mut eight[2]);
        [
            weighted::<I>(first, before, earlier, oldest),
            weighted::<I>(second, first, before, earlier),
        ]
    }
}

/// The taps 1, 3, 3, 1 over 8.
#[inline(always)]
fn weighted<I: Isa>(a: I::Eight, b: I::Eight, c: I::Eight, d: I::Eight) -> I::Eight {
    let inner = I::mul_eight(I::splat(3.0), I::add_eight(b, c));
    I::mul_eight(I::splat(0.125), I::add_eight(I::add_eight(a, d), inner))
}
