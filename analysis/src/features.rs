//! What is known of some seconds of audio: the one piece of code that live listening, offline runs and the training
//! recipe share.
//!
//! ```text
//! stereo audio, any pieces ─ Extractor ─ Frame every 40 ms ─ Window of sounding frames ─┬─ Summary, Voices (figures)
//!                                                                                      └─ mel (for a network)
//! ```
//!
//! Frames cover the same seconds and their bins the same hertz at every sample rate, so equal sound gives equal features
//! at 22.05 and 384 kHz, up to what the rate can't carry.

mod bands;
mod extractor;
mod gated;
mod pitch;
mod summary;
mod voices;
mod window;

pub use bands::{Anchor, MEL_BANDS, THIRD_OCTAVES};
pub use extractor::{Extractor, Frame};
pub use summary::Summary;
pub use voices::Voices;
pub use window::{MEL_FRAMES, MEL_VALUES, WINDOW_FRAMES, Window};

/// Raised whenever the same audio gives other features: models and caches of another version don't fit.
pub const VERSION: u32 = 1;

/// Seconds of audio in a spectrum. Whole samples at every multiple of 10 Hz: bins are 10 Hz wide.
pub const FRAME_S: f64 = 0.1;

/// Frames a second. A hop of 40 ms is in whole samples at all usual rates.
pub const FRAMES_PER_SECOND: usize = 25;

/// Levels are never below this: 16-bit dither lies above it in every band.
pub const FLOOR_DB: f32 = -120.0;

/// Level of a power, dB, not below [`FLOOR_DB`]; what is not a number counts as nothing.
#[must_use]
pub fn level_db(power: f64) -> f32 {
    flow_dsp::math::narrow(flow_dsp::math::db_from_power(power)).max(FLOOR_DB)
}

#[cfg(test)]
pub(crate) mod tests;
