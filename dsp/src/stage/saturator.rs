//! The saturator of Harmonic Lattice, without aliases.
//!
//! ```text
//! input ─┬─ delay ────────────────────────────────────────────────────────────── + ─ output
//!        └─ emphasis → up → f(u) − u → down → high-pass and tone of the harmonics ┘
//! ```
//!
//! Only the curve's difference from its input passes the oversampling filters, so the linear part stays untouched, treble
//! included. The curve is T(x) = x·P(x²)/Q(x²), the continued fraction of tanh to its seventh power (Lambert, 1761), plus
//! a share of T², which makes even harmonics. It is smooth everywhere, so harmonics fall off fast. The difference from x
//! is computed without a subtraction, so small amounts are exact too.
//!
//! The delay is [`OVERSAMPLING_LATENCY`] samples. No allocation in `process`.

use crate::{
    QUANTUM, Spec,
    block::{
        engagement::{Engageable, Engagement},
        parallel::{Parallel, ParallelEffect},
        quantum::{Lane, Quantum},
        ramp::{Glide, Segment},
    },
    filter::{
        block_filter::BlockFilter,
        network::Series,
        oversampling::{OVERSAMPLING_LATENCY, Oversampling, Waveshaper},
        section::Section,
    },
    lanes,
    simd::isa::Isa,
};

/// Settings of [`Saturator`].
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SaturatorSettings {
    /// Level into the curve, 0 to 1 times +12 dB; 0 is exactly neutral.
    pub drive: f32,
    /// Gain into the curve, relative to other characters.
    pub gain: f32,
    /// Share of the even harmonics.
    pub even: f32,
    /// Shelf above 2 kHz before the curve, dB.
    pub emphasis_db: f32,
    /// Shelf above 2 kHz on the added harmonics, dB.
    pub tone_db: f32,
}

/// Gain at full drive (+12 dB). More would fold the curve's harmonics back from four times 44.1 kHz.
const FULL_DRIVE: f32 = 4.0;
/// Beyond this input the curve continues as a straight line.
const LARGEST: f32 = 64.0;
/// Corner of emphasis and tone.
const SHELF_HZ: f64 = 2000.0;
/// Corner of the high-pass that removes the constant part of even harmonics.
const HIGH_PASS_HZ: f64 = 12.0;

/// The harmonics beside the dry signal.
pub type Saturator = Parallel<Harmonics>;

/// The curve's difference from its input, oversampled and filtered.
#[derive(Clone, Debug)]
pub struct Harmonics {
    spec: Spec,
    /// Gain into the curve, even share, emphasis, tone.
    shape: Glide<4>,
    emphasis: BlockFilter<2, 1>,
    /// Rests while the tone is flat and there are no even harmonics.
    tone: Engagement<BlockFilter<4, 1>>,
    oversampling: Oversampling,
    added_peak: f32,
}

fn shelf(gain_db: f32, spec: Spec) -> Section {
    Section::high_shelf(SHELF_HZ, f64::from(gain_db), spec.sample_rate_hz)
}

fn tone(gain_db: f32, spec: Spec) -> Series<2> {
    let high_pass = Section::high_pass(HIGH_PASS_HZ, spec.sample_rate_hz);
    Series([high_pass, shelf(gain_db, spec)])
}

impl Saturator {
    /// The highest added sample of the last quantum.
    #[must_use]
    pub fn added_peak(&self) -> f32 {
        self.effect().added_peak
    }
}

impl Default for Harmonics {
    fn default() -> Self {
        let spec = Spec::default();
        Self {
            spec,
            shape: Glide::new(),
            emphasis: BlockFilter::new(&Series([shelf(0.0, spec)])),
            tone: Engagement::by_amount(BlockFilter::new(&tone(0.0, spec))),
            oversampling: Oversampling::new(spec),
            added_peak: 0.0,
        }
    }
}

/// The curve's difference from its input u: (T(g·u) + even · T(g·u)²)/g − u.
#[inline(always)]
fn added<I: Isa>(u: f32, g: f32, even: f32) -> f32 {
    let x = g * u;
    let x = if x > LARGEST { LARGEST } else { x };
    let x = if x < -LARGEST { -LARGEST } else { x };
    let s = x * x;
    let p = I::mul_add(s, I::mul_add(s, s + 378.0, 17_325.0), 135_135.0);
    let q = I::mul_add(
        s,
        I::mul_add(s, I::mul_add(s, 28.0, 3_150.0), 62_370.0),
        135_135.0,
    );
    // P − Q = s · r
    let r = I::mul_add(s, I::mul_add(s, -27.0, -2_772.0), -45_045.0);
    let scale = u / q;
    // T/g and T.
    let (t_over_g, t) = (p * scale, g * p * scale);
    I::mul_add(s * r, scale, even * t * t_over_g)
}

/// The curve with its gain and even share at each sample.
struct Curve {
    gains: Lane,
    evens: Lane,
}

impl Waveshaper for Curve {
    #[inline(always)]
    fn apply<I: Isa>(&self, lane: &Lane) -> Lane {
        lanes!(i => added::<I>(lane[i], self.gains[i], self.evens[i]))
    }
}

impl Engageable for Harmonics {
    fn prepare(&mut self, spec: Spec) {
        self.spec = spec;
        self.shape.prepare(spec);
        self.tone.prepare(spec);
        self.oversampling.prepare(spec);
    }

    fn reset(&mut self) {
        self.shape.reset();
        self.emphasis.reset();
        self.tone.reset();
        self.oversampling.reset();
    }

    #[inline(always)]
    fn rest(&mut self) {
        self.added_peak = 0.0;
    }
}

impl ParallelEffect for Harmonics {
    type Settings = SaturatorSettings;

    const LATENCY_SAMPLES: usize = OVERSAMPLING_LATENCY;

    #[inline(always)]
    fn is_neutral(settings: SaturatorSettings) -> bool {
        settings.drive == 0.0
    }

    #[inline(always)]
    fn process<I: Isa>(
        &mut self,
        settings: SaturatorSettings,
        mix: Segment,
        input: &Quantum,
        output: &mut Quantum,
    ) {
        let (has_changed, [gain, even, emphasis, tone_shelf]) = self.shape.segments([
            settings.drive * settings.gain * FULL_DRIVE,
            settings.even,
            settings.emphasis_db,
            settings.tone_db,
        ]);
        if has_changed {
            self.emphasis.set(&Series([shelf(emphasis.end, self.spec)]));
            self.tone.effect.set(&tone(tone_shelf.end, self.spec));
        }
        let curve = Curve {
            gains: gain.lane::<I>(),
            evens: even.lane::<I>(),
        };

        let mut emphasized = *input;
        if emphasis.is(0.0) {
            self.emphasis.reset();
        } else {
            [emphasized] = self.emphasis.process::<I>(input);
        }
        let mut harmonics = self.oversampling.process::<I>(&emphasized, &curve);
        // Without even harmonics there is no constant part. The high-pass fades while it still holds one.
        let is_flat = even.is(0.0) && tone_shelf.is(0.0);
        if let Some((tone, mix)) = self.tone.advance(is_flat) {
            let [toned] = tone.process::<I>(&harmonics);
            mix.crossfade_to::<I>(&mut harmonics, toned);
        }
        let share = mix.lane::<I>();
        for (added, output) in harmonics.channels.iter_mut().zip(&mut output.channels) {
            for i in 0..QUANTUM {
                added[i] *= share[i];
                output[i] += added[i];
            }
        }
        self.added_peak = harmonics.peak::<I>();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::simd::isa::Baseline;

    #[test]
    fn curve_difference_equals_tanh_with_a_share_of_its_square_within_2e_4() {
        for g in [0.01_f32, 0.5, 4.0] {
            for i in -100_i16..=100 {
                let u = f32::from(i) / 80.0;
                let tanh = f64::from(g * u).tanh();
                let expected = (tanh + 0.3 * tanh * tanh) / f64::from(g) - f64::from(u);
                let error = f64::from(added::<Baseline>(u, g, 0.3)) - expected;
                assert!(error.abs() < 2e-4, "{error} at {u}, {g}");
            }
        }
        assert!(added::<Baseline>(1e9, 4.0, 0.5).is_finite());
    }
}
