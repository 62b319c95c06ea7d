//! Pillar 1, the low end.

use flow_dsp::{FloorSettings, LowCutSettings, Translation};
use nice_plug::prelude::{BoolParam, FloatParam, IntParam, Params};

use super::kinds::{fraction, percent, switch};
use crate::choice::{choice, pick};

/// In the order of [`TRANSLATION_NAMES`].
const TRANSLATIONS: [Translation; 3] = [
    Translation::Subtle,
    Translation::Deep,
    Translation::Resonant,
];
const TRANSLATION_NAMES: [&str; 3] = ["Subtle", "Deep", "Resonant"];

/// Velvet Floor.
#[derive(Params)]
pub struct FloorParams {
    /// The pillar's switch.
    #[id = "flr"]
    pub on: BoolParam,

    /// Parallel low band, 0 to 100 %.
    #[id = "fldep"]
    pub depth: FloatParam,

    /// What makes bass heard on small speakers, 0 to 100 %.
    #[id = "flwrm"]
    pub warmth: FloatParam,

    /// A [`Translation`].
    #[id = "fltrn"]
    pub translation: IntParam,
}

impl Default for FloorParams {
    fn default() -> Self {
        let settings = FloorSettings::default();
        Self {
            on: switch("Velvet Floor", settings.on),
            depth: percent("Depth", settings.depth, 0.0..=1.0),
            warmth: percent("Warmth", settings.warmth, 0.0..=1.0),
            translation: choice("Translation", &TRANSLATION_NAMES, 0),
        }
    }
}

impl FloorParams {
    pub(super) fn settings(&self, low_cut: LowCutSettings) -> FloorSettings {
        FloorSettings {
            on: self.on.value(),
            depth: fraction(&self.depth),
            warmth: fraction(&self.warmth),
            translation: *pick(&TRANSLATIONS, self.translation.value()),
            low_cut,
        }
    }
}
