//! The glue compressor.

use flow_dsp::{GlueRatio, GlueSettings};
use nice_plug::prelude::{BoolParam, FloatParam, IntParam, Params};

use super::{amount, attack, knee, mix, release, threshold};
use crate::choice::{choice, pick};
use crate::params::kinds::{finite, fraction, hertz, switch};

/// In the order of [`RATIO_NAMES`].
const RATIOS: [GlueRatio; 3] = [GlueRatio::Gentle, GlueRatio::Medium, GlueRatio::Firm];
const RATIO_NAMES: [&str; 3] = ["1.5:1", "2:1", "4:1"];

/// The whole, held together.
#[derive(Params)]
pub struct GlueParams {
    /// Scales the gain reduction, 0 to 100 %.
    #[id = "glamt"]
    pub amount: FloatParam,

    /// −60 to 0 dB.
    #[id = "glthr"]
    pub threshold: FloatParam,

    /// A [`GlueRatio`].
    #[id = "glrat"]
    pub ratio: IntParam,

    /// 0 to 24 dB.
    #[id = "glkne"]
    pub knee: FloatParam,

    /// 1 to 200 ms.
    #[id = "glatt"]
    pub attack: FloatParam,

    /// 20 to 2000 ms, when not automatic.
    #[id = "glrel"]
    pub release: FloatParam,

    /// Release that follows the programme.
    #[id = "glaut"]
    pub auto_release: BoolParam,

    /// What the detector doesn't hear, 20 to 300 Hz.
    #[id = "glhpf"]
    pub side_chain_high_pass: FloatParam,

    /// Share of the compressed signal, 0 to 100 %.
    #[id = "glmix"]
    pub mix: FloatParam,
}

impl Default for GlueParams {
    fn default() -> Self {
        let settings = GlueSettings::default();
        let ratio = RATIOS.iter().position(|ratio| *ratio == settings.ratio);
        Self {
            amount: amount("Glue", settings.amount),
            threshold: threshold("Glue", settings.threshold_db),
            ratio: choice("Glue ratio", &RATIO_NAMES, ratio.unwrap_or(0)),
            knee: knee("Glue", settings.knee_db),
            attack: attack("Glue", settings.attack_ms),
            release: release("Glue", settings.release_ms),
            auto_release: switch("Glue auto release", settings.auto_release),
            side_chain_high_pass: hertz(
                "Glue side-chain high-pass",
                settings.side_chain_high_pass_hz,
                20.0..=300.0,
            ),
            mix: mix("Glue", settings.mix),
        }
    }
}

impl GlueParams {
    pub(super) fn settings(&self) -> GlueSettings {
        GlueSettings {
            amount: fraction(&self.amount),
            threshold_db: finite(&self.threshold),
            ratio: *pick(&RATIOS, self.ratio.value()),
            knee_db: finite(&self.knee),
            attack_ms: finite(&self.attack),
            release_ms: finite(&self.release),
            auto_release: self.auto_release.value(),
            side_chain_high_pass_hz: finite(&self.side_chain_high_pass),
            mix: fraction(&self.mix),
        }
    }
}
