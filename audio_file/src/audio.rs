//! Planar audio in memory, for hosts, meters and generators.

use flow_dsp::math::{narrow, samples};

/// Planar 32-bit float audio; all channels have the same length.
#[derive(Clone, Debug, PartialEq)]
pub struct Audio {
    /// Frames per second.
    pub sample_rate_hz: u32,
    /// The samples of each channel.
    pub channels: Vec<Vec<f32>>,
}

impl Audio {
    /// Audio with these channels. Shorter channels are padded with silence, so that every channel has the same length.
    #[must_use]
    pub fn new(sample_rate_hz: u32, mut channels: Vec<Vec<f32>>) -> Self {
        let frames = channels.iter().map(Vec::len).max().unwrap_or(0);
        for channel in &mut channels {
            channel.resize(frames, 0.0);
        }
        Self {
            sample_rate_hz,
            channels,
        }
    }

    /// Digital silence.
    #[must_use]
    pub fn silence(sample_rate_hz: u32, channel_count: usize, frames: usize) -> Self {
        Self {
            sample_rate_hz,
            channels: vec![vec![0.0; frames]; channel_count],
        }
    }

    /// The same samples in `channel_count` channels.
    #[must_use]
    pub fn from_mono(sample_rate_hz: u32, channel_count: usize, samples: Vec<f32>) -> Self {
        Self {
            sample_rate_hz,
            channels: vec![samples; channel_count],
        }
    }

    /// Length in samples of one channel.
    #[must_use]
    pub fn frames(&self) -> usize {
        self.channels.first().map_or(0, Vec::len)
    }

    /// Number of channels.
    #[must_use]
    pub fn channel_count(&self) -> usize {
        self.channels.len()
    }

    /// Length in seconds.
    #[must_use]
    pub fn seconds(&self) -> f64 {
        self.frames() as f64 / f64::from(self.sample_rate_hz)
    }

    /// The channels as slices.
    #[must_use]
    pub fn slices(&self) -> Vec<&[f32]> {
        self.channels.iter().map(Vec::as_slice).collect()
    }

    /// A copy of the frames `start..end`, clamped to the audio's length.
    #[must_use]
    pub fn range(&self, start: usize, end: usize) -> Self {
        let end = end.min(self.frames());
        let start = start.min(end);
        Self {
            sample_rate_hz: self.sample_rate_hz,
            channels: self
                .channels
                .iter()
                .map(|c| c[start..end].to_vec())
                .collect(),
        }
    }

    /// Appends `other`, which must have the same number of channels.
    pub fn append(&mut self, other: &Self) {
        for (to, from) in self.channels.iter_mut().zip(&other.channels) {
            to.extend_from_slice(from);
        }
    }

    /// The same audio, `gain_db` louder.
    #[must_use]
    pub fn gained(mut self, gain_db: f64) -> Self {
        let gain = db_to_gain(gain_db);
        for sample in self.channels.iter_mut().flatten() {
            *sample = narrow(f64::from(*sample) * gain);
        }
        self
    }

    /// Largest absolute sample value of all channels, 0 for silence. A NaN makes it NaN.
    #[must_use]
    pub fn sample_peak(&self) -> f32 {
        self.channels.iter().flatten().fold(0.0, |peak: f32, s| {
            if s.is_nan() || s.abs() > peak {
                s.abs()
            } else {
                peak
            }
        })
    }

    /// Whether no sample is NaN or infinite.
    #[must_use]
    pub fn is_finite(&self) -> bool {
        self.channels.iter().flatten().all(|s| s.is_finite())
    }

    /// Largest absolute difference to `other` over the frames that both have, in dB relative to full scale;
    /// negative infinity where they are equal.
    #[must_use]
    pub fn difference_db(&self, other: &Self) -> f64 {
        let largest = self
            .channels
            .iter()
            .zip(&other.channels)
            .flat_map(|(a, b)| a.iter().zip(b))
            .map(|(a, b)| (f64::from(*a) - f64::from(*b)).abs())
            .fold(0.0, f64::max);
        gain_to_db(largest)
    }

    /// The first frame and its channel at which `other` differs in any bit, or at which the shorter one ends.
    #[must_use]
    pub fn first_difference(&self, other: &Self) -> Option<(usize, usize)> {
        if self.channel_count() != other.channel_count() {
            return Some((0, self.channel_count().min(other.channel_count())));
        }
        let differing = |(channel, (a, b)): (usize, (&Vec<f32>, &Vec<f32>))| {
            let at = a
                .iter()
                .zip(b)
                .position(|(x, y)| x.to_bits() != y.to_bits());
            at.or_else(|| (a.len() != b.len()).then(|| a.len().min(b.len())))
                .map(|frame| (frame, channel))
        };
        self.channels
            .iter()
            .zip(&other.channels)
            .enumerate()
            .filter_map(differing)
            .min()
    }
}

/// A level in dB as a linear gain.
///
/// Meters judge the plug-in, so that this shares no code with its own logarithms, which make NaN silent.
#[must_use]
pub fn db_to_gain(level_db: f64) -> f64 {
    10f64.powf(level_db / 20.0)
}

/// A linear gain in dB: negative infinity for 0, NaN for NaN.
#[must_use]
pub fn gain_to_db(gain: f64) -> f64 {
    20.0 * gain.log10()
}

/// Seconds as the nearest number of samples.
#[must_use]
pub fn seconds_to_samples(seconds: f64, sample_rate_hz: u32) -> usize {
    samples(seconds * f64::from(sample_rate_hz))
}
