//! What goes into the chain.

use flow_dsp::{ChainSettings, LowCutSettings};
use nice_plug::prelude::{BoolParam, FloatParam, Params};

use super::kinds::{decibels, finite, linear_hertz, switch};

/// What goes into the chain.
#[derive(Params)]
pub struct InputParams {
    /// Gain before everything else, −24 to +24 dB.
    #[id = "trim"]
    pub trim: FloatParam,

    /// Removes what lies below the music.
    #[id = "lcut"]
    pub low_cut: BoolParam,

    /// Its corner, 10 to 40 Hz.
    #[id = "lcutf"]
    pub low_cut_frequency: FloatParam,
}

impl Default for InputParams {
    fn default() -> Self {
        let settings = ChainSettings::default();
        let low_cut = settings.floor.low_cut;
        Self {
            trim: decibels("Trim", settings.trim_db, -24.0..=24.0),
            low_cut: switch("Low cut", low_cut.on),
            low_cut_frequency: linear_hertz("Low cut frequency", low_cut.frequency_hz, 10.0..=40.0),
        }
    }
}

impl InputParams {
    /// A part of Velvet Floor's settings. It was released before the pillar, and so stays in its
    /// own group.
    pub(super) fn low_cut(&self) -> LowCutSettings {
        LowCutSettings {
            on: self.low_cut.value(),
            frequency_hz: finite(&self.low_cut_frequency),
        }
    }
}
