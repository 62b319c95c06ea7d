//! Pillar 4, tonal balance.

use flow_dsp::{CurveSettings, MatchSettings, StyleTarget};
use nice_plug::prelude::{BoolParam, FloatParam, IntParam, Params};

use super::kinds::{decibels, finite, fraction, percent, switch};
use crate::choice::{choice, pick};

/// In the order of [`STYLE_TARGET_NAMES`].
const STYLE_TARGETS: [StyleTarget; 6] = [
    StyleTarget::Neutral,
    StyleTarget::Electronic,
    StyleTarget::Orchestral,
    StyleTarget::Rock,
    StyleTarget::Ambient,
    StyleTarget::Reference,
];
const STYLE_TARGET_NAMES: [&str; 6] = [
    "Neutral",
    "Electronic",
    "Orchestral",
    "Rock",
    "Ambient",
    "Reference",
];

/// Velvet Curve.
#[derive(Params)]
pub struct CurveParams {
    /// The pillar's switch.
    #[id = "crv"]
    pub on: BoolParam,

    /// Below 200 Hz, −6 to +6 dB.
    #[id = "crbod"]
    pub body: FloatParam,

    /// 200 Hz to 2 kHz, −6 to +6 dB.
    #[id = "crsou"]
    pub soul: FloatParam,

    /// 2 to 8 kHz, −6 to +6 dB.
    #[id = "crsil"]
    pub silk: FloatParam,

    /// Above 8 kHz, −6 to +6 dB.
    #[id = "crair"]
    pub air: FloatParam,

    /// Holds harsh and boomy moments near the style target's curve, 0 to 100 %.
    #[id = "crcom"]
    pub comfort: FloatParam,

    /// A [`StyleTarget`]. The assistant reads it too, and never changes it by itself.
    #[id = "style"]
    pub style_target: IntParam,
}

impl Default for CurveParams {
    fn default() -> Self {
        let settings = CurveSettings::default();
        let anchor = |name, default_db| decibels(name, default_db, -6.0..=6.0);
        Self {
            on: switch("Velvet Curve", settings.on),
            body: anchor("Body", settings.body_db),
            soul: anchor("Soul", settings.soul_db),
            silk: anchor("Silk", settings.silk_db),
            air: anchor("Air", settings.air_db),
            comfort: percent("Comfort", settings.comfort, 0.0..=1.0),
            style_target: choice("Style target", &STYLE_TARGET_NAMES, 0),
        }
    }
}

impl CurveParams {
    pub(super) fn settings(&self, matching: MatchSettings) -> CurveSettings {
        CurveSettings {
            on: self.on.value(),
            body_db: finite(&self.body),
            soul_db: finite(&self.soul),
            silk_db: finite(&self.silk),
            air_db: finite(&self.air),
            comfort: fraction(&self.comfort),
            matching,
        }
    }

    pub(super) fn style_target(&self) -> StyleTarget {
        *pick(&STYLE_TARGETS, self.style_target.value())
    }
}
