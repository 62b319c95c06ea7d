//! What the chain can be told: plain `Copy` values in the units of the user interface.
//!
//! Settings are read once every [`QUANTUM`](crate::QUANTUM) samples; each processor ramps or crossfades to them.
//! [`ChainSettings::sanitised`] brings values into the documented ranges, so that no caller can break the chain.

mod dynamics;
mod pillars;

pub use dynamics::{
    BandSettings, CompressorSettings, DynamicsSettings, GlueRatio, GlueSettings, MidSideSettings,
    MultibandSettings,
};
pub use pillars::{
    Character, CurveSettings, FloorSettings, LatticeSettings, MATCH_BANDS, MATCH_HZ, MatchSettings,
    Translation, WeaveSettings,
};

use crate::styles::StyleTarget;
use core::ops::RangeInclusive;

/// Everything that shapes the sound of [`Chain`](crate::Chain).
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct ChainSettings {
    /// Gain before everything else, −24 to +24 dB.
    pub trim_db: f32,
    /// Pillar 1, the low end.
    pub floor: FloorSettings,
    /// Pillar 2, upper warmth.
    pub lattice: LatticeSettings,
    /// Pillar 3, stereo.
    pub weave: WeaveSettings,
    /// Pillar 4, tonal balance.
    pub curve: CurveSettings,
    /// What Comfort holds the music near.
    pub style_target: StyleTarget,
    /// Pillar 5 up to its gain: dynamics and drive.
    pub dynamics: DynamicsSettings,
    /// Gain into the limiter, −24 to +24 dB.
    pub loudness_gain_db: f32,
    /// The true-peak limiter.
    pub limiter: LimiterSettings,
    /// The word-length reduction at the very end.
    pub dither: DitherSettings,
    /// Host bypass: the input, delayed by the chain's latency and otherwise untouched.
    pub bypass: bool,
}

impl ChainSettings {
    /// With every value inside its documented range, so that nothing that a host sends can break the chain.
    #[must_use]
    pub fn sanitised(&self) -> Self {
        let defaults = Self::default();
        Self {
            trim_db: within(self.trim_db, -24.0..=24.0, defaults.trim_db),
            floor: self.floor.sanitised(),
            lattice: self.lattice.sanitised(),
            weave: self.weave.sanitised(),
            curve: self.curve.sanitised(),
            dynamics: self.dynamics.sanitised(),
            loudness_gain_db: within(
                self.loudness_gain_db,
                -24.0..=24.0,
                defaults.loudness_gain_db,
            ),
            limiter: self.limiter.sanitised(),
            ..*self
        }
    }
}

/// A value brought into its range; NaN becomes the default.
fn within(value: f32, range: RangeInclusive<f32>, default: f32) -> f32 {
    if value.is_nan() {
        default
    } else {
        value.clamp(*range.start(), *range.end())
    }
}

/// Settings of [`LowCut`](crate::stage::low_cut::LowCut).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LowCutSettings {
    /// Off is exactly neutral.
    pub on: bool,
    /// −3 dB corner, 10 to 40 Hz, 12 dB per octave.
    pub frequency_hz: f32,
}

impl Default for LowCutSettings {
    fn default() -> Self {
        Self {
            on: false,
            frequency_hz: 20.0,
        }
    }
}

impl LowCutSettings {
    fn sanitised(self) -> Self {
        Self {
            frequency_hz: within(self.frequency_hz, 10.0..=40.0, Self::default().frequency_hz),
            ..self
        }
    }
}

/// How the limiter trades transients, distortion and loudness.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LimiterStyle {
    /// Longest attack and a release that follows the programme: the least audible.
    #[default]
    Clean,
    /// A short attack leaves the front of drums their level until the last moment.
    Punch,
    /// A fast release makes the most of every gap: the loudest.
    Loud,
}

/// Settings of [`Limiter`](crate::stage::limiter::Limiter).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LimiterSettings {
    /// No true peak of the output lies above this, −12 to 0 dBTP.
    pub ceiling_db: f32,
    /// Time in which the gain recovers to 1/e of the reduction, 10 to 1000 ms.
    pub release_ms: f32,
    /// 0: each channel is limited alone. 1: both always get the same gain, so that the image stays still.
    pub stereo_link: f32,
    /// The character.
    pub style: LimiterStyle,
}

impl Default for LimiterSettings {
    fn default() -> Self {
        Self {
            ceiling_db: -1.0,
            release_ms: 120.0,
            stereo_link: 1.0,
            style: LimiterStyle::Clean,
        }
    }
}

impl LimiterSettings {
    fn sanitised(self) -> Self {
        let defaults = Self::default();
        Self {
            ceiling_db: within(self.ceiling_db, -12.0..=0.0, defaults.ceiling_db),
            release_ms: within(self.release_ms, 10.0..=1000.0, defaults.release_ms),
            stereo_link: within(self.stereo_link, 0.0..=1.0, defaults.stereo_link),
            style: self.style,
        }
    }
}

/// The word length that the output is rounded to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum DitherDepth {
    /// 32-bit float, untouched.
    #[default]
    Off,
    /// 16 bits.
    Bits16,
    /// 20 bits.
    Bits20,
    /// 24 bits.
    Bits24,
}

/// Settings of [`Dither`](crate::stage::dither::Dither).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct DitherSettings {
    /// Word length of the output.
    pub depth: DitherDepth,
    /// Moves the rounding noise to where the ear is least sensitive.
    pub noise_shaping: bool,
}

/// What the engineer listens to. Not parameters, never saved, and ignored by offline renders: the caller passes
/// [`Monitor::default`] there.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Monitor {
    /// Loudness-matched compare.
    pub compare: Compare,
    /// Hear only what the chain changes: output minus delayed input.
    pub delta: bool,
    /// Hear the sum of both channels, halved, on both sides.
    pub mono: bool,
}

/// Which side of a loudness-matched comparison is heard. The louder side is turned down, by at most 12 dB, by a
/// gain that is measured when comparing starts and frozen until it ends.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Compare {
    /// Not comparing: the chain's output at its own level.
    #[default]
    Off,
    /// The chain's output, turned down if it is the louder side.
    Processed,
    /// The delayed input, turned down if it is the louder side.
    Original,
}
