//! Pillar 3, the stereo image.

use flow_dsp::WeaveSettings;
use nice_plug::prelude::{BoolParam, FloatParam, Params};

use super::kinds::{decibels, finite, fraction, hertz, milliseconds, percent, switch};

/// Phase Weave.
#[derive(Params)]
pub struct WeaveParams {
    /// The pillar's switch.
    #[id = "wev"]
    pub on: BoolParam,

    /// Side level, 0 to 200 %.
    #[id = "wewid"]
    pub width: FloatParam,

    /// Folds the low end to mono.
    #[id = "wemon"]
    pub mono_below: BoolParam,

    /// Where that ends, 40 to 400 Hz.
    #[id = "wemof"]
    pub mono_below_frequency: FloatParam,

    /// Holds the loss of a mono fold-down, 0 to 100 %.
    #[id = "wesaf"]
    pub mono_safety: FloatParam,

    /// What it may lose, 1 to 12 dB.
    #[id = "wesml"]
    pub max_loss: FloatParam,

    /// Time that the loss is measured over, 50 to 300 ms.
    #[id = "wesms"]
    pub detector: FloatParam,
}

impl Default for WeaveParams {
    fn default() -> Self {
        let settings = WeaveSettings::default();
        Self {
            on: switch("Phase Weave", settings.on),
            width: percent("Width", settings.width, 0.0..=2.0),
            mono_below: switch("Mono below", settings.mono_below),
            mono_below_frequency: hertz(
                "Mono below frequency",
                settings.mono_below_hz,
                40.0..=400.0,
            ),
            mono_safety: percent("Mono safety", settings.mono_safety, 0.0..=1.0),
            max_loss: decibels("Mono safety maximum loss", settings.max_loss_db, 1.0..=12.0),
            detector: milliseconds("Mono safety detector", settings.detector_ms, 50.0..=300.0),
        }
    }
}

impl WeaveParams {
    pub(super) fn settings(&self) -> WeaveSettings {
        WeaveSettings {
            on: self.on.value(),
            width: fraction(&self.width),
            mono_below: self.mono_below.value(),
            mono_below_hz: finite(&self.mono_below_frequency),
            mono_safety: fraction(&self.mono_safety),
            max_loss_db: finite(&self.max_loss),
            detector_ms: finite(&self.detector),
        }
    }
}
