//! The parameters that hosts automate and save.
//!
//! An id is in every saved project and automation lane: it never changes, and is never used for
//! something else. Values go to the chain as they are: it makes its own ramps.

use std::sync::Arc;

use flow_dsp::{
    ChainSettings, DELIVERIES, Delivery, DitherDepth, DitherSettings, LimiterSettings,
    LimiterStyle, LowCutSettings,
};
use nice_plug::prelude::{BoolParam, FloatParam, FloatRange, IntParam, Param, Params};

use crate::choice::{choice, pick};
use crate::state::StateVersion;
use crate::text::{
    DECIBELS, HERTZ, MILLISECONDS, PERCENT, TRUE_PEAK_DECIBELS, parse_switch, with_text,
};

/// In the order of [`LIMITER_STYLE_NAMES`]. Append only, as all lists of choices.
const LIMITER_STYLES: [LimiterStyle; 3] =
    [LimiterStyle::Clean, LimiterStyle::Punch, LimiterStyle::Loud];
const LIMITER_STYLE_NAMES: [&str; 3] = ["Clean", "Punch", "Loud"];

/// In the order of [`DITHER_NAMES`].
const DITHER_DEPTHS: [DitherDepth; 4] = [
    DitherDepth::Off,
    DitherDepth::Bits16,
    DitherDepth::Bits20,
    DitherDepth::Bits24,
];
const DITHER_NAMES: [&str; 4] = ["Off", "16 bit", "20 bit", "24 bit"];

const DELIVERY_NAMES: [&str; DELIVERIES.len()] = {
    let mut names = [""; DELIVERIES.len()];
    let mut i = 0;
    while i < names.len() {
        names[i] = DELIVERIES[i].name;
        i += 1;
    }
    names
};

/// Position of "Streaming" in [`DELIVERIES`].
const STREAMING: usize = 1;

/// Puts 100 ms, the geometric middle of 10 to 1000 ms, into the middle of the knob:
/// ((100 − 10) / (1000 − 10))^factor = 0.5.
const RELEASE_SKEW: f32 = 0.289_07;

/// All parameters.
#[derive(Params)]
pub struct FlowParams {
    /// Which layout the saved values have.
    #[persist = "state"]
    state_version: StateVersion,

    /// What goes into the chain.
    #[nested(group = "Input")]
    pub input: InputParams,

    /// How loud it gets.
    #[nested(group = "Limiter")]
    pub limiter: LimiterParams,

    /// What leaves the chain.
    #[nested(group = "Output")]
    pub output: OutputParams,

    /// Index into [`DELIVERIES`]. Meters and gain proposals read it; it changes no other parameter.
    #[id = "deliv"]
    pub delivery: IntParam,

    /// The input, delayed by the latency and otherwise untouched.
    #[id = "byp"]
    pub bypass: BoolParam,
}

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

/// What leaves the chain.
#[derive(Params)]
pub struct OutputParams {
    /// A [`DitherDepth`].
    #[id = "dith"]
    pub dither: IntParam,

    /// Moves the rounding noise to where the ear is least sensitive.
    #[id = "dshap"]
    pub noise_shaping: BoolParam,
}

impl Default for FlowParams {
    fn default() -> Self {
        Self {
            state_version: StateVersion,
            input: InputParams::default(),
            limiter: LimiterParams::default(),
            output: OutputParams::default(),
            delivery: choice("Delivery", &DELIVERY_NAMES, STREAMING),
            bypass: switch("Bypass").make_bypass(),
        }
    }
}

impl Default for InputParams {
    fn default() -> Self {
        let settings = ChainSettings::default();
        Self {
            trim: gain("Trim", settings.trim_db),
            low_cut: switch("Low cut"),
            low_cut_frequency: with_text(
                FloatParam::new(
                    "Low cut frequency",
                    settings.low_cut.frequency_hz,
                    FloatRange::Linear {
                        min: 10.0,
                        max: 40.0,
                    },
                ),
                " Hz",
                HERTZ,
                1,
            ),
        }
    }
}

impl Default for LimiterParams {
    fn default() -> Self {
        let settings = ChainSettings::default();
        let limiter = settings.limiter;
        Self {
            loudness_gain: gain("Loudness gain", settings.loudness_gain_db),
            ceiling: with_text(
                FloatParam::new(
                    "Ceiling",
                    limiter.ceiling_db,
                    FloatRange::Linear {
                        min: -12.0,
                        max: 0.0,
                    },
                ),
                " dBTP",
                TRUE_PEAK_DECIBELS,
                2,
            ),
            release: with_text(
                FloatParam::new(
                    "Release",
                    limiter.release_ms,
                    FloatRange::Skewed {
                        min: 10.0,
                        max: 1000.0,
                        factor: RELEASE_SKEW,
                    },
                ),
                " ms",
                MILLISECONDS,
                1,
            ),
            stereo_link: with_text(
                FloatParam::new(
                    "Stereo link",
                    limiter.stereo_link * 100.0,
                    FloatRange::Linear {
                        min: 0.0,
                        max: 100.0,
                    },
                ),
                " %",
                PERCENT,
                0,
            ),
            style: choice("Limiter style", &LIMITER_STYLE_NAMES, 0),
        }
    }
}

impl Default for OutputParams {
    fn default() -> Self {
        Self {
            dither: choice("Dither", &DITHER_NAMES, 0),
            noise_shaping: switch("Noise shaping"),
        }
    }
}

fn gain(name: &str, default_db: f32) -> FloatParam {
    let range = FloatRange::Linear {
        min: -24.0,
        max: 24.0,
    };
    with_text(FloatParam::new(name, default_db, range), " dB", DECIBELS, 2)
}

/// Off by default.
fn switch(name: &str) -> BoolParam {
    BoolParam::new(name, false).with_string_to_value(Arc::new(parse_switch))
}

/// The value that the chain may see: a number, whatever a host made of it.
fn finite(param: &FloatParam) -> f32 {
    let value = param.value();
    if value.is_finite() {
        value
    } else {
        param.default_plain_value()
    }
}

impl FlowParams {
    /// `[audio]` What the chain has to do now.
    #[must_use]
    pub fn chain_settings(&self) -> ChainSettings {
        ChainSettings {
            trim_db: finite(&self.input.trim),
            low_cut: LowCutSettings {
                on: self.input.low_cut.value(),
                frequency_hz: finite(&self.input.low_cut_frequency),
            },
            loudness_gain_db: finite(&self.limiter.loudness_gain),
            limiter: LimiterSettings {
                ceiling_db: finite(&self.limiter.ceiling),
                release_ms: finite(&self.limiter.release),
                stereo_link: finite(&self.limiter.stereo_link) / 100.0,
                style: *pick(&LIMITER_STYLES, self.limiter.style.value()),
            },
            dither: DitherSettings {
                depth: *pick(&DITHER_DEPTHS, self.output.dither.value()),
                noise_shaping: self.output.noise_shaping.value(),
            },
            bypass: self.bypass.value(),
        }
    }

    /// `[gui]` The destination that meters and gain proposals aim at.
    #[must_use]
    pub fn delivery(&self) -> &'static Delivery {
        pick(&DELIVERIES, self.delivery.value())
    }
}

#[cfg(test)]
mod tests;
