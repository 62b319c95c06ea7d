//! Settings of the chain: plain `Copy` values in the units of the user interface.
//!
//! Settings are read once every [`QUANTUM`](crate::QUANTUM) samples; each processor ramps or crossfades to them.
//! [`ChainSettings::sanitized`] clamps values to the documented ranges, so that no caller can break the chain.

mod clamp;
mod dynamics;
mod monitor;
mod output;
mod pillars;

pub use dynamics::{
    BandSettings, CompressorSettings, DynamicsSettings, GlueRatio, GlueSettings, MidSideSettings,
    MultibandSettings,
};
pub use monitor::{Compare, Monitor};
pub use output::{DitherDepth, DitherSettings, LimiterSettings, LimiterStyle};
pub use pillars::{
    Character, CurveSettings, FloorSettings, LatticeSettings, LowCutSettings, MATCH_BANDS,
    MATCH_HZ, MatchSettings, Translation, WeaveSettings,
};

use crate::styles::StyleTarget;
use clamp::within;

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
    /// The style that Comfort compares the music with.
    pub style_target: StyleTarget,
    /// Pillar 5 up to its gain: dynamics and drive.
    pub dynamics: DynamicsSettings,
    /// Gain into the limiter, −24 to +24 dB.
    pub loudness_gain_db: f32,
    /// The true-peak limiter.
    pub limiter: LimiterSettings,
    /// The word-length reduction at the end.
    pub dither: DitherSettings,
    /// Host bypass: the input, delayed by the chain's latency and otherwise untouched.
    pub bypass: bool,
}

impl ChainSettings {
    /// Clamps every value to its documented range, so that no value of a host can break the chain.
    #[must_use]
    pub fn sanitized(&self) -> Self {
        let defaults = Self::default();
        Self {
            trim_db: within(self.trim_db, -24.0..=24.0, defaults.trim_db),
            floor: self.floor.sanitized(),
            lattice: self.lattice.sanitized(),
            weave: self.weave.sanitized(),
            curve: self.curve.sanitized(),
            dynamics: self.dynamics.sanitized(),
            loudness_gain_db: within(
                self.loudness_gain_db,
                -24.0..=24.0,
                defaults.loudness_gain_db,
            ),
            limiter: self.limiter.sanitized(),
            ..*self
        }
    }
}
