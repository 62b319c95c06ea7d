//! WAV files: a writer of 24-bit files, and a reader for tests.

use crate::Audio;
use flow_dsp::math::narrow;
use std::fmt;
use std::io::Cursor;
use std::path::{Path, PathBuf};

/// Steps of a 24-bit sample from 0 to full scale.
const FULL_SCALE_24: f64 = 8_388_608.0;

/// An error of writing or reading a WAV file. Each prints as one line.
#[derive(Debug)]
#[non_exhaustive]
pub enum WavError {
    /// The file or its folder cannot be read or written.
    File {
        /// The file.
        path: PathBuf,
        /// The system's error.
        reason: String,
    },
    /// A sample is NaN or infinite.
    NotFinite {
        /// Its channel, from 0.
        channel: usize,
        /// Its frame, from 0.
        frame: usize,
    },
    /// A number of channels that WAV doesn't support.
    Channels(usize),
}

impl fmt::Display for WavError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File { path, reason } => write!(f, "{}: {reason}", path.display()),
            Self::NotFinite { channel, frame } => {
                write!(f, "frame {frame} of channel {channel} is NaN or infinite")
            }
            Self::Channels(count) => write!(f, "a WAV file cannot have {count} channels"),
        }
    }
}

impl std::error::Error for WavError {}

/// Writes `audio` as 24-bit integers. Samples that lie on the 24-bit grid keep their exact value; others are rounded
/// to the nearest step. Samples above full scale are clipped.
///
/// The file appears complete or not at all.
///
/// # Errors
///
/// If a sample is not finite, or the file cannot be written.
pub fn write_wav_24(path: &Path, audio: &Audio) -> Result<(), WavError> {
    for (channel, samples) in audio.channels.iter().enumerate() {
        if let Some(frame) = samples.iter().position(|s| !s.is_finite()) {
            return Err(WavError::NotFinite { channel, frame });
        }
    }
    let failed = |reason: String| WavError::File {
        path: path.to_owned(),
        reason,
    };
    let channel_count = audio.channel_count();
    let channels = u16::try_from(channel_count).ok().filter(|n| *n > 0);
    let spec = hound::WavSpec {
        channels: channels.ok_or(WavError::Channels(channel_count))?,
        sample_rate: audio.sample_rate_hz,
        bits_per_sample: 24,
        sample_format: hound::SampleFormat::Int,
    };
    let bytes = encode(audio, spec).map_err(|e| failed(e.to_string()))?;
    flow_platform::atomic_file::replace(path, &bytes).map_err(|e| failed(e.to_string()))
}

/// Reads a WAV file of any sample format as float; integers are divided by their full scale.
///
/// # Errors
///
/// If it cannot be read or is no WAV file.
pub fn read_wav(path: &Path) -> Result<Audio, WavError> {
    let failed = |e: hound::Error| WavError::File {
        path: path.to_owned(),
        reason: e.to_string(),
    };
    let mut reader = hound::WavReader::open(path).map_err(failed)?;
    let spec = reader.spec();
    let channel_count = usize::from(spec.channels).max(1);
    let interleaved: Result<Vec<f32>, hound::Error> = match spec.sample_format {
        hound::SampleFormat::Float => reader.samples::<f32>().collect(),
        hound::SampleFormat::Int => {
            let full_scale = 2f64.powi(i32::from(spec.bits_per_sample) - 1);
            reader
                .samples::<i32>()
                .map(|s| s.map(|s| narrow(f64::from(s) / full_scale)))
                .collect()
        }
    };
    let interleaved = interleaved.map_err(failed)?;
    let channels = (0..channel_count).map(|c| {
        interleaved
            .iter()
            .skip(c)
            .step_by(channel_count)
            .copied()
            .collect()
    });
    Ok(Audio::new(spec.sample_rate, channels.collect()))
}

/// The contents of a WAV file with 24-bit samples.
fn encode(audio: &Audio, spec: hound::WavSpec) -> hound::Result<Vec<u8>> {
    let mut bytes = Cursor::new(Vec::new());
    let mut writer = hound::WavWriter::new(&mut bytes, spec)?;
    for frame in 0..audio.frames() {
        for channel in &audio.channels {
            writer.write_sample(to_24_bit(channel[frame]))?;
        }
    }
    writer.finalize()?;
    Ok(bytes.into_inner())
}

/// The nearest 24-bit integer, clipped to full scale.
fn to_24_bit(sample: f32) -> i32 {
    let steps = (f64::from(sample) * FULL_SCALE_24)
        .round()
        .clamp(-FULL_SCALE_24, FULL_SCALE_24 - 1.0);
    #[expect(
        clippy::cast_possible_truncation,
        reason = "a whole number that was clamped to 24 bits"
    )]
    let integer = steps as i32;
    integer
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scratch(name: &str) -> PathBuf {
        std::env::temp_dir().join(format!("flow-wav-{}-{name}", std::process::id()))
    }

    #[test]
    fn wav_of_24_bit_values_is_read_back_exactly() {
        // Every power of two down to one step, with both signs, and the extremes.
        let mut samples: Vec<f32> = (0..24)
            .flat_map(|bit| [0.5f32.powi(bit), -(0.5f32.powi(bit))])
            .collect();
        samples[0] = 1.0 - 0.5f32.powi(23);
        let audio = Audio::new(
            44_100,
            vec![samples.clone(), samples.into_iter().rev().collect()],
        );
        let path = scratch("grid.wav");
        write_wav_24(&path, &audio).unwrap();
        let read = read_wav(&path).unwrap();
        std::fs::remove_file(&path).unwrap();
        assert_eq!(audio.first_difference(&read), None);
        assert_eq!(read.sample_rate_hz, 44_100);
    }

    #[test]
    fn failed_write_leaves_no_file() {
        let folder = scratch("folder");
        std::fs::create_dir(&folder).unwrap();
        let not_finite = Audio::new(48_000, vec![vec![0.0, f32::NAN]]);
        assert!(matches!(
            write_wav_24(&folder.join("a.wav"), &not_finite),
            Err(WavError::NotFinite {
                channel: 0,
                frame: 1
            })
        ));
        // A folder has the file's path, so that the rename fails after all samples were written.
        std::fs::create_dir(folder.join("b.wav")).unwrap();
        assert!(write_wav_24(&folder.join("b.wav"), &Audio::silence(48_000, 2, 10)).is_err());
        let left: Vec<_> = std::fs::read_dir(&folder)
            .unwrap()
            .map(|e| e.unwrap().file_name())
            .collect();
        std::fs::remove_dir_all(&folder).unwrap();
        assert_eq!(left, ["b.wav"]);
    }
}
