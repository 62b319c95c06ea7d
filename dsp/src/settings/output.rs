//! Settings of the limiter and of the dither.

use super::clamp::within;

/// The limiter's tradeoff of transients, distortion and loudness.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LimiterStyle {
    /// Longest attack and a release that follows the program: the least audible.
    #[default]
    Clean,
    /// A short attack, which keeps the onset of drums at its level.
    Punch,
    /// A fast release after every peak: the loudest.
    Loud,
}

/// Settings of `Limiter`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LimiterSettings {
    /// No true peak of the output lies above this, −12 to 0 dBTP.
    pub ceiling_db: f32,
    /// Time in which the gain recovers to 1/e of the reduction, 10 to 1000 ms.
    pub release_ms: f32,
    /// 0 limits each channel alone; 1 gives both the same gain, so that the image stays still.
    pub stereo_link: f32,
    /// Attack and release character.
    pub style: LimiterStyle,
}

impl Default for LimiterSettings {
    fn default() -> Self {
        Self {
            ceiling_db: -1.0,
            release_ms: 120.0,
            stereo_link: 1.0,
            style: LimiterStyle::Clean,
        }
    }
}

impl LimiterSettings {
    pub(super) fn sanitized(self) -> Self {
        let defaults = Self::default();
        Self {
            ceiling_db: within(self.ceiling_db, -12.0..=0.0, defaults.ceiling_db),
            release_ms: within(self.release_ms, 10.0..=1000.0, defaults.release_ms),
            stereo_link: within(self.stereo_link, 0.0..=1.0, defaults.stereo_link),
            style: self.style,
        }
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

/// Settings of `Dither`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct DitherSettings {
    /// Word length of the output.
    pub depth: DitherDepth,
    /// Moves the rounding noise to where the ear is least sensitive.
    pub noise_shaping: bool,
}
