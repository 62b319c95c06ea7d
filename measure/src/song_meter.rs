//! All measurements of a song in one pass.

use crate::loudness::{Loudness, LoudnessMeasurement, SHORT_TERM_STEP_SECONDS};
use crate::signal_faults::{FaultMeter, SignalFaults};
use crate::true_peak::{TruePeak, TruePeakMeter};
use flow_audio_file::{Audio, MasterLoudness, gain_to_db};

/// A shorter song has no loudness range: it has fewer than two windows of 3 s.
const SHORTEST_RANGE_SECONDS: f64 = 4.0;

/// The measurements of a whole song.
#[derive(Clone, Debug, PartialEq)]
pub struct SongMeasurement {
    /// Frames per second, Hz.
    pub sample_rate_hz: u32,
    /// Length in frames.
    pub frames: u64,
    /// Loudness and its range.
    pub loudness: Loudness,
    /// The highest true peak.
    pub true_peak: TruePeak,
    /// Largest absolute sample, 1 at full scale.
    pub sample_peak: f32,
    /// Whether no sample is NaN or infinite.
    pub is_finite: bool,
    /// Levels, correlation and faults of the channels.
    pub faults: SignalFaults,
}

impl SongMeasurement {
    /// Length in seconds.
    #[must_use]
    pub fn seconds(&self) -> f64 {
        self.frames as f64 / f64::from(self.sample_rate_hz)
    }

    /// The largest absolute sample in dBFS; negative infinity for silence.
    #[must_use]
    pub fn sample_peak_dbfs(&self) -> f64 {
        gain_to_db(f64::from(self.sample_peak))
    }

    /// The loudness for broadcast data. The range is NaN for a song that is too short or silent for it.
    #[must_use]
    pub fn master_loudness(&self) -> MasterLoudness {
        let loudness = &self.loudness;
        let seconds = loudness.short_term_lufs.len() as f64 * SHORT_TERM_STEP_SECONDS;
        let has_range = seconds >= SHORTEST_RANGE_SECONDS && loudness.integrated_lufs.is_finite();
        MasterLoudness {
            integrated_lufs: loudness.integrated_lufs,
            range_lu: if has_range {
                loudness.loudness_range_lu
            } else {
                f64::NAN
            },
            true_peak_dbtp: self.true_peak.dbtp(),
            momentary_lufs: loudness.momentary_max_lufs,
            short_term_lufs: loudness.short_term_max_lufs,
        }
    }

    /// Peak to loudness ratio in dB: true peak minus integrated loudness. Not finite for silence.
    #[must_use]
    pub fn plr_db(&self) -> f64 {
        self.true_peak.dbtp() - self.loudness.integrated_lufs
    }
}

/// The channels of a block as they are delivered: a mono song plays on two speakers.
#[must_use]
pub fn on_two_speakers<'b>(block: &[&'b [f32]]) -> Vec<&'b [f32]> {
    match block {
        [only] => vec![only, only],
        _ => block.to_vec(),
    }
}

/// Measures a song block by block. Its memory grows by about 160 bytes a second, for the loudness over time and its gates.
pub struct SongMeter {
    sample_rate_hz: u32,
    frames: u64,
    loudness: LoudnessMeasurement,
    true_peak: TruePeakMeter,
    sample_peak: f32,
    is_finite: bool,
    faults: FaultMeter,
}

impl SongMeter {
    /// A meter for audio of one or two channels.
    #[must_use]
    pub fn new(sample_rate_hz: u32, channel_count: usize) -> Self {
        Self {
            sample_rate_hz,
            frames: 0,
            loudness: LoudnessMeasurement::new(sample_rate_hz, channel_count),
            true_peak: TruePeakMeter::new(channel_count),
            sample_peak: 0.0,
            is_finite: true,
            faults: FaultMeter::new(channel_count),
        }
    }

    /// Measures a block: one slice for each channel, all of one length.
    pub fn push(&mut self, block: &[&[f32]]) {
        self.frames += block.first().map_or(0, |channel| channel.len()) as u64;
        self.loudness.push(block);
        self.true_peak.push(block);
        self.faults.push(block);
        for samples in block {
            let (peak, is_finite) = peak(samples);
            self.sample_peak = self.sample_peak.max(peak);
            self.is_finite &= is_finite;
        }
    }

    /// The measurements of all blocks.
    #[must_use]
    pub fn finish(self) -> SongMeasurement {
        SongMeasurement {
            sample_rate_hz: self.sample_rate_hz,
            frames: self.frames,
            loudness: self.loudness.finish(),
            true_peak: self.true_peak.finish(),
            sample_peak: self.sample_peak,
            is_finite: self.is_finite,
            faults: self.faults.finish(),
        }
    }
}

/// The largest absolute sample, and whether all are finite. The lanes become SIMD code.
fn peak(samples: &[f32]) -> (f32, bool) {
    const LANES: usize = 8;
    let mut peaks = [0.0_f32; LANES];
    let mut is_finite = true;
    let (chunks, rest) = samples.as_chunks::<LANES>();
    let mut lane_of = |peak: &mut f32, sample: f32| {
        let level = sample.abs();
        *peak = if level > *peak { level } else { *peak };
        is_finite &= level < f32::INFINITY;
    };
    for chunk in chunks {
        for (peak, sample) in peaks.iter_mut().zip(chunk) {
            lane_of(peak, *sample);
        }
    }
    for sample in rest {
        lane_of(&mut peaks[0], *sample);
    }
    (peaks.into_iter().fold(0.0, f32::max), is_finite)
}

/// Measures audio in memory.
#[must_use]
pub fn measure(audio: &Audio) -> SongMeasurement {
    let mut meter = SongMeter::new(audio.sample_rate_hz, audio.channel_count());
    let frames = audio.frames();
    for start in (0..frames).step_by(BLOCK_FRAMES) {
        let end = frames.min(start + BLOCK_FRAMES);
        let block: Vec<&[f32]> = audio.channels.iter().map(|c| &c[start..end]).collect();
        meter.push(&block);
    }
    meter.finish()
}

/// Frames that a nearest cache holds while all meters read them.
const BLOCK_FRAMES: usize = 4096;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{loudness::loudness, true_peak::true_peak};

    #[test]
    fn measurement_in_blocks_of_any_size_equals_measurement_of_whole_song() {
        let song = flow_demo_song::demo_song(44_100);
        let whole = measure(&song);
        assert_eq!(whole.loudness, loudness(&song));
        assert_eq!(whole.true_peak, true_peak(&song));
        assert_eq!(whole.frames, song.frames() as u64);
        assert_eq!(whole.sample_peak, song.sample_peak());
        let mut meter = SongMeter::new(44_100, 2);
        let mut start = 0;
        for length in [1, 512, 0, 77, 10_000].into_iter().cycle() {
            let end = song.frames().min(start + length);
            let block: Vec<&[f32]> = song.channels.iter().map(|c| &c[start..end]).collect();
            meter.push(&block);
            start = end;
            if start == song.frames() {
                break;
            }
        }
        let blocks = meter.finish();
        assert_eq!(blocks.true_peak, whole.true_peak);
        let near = |a: f64, b: f64| assert!((a - b).abs() < 1e-9, "{a} instead of {b}");
        near(
            blocks.loudness.integrated_lufs,
            whole.loudness.integrated_lufs,
        );
        near(
            blocks.loudness.momentary_max_lufs,
            whole.loudness.momentary_max_lufs,
        );
        near(blocks.faults.correlation, whole.faults.correlation);
    }
}
