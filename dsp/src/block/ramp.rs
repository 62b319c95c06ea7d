//! Parameter smoothing: straight lines of 20 or 60 ms on the grid of quanta.

use crate::{
    QUANTUM, Spec,
    block::quantum::{Lane, Quantum},
    math,
    simd::isa::Isa,
};

/// Duration of a ramp and of a crossfade, ms.
pub const RAMP_MS: f64 = 20.0;
/// Duration of a ramp of levels by 24 dB: in 20 ms it would be four times as steep as one of 6 dB, and low notes would click.
pub const LEVEL_RAMP_MS: f64 = 60.0;

/// Values that move to their targets together, in straight lines.
///
/// A new target for one of them starts new lines for all, from their present values. They reach the targets exactly, and
/// cost nothing from then on.
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
    /// Values that take their first targets at once.
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
        self.prepare_for(RAMP_MS, spec);
    }

    /// Sets another duration, ms, and resets.
    pub fn prepare_for(&mut self, ramp_ms: f64, spec: Spec) {
        let quanta = math::samples(ramp_ms * 0.001 * spec.sample_rate_hz) / QUANTUM;
        self.quanta = u32::try_from(quanta.max(1)).unwrap_or(u32::MAX);
        self.reset();
    }

    /// Takes the next targets at once.
    pub fn reset(&mut self) {
        self.fresh = true;
        self.quanta_left = 0;
    }

    /// Advances by one quantum, and returns whether a value has changed.
    #[inline(always)]
    pub fn advance(&mut self, targets: [f32; N]) -> bool {
        if self.fresh {
            self.fresh = false;
            self.values = targets;
            self.targets = targets;
            return true;
        }
        if differ(&targets, &self.targets) {
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

    /// The values at the end of the quantum.
    #[inline(always)]
    #[must_use]
    pub fn values(&self) -> [f32; N] {
        self.values
    }

    /// Advances by one quantum. Returns whether a value has changed, and the line of each over the quantum.
    #[inline(always)]
    pub fn segments(&mut self, targets: [f32; N]) -> (bool, [Segment; N]) {
        let (is_fresh, before) = (self.fresh, self.values);
        let has_changed = self.advance(targets);
        let mut segments = [Segment::default(); N];
        for i in 0..N {
            segments[i] = Segment {
                start: if is_fresh { self.values[i] } else { before[i] },
                end: self.values[i],
            };
        }
        (has_changed, segments)
    }
}

/// Whether a value differs. It compares all of them side by side, where `!=` would take one after the other.
#[inline(always)]
fn differ<const N: usize>(a: &[f32; N], b: &[f32; N]) -> bool {
    let mut differs = false;
    for i in 0..N {
        differs |= a[i] != b[i];
    }
    differs
}

impl<const N: usize> Default for Glide<N> {
    fn default() -> Self {
        Self::new()
    }
}

/// A single value that moves to its target in a straight line.
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

    /// Sets another duration, ms, and resets.
    pub fn prepare_for(&mut self, ramp_ms: f64, spec: Spec) {
        self.0.prepare_for(ramp_ms, spec);
    }

    /// Takes the next target at once.
    pub fn reset(&mut self) {
        self.0.reset();
    }

    /// Advances by one quantum, and returns the line over it.
    #[inline(always)]
    pub fn advance(&mut self, target: f32) -> Segment {
        let (_, [segment]) = self.0.segments([target]);
        segment
    }
}

/// 1/16, 2/16, … 16/16: the position of each sample between the last one of the quantum before and its own quantum's end.
pub const POSITIONS: Lane = {
    let mut lane = [0.0; QUANTUM];
    let mut i = 0;
    while i < QUANTUM {
        lane[i] = (i as f32 + 1.0) / QUANTUM as f32;
        i += 1;
    }
    lane
};

/// The straight line of a value over one quantum.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Segment {
    /// The value before the first sample.
    pub start: f32,
    /// The value at the last sample.
    pub end: f32,
}

impl Segment {
    /// Whether the line stands still at `value`.
    #[inline(always)]
    #[must_use]
    pub fn is(self, value: f32) -> bool {
        self.start == value && self.end == value
    }

    /// The value at each sample; exact if the line stands still.
    #[inline(always)]
    #[must_use]
    pub fn lane<I: Isa>(self) -> Lane {
        let (start, slope) = (I::splat(self.start), I::splat(self.end - self.start));
        let mut lane = POSITIONS;
        for half in lane.as_chunks_mut::<8>().0 {
            let line = I::add_eight(start, I::mul_eight(slope, I::load(half)));
            I::store(line, half);
        }
        lane
    }

    /// Replaces the dry signal by its mix with the wet one.
    #[inline(always)]
    pub fn crossfade_to<I: Isa>(self, quantum: &mut Quantum, mut wet: Quantum) {
        self.crossfade::<I>(quantum, &mut wet);
        *quantum = wet;
    }

    /// Mixes the dry signal into `wet`: at 0 the result has the dry signal's bits, at 1 the wet one's.
    #[inline(always)]
    pub fn crossfade<I: Isa>(self, dry: &Quantum, wet: &mut Quantum) {
        if self.is(0.0) {
            *wet = *dry;
        } else if !self.is(1.0) {
            let mix = self.lane::<I>();
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
    fn ramp_after_its_first_target_reaches_the_next_exactly_in_20_ms() {
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
