//! Values that change without a step: a straight line over 20 ms on the grid of quanta.

use crate::{QUANTUM, Spec, math, quantum::Lane};

/// Time in which a ramp reaches a new target, and in which switches crossfade.
pub const RAMP_MS: f64 = 20.0;

/// A value that moves to its target in a straight line.
///
/// A new target starts a new line from where the value is. It arrives exactly, and then costs nothing.
#[derive(Clone, Copy, Debug)]
pub struct Ramp {
    value: f32,
    target: f32,
    step: f32,
    quanta_left: u32,
    quanta: u32,
    fresh: bool,
}

impl Ramp {
    /// A ramp that takes its first target at once.
    #[must_use]
    pub fn new() -> Self {
        Self {
            value: 0.0,
            target: 0.0,
            step: 0.0,
            quanta_left: 0,
            quanta: 1,
            fresh: true,
        }
    }

    /// Sets the duration from the sample rate, and resets.
    pub fn prepare(&mut self, spec: Spec) {
        let quanta = math::samples(RAMP_MS * 0.001 * spec.sample_rate_hz) / QUANTUM;
        self.quanta = u32::try_from(quanta.max(1)).unwrap_or(u32::MAX);
        self.reset();
    }

    /// The next target is taken at once.
    pub fn reset(&mut self) {
        self.fresh = true;
        self.quanta_left = 0;
    }

    /// Moves on by one quantum and says where.
    #[inline(always)]
    pub fn advance(&mut self, target: f32) -> Segment {
        if self.fresh {
            self.fresh = false;
            self.value = target;
            self.target = target;
        } else if target != self.target {
            self.target = target;
            self.quanta_left = self.quanta;
            #[allow(clippy::cast_precision_loss)]
            let quanta = self.quanta as f32;
            self.step = (target - self.value) / quanta;
        }
        let start = self.value;
        match self.quanta_left {
            0 => {}
            1 => {
                self.quanta_left = 0;
                self.value = self.target;
            }
            _ => {
                self.quanta_left -= 1;
                self.value += self.step;
            }
        }
        Segment {
            start,
            end: self.value,
        }
    }
}

impl Default for Ramp {
    fn default() -> Self {
        Self::new()
    }
}

/// The straight line of a value over one quantum.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Segment {
    /// Value before the first sample.
    pub start: f32,
    /// Value at the last sample.
    pub end: f32,
}

impl Segment {
    /// Whether the value is `value` throughout.
    #[inline(always)]
    #[must_use]
    pub fn is(self, value: f32) -> bool {
        self.start == value && self.end == value
    }

    /// The value at each sample; exact where it stands still.
    #[inline(always)]
    #[must_use]
    pub fn lane(self) -> Lane {
        /// 1/16, 2/16, … 16/16
        const POSITION: Lane = {
            let mut lane = [0.0; QUANTUM];
            let mut i = 0;
            while i < QUANTUM {
                lane[i] = (i as f32 + 1.0) / QUANTUM as f32;
                i += 1;
            }
            lane
        };
        let slope = self.end - self.start;
        core::array::from_fn(|i| self.start + slope * POSITION[i])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ramp_is_straight_arrives_exactly_and_takes_its_first_target_at_once() {
        let mut ramp = Ramp::new();
        ramp.prepare(Spec {
            sample_rate_hz: 48_000.0,
        });
        assert!(ramp.advance(0.3).is(0.3));
        let mut last = 0.3;
        for _ in 0..60 {
            let segment = ramp.advance(0.9);
            assert_eq!(segment.start, last);
            assert!((segment.end - last - 0.01).abs() < 1e-6);
            last = segment.end;
        }
        assert_eq!(last, 0.9);
        assert!(ramp.advance(0.9).is(0.9));
    }
}
