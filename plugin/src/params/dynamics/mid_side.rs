//! Mid/side dynamics.

use flow_dsp::{CompressorSettings, MidSideSettings};
use nice_plug::prelude::{FloatParam, Param, ParamPtr, Params};

use super::{CompressorParams, amount, knee, mix};
use crate::params::kinds::fraction;

/// Mid and side, each with its own compressor.
#[derive(Params)]
pub struct MidSideParams {
    /// Scales the gain reduction, 0 to 100 %.
    #[id = "msamt"]
    pub amount: FloatParam,

    /// Of both compressors, 0 to 24 dB.
    #[id = "mskne"]
    pub knee: FloatParam,

    /// The sum of both channels, halved.
    #[nested(group = "Mid")]
    pub mid: ChannelParams,

    /// Their difference, halved.
    #[nested(group = "Side")]
    pub side: ChannelParams,
}

impl Default for MidSideParams {
    fn default() -> Self {
        let settings = MidSideSettings::default();
        Self {
            amount: amount("Mid/side", settings.amount),
            knee: knee("Mid/side", settings.mid.knee_db),
            mid: ChannelParams::new(
                ["mmthr", "mmrat", "mmatt", "mmrel", "mmmix"],
                "Mid",
                settings.mid,
                settings.mid_mix,
            ),
            side: ChannelParams::new(
                ["msthr", "msrat", "msatt", "msrel", "msmix"],
                "Side",
                settings.side,
                settings.side_mix,
            ),
        }
    }
}

impl MidSideParams {
    pub(super) fn settings(&self) -> MidSideSettings {
        MidSideSettings {
            amount: fraction(&self.amount),
            mid: self.mid.compressor.settings(&self.knee),
            mid_mix: fraction(&self.mid.mix),
            side: self.side.compressor.settings(&self.knee),
            side_mix: fraction(&self.side.mix),
        }
    }
}

/// Mid or side.
pub struct ChannelParams {
    ids: [&'static str; 5],
    /// The channel's compressor.
    pub compressor: CompressorParams,
    /// Share of the compressed channel, 0 to 100 %.
    pub mix: FloatParam,
}

impl ChannelParams {
    fn new(
        ids: [&'static str; 5],
        name: &str,
        compressor: CompressorSettings,
        default_mix: f32,
    ) -> Self {
        Self {
            ids,
            compressor: CompressorParams::new(name, compressor),
            mix: mix(name, default_mix),
        }
    }
}

// By hand, because the ids differ between two values of one type.
// SAFETY: the pointers are to fields of `self`, as those that the derive makes.
unsafe impl Params for ChannelParams {
    fn param_map(&self) -> Vec<(String, ParamPtr, String)> {
        let params = [
            self.compressor.threshold.as_ptr(),
            self.compressor.ratio.as_ptr(),
            self.compressor.attack.as_ptr(),
            self.compressor.release.as_ptr(),
            self.mix.as_ptr(),
        ];
        let entry = |(id, ptr): (&str, _)| (id.to_owned(), ptr, String::new());
        self.ids.into_iter().zip(params).map(entry).collect()
    }
}
