//! Frame timing and levels.

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
