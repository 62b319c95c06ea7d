//! Comfort: a dynamic equalizer that holds resonances and sibilance.
//!
//! ```text
//! input ─┬─ four bells on the strongest resonances ─ bell at 6.8 kHz ─ output
//!        ├─ resonance detector: frames of 340 ms, 53 s ──┘ │
//!        └─ sibilance detector: three bands, 5 ms ───────────┘
//! ```
//!
//! Both compare the song with itself, so that neither its loudness nor its balance matters: a narrow band with its
//! neighbors ([`resonance_detector`]), and the rise of the sibilant band with the rise of the bands below and above it.
//! The style target only moves their limits by up to 1 dB. No delay, no allocation in `process`.

mod bells;
mod floor_spectrum;
mod quantile;
pub mod resonance_detector;
mod response;
pub mod sibilance;

use self::{
    bells::{BELLS, Bells},
    resonance_detector::{Resonance, ResonanceDetector},
    sibilance::Sibilance,
};
use crate::{
    ANCHOR_EDGES_HZ, ComfortBell, QUANTUM, Spec, StyleTarget,
    block::{
        engagement::Engageable,
        quantum::Quantum,
        ramp::{Glide, Segment},
    },
    lanes, math,
    simd::isa::Isa,
    styles::MOMENT_BANDS_HZ,
};

/// Cut for one decibel of a resonance above its neighbors at 100 %. A resonance of 12 dB stands 6 to 8 dB above them: the
/// floor that it raises lies below them as often as above.
const SLOPE: f32 = 1.35;
/// The largest cut of a bell.
const MOST_DB: f32 = 9.0;
/// Time constant of the bells' gains.
const GAIN_MS: f64 = 150.0;
/// A resonance nearer than this to a bell is the bell's own, octaves.
const NEAR: f32 = 0.2;
/// A bell stays where it is while its resonance is nearer than this, octaves, and then follows at this speed.
const STEADY: f32 = 0.03;
const OCTAVES_PER_SECOND: f64 = 1.0;
/// Share of a style's difference to Neutral that moves the limits, and the most of it, dB.
const STYLE_SHARE: f32 = 0.25;
const MOST_STYLE_SHIFT_DB: f32 = 1.0;
/// The anchor in whose band sibilance lies.
const SIBILANCE_ANCHOR: usize = 2;
/// Position of the 90th percentile in [`StyleFigures::moments_db`](crate::styles::StyleFigures).
const PERCENTILE_90: usize = 4;

/// Bells on resonances, and one on sibilance.
#[derive(Clone, Debug)]
pub struct Comfort {
    detector: ResonanceDetector<BELLS>,
    bells: Bells,
    tunings: [Tuning; BELLS],
    sibilance: Sibilance,
    /// Coefficient of the bells' gains, and the most that a bell moves in a quantum, octaves.
    rate: f32,
    step: f32,
    /// The style's shifts of the limits near [`MOMENT_BANDS_HZ`], dB, and the amount.
    targets: Glide<5>,
    gains: [f32; 4],
    bell_gains: [f32; BELLS],
    sibilance_gain: f32,
}

/// A bell on a resonance.
#[derive(Clone, Copy, Debug)]
pub struct BellState {
    octaves: f32,
    gain: f32,
}

impl Default for BellState {
    /// At rest.
    fn default() -> Self {
        Self {
            octaves: 0.0,
            gain: 1.0,
        }
    }
}

impl BellState {
    /// The frequency and the gain in decibels.
    #[must_use]
    pub fn reading(self) -> ComfortBell {
        ComfortBell {
            frequency_hz: math::narrow(Resonance::hz(self.octaves)),
            gain_db: math::narrow(math::db_from_gain(f64::from(self.gain))),
        }
    }
}

/// Where a bell is, and where it goes.
#[derive(Clone, Copy, Debug, Default)]
struct Tuning {
    octaves: f32,
    target_octaves: f32,
    /// Cut at an amount of 1, and its target, dB.
    cut_db: f32,
    target_db: f32,
    /// The anchor in whose band it is shown.
    anchor: usize,
}

impl Tuning {
    /// A bell that begins on a resonance.
    fn on(resonance: Resonance, target_db: f32) -> Self {
        Self {
            octaves: resonance.octaves,
            target_octaves: resonance.octaves,
            cut_db: 0.0,
            target_db,
            anchor: anchor(Resonance::hz(resonance.octaves)),
        }
    }

    fn is_idle(&self) -> bool {
        self.target_db == 0.0 && self.cut_db == 0.0
    }
}

impl Default for Comfort {
    fn default() -> Self {
        Self {
            detector: ResonanceDetector::default(),
            bells: Bells::new(),
            tunings: [Tuning::default(); BELLS],
            sibilance: Sibilance::default(),
            rate: 1.0,
            step: 0.0,
            targets: Glide::new(),
            gains: [1.0; 4],
            bell_gains: [1.0; BELLS],
            sibilance_gain: 1.0,
        }
    }
}

impl Engageable for Comfort {
    fn prepare(&mut self, spec: Spec) {
        let quanta_hz = spec.sample_rate_hz / math::count(QUANTUM);
        self.rate = math::narrow(math::one_pole(GAIN_MS, quanta_hz));
        self.step = math::narrow(OCTAVES_PER_SECOND / quanta_hz);
        self.detector.prepare(spec);
        self.bells.prepare(spec);
        self.sibilance.prepare(spec);
        self.targets.prepare(spec);
    }

    #[inline(always)]
    fn reset(&mut self) {
        self.detector.reset();
        self.bells.reset();
        self.tunings = [Tuning::default(); BELLS];
        self.sibilance.reset();
        self.targets.reset();
        self.rest();
    }

    #[inline(always)]
    fn rest(&mut self) {
        self.gains = [1.0; 4];
        self.bell_gains = [1.0; BELLS];
        self.sibilance_gain = 1.0;
    }
}

impl Comfort {
    /// The lowest gain in each anchor's band at the end of the last quantum.
    #[must_use]
    pub fn gains(&self) -> [f32; 4] {
        self.gains
    }

    /// The bells on resonances at the end of the last quantum.
    #[must_use]
    pub fn bell_states(&self) -> [BellState; BELLS] {
        core::array::from_fn(|k| BellState {
            octaves: self.tunings[k].octaves,
            gain: self.bell_gains[k],
        })
    }

    /// The gain of the bell on sibilance at the end of the last quantum.
    #[must_use]
    pub fn sibilance_gain(&self) -> f32 {
        self.sibilance_gain
    }

    /// Cuts resonances and sibilance of one quantum by `amount`, 0 to 1, of their excess.
    #[inline(always)]
    pub fn process<I: Isa>(
        &mut self,
        amount: f32,
        style: StyleTarget,
        mix: Segment,
        quantum: &mut Quantum,
    ) {
        let [boom, mud, harsh, fizz] = style_shift_db(style);
        self.targets.advance([boom, mud, harsh, fizz, amount]);
        let [style_shift_db @ .., amount] = self.targets.values();

        let frame_db = |octaves| style_shift_db[moment_band(octaves)];
        if self.detector.process::<I>(frame_db, quantum) {
            self.tune();
        }
        self.sibilance.detect::<I>(style_shift_db[3], quantum);
        self.gains = [1.0; 4];
        self.bell_gains = [1.0; BELLS];
        if !self.tunings.iter().all(Tuning::is_idle) {
            self.bell_gains = self.advance(amount);
            self.bells.process::<I>(self.bell_gains, mix, quantum);
        }
        self.sibilance_gain = self.sibilance.process::<I>(amount, mix, quantum);
        self.show(SIBILANCE_ANCHOR, self.sibilance_gain);
    }

    /// Advances cuts and positions by one quantum. Returns the gains at its end.
    #[inline(always)]
    fn advance(&mut self, amount: f32) -> [f32; BELLS] {
        for (k, tuning) in self.tunings.iter_mut().enumerate() {
            tuning.cut_db += self.rate * (tuning.target_db - tuning.cut_db);
            if tuning.target_db == 0.0 && tuning.cut_db < 0.01 {
                tuning.cut_db = 0.0;
            }
            if tuning.octaves != tuning.target_octaves {
                let way = tuning.target_octaves - tuning.octaves;
                tuning.octaves = if way.abs() > self.step {
                    tuning.octaves + self.step.copysign(way)
                } else {
                    tuning.target_octaves
                };
                self.bells.tune(k, Resonance::hz(tuning.octaves));
            }
        }
        let gains = math::exp2_lanes(
            lanes!(k, BELLS => -amount * self.tunings[k].cut_db * math::OCTAVES_PER_DB),
        );
        for (k, gain) in gains.iter().enumerate() {
            self.show(self.tunings[k].anchor, *gain);
        }
        gains
    }

    /// Shows a gain in the band of an anchor.
    #[inline(always)]
    fn show(&mut self, anchor: usize, gain: f32) {
        if gain < self.gains[anchor] {
            self.gains[anchor] = gain;
        }
    }

    /// Gives the bells their targets after a frame of the detector.
    #[inline(never)]
    fn tune(&mut self) {
        let found = self.detector.strongest();
        for tuning in &mut self.tunings {
            tuning.target_db = 0.0;
        }
        for resonance in found.iter().filter(|found| found.excess_db > 0.0) {
            let target_db = (SLOPE * resonance.excess_db).min(MOST_DB);
            let away = |tuning: &Tuning| (tuning.target_octaves - resonance.octaves).abs();
            let own = self.tunings.iter_mut().find(|tuning| {
                let is_free = tuning.target_db == 0.0 && tuning.cut_db > 0.0;
                is_free && away(tuning) < NEAR
            });
            if let Some(tuning) = own {
                if away(tuning) > STEADY {
                    tuning.target_octaves = resonance.octaves;
                    tuning.anchor = anchor(Resonance::hz(resonance.octaves));
                }
                tuning.target_db = target_db;
            } else if let Some(bell) = self.tunings.iter().position(Tuning::is_idle) {
                self.bells.begin(bell, Resonance::hz(resonance.octaves));
                self.tunings[bell] = Tuning::on(*resonance, target_db);
            }
        }
    }
}

/// The shifts of the limits for a style, dB: a style in which a band is usually loud allows more of it.
#[inline(always)]
fn style_shift_db(style: StyleTarget) -> [f32; 4] {
    let limits = style.figures().moments_db[PERCENTILE_90];
    let neutral = StyleTarget::Neutral.figures().moments_db[PERCENTILE_90];
    lanes!(k, 4 => (STYLE_SHARE * (limits[k] - neutral[k])).clamp(-MOST_STYLE_SHIFT_DB, MOST_STYLE_SHIFT_DB))
}

/// The band of the style's moments that is nearest to a position: their borders are their geometric means.
fn moment_band(octaves: f32) -> usize {
    let hz = Resonance::hz(octaves);
    let borders = MOMENT_BANDS_HZ.windows(2);
    borders.filter(|pair| hz * hz > pair[0] * pair[1]).count()
}

/// The anchor in whose band a frequency lies.
fn anchor(hz: f64) -> usize {
    let edges = ANCHOR_EDGES_HZ.iter();
    edges.filter(|edge| hz >= f64::from(**edge)).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn style_shift_is_a_quarter_of_the_difference_to_neutral_and_at_most_1_db() {
        assert_eq!(style_shift_db(StyleTarget::Neutral), [0.0; 4]);
        for style in [
            StyleTarget::Electronic,
            StyleTarget::Orchestral,
            StyleTarget::Rock,
            StyleTarget::Ambient,
        ] {
            let [figures, neutral] =
                [style, StyleTarget::Neutral].map(|style| style.figures().moments_db);
            for (k, shift_db) in style_shift_db(style).into_iter().enumerate() {
                let difference_db = figures[PERCENTILE_90][k] - neutral[PERCENTILE_90][k];
                let quarter_db = (0.25 * difference_db).clamp(-1.0, 1.0);
                assert!((shift_db - quarter_db).abs() < 1e-6, "{style:?}, {k}");
            }
        }
    }
}
