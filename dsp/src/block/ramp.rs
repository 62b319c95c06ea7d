//! Values that change without a step: a straight line over 20 ms on the grid of quanta.

use crate::{
    QUANTUM, Spec,
    block::quantum::{Lane, Quantum},
    math,
};

/// Time in which a ramp reaches a new target, and in which switches crossfade.
pub const RAMP_MS: f64 = 20.0;

/// Values that move to their targets together, in straight lines.
///
/// A new target for any of them starts new lines for all from where they are. They arrive exactly, and then cost
/// nothing.
#[derive(Clone, Copy, Debug)]
pub struct Glide<const N: usize> {
    values: [f32; N],
    targets: [f32; N],
    steps: [f32; N],
    quanta_left: u32,
    quanta: u32,
    fresh: bool,
}

impl<const N: usize> Glide<N> {
    /// Takes its first targets at once.
    #[must_use]
    pub fn new() -> Self {
        Self {
            values: [0.0; N],
            targets: [0.0; N],
            steps: [0.0; N],
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

    /// The next targets are taken at once.
    pub fn reset(&mut self) {
        self.fresh = true;
        self.quanta_left = 0;
    }

    /// Moves on by one quantum; whether anything is different now.
    #[inline(always)]
    pub fn advance(&mut self, targets: [f32; N]) -> bool {
        if self.fresh {
            self.fresh = false;
            self.values = targets;
            self.targets = targets;
            return true;
        }
        if targets != self.targets {
            self.targets = targets;
            self.quanta_left = self.quanta;
            #[allow(clippy::cast_precision_loss)]
            let quanta = self.quanta as f32;
            for i in 0..N {
                self.steps[i] = (targets[i] - self.values[i]) / quanta;
            }
        }
        match self.quanta_left {
            0 => return false,
            1 => {
                self.quanta_left = 0;
                self.values = self.targets;
            }
            _ => {
                self.quanta_left -= 1;
                for i in 0..N {
                    self.values[i] += self.steps[i];
                }
            }
        }
        true
    }

    /// Where the values are at the end of the quantum.
    #[inline(always)]
    #[must_use]
    pub fn values(&self) -> [f32; N] {
        self.values
    }
}

impl<const N: usize> Default for Glide<N> {
    fn default() -> Self {
        Self::new()
    }
}

/// A single value that moves to its target in a straight line, with its way through each quantum.
#[derive(Clone, Copy, Debug, Default)]
pub struct Ramp(Glide<1>);

impl Ramp {
    /// A ramp that takes its first target at once.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the duration from the sample rate, and resets.
    pub fn prepare(&mut self, spec: Spec) {
        self.0.prepare(spec);
    }

    /// The next target is taken at once.
    pub fn reset(&mut self) {
        self.0.reset();
    }

    /// Moves on by one quantum and says where.
    #[inline(always)]
    pub fn advance(&mut self, target: f32) -> Segment {
        let [before] = self.0.values();
        let fresh = self.0.fresh;
        self.0.advance([target]);
        let [end] = self.0.values();
        Segment {
            start: if fresh { end } else { before },
            end,
        }
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
        let mut lane = POSITION;
        for value in &mut lane {
            *value = self.start + slope * *value;
        }
        lane
    }

    /// Mixes `wet` with `dry`: at 0 the output is the dry signal's bits, at 1 the wet one's.
    #[inline(always)]
    pub fn crossfade(self, dry: &Quantum, wet: &mut Quantum) {
        if self.is(0.0) {
            *wet = *dry;
        } else if !self.is(1.0) {
            let mix = self.lane();
            for (wet, dry) in wet.channels.iter_mut().zip(&dry.channels) {
                for (i, wet) in wet.iter_mut().enumerate() {
                    *wet = dry[i] + mix[i] * (*wet - dry[i]);
                }
            }
        }
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
