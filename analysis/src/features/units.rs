//! Frame timing and levels.

/// Duration of the audio in a spectrum, s. Bins are 10 Hz wide at every sample rate.
pub const FRAME_S: f64 = 0.1;

/// Frames per second. A hop of 40 ms is a whole number of samples at all usual rates.
pub const FRAMES_PER_SECOND: usize = 25;

/// Lowest level, dB. 16-bit dither lies above it in every band.
pub const FLOOR_DB: f32 = -120.0;

/// Level of a power, dB, not below [`FLOOR_DB`]. NaN gives the floor.
#[must_use]
pub fn level_db(power: f64) -> f32 {
    flow_dsp::math::narrow(flow_dsp::math::db_from_power(power)).max(FLOOR_DB)
}

/// The value that `share` of all lie below; 0 of none.
pub(super) fn percentile(values: impl Iterator<Item = f64>, share: f64) -> f64 {
    let mut values: Vec<f64> = values.collect();
    if values.is_empty() {
        return 0.0;
    }
    let at = flow_dsp::math::samples(flow_dsp::math::count(values.len() - 1) * share);
    *values.select_nth_unstable_by(at, f64::total_cmp).1
}
