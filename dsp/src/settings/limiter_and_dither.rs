//! Settings of the limiter and of the dither.

use super::declare::{Sanitize, settings};

/// The limiter's tradeoff of transients, distortion and loudness.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LimiterStyle {
    /// A fast release after single peaks, a slow one after dense music: the least audible.
    #[default]
    Clean,
    /// A slower release, which keeps the onset of drums in front of what follows.
    Punch,
    /// A fast release after every peak: the loudest.
    Loud,
}

impl Sanitize for LimiterStyle {}

settings! {
    /// Settings of `Limiter`.
    LimiterSettings {
        /// No true peak of the output lies above this, dBTP.
        ceiling_db: f32 = -1.0, CEILING_DB: [-12.0, 0.0];
        /// Time in which the gain recovers after dense music, ms. Single peaks take a part of it, by the style.
        release_ms: f32 = 120.0, RELEASE_MS: [10.0, 1000.0];
        /// 0 limits each channel alone; 1 gives both the same gain, so that the image stays still.
        stereo_link: f32 = 1.0, STEREO_LINK: [0.0, 1.0];
        /// Attack and release character.
        style: LimiterStyle = LimiterStyle::Clean;
    }
}

/// The word length that the output is rounded to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum DitherDepth {
    /// 32-bit float, untouched.
    #[default]
    Off,
    /// 16 bits.
    Bits16,
    /// 20 bits.
    Bits20,
    /// 24 bits.
    Bits24,
}

impl Sanitize for DitherDepth {}

settings! {
    /// Settings of `Dither`.
    DitherSettings {
        /// Word length of the output.
        depth: DitherDepth = DitherDepth::Off;
        /// Moves the rounding noise to where the ear is least sensitive.
        noise_shaping: bool = false;
    }
}
