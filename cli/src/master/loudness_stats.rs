//! Measurements of a song by meters that share no code with the plug-in.

use flow_audio_file::{Audio, MasterLoudness};
use flow_measure::loudness::loudness;
use flow_measure::signal_faults::SignalFaults;
use flow_measure::{SongMeasurement, measure};
use serde::{Serialize, Serializer};

/// How much louder a mono song is on the two speakers that it is delivered to, against a meter of one channel.
pub(crate) const TWO_SPEAKERS_LU: f64 = 3.010_299_956_639_812;

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
    /// Measures a song. A mono song is measured as played on two speakers.
    pub(crate) fn of(audio: &Audio) -> Self {
        Self::of_measurement(&measure_delivered(audio))
    }

    /// As [`Self::of`], with the faults of the channels.
    pub(crate) fn with_faults(audio: &Audio) -> (Self, SignalFaults) {
        if audio.channel_count() == 1 {
            return (Self::of(audio), SignalFaults::of(audio));
        }
        let measurement = measure(audio);
        (Self::of_measurement(&measurement), measurement.faults)
    }

    /// The loudness for broadcast data.
    pub(crate) fn for_broadcast(&self) -> MasterLoudness {
        MasterLoudness {
            integrated_lufs: self.lufs_i,
            range_lu: self.lra,
            true_peak_dbtp: self.dbtp,
            momentary_lufs: self.max_momentary_lufs,
            short_term_lufs: self.max_short_term_lufs,
        }
    }

    fn of_measurement(measurement: &SongMeasurement) -> Self {
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
            short_term_lufs: measurement.loudness.short_term_lufs.clone(),
        }
    }
}

/// The integrated loudness of a song on two speakers.
pub(crate) fn delivered_lufs(audio: &Audio) -> f64 {
    match &audio.channels[..] {
        [only] => loudness(&on_two_speakers(audio.sample_rate_hz, only)),
        _ => loudness(audio),
    }
    .integrated_lufs
}

fn measure_delivered(audio: &Audio) -> SongMeasurement {
    match &audio.channels[..] {
        [only] => measure(&on_two_speakers(audio.sample_rate_hz, only)),
        _ => measure(audio),
    }
}

fn on_two_speakers(sample_rate_hz: u32, channel: &[f32]) -> Audio {
    Audio::from_mono(sample_rate_hz, 2, channel.to_vec())
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
