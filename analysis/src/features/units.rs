//! Frame timing and levels.

/// Duration of the audio in a spectrum, s. Bins are 10 Hz wide at every sample rate.
pub const FRAME_S: f64 = 0.1;

/// Frames per second. A hop of 40 ms is a whole number of samples at all usual rates.
pub const FRAMES_PER_SECOND: usize = 25;

/// Lowest level, dB. The band levels of music lie above it down to a loudness of −80 LUFS.
pub const FLOOR_DB: f32 = -160.0;

/// Level of a power, dB, not below [`FLOOR_DB`]. NaN gives the floor.
#[must_use]
pub fn level_db(power: f64) -> f32 {
    flow_dsp::math::narrow(flow_dsp::math::db_from_power(power)).max(FLOOR_DB)
}

/// Level of a power against another, dB, within ±[`FLOOR_DB`]; 0 where both are 0. It doesn't depend on the level of either.
pub(super) fn ratio_db(power: f64, other: f64) -> f32 {
    if other > 0.0 {
        level_db(power / other).min(-FLOOR_DB)
    } else if power > 0.0 {
        -FLOOR_DB
    } else {
        0.0
    }
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
