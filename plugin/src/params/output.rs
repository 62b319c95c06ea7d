//! What leaves the chain.

use flow_dsp::{DitherDepth, DitherSettings};
use nice_plug::prelude::{BoolParam, IntParam, Params};

use super::kinds::switch;
use crate::choice::{choice, pick};

/// In the order of [`DEPTH_NAMES`].
const DEPTHS: [DitherDepth; 4] = [
    DitherDepth::Off,
    DitherDepth::Bits16,
    DitherDepth::Bits20,
    DitherDepth::Bits24,
];
const DEPTH_NAMES: [&str; 4] = ["Off", "16 bit", "20 bit", "24 bit"];

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

impl Default for OutputParams {
    fn default() -> Self {
        Self {
            dither: choice("Dither", &DEPTH_NAMES, 0),
            noise_shaping: switch("Noise shaping", false),
        }
    }
}

impl OutputParams {
    pub(super) fn settings(&self) -> DitherSettings {
        DitherSettings {
            depth: *pick(&DEPTHS, self.dither.value()),
            noise_shaping: self.noise_shaping.value(),
        }
    }
}
