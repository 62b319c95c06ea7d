//! Features of some seconds of audio, shared by live listening, offline analysis and the training recipe.
//!
//! ```text
//! stereo audio ─ Extractor ─ Frame every 40 ms ─ AnalysisWindow (no silence) ─┬─ Summary, VoiceFeatures
//!                                                                             └─ mel spectra for the network
//! ```
//!
//! Frames have the same duration, and their bins the same width in Hz, at every sample rate. Equal audio therefore gives
//! equal features from 22.05 to 384 kHz, up to the limits of the rate.

mod analysis_window;
mod bands;
mod extractor;
mod faults;
mod frame;
mod gating;
mod infrasonic;
mod loud_moments;
mod pitch;
mod power_spectrum;
mod resonance;
mod song_loudness;
mod song_spectrum;
mod summary;
mod units;
mod voice;

pub use analysis_window::{
    ANALYSIS_WINDOW_FRAMES, AnalysisWindow, MEL_FRAMES, MEL_VALUES, SongPart,
};
pub use bands::{Anchor, MEL_BANDS, THIRD_OCTAVES};
pub use extractor::Extractor;
pub use faults::FaultFeatures;
pub use frame::Frame;
pub(crate) use loud_moments::BANDS_THAT_HOLD_HZ;
pub use resonance::Resonance;
pub use song_loudness::{SongLoudness, SongLoudnessMeter};
pub use summary::Summary;
pub use units::{FLOOR_DB, FRAME_S, FRAMES_PER_SECOND, level_db};
pub use voice::VoiceFeatures;

/// Version of the features. It rises when the same audio gives other values; models and caches of another version are
/// refused.
pub const VERSION: u32 = 2;

#[cfg(test)]
pub(crate) mod tests;
