//! Comfort: a dynamic equalizer that holds resonances and sibilance.
//!
//! ```text
//! input ─┬─ four bells, tuned to the strongest resonances ─ bell at 6.8 kHz ─ output
//!        ├─ resonance detector: frames of 170 ms, averages of 6 s ──┘ │
//!        └─ sibilance detector: three bands, 5 ms ──────────────────────┘
//! ```
//!
//! Both compare the song with itself, so that neither its loudness nor its balance matters: a narrow band with its
//! neighbors ([`resonance_detector`]), and the rise of the sibilant band with the rise of the bands below and above it.
//! The style target only moves their limits by up to 1 dB. No delay, no allocation in `process`.

mod dynamic_bell;
pub mod resonance_detector;
pub mod sibilance;

use self::{
    dynamic_bell::add_band,
    resonance_detector::{Resonance, ResonanceDetector},
    sibilance::Sibilance,
};
use crate::{
    ANCHOR_EDGES_HZ, QUANTUM, Spec, StyleTarget,
    block::{
        engagement::Engageable,
        quantum::Quantum,
        ramp::{Glide, Segment},
    },
    filter::{gliding_filter::GlidingFilter, network::Series, section::Section},
    math,
    simd::isa::Isa,
    styles::MOMENT_BANDS_HZ,
};

/// Bells that work at the same time.
const BELLS: usize = 4;
/// Q of a bell's poles: it undoes a resonance of Q 8 and 12 dB.
const Q: f64 = 4.0;
/// Cut for one decibel over the limit at 100 %. A resonance of 12 dB stands 7 to 9 dB above its neighbors: what it raises lies
/// below them as often as above.
const SLOPE: f32 = 3.5;
/// The largest cut of a bell.
const MOST_DB: f32 = 9.0;
/// Time constant of the bells' gains.
const GAIN_MS: f64 = 150.0;
/// A resonance nearer than this to a bell is the bell's own, octaves.
const NEAR: f32 = 0.2;
/// Share of a style's difference to Neutral that moves the limits, and the most of it, dB.
const FRAME: f32 = 0.25;
const MOST_FRAME_DB: f32 = 1.0;
/// Position of the 90th percentile in [`StyleFigures::moments_db`](crate::styles::StyleFigures).
const PERCENTILE_90: usize = 4;

/// Bells on resonances, and one on sibilance.
#[derive(Clone, Debug)]
pub struct Comfort {
    detector: ResonanceDetector,
    bells: [Bell; BELLS],
    sibilance: Sibilance,
    /// Coefficient of the bells' gains.
    rate: f32,
    /// The style's shifts of the limits near [`MOMENT_BANDS_HZ`], dB, and the amount.
    targets: Glide<5>,
    gains: [f32; 4],
}

/// A bell that is tuned to a resonance.
#[derive(Clone, Debug)]
struct Bell {
    filter: GlidingFilter<1, 2, 1>,
    octaves: f32,
    /// Cut at an amount of 1, and its target, dB.
    cut_db: f32,
    target_db: f32,
    gain: f32,
}

impl Bell {
    fn new() -> Self {
        Self {
            filter: GlidingFilter::new(&band([0.0], Spec::default())),
            octaves: 0.0,
            cut_db: 0.0,
            target_db: 0.0,
            gain: 1.0,
        }
    }

    fn is_idle(&self) -> bool {
        self.target_db == 0.0 && self.cut_db == 0.0 && self.gain == 1.0
    }

    fn reset(&mut self) {
        self.cut_db = 0.0;
        self.target_db = 0.0;
        self.gain = 1.0;
    }

    /// Begins on another resonance.
    fn begin(&mut self, octaves: f32) {
        self.filter.reset();
        self.octaves = octaves;
    }

    #[inline(always)]
    fn process<I: Isa>(&mut self, amount: f32, rate: f32, mix: Segment, quantum: &mut Quantum) {
        self.cut_db += rate * (self.target_db - self.cut_db);
        if self.target_db == 0.0 && self.cut_db < 0.01 {
            self.cut_db = 0.0;
        }
        let [end] = math::exp2_lanes([-amount * self.cut_db * math::OCTAVES_PER_DB]);
        let gain = Segment {
            start: self.gain,
            end,
        };
        self.gain = end;
        let targets = [self.octaves];
        let [wet] = self.filter.process::<I, _>(targets, band, quantum);
        add_band::<I>(quantum, &wet, gain, mix);
    }
}

fn band([octaves]: [f32; 1], spec: Spec) -> Series<1> {
    let rate_hz = spec.sample_rate_hz;
    Series([Section::band_pass(Resonance::hz(octaves), Q, rate_hz)])
}

impl Default for Comfort {
    fn default() -> Self {
        Self {
            detector: ResonanceDetector::default(),
            bells: core::array::from_fn(|_| Bell::new()),
            sibilance: Sibilance::default(),
            rate: 1.0,
            targets: Glide::new(),
            gains: [1.0; 4],
        }
    }
}

impl Engageable for Comfort {
    fn prepare(&mut self, spec: Spec) {
        let quanta_hz = spec.sample_rate_hz / math::count(QUANTUM);
        self.rate = math::narrow(math::one_pole(GAIN_MS, quanta_hz));
        self.detector.prepare(spec);
        for bell in &mut self.bells {
            bell.filter.prepare(spec);
        }
        self.sibilance.prepare(spec);
        self.targets.prepare(spec);
    }

    #[inline(always)]
    fn reset(&mut self) {
        self.detector.reset();
        self.bells.iter_mut().for_each(Bell::reset);
        self.sibilance.reset();
        self.targets.reset();
        self.rest();
    }

    #[inline(always)]
    fn rest(&mut self) {
        self.gains = [1.0; 4];
    }
}

impl Comfort {
    /// The lowest gain in each anchor's band at the end of the last quantum.
    #[must_use]
    pub fn gains(&self) -> [f32; 4] {
        self.gains
    }

    /// Cuts resonances and sibilance of one quantum by `amount`, 0 to 1, of what is too much.
    #[inline(always)]
    pub fn process<I: Isa>(
        &mut self,
        amount: f32,
        style: StyleTarget,
        mix: Segment,
        quantum: &mut Quantum,
    ) {
        let [boom, mud, harsh, fizz] = frame_db(style);
        self.targets.advance([boom, mud, harsh, fizz, amount]);
        let [frame_db @ .., amount] = self.targets.values();

        if self.detector.process::<I>(quantum) {
            self.tune(frame_db);
        }
        self.sibilance.detect::<I>(frame_db[3], quantum);
        self.gains = [1.0; 4];
        for bell in &mut self.bells {
            if bell.is_idle() {
                continue;
            }
            bell.process::<I>(amount, self.rate, mix, quantum);
            show(&mut self.gains, Resonance::hz(bell.octaves), bell.gain);
        }
        let gain = self.sibilance.process::<I>(amount, mix, quantum);
        show(&mut self.gains, Sibilance::HZ, gain);
    }

    /// Gives the bells their targets after a frame of the detector.
    #[inline(never)]
    fn tune(&mut self, frame_db: [f32; 4]) {
        let frame_db = |octaves: f32| frame_db[moment_band(octaves)];
        let found: [Resonance; BELLS] = self.detector.strongest(frame_db);
        let mut is_followed = [false; BELLS];
        for (resonance, is_followed) in found.iter().zip(&mut is_followed) {
            let away = |bell: &Bell| (bell.octaves - resonance.octaves).abs();
            let own = self.bells.iter_mut().find(|bell| {
                let is_near = away(bell) < NEAR;
                is_near && !bell.is_idle()
            });
            if let Some(bell) = own {
                bell.octaves = resonance.octaves;
                *is_followed = true;
            }
        }
        for bell in &mut self.bells {
            let own = found.iter().find(|found| found.octaves == bell.octaves);
            let excess_db = own.map_or_else(
                || self.detector.excess_db(bell.octaves, frame_db),
                |found| found.excess_db,
            );
            bell.target_db = if bell.is_idle() {
                0.0
            } else {
                cut_db(excess_db)
            };
        }
        let new = found.iter().zip(is_followed);
        for (resonance, _) in
            new.filter(|(found, is_followed)| !is_followed && found.excess_db > 0.0)
        {
            if let Some(bell) = self.bells.iter_mut().find(|bell| bell.is_idle()) {
                bell.begin(resonance.octaves);
                bell.target_db = cut_db(resonance.excess_db);
            }
        }
    }
}

/// Cut at an amount of 1, dB. The first decibel over the limit sets in softly.
fn cut_db(excess_db: f32) -> f32 {
    let excess_db = excess_db.max(0.0);
    let soft_db = if excess_db < 1.0 {
        0.5 * excess_db * excess_db
    } else {
        excess_db - 0.5
    };
    (SLOPE * soft_db).min(MOST_DB)
}

/// The shifts of the limits for a style, dB: a style in which a band is usually loud allows more of it.
#[inline(always)]
fn frame_db(style: StyleTarget) -> [f32; 4] {
    let limits = style.figures().moments_db[PERCENTILE_90];
    let neutral = StyleTarget::Neutral.figures().moments_db[PERCENTILE_90];
    crate::lanes!(k, 4 => (FRAME * (limits[k] - neutral[k])).clamp(-MOST_FRAME_DB, MOST_FRAME_DB))
}

/// The band of the style's moments that is nearest to a position: their borders are their geometric means.
fn moment_band(octaves: f32) -> usize {
    let hz = Resonance::hz(octaves);
    let borders = MOMENT_BANDS_HZ.windows(2);
    borders.filter(|pair| hz * hz > pair[0] * pair[1]).count()
}

/// Shows a gain in the band of the anchor that it lies in.
#[inline(always)]
fn show(gains: &mut [f32; 4], hz: f64, gain: f32) {
    let anchor = ANCHOR_EDGES_HZ
        .iter()
        .filter(|edge| hz >= f64::from(**edge))
        .count();
    if gain < gains[anchor] {
        gains[anchor] = gain;
    }
}
