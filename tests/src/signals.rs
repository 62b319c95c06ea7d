//! Deterministic test signals: tones, noise, single voices, the EBU's cases, and stress signals for limiters.

pub mod ebu;
pub mod torture;
pub mod voices;

pub use flow_demo_song::Noise;
pub use flow_measure::low_pass;

use flow_audio_file::Audio;
use flow_dsp::math::{narrow, samples};
use std::f64::consts::TAU;

/// A sine of `amplitude` in every channel. `phase` in turns.
#[must_use]
pub fn sine(
    sample_rate_hz: u32,
    channel_count: usize,
    seconds: f64,
    frequency_hz: f64,
    amplitude: f64,
    phase: f64,
) -> Audio {
    let frames = samples(seconds * f64::from(sample_rate_hz));
    let step = frequency_hz / f64::from(sample_rate_hz);
    let samples =
        (0..frames).map(|i| narrow(amplitude * (TAU * (phase + step * i as f64).fract()).sin()));
    Audio::from_mono(sample_rate_hz, channel_count, samples.collect())
}

/// White noise, uniform within ±`amplitude`, independent in each channel.
#[must_use]
pub fn white_noise(
    sample_rate_hz: u32,
    channel_count: usize,
    seconds: f64,
    amplitude: f64,
    seed: u32,
) -> Audio {
    let frames = samples(seconds * f64::from(sample_rate_hz));
    let mut noise = Noise::new(seed);
    let channels = (0..channel_count)
        .map(|_| {
            (0..frames)
                .map(|_| narrow(amplitude * noise.bipolar()))
                .collect()
        })
        .collect();
    Audio::new(sample_rate_hz, channels)
}

/// One sample of `amplitude` at `frame`, in silence.
#[must_use]
pub fn impulse(
    sample_rate_hz: u32,
    channel_count: usize,
    frames: usize,
    frame: usize,
    amplitude: f32,
) -> Audio {
    let mut samples = vec![0.0; frames];
    samples[frame] = amplitude;
    Audio::from_mono(sample_rate_hz, channel_count, samples)
}
