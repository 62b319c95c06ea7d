//! Settings of the chain: plain `Copy` values in the units of the user interface.
//!
//! Each field is declared once with its default and its range, and the registry of the parameters reads them from here.
//! Settings are read once every [`QUANTUM`](crate::QUANTUM) samples; each processor ramps or crossfades to them.
//! [`ChainSettings::sanitized`] clamps values to their ranges, so that no caller can break the chain.

mod declare;
mod dynamics;
mod limiter_and_dither;
mod monitor;
mod pillars;

pub use declare::SettingRange;
pub use dynamics::{
    BandSettings, CompressorSettings, DynamicsSettings, GlueRatio, GlueSettings, MidSideSettings,
    MultibandSettings,
};
pub use limiter_and_dither::{DitherDepth, DitherSettings, LimiterSettings, LimiterStyle};
pub use monitor::{Compare, MAX_MATCH_DB, Monitor, SoloStage};
pub use pillars::{
    ANCHOR_EDGES_HZ, BELL_COUNT, BellChannels, BellSettings, Character, CurveSettings, DEPTH_DB,
    FloorSettings, LatticeSettings, LowCutSettings, MATCH_BAND_COUNT, MATCH_HZ, MatchSettings,
    Translation, WeaveSettings,
};

use crate::styles::StyleTarget;
use declare::{Sanitize, settings};

impl Sanitize for StyleTarget {}

settings! {
    /// Everything that shapes the sound of [`Chain`](crate::Chain).
    ChainSettings {
        /// Gain before everything else, dB.
        trim_db: f32 = 0.0, TRIM_DB: [-24.0, 24.0];
        /// Pillar 1, the low end.
        floor: FloorSettings = FloorSettings::default();
        /// Pillar 2, upper warmth.
        lattice: LatticeSettings = LatticeSettings::default();
        /// Pillar 3, stereo.
        weave: WeaveSettings = WeaveSettings::default();
        /// Pillar 4, tonal balance.
        curve: CurveSettings = CurveSettings::default();
        /// The style that Comfort compares the music with.
        style_target: StyleTarget = StyleTarget::Neutral;
        /// Pillar 5 up to its gain: dynamics and drive.
        dynamics: DynamicsSettings = DynamicsSettings::default();
        /// Gain into the limiter, dB.
        loudness_gain_db: f32 = 0.0, LOUDNESS_GAIN_DB: [-24.0, 24.0];
        /// The true-peak limiter.
        limiter: LimiterSettings = LimiterSettings::default();
        /// The word-length reduction at the end.
        dither: DitherSettings = DitherSettings::default();
        /// Host bypass: the input, delayed by the chain's latency and otherwise untouched.
        bypass: bool = false;
    }
}

impl ChainSettings {
    /// Clamps every value to its range, so that no value of a host can break the chain. NaN becomes the default.
    #[must_use]
    pub fn sanitized(&self) -> Self {
        Sanitize::sanitized(*self, Self::default())
    }
}
