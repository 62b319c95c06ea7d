//! The kind of audio that was analyzed.

use serde::Serialize;

/// The kind of audio in a window.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub enum ContentClass {
    /// No audible signal.
    Silence,
    /// Not enough audio yet.
    TooShort {
        /// Duration of the audio so far, s.
        seconds: f32,
        /// Duration that an analysis needs, s.
        needed: f32,
    },
    /// A steady tone, such as a test signal.
    TestTone {
        /// Approximate frequency, Hz.
        hz: f32,
    },
    /// Steady noise.
    SteadyNoise,
    /// Speech without music.
    Speech,
    /// One monophonic instrument or singer. Its loudness can be evaluated, its balance and width cannot.
    SingleInstrument,
    /// A mix.
    Music,
}

impl ContentClass {
    /// Whether an analysis has lasting results: all of music, and the loudness of a single instrument.
    #[must_use]
    pub fn is_conclusive(self) -> bool {
        matches!(self, Self::Music | Self::SingleInstrument)
    }
}
