//! Measurements of a song by meters that share no code with the plug-in.

use flow_audio_file::Audio;
use serde::{Serialize, Serializer};

/// Loudness, peaks and stereo correlation of a whole song.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct LoudnessStats {
    #[serde(serialize_with = "hundredths")]
    pub(crate) lufs_i: f64,
    #[serde(serialize_with = "hundredths")]
    pub(crate) lra: f64,
    #[serde(serialize_with = "thousandths")]
    pub(crate) dbtp: f64,
    #[serde(serialize_with = "hundredths")]
    pub(crate) plr: f64,
    #[serde(serialize_with = "thousandths")]
    pub(crate) correlation: f64,
    #[serde(serialize_with = "hundredths")]
    pub(crate) max_momentary_lufs: f64,
    #[serde(serialize_with = "hundredths")]
    pub(crate) max_short_term_lufs: f64,
    #[serde(serialize_with = "thousandths")]
    pub(crate) sample_peak_dbfs: f64,
    /// One value every [`flow_measure::loudness::SHORT_TERM_STEP_SECONDS`].
    #[serde(skip)]
    pub(crate) short_term_lufs: Vec<f64>,
}

impl LoudnessStats {
    pub(crate) fn of(audio: &Audio) -> Self {
        let measurement = flow_measure::measure(audio);
        let loudness = &measurement.loudness;
        Self {
            lufs_i: loudness.integrated_lufs,
            lra: loudness.loudness_range_lu,
            dbtp: measurement.true_peak.dbtp(),
            plr: measurement.plr_db(),
            correlation: measurement.faults.correlation,
            max_momentary_lufs: loudness.momentary_max_lufs,
            max_short_term_lufs: loudness.short_term_max_lufs,
            sample_peak_dbfs: measurement.sample_peak_dbfs(),
            short_term_lufs: measurement.loudness.short_term_lufs,
        }
    }
}

/// Loudness has two significant decimals. JSON has no infinity, which becomes null.
fn hundredths<S: Serializer>(value: &f64, serializer: S) -> Result<S::Ok, S::Error> {
    rounded(*value, 100.0, serializer)
}

/// Peaks and correlation have three significant decimals.
fn thousandths<S: Serializer>(value: &f64, serializer: S) -> Result<S::Ok, S::Error> {
    rounded(*value, 1000.0, serializer)
}

fn rounded<S: Serializer>(value: f64, steps: f64, serializer: S) -> Result<S::Ok, S::Error> {
    if value.is_finite() {
        serializer.serialize_f64((value * steps).round() / steps)
    } else {
        serializer.serialize_none()
    }
}
