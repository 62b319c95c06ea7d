//! Memories of past samples, read sixteen at a time.

use super::quantum::Lane;
use crate::{QUANTUM, lanes};

/// A delay line of one channel that gives any sixteen consecutive samples, up to a fixed delay.
///
/// The ring is written twice, so every run of samples is contiguous and reading needs no branch.
#[derive(Clone, Debug)]
pub struct Lookback {
    memory: Vec<f32>,
    capacity: usize,
    /// Index at which the next quantum is written.
    position: usize,
    /// One past the newest sample, in the second copy.
    end: usize,
    initial: f32,
}

impl Lookback {
    /// A memory for delays of 0 to `max_delay_samples`, filled with `initial`. Allocates.
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

    /// Fills the memory with the initial value.
    pub fn reset(&mut self) {
        self.memory.fill(self.initial);
        self.position = 0;
        self.end = 2 * self.capacity;
    }

    /// Takes over the memory of another one of the same capacity. Doesn't allocate.
    ///
    /// # Panics
    /// If the capacities differ.
    pub fn copy_from(&mut self, other: &Self) {
        self.memory.copy_from_slice(&other.memory);
        self.position = other.position;
        self.end = other.end;
    }

    /// Appends the newest sixteen samples.
    #[inline(always)]
    pub fn push(&mut self, lane: &Lane) {
        let p = self.position;
        for at in [p, p + self.capacity] {
            // SAFETY: `position` and `capacity` are multiples of sixteen, `position` is the smaller one, and the memory is
            // twice as long as `capacity`.
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
    /// If the delay is longer than the one that `new` was given.
    #[inline(always)]
    #[must_use]
    pub fn delayed(&self, delay_samples: usize) -> Lane {
        assert!(
            delay_samples <= self.capacity - QUANTUM,
            "a delay longer than its memory"
        );
        let mut lane = [0.0; QUANTUM];
        let end = self.end - delay_samples;
        // SAFETY: `self.end` lies from capacity + 16 to twice the capacity, which is the memory's length, and the delay is
        // checked above. (With checked slices the inner loops take a quarter longer.)
        lane.copy_from_slice(unsafe { self.memory.get_unchecked(end - QUANTUM..end) });
        lane
    }
}

/// Samples in a [`Recent`].
pub const RECENT: usize = 64;

/// The newest samples of one channel, for filters of a fixed length: a [`Lookback`] whose length the compiler knows.
#[derive(Clone, Debug)]
pub struct Recent {
    memory: [f32; 2 * RECENT],
    position: usize,
}

impl Recent {
    /// A memory of zeros.
    pub const SILENCE: Self = Self {
        memory: [0.0; 2 * RECENT],
        position: 0,
    };

    /// Fills the memory with zeros, in place.
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

    /// All samples, oldest first.
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
    fn lookback_of_any_length_delays_by_every_amount() {
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
