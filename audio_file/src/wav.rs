//! A reader of whole WAV files, for tests.

use crate::Audio;
use anyhow::Result;
use flow_dsp::math::narrow;
use std::path::Path;

/// Reads a WAV file of any sample format as float; integers are divided by their full scale.
///
/// # Errors
///
/// If it cannot be read or is no WAV file.
pub fn read_wav(path: &Path) -> Result<Audio> {
    let mut reader = hound::WavReader::open(path)?;
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
    let interleaved = interleaved?;
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
