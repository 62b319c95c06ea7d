//! Drive: a soft clipper without aliases, at the loudness of its input.
//!
//! ```text
//! input ─┬─ delay ──────────────────── + ── make-up ── output
//!        └─ up → f(g·u)/g − u → down ──┘
//! ```
//!
//! The curve is f(x) = s/√(1 + s²) with s = x + x³/2: the cube cancels the third-order part of the root, so that quiet music
//! stays clean (its first distortion is of the fifth order), and peaks are rounded up to full scale. It is smooth everywhere, so
//! harmonics fall off fast. Its difference from x is computed without a subtraction, so small amounts are exact too.
//!
//! The delay is [`OVERSAMPLING_LATENCY`] samples. No allocation in `process`. See [`crate::dynamics::make_up`] for the gain
//! behind.

use crate::{
    QUANTUM, Spec,
    block::{
        engagement::Engageable,
        parallel::{Parallel, ParallelEffect},
        quantum::{Lane, Quantum},
        ramp::{Ramp, Segment},
    },
    dynamics::make_up::{MakeUp, Weighting},
    filter::oversampling::{OVERSAMPLING_LATENCY, Oversampling, Waveshaper},
    lanes,
    simd::isa::Isa,
};

/// Gain into the curve at full drive: +6 dB.
const FULL_DRIVE: f32 = 2.0;
/// Beyond this input the curve continues as a straight line.
const LARGEST: f32 = 64.0;

/// The soft clipper beside the dry signal.
pub type Drive = Parallel<SoftClipper>;

/// The curve, oversampled, with its make-up gain.
#[derive(Clone, Debug)]
pub struct SoftClipper {
    gain: Ramp,
    oversampling: Oversampling,
    /// Of the input and of the output.
    weightings: [Weighting; 2],
    make_up: MakeUp,
    added_peak: f32,
}

impl Drive {
    /// The highest added sample of the last quantum, without the make-up gain.
    #[must_use]
    pub fn added_peak(&self) -> f32 {
        self.effect().added_peak
    }
}

impl Default for SoftClipper {
    fn default() -> Self {
        let spec = Spec::default();
        Self {
            gain: Ramp::new(),
            oversampling: Oversampling::new(spec),
            weightings: [Weighting::new(spec); 2],
            make_up: MakeUp::new(spec),
            added_peak: 0.0,
        }
    }
}

/// The curve's difference from its input u: f(g·u)/g − u.
///
/// With x = g·u, h = 1 + x²/2 and r = √(1 + (x·h)²) it is −u·x⁴·(3 + x²)/(4·r·(h + r)).
#[inline(always)]
fn added<I: Isa>(u: f32, g: f32) -> f32 {
    let x = g * u;
    let x = if x > LARGEST { LARGEST } else { x };
    let x = if x < -LARGEST { -LARGEST } else { x };
    let square = x * x;
    let h = I::mul_add(square, 0.5, 1.0);
    let s = x * h;
    let r = I::mul_add(s, s, 1.0).sqrt();
    let numerator = square * square * (3.0 + square);
    -u * numerator / (4.0 * r * (h + r))
}

/// The curve with its gain at each sample.
struct Curve {
    gains: Lane,
}

impl Waveshaper for Curve {
    #[inline(always)]
    fn apply<I: Isa>(&self, lane: &Lane) -> Lane {
        lanes!(i => added::<I>(lane[i], self.gains[i]))
    }
}

impl Engageable for SoftClipper {
    fn prepare(&mut self, spec: Spec) {
        self.gain.prepare(spec);
        self.oversampling.prepare(spec);
        self.weightings = [Weighting::new(spec); 2];
        self.make_up = MakeUp::new(spec);
    }

    fn reset(&mut self) {
        self.gain.reset();
        self.oversampling.reset();
        self.weightings.iter_mut().for_each(Weighting::reset);
        self.make_up.reset();
    }

    #[inline(always)]
    fn rest(&mut self) {
        self.added_peak = 0.0;
    }
}

impl ParallelEffect for SoftClipper {
    /// Level into the curve, 0 to 1 times +6 dB; 0 is exactly neutral.
    type Settings = f32;

    const LATENCY_SAMPLES: usize = OVERSAMPLING_LATENCY;

    #[inline(always)]
    fn is_neutral(drive: f32) -> bool {
        drive == 0.0
    }

    #[inline(always)]
    fn process<I: Isa>(&mut self, drive: f32, mix: Segment, input: &Quantum, output: &mut Quantum) {
        let gain = self.gain.advance(drive * FULL_DRIVE);
        let curve = Curve {
            gains: gain.lane::<I>(),
        };
        let added = self.oversampling.process::<I>(input, &curve);
        let mut wet = *output;
        for (added, wet) in added.channels.iter().zip(&mut wet.channels) {
            for i in 0..QUANTUM {
                wet[i] += added[i];
            }
        }
        let [before, after] = &mut self.weightings;
        let powers = self
            .make_up
            .is_due()
            .then(|| [before.power::<I>(output), after.power::<I>(&wet)]);
        let make_up = self
            .make_up
            .advance(gain.start != gain.end, powers)
            .lane::<I>();
        for wet in &mut wet.channels {
            for i in 0..QUANTUM {
                wet[i] *= make_up[i];
            }
        }
        self.added_peak = mix.end * added.peak::<I>();
        mix.crossfade_to::<I>(output, wet);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::simd::isa::Baseline;

    #[test]
    fn curve_difference_equals_the_soft_clip_minus_its_input() {
        for g in [0.01_f32, 0.5, 2.0] {
            for i in -100_i16..=100 {
                let u = f32::from(i) / 80.0;
                let x = f64::from(g) * f64::from(u);
                let s = x + 0.5 * x.powi(3);
                let expected = s / (1.0 + s * s).sqrt() / f64::from(g) - f64::from(u);
                let error = f64::from(added::<Baseline>(u, g)) - expected;
                assert!(error.abs() < 1e-6, "{error} at {u}, {g}");
            }
        }
        assert!(added::<Baseline>(1e9, 2.0).is_finite());
    }
}
