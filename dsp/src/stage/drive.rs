//! Drive: a soft clipper without aliases, at the loudness of its input.
//!
//! ```text
//! input ─┬─ delay ──────────────────── + ── make-up ── output
//!        └─ up → f(g·u)/g − u → down ──┘
//! ```
//!
//! The curve is f(x) = s/√(1 + s²) with s = x + x³/4: the cube cancels half of the third-order part of the root, so that the
//! bend comes late and then fast. It is smooth everywhere, so harmonics fall off fast. Its difference from x is computed without
//! a subtraction, so small amounts are exact too.
//!
//! The first distortion is of the third order, which grows by 2 dB for each decibel of g. So g grows exponentially with the
//! knob, and each quarter adds about 8 dB of distortion.
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
    lanes, math,
    simd::isa::Isa,
};

/// Gain into the curve at full drive: +8 dB.
const FULL_GAIN: f32 = 2.5;
/// Octaves, 16 dB, between the gain at full drive and that of the exponential curve at drive 0.
const GAIN_OCTAVES: f32 = 2.65;
/// Below this drive the gain is proportional to it, so that it ends at 0.
const PROPORTIONAL_BELOW: f32 = 0.05;
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

/// The gain into the curve for a drive from 0 to 1.
#[inline(always)]
fn gain_into_curve(drive: f32) -> f32 {
    let (exponential, share) = if drive > PROPORTIONAL_BELOW {
        (drive, 1.0)
    } else {
        (PROPORTIONAL_BELOW, drive / PROPORTIONAL_BELOW)
    };
    let [power] = math::exp2_lanes([GAIN_OCTAVES * (exponential - 1.0)]);
    FULL_GAIN * power * share
}

/// The curve's difference from its input u: f(g·u)/g − u.
///
/// With x = g·u, h = 1 + x²/4 and r = √(1 + (x·h)²) it is −u·x²·(8 + 7x² + x⁴)/(16·r·(h + r)).
#[inline(always)]
fn added<I: Isa>(u: f32, g: f32) -> f32 {
    let x = g * u;
    let x = if x > LARGEST { LARGEST } else { x };
    let x = if x < -LARGEST { -LARGEST } else { x };
    let square = x * x;
    let h = I::mul_add(square, 0.25, 1.0);
    let s = x * h;
    let r = I::mul_add(s, s, 1.0).sqrt();
    let numerator = square * I::mul_add(square, 7.0 + square, 8.0);
    -u * numerator / (16.0 * r * (h + r))
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
    /// Position of the knob, 0 to 1; 0 is exactly neutral.
    type Settings = f32;

    const LATENCY_SAMPLES: usize = OVERSAMPLING_LATENCY;

    #[inline(always)]
    fn is_neutral(drive: f32) -> bool {
        drive == 0.0
    }

    #[inline(always)]
    fn process<I: Isa>(&mut self, drive: f32, mix: Segment, input: &Quantum, output: &mut Quantum) {
        let gain = self.gain.advance(gain_into_curve(drive));
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
        for g in [0.01_f32, 0.5, 2.5] {
            for i in -100_i16..=100 {
                let u = f32::from(i) / 80.0;
                let x = f64::from(g) * f64::from(u);
                let s = x + 0.25 * x.powi(3);
                let expected = s / (1.0 + s * s).sqrt() / f64::from(g) - f64::from(u);
                let error = f64::from(added::<Baseline>(u, g)) - expected;
                assert!(error.abs() < 1e-6, "{error} at {u}, {g}");
            }
        }
        assert!(added::<Baseline>(1e9, 2.5).is_finite());
    }

    #[test]
    fn gain_into_curve_rises_from_0_by_equal_ratios_above_5_percent() {
        assert_eq!(gain_into_curve(0.0), 0.0);
        assert_eq!(gain_into_curve(1.0), FULL_GAIN);
        for i in 0..100_u8 {
            let [now, next] = [i, i + 1].map(|i| gain_into_curve(f32::from(i) / 100.0));
            assert!(next > now, "{now} {next} at {i} %");
            if i >= 5 {
                assert!((next / now - 1.0185).abs() < 1e-3, "{now} {next} at {i} %");
            }
        }
    }
}
