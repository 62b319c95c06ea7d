//! Pillar 5 up to its gain: dynamics and drive. The limiter and the dither were released before it
//! and have groups of their own.

mod glue;
mod mid_side;
mod multiband;

use flow_dsp::{CompressorSettings, DynamicsSettings};
use nice_plug::prelude::{BoolParam, FloatParam, Params};

pub use glue::GlueParams;
pub use mid_side::{ChannelParams, MidSideParams};
pub use multiband::{BandParams, MultibandParams};

use super::kinds::{decibels, finite, fraction, milliseconds, percent, ratio, switch};

/// The Master Chain's dynamics.
#[derive(Params)]
pub struct DynamicsParams {
    /// The switch of all stages here. Loudness gain, limiter and dither go on without it.
    #[id = "mst"]
    pub on: BoolParam,

    /// Mid and side, each with its own compressor.
    #[nested(group = "Mid and side")]
    pub mid_side: MidSideParams,

    /// Three bands, each with its own compressor.
    #[nested(group = "Multiband")]
    pub multiband: MultibandParams,

    /// The whole, held together.
    #[nested(group = "Glue")]
    pub glue: GlueParams,

    /// Saturation before the limiter, 0 to 100 %.
    #[id = "drive"]
    pub drive: FloatParam,
}

impl Default for DynamicsParams {
    fn default() -> Self {
        let settings = DynamicsSettings::default();
        Self {
            on: switch("Dynamics", settings.on),
            mid_side: MidSideParams::default(),
            multiband: MultibandParams::default(),
            glue: GlueParams::default(),
            drive: percent("Drive", settings.drive, 0.0..=1.0),
        }
    }
}

impl DynamicsParams {
    pub(super) fn settings(&self) -> DynamicsSettings {
        DynamicsSettings {
            on: self.on.value(),
            mid_side: self.mid_side.settings(),
            multiband: self.multiband.settings(),
            glue: self.glue.settings(),
            drive: fraction(&self.drive),
        }
    }
}

/// What mid, side and the bands have in common. The knee is their stage's.
pub struct CompressorParams {
    /// −60 to 0 dB.
    pub threshold: FloatParam,
    /// 1 to 10.
    pub ratio: FloatParam,
    /// 1 to 200 ms.
    pub attack: FloatParam,
    /// 20 to 2000 ms.
    pub release: FloatParam,
}

impl CompressorParams {
    /// `of` is what is compressed: the parameters' names begin with it.
    fn new(of: &str, defaults: CompressorSettings) -> Self {
        Self {
            threshold: threshold(of, defaults.threshold_db),
            ratio: ratio(&format!("{of} ratio"), defaults.ratio, 1.0..=10.0),
            attack: attack(of, defaults.attack_ms),
            release: release(of, defaults.release_ms),
        }
    }

    fn settings(&self, knee: &FloatParam) -> CompressorSettings {
        CompressorSettings {
            threshold_db: finite(&self.threshold),
            ratio: finite(&self.ratio),
            knee_db: finite(knee),
            attack_ms: finite(&self.attack),
            release_ms: finite(&self.release),
        }
    }
}

fn amount(of: &str, default: f32) -> FloatParam {
    percent(&format!("{of} amount"), default, 0.0..=1.0)
}

fn threshold(of: &str, default_db: f32) -> FloatParam {
    decibels(&format!("{of} threshold"), default_db, -60.0..=0.0)
}

fn knee(of: &str, default_db: f32) -> FloatParam {
    decibels(&format!("{of} knee"), default_db, 0.0..=24.0)
}

fn attack(of: &str, default_ms: f32) -> FloatParam {
    milliseconds(&format!("{of} attack"), default_ms, 1.0..=200.0)
}

fn release(of: &str, default_ms: f32) -> FloatParam {
    milliseconds(&format!("{of} release"), default_ms, 20.0..=2000.0)
}

fn mix(of: &str, default: f32) -> FloatParam {
    percent(&format!("{of} mix"), default, 0.0..=1.0)
}
