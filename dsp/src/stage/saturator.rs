//! Harmonics without aliases: what Harmonic Lattice and drive are made of.
//!
//! ```text
//! input ─┬─ delay ────────────────────────────────────────────────────────────── + ─ output
//!        └─ emphasis → up → f(u) − u → down → high-pass and tone of the harmonics ┘
//! ```
//!
//! Only the difference that the curve makes goes through the oversampling filters, so what is linear passes untouched,
//! treble included. The curve is T(x) = x·P(x²)/Q(x²), the continued fraction of tanh to its seventh power (Lambert,
//! 1761), plus a share of T², which makes even harmonics. It is smooth everywhere, so harmonics fall off fast, and
//! its difference from x is computed without subtracting, so that small amounts are exact too.

use crate::{
    QUANTUM, Spec,
    block::delay::Delay,
    block::engagement::{Engagement, Work},
    block::processor::Processor,
    block::quantum::{Lane, Quantum, peak},
    block::ramp::Glide,
    filter::block_filter::{BlockFilter, Network},
    filter::oversampling::{OVERSAMPLING_LATENCY, Oversampling, Waveshaper},
    filter::section::Section,
    lanes,
    simd::isa::Isa,
};

/// What a saturator sounds like.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SaturatorSettings {
    /// Level into the curve, 0 to 1 times +12 dB; 0 is exactly neutral.
    pub drive: f32,
    /// How hard, relative to other characters.
    pub gain: f32,
    /// Share of the even harmonics.
    pub even: f32,
    /// Shelf above 2 kHz before the curve, dB: what is saturated.
    pub emphasis_db: f32,
    /// Shelf above 2 kHz after the curve, dB: the tone of what is added.
    pub tone_db: f32,
}

impl SaturatorSettings {
    /// Odd harmonics of everything alike.
    #[must_use]
    pub const fn plain(drive: f32) -> Self {
        Self {
            drive,
            gain: 1.0,
            even: 0.0,
            emphasis_db: 0.0,
            tone_db: 0.0,
        }
    }
}

/// +12 dB: from there on the curve's harmonics would fold back from four times 44.1 kHz.
const FULL_DRIVE: f32 = 4.0;
/// Beyond this the curve goes on as a straight line.
const LARGEST: f32 = 64.0;
/// Where emphasis and tone turn.
const SHELF_HZ: f64 = 2000.0;
/// Takes out the constant part of even harmonics.
const HIGH_PASS_HZ: f64 = 12.0;

/// Adds harmonics.
#[derive(Clone, Debug)]
pub struct Saturator {
    spec: Spec,
    engagement: Engagement,
    /// Gain into the curve, even share, emphasis, tone.
    shape: Glide<4>,
    emphasis: BlockFilter<2, 1>,
    tone: BlockFilter<4, 1>,
    /// The tone filter rests while there is nothing for it to do.
    tone_engagement: Engagement,
    oversampling: Oversampling,
    delay: Delay,
    added_peak: f32,
}

/// High-pass and shelf.
struct Tone(Section, Section);

impl Network<4, 1> for Tone {
    fn tick(&self, state: &mut [f64; 4], input: f64) -> [f64; 1] {
        let [a, b, c, d] = state;
        [self.1.tick([c, d], self.0.tick([a, b], input))]
    }
}

impl Network<2, 1> for Section {
    fn tick(&self, state: &mut [f64; 2], input: f64) -> [f64; 1] {
        let [a, b] = state;
        [self.tick([a, b], input)]
    }
}

fn shelf(gain_db: f32, spec: Spec) -> Section {
    Section::high_shelf(SHELF_HZ, f64::from(gain_db), spec.sample_rate_hz)
}

fn tone(gain_db: f32, spec: Spec) -> Tone {
    Tone(
        Section::high_pass(HIGH_PASS_HZ, spec.sample_rate_hz),
        shelf(gain_db, spec),
    )
}

impl Saturator {
    /// Not yet prepared.
    #[must_use]
    pub fn new() -> Self {
        let spec = Spec::default();
        Self {
            spec,
            engagement: Engagement::of_amounts(),
            shape: Glide::new(),
            emphasis: BlockFilter::new(&shelf(0.0, spec)),
            tone: BlockFilter::new(&tone(0.0, spec)),
            tone_engagement: Engagement::of_amounts(),
            oversampling: Oversampling::new(spec),
            delay: Delay::new(OVERSAMPLING_LATENCY),
            added_peak: 0.0,
        }
    }

    /// The highest sample that was added in the last quantum.
    #[must_use]
    pub fn added_peak(&self) -> f32 {
        self.added_peak
    }
}

impl Default for Saturator {
    fn default() -> Self {
        Self::new()
    }
}

/// What the curve adds to `u`: (T(g·u) + even · T(g·u)²)/g − u.
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

impl Processor for Saturator {
    type Settings = SaturatorSettings;

    fn prepare(&mut self, spec: Spec) {
        self.spec = spec;
        self.engagement.prepare(spec);
        self.tone_engagement.prepare(spec);
        self.shape.prepare(spec);
        self.oversampling.prepare(spec);
        self.delay.prepare(spec);
        self.reset();
    }

    fn reset(&mut self) {
        self.engagement.reset();
        self.shape.reset();
        self.emphasis.reset();
        self.tone.reset();
        self.tone_engagement.reset();
        self.oversampling.reset();
        self.delay.reset();
        self.added_peak = 0.0;
    }

    #[inline(always)]
    fn process<I: Isa>(&mut self, settings: SaturatorSettings, quantum: &mut Quantum) {
        let input = *quantum;
        self.delay.process::<I>((), quantum);
        let Work::Engaged { mix, begins } = self.engagement.advance(settings.drive == 0.0) else {
            self.added_peak = 0.0;
            return;
        };
        if begins {
            self.emphasis.reset();
            self.tone_engagement.reset();
            self.oversampling.reset();
            self.shape.reset();
        }
        let before = self.shape.values();
        let target = [
            settings.drive * settings.gain * FULL_DRIVE,
            settings.even,
            settings.emphasis_db,
            settings.tone_db,
        ];
        let moved = self.shape.advance(target);
        let now = self.shape.values();
        let [gain, even, emphasis_db, tone_db] = now;
        let before = if begins { now } else { before };
        let [gain_before, even_before, ..] = before;
        if moved {
            self.emphasis.set(&shelf(emphasis_db, self.spec));
            self.tone.set(&tone(tone_db, self.spec));
        }
        // A flat shelf is not worth its cost, and without even harmonics there is nothing to take out.
        let zero = |i: usize| before[i] == 0.0 && now[i] == 0.0;
        let (plain_input, plain_output) = (zero(2), zero(1) && zero(3));
        let curve = Curve {
            gains: line(gain_before, gain),
            evens: line(even_before, even),
        };

        let mut emphasised = input;
        if plain_input {
            self.emphasis.reset();
        } else {
            [emphasised] = self.emphasis.process::<I>(&input);
        }
        let mut harmonics = self.oversampling.process::<I>(&emphasised, &curve);
        // The constant that even harmonics leave in the high-pass fades with it.
        if let Work::Engaged { mix, begins } = self.tone_engagement.advance(plain_output) {
            if begins {
                self.tone.reset();
            }
            let [mut toned] = self.tone.process::<I>(&harmonics);
            mix.crossfade(&harmonics, &mut toned);
            harmonics = toned;
        }
        let share = mix.lane();
        let mut peaks = [0.0; 2];
        for c in 0..2 {
            let added = lanes!(i => share[i] * harmonics.channels[c][i]);
            for i in 0..QUANTUM {
                quantum.channels[c][i] += added[i];
            }
            peaks[c] = peak(&added);
        }
        self.added_peak = peaks[0].max(peaks[1]);
    }

    fn latency_samples(&self) -> usize {
        OVERSAMPLING_LATENCY
    }
}

/// A straight line to `end`.
#[inline(always)]
fn line(start: f32, end: f32) -> Lane {
    crate::block::ramp::Segment { start, end }.lane()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::simd::isa::Baseline;

    #[test]
    fn the_curve_is_tanh_with_a_share_of_its_square() {
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
