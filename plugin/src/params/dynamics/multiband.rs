//! The three-band compressor.

use flow_dsp::{BandSettings, MultibandSettings};
use nice_plug::prelude::{BoolParam, FloatParam, Param, ParamPtr, Params};

use super::{CompressorParams, amount, knee};
use crate::params::kinds::{decibels, finite, fraction, hertz, switch};

/// Three bands, each with its own compressor.
#[derive(Params)]
pub struct MultibandParams {
    /// Scales gain reduction and band gains, 0 to 100 %.
    #[id = "mbamt"]
    pub amount: FloatParam,

    /// Of all three compressors, 0 to 24 dB.
    #[id = "mbkne"]
    pub knee: FloatParam,

    /// Between low and mid, 40 to 500 Hz.
    #[id = "mbxlo"]
    pub low_crossover: FloatParam,

    /// Between mid and high, 800 to 12 000 Hz.
    #[id = "mbxhi"]
    pub high_crossover: FloatParam,

    /// Below the low crossover.
    #[nested(group = "Low band")]
    pub low: BandParams,

    /// Between the crossovers.
    #[nested(group = "Mid band")]
    pub mid: BandParams,

    /// Above the high crossover.
    #[nested(group = "High band")]
    pub high: BandParams,
}

impl Default for MultibandParams {
    fn default() -> Self {
        let settings = MultibandSettings::default();
        let [low, mid, high] = settings.bands;
        Self {
            amount: amount("Multiband", settings.amount),
            knee: knee("Multiband", low.compressor.knee_db),
            low_crossover: hertz("Low crossover", settings.low_crossover_hz, 40.0..=500.0),
            high_crossover: hertz(
                "High crossover",
                settings.high_crossover_hz,
                800.0..=12_000.0,
            ),
            low: BandParams::new(
                ["mbltr", "mblra", "mblat", "mblre", "mblga", "mblso"],
                "Low band",
                low,
            ),
            mid: BandParams::new(
                ["mbmtr", "mbmra", "mbmat", "mbmre", "mbmga", "mbmso"],
                "Mid band",
                mid,
            ),
            high: BandParams::new(
                ["mbhtr", "mbhra", "mbhat", "mbhre", "mbhga", "mbhso"],
                "High band",
                high,
            ),
        }
    }
}

impl MultibandParams {
    pub(super) fn settings(&self) -> MultibandSettings {
        MultibandSettings {
            amount: fraction(&self.amount),
            low_crossover_hz: finite(&self.low_crossover),
            high_crossover_hz: finite(&self.high_crossover),
            bands: [&self.low, &self.mid, &self.high].map(|band| band.settings(&self.knee)),
        }
    }
}

/// One of the three bands.
pub struct BandParams {
    ids: [&'static str; 6],
    /// The band's compressor.
    pub compressor: CompressorParams,
    /// Level after compression, −12 to +12 dB.
    pub gain: FloatParam,
    /// Heard alone, or with others that are solo.
    pub solo: BoolParam,
}

impl BandParams {
    fn new(ids: [&'static str; 6], name: &str, defaults: BandSettings) -> Self {
        Self {
            ids,
            compressor: CompressorParams::new(name, defaults.compressor),
            gain: decibels(&format!("{name} gain"), defaults.gain_db, -12.0..=12.0),
            solo: switch(&format!("{name} solo"), defaults.solo),
        }
    }

    fn settings(&self, knee: &FloatParam) -> BandSettings {
        BandSettings {
            compressor: self.compressor.settings(knee),
            gain_db: finite(&self.gain),
            solo: self.solo.value(),
        }
    }
}

// By hand, because the ids differ between three values of one type.
// SAFETY: the pointers are to fields of `self`, as those that the derive makes.
unsafe impl Params for BandParams {
    fn param_map(&self) -> Vec<(String, ParamPtr, String)> {
        let params = [
            self.compressor.threshold.as_ptr(),
            self.compressor.ratio.as_ptr(),
            self.compressor.attack.as_ptr(),
            self.compressor.release.as_ptr(),
            self.gain.as_ptr(),
            self.solo.as_ptr(),
        ];
        let entry = |(id, ptr): (&str, _)| (id.to_owned(), ptr, String::new());
        self.ids.into_iter().zip(params).map(entry).collect()
    }
}
