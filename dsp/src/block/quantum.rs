//! The unit of work: sixteen frames of two channels, and the look-back that processors keep of them.

use crate::{QUANTUM, simd::isa::Isa};

/// An array of an expression for each index: `lanes!(i => a[i] + b[i])`.
///
/// `core::array::from_fn` in other words, but for the compiler: what a closure computes is compiled without the target
/// features of the function around it, unless the inliner happens to take it.
#[doc(hidden)]
#[macro_export]
macro_rules! lanes {
    ($i:ident => $value:expr) => {
        $crate::lanes!($i, $crate::QUANTUM => $value)
    };
    ($i:ident, $n:expr => $value:expr) => {{
        let mut lanes = [0.0_f32; $n];
        for $i in 0..$n {
            lanes[$i] = $value;
        }
        lanes
    }};
}

/// One channel's samples of a quantum.
pub type Lane = [f32; QUANTUM];

/// A quantum of stereo audio. A mono signal travels as two equal channels.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Quantum {
    /// Left and right.
    pub channels: [Lane; 2],
}

impl Quantum {
    /// Silence.
    pub const SILENCE: Self = Self {
        channels: [[0.0; QUANTUM]; 2],
    };
}

/// The highest absolute value, in halves so that lanes stay side by side.
#[inline(always)]
#[must_use]
pub fn peak(lane: &Lane) -> f32 {
    let higher = |a: f32, b: f32| if a > b { a } else { b };
    let eight = crate::lanes!(i, 8 => higher(lane[i].abs(), lane[i + 8].abs()));
    let four = crate::lanes!(i, 4 => higher(eight[i], eight[i + 4]));
    higher(higher(four[0], four[1]), higher(four[2], four[3]))
}

/// The sum of the squares, in halves so that lanes stay side by side.
#[inline(always)]
#[must_use]
pub fn energy<I: Isa>(lane: &Lane) -> f32 {
    let eight = crate::lanes!(i, 8 => I::mul_add(lane[i], lane[i], lane[i + 8] * lane[i + 8]));
    let four = crate::lanes!(i, 4 => eight[i] + eight[i + 4]);
    (four[0] + four[1]) + (four[2] + four[3])
}

/// The past of one lane: any sixteen consecutive samples, up to a fixed number of samples ago.
///
/// A ring whose content is written twice, so that every window lies in one piece and reading needs no branch.
#[derive(Clone, Debug)]
pub struct Lookback {
    memory: Vec<f32>,
    capacity: usize,
    /// Where the next quantum is written.
    position: usize,
    /// One past the newest sample, in the second copy.
    end: usize,
    initial: f32,
}

impl Lookback {
    /// Room for delays of 0 to `max_delay_samples`. Allocates.
    #[must_use]
    pub fn new(max_delay_samples: usize, initial: f32) -> Self {
        let capacity = (max_delay_samples + QUANTUM).next_multiple_of(QUANTUM);
        Self {
            memory: vec![initial; 2 * capacity],
            capacity,
            position: 0,
            end: 2 * capacity,
            initial,
        }
    }

    /// Back to the initial value everywhere.
    pub fn reset(&mut self) {
        self.memory.fill(self.initial);
        self.position = 0;
        self.end = 2 * self.capacity;
    }

    /// Appends the newest sixteen samples.
    #[inline(always)]
    pub fn push(&mut self, lane: &Lane) {
        let p = self.position;
        for at in [p, p + self.capacity] {
            // SAFETY: `position` is a multiple of sixteen below `capacity`, which is one too, and the memory has twice
            // that length.
            unsafe { self.memory.get_unchecked_mut(at..at + QUANTUM) }.copy_from_slice(lane);
        }
        self.end = p + self.capacity + QUANTUM;
        self.position = if p + QUANTUM == self.capacity {
            0
        } else {
            p + QUANTUM
        };
    }

    /// The sixteen samples that end `delay_samples` before the newest one.
    ///
    /// # Panics
    /// If it was made for shorter delays.
    #[inline(always)]
    #[must_use]
    pub fn delayed(&self, delay_samples: usize) -> Lane {
        assert!(
            delay_samples <= self.capacity - QUANTUM,
            "a delay longer than its memory"
        );
        let mut lane = [0.0; QUANTUM];
        let end = self.end - delay_samples;
        // SAFETY: `end` lies from capacity + 16 to twice the capacity, which is the memory's length, and the delay was
        // just checked. (The inner loops spend a fifth of their time on the checks of slices otherwise.)
        lane.copy_from_slice(unsafe { self.memory.get_unchecked(end - QUANTUM..end) });
        lane
    }
}

/// Samples that [`Recent`] remembers.
pub const RECENT: usize = 64;

/// The newest samples of one lane, for filters of a fixed length: a [`Lookback`] whose indices the compiler can check.
#[derive(Clone, Debug)]
pub struct Recent {
    memory: [f32; 2 * RECENT],
    position: usize,
}

impl Recent {
    /// Zeros.
    pub const SILENCE: Self = Self {
        memory: [0.0; 2 * RECENT],
        position: 0,
    };

    /// Zeros again, in place.
    pub fn reset(&mut self) {
        self.memory.fill(0.0);
        self.position = 0;
    }

    /// Appends the newest sixteen samples.
    #[inline(always)]
    pub fn push(&mut self, lane: &Lane) {
        let p = self.position & (RECENT - QUANTUM);
        self.memory[p..p + QUANTUM].copy_from_slice(lane);
        self.memory[p + RECENT..p + RECENT + QUANTUM].copy_from_slice(lane);
        self.position = p + QUANTUM;
    }

    /// All of them, oldest first.
    #[inline(always)]
    #[must_use]
    pub fn samples(&self) -> &[f32; RECENT] {
        let p = self.position & (RECENT - QUANTUM);
        self.memory[p..].first_chunk().unwrap_or(&[0.0; RECENT])
    }

    /// The sixteen samples that end `delay_samples` before the newest one, at most 48.
    #[inline(always)]
    #[must_use]
    pub fn delayed(&self, delay_samples: usize) -> Lane {
        let samples = self.samples();
        lanes!(i => samples[RECENT - QUANTUM - delay_samples + i])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lookback_delays_by_any_amount() {
        for max in [0, 1, 15, 16, 17, 100] {
            let mut lookback = Lookback::new(max, -1.0);
            let mut n = 0_i16;
            for _ in 0..40 {
                let lane: Lane =
                    core::array::from_fn(|i| f32::from(n) + f32::from(u8::try_from(i).unwrap()));
                lookback.push(&lane);
                n += 16;
                for delay in 0..=max {
                    for (i, &value) in lookback.delayed(delay).iter().enumerate() {
                        let expected = i32::from(n) - 16 + i32::try_from(i).unwrap()
                            - i32::try_from(delay).unwrap();
                        let expected = if expected < 0 { -1 } else { expected };
                        assert_eq!(
                            f64::from(value),
                            f64::from(expected),
                            "delay {delay} of {max}"
                        );
                    }
                }
            }
        }
    }
}
