//! Measurements of a song by meters that share no code with the plug-in.

use flow_audio_file::{Audio, gain_to_db};
use flow_measure::{loudness, true_peak};
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
    /// One value every [`loudness::SHORT_TERM_STEP_SECONDS`].
    #[serde(skip)]
    pub(crate) short_term_lufs: Vec<f64>,
}

impl LoudnessStats {
    pub(crate) fn of(audio: &Audio) -> Self {
        // The two slow meters run in parallel.
        let (loudness, dbtp) = std::thread::scope(|scope| {
            let peak = scope.spawn(|| true_peak::true_peak_dbtp(audio));
            let loudness = loudness::loudness(audio);
            (loudness, peak.join().unwrap_or(f64::NAN))
        });
        Self {
            lufs_i: loudness.integrated_lufs,
            lra: loudness.loudness_range_lu,
            dbtp,
            plr: dbtp - loudness.integrated_lufs,
            correlation: loudness::correlation(audio),
            max_momentary_lufs: loudness.momentary_max_lufs,
            max_short_term_lufs: loudness.short_term_max_lufs,
            sample_peak_dbfs: gain_to_db(f64::from(audio.sample_peak())),
            short_term_lufs: loudness.short_term_lufs,
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
