//! How loud it gets.

use flow_dsp::{ChainSettings, LimiterSettings, LimiterStyle};
use nice_plug::prelude::{FloatParam, IntParam, Params};

use super::kinds::{decibels, finite, fraction, milliseconds, true_peak, whole_percent};
use crate::choice::{choice, pick};

/// In the order of [`STYLE_NAMES`].
const STYLES: [LimiterStyle; 3] = [LimiterStyle::Clean, LimiterStyle::Punch, LimiterStyle::Loud];
const STYLE_NAMES: [&str; 3] = ["Clean", "Punch", "Loud"];

/// How loud it gets.
#[derive(Params)]
pub struct LimiterParams {
    /// Gain into the limiter, −24 to +24 dB.
    #[id = "gain"]
    pub loudness_gain: FloatParam,

    /// No true peak lies above it, −12 to 0 dBTP.
    #[id = "ceil"]
    pub ceiling: FloatParam,

    /// 10 to 1000 ms.
    #[id = "rel"]
    pub release: FloatParam,

    /// 0 to 100 %: from each channel alone to one gain for both.
    #[id = "link"]
    pub stereo_link: FloatParam,

    /// A [`LimiterStyle`].
    #[id = "lstyl"]
    pub style: IntParam,
}

impl Default for LimiterParams {
    fn default() -> Self {
        let settings = ChainSettings::default();
        let limiter = settings.limiter;
        Self {
            loudness_gain: decibels("Loudness gain", settings.loudness_gain_db, -24.0..=24.0),
            ceiling: true_peak("Ceiling", limiter.ceiling_db, -12.0..=0.0),
            release: milliseconds("Release", limiter.release_ms, 10.0..=1000.0),
            stereo_link: whole_percent("Stereo link", limiter.stereo_link, 0.0..=1.0),
            style: choice("Limiter style", &STYLE_NAMES, 0),
        }
    }
}

impl LimiterParams {
    pub(super) fn settings(&self) -> LimiterSettings {
        LimiterSettings {
            ceiling_db: finite(&self.ceiling),
            release_ms: finite(&self.release),
            stereo_link: fraction(&self.stereo_link),
            style: *pick(&STYLES, self.style.value()),
        }
    }
}
