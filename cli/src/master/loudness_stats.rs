//! Measurements of a song by meters that share no code with the plug-in.

use anyhow::Result;
use flow_audio_file::{MasterLoudness, StoredAudio};
use flow_dsp::Readings;
use flow_measure::loudness::LoudnessMeasurement;
use flow_measure::signal_faults::{FaultMeter, SignalFaults};
use flow_measure::{SongMeasurement, SongMeter, on_two_speakers};
use serde::{Serialize, Serializer};

/// How much louder a mono song is on the two speakers that it is delivered to, against a meter of one channel.
pub(crate) const TWO_SPEAKERS_LU: f64 = 3.010_299_956_639_812;
/// Frames that a nearest cache holds while all meters read them.
const BLOCK_FRAMES: usize = 4096;

/// Loudness, peaks and stereo correlation of a whole song.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(Default))]
pub(crate) struct LoudnessStats {
    #[serde(serialize_with = "hundredths")]
    pub(crate) lufs_i: f64,
    /// NaN for a song that is too short or silent for it.
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
    ///
    /// # Errors
    ///
    /// If its temporary file cannot be read.
    pub(crate) fn of(audio: &StoredAudio) -> Result<Self> {
        Ok(Self::with_faults(audio)?.0)
    }

    /// As [`Self::of`], with the faults of the channels.
    ///
    /// # Errors
    ///
    /// As [`Self::of`].
    pub(crate) fn with_faults(audio: &StoredAudio) -> Result<(Self, SignalFaults)> {
        let mut meter = DeliveryMeter::new(audio.sample_rate_hz, audio.channel_count());
        audio.for_each_block(BLOCK_FRAMES, |block| meter.push(block))?;
        Ok(meter.finish())
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
        let master = measurement.master_loudness();
        Self {
            lufs_i: master.integrated_lufs,
            lra: master.range_lu,
            dbtp: master.true_peak_dbtp,
            plr: measurement.plr_db(),
            correlation: measurement.faults.correlation,
            max_momentary_lufs: master.momentary_lufs,
            max_short_term_lufs: master.short_term_lufs,
            sample_peak_dbfs: measurement.sample_peak_dbfs(),
            short_term_lufs: measurement.loudness.short_term_lufs.clone(),
        }
    }
}

/// Measures a song block by block, as it is delivered: a mono song plays on two speakers.
pub(crate) struct DeliveryMeter {
    song: SongMeter,
    /// The faults of a mono song's only channel.
    mono_faults: Option<FaultMeter>,
}

impl DeliveryMeter {
    /// A meter for audio of one or two channels.
    pub(crate) fn new(sample_rate_hz: u32, channel_count: usize) -> Self {
        Self {
            song: SongMeter::new(sample_rate_hz, 2),
            mono_faults: (channel_count == 1).then(|| FaultMeter::new(1)),
        }
    }

    /// Measures a block: one slice for each channel, all of one length.
    pub(crate) fn push(&mut self, block: &[&[f32]]) {
        self.song.push(&on_two_speakers(block));
        if let Some(faults) = &mut self.mono_faults {
            faults.push(block);
        }
    }

    pub(crate) fn finish(self) -> (LoudnessStats, SignalFaults) {
        let measurement = self.song.finish();
        let stats = LoudnessStats::of_measurement(&measurement);
        let mono_faults = self.mono_faults.map(FaultMeter::finish);
        (stats, mono_faults.unwrap_or(measurement.faults))
    }
}

/// The integrated loudness of a song on two speakers.
///
/// # Errors
///
/// If its temporary file cannot be read.
pub(crate) fn delivered_lufs(audio: &StoredAudio) -> Result<f64> {
    let mut meter = LoudnessMeasurement::new(audio.sample_rate_hz, 2);
    audio.for_each_block(BLOCK_FRAMES, |block| meter.push(&on_two_speakers(block)))?;
    Ok(meter.finish().integrated_lufs)
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

/// The plug-in's readings with loudness as delivered: a mono song plays on two speakers.
pub(super) fn of_delivery(mut readings: Readings, channel_count: usize) -> Readings {
    if channel_count == 1 {
        let by_lu = flow_dsp::math::narrow(TWO_SPEAKERS_LU);
        for signal in [&mut readings.input, &mut readings.output] {
            signal.momentary_lufs += by_lu;
            signal.momentary_max_lufs += by_lu;
            signal.short_term_lufs += by_lu;
            signal.short_term_max_lufs += by_lu;
            signal.integrated_lufs += by_lu;
            signal.plr_db -= by_lu;
        }
    }
    readings
}
