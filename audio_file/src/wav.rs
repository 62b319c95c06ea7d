//! WAV files: 24-bit output that is never left half-written, and a reader for the tests.

use crate::Audio;
use flow_dsp::math::narrow;
use std::fmt;
use std::fs::File;
use std::io::BufWriter;
use std::path::{Path, PathBuf};

/// Steps of a 24-bit sample from 0 to full scale.
const FULL_SCALE_24: f64 = 8_388_608.0;

/// Why a WAV file could not be written or read. Each prints as one line.
#[derive(Debug)]
#[non_exhaustive]
pub enum WavError {
    /// The file or its folder cannot be read or written.
    File {
        /// The file.
        path: PathBuf,
        /// What the system said.
        reason: String,
    },
    /// A sample is NaN or infinite.
    NotFinite {
        /// Its channel, from 0.
        channel: usize,
        /// Its frame, from 0.
        frame: usize,
    },
    /// There are no channels, or more than WAV allows.
    Channels(usize),
}

impl fmt::Display for WavError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File { path, reason } => write!(f, "{}: {reason}", path.display()),
            Self::NotFinite { channel, frame } => {
                write!(f, "frame {frame} of channel {channel} is not a number")
            }
            Self::Channels(count) => write!(f, "a WAV file cannot have {count} channels"),
        }
    }
}

impl std::error::Error for WavError {}

/// Writes `audio` as 24-bit integers. Samples that lie on the 24-bit grid keep their exact value; others are rounded
/// to the nearest step; what lies above full scale is clipped to it.
///
/// The file appears under its name complete or not at all: it is written beside it and then renamed.
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
    let temporary = temporary_beside(path);
    let written = write_samples(&temporary, audio).and_then(|()| {
        std::fs::rename(&temporary, path).map_err(|e| WavError::File {
            path: path.to_owned(),
            reason: e.to_string(),
        })
    });
    if written.is_err() {
        // It may never have come into being, so that there is nothing to say if this fails.
        let _ = std::fs::remove_file(&temporary);
    }
    // The reader cares for the file that was asked for, not for how it comes to be.
    written.map_err(|e| match e {
        WavError::File { reason, .. } => WavError::File {
            path: path.to_owned(),
            reason,
        },
        other => other,
    })
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

fn write_samples(path: &Path, audio: &Audio) -> Result<(), WavError> {
    let failed = |reason: String| WavError::File {
        path: path.to_owned(),
        reason,
    };
    let channels = u16::try_from(audio.channel_count()).ok().filter(|n| *n > 0);
    let spec = hound::WavSpec {
        channels: channels.ok_or(WavError::Channels(audio.channel_count()))?,
        sample_rate: audio.sample_rate_hz,
        bits_per_sample: 24,
        sample_format: hound::SampleFormat::Int,
    };
    let file = File::create(path).map_err(|e| failed(e.to_string()))?;
    let mut writer =
        hound::WavWriter::new(BufWriter::new(file), spec).map_err(|e| failed(e.to_string()))?;
    for frame in 0..audio.frames() {
        for channel in &audio.channels {
            writer
                .write_sample(to_24_bit(channel[frame]))
                .map_err(|e| failed(e.to_string()))?;
        }
    }
    writer.finalize().map_err(|e| failed(e.to_string()))
}

/// The nearest 24-bit integer, clipped to what fits.
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

/// A name in the same folder, so that renaming never crosses file systems.
fn temporary_beside(path: &Path) -> PathBuf {
    let mut name = std::ffi::OsString::from(".");
    name.push(path.file_name().unwrap_or_default());
    name.push(format!(".{}.tmp", std::process::id()));
    path.with_file_name(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scratch(name: &str) -> PathBuf {
        std::env::temp_dir().join(format!("flow-wav-{}-{name}", std::process::id()))
    }

    #[test]
    fn the_24_bit_grid_survives_exactly() {
        // Every power of two down to one step, both signs, and the extremes.
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
    fn failures_leave_nothing_behind() {
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
        // A folder stands where the file should go: the rename fails after all samples were written.
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
