//! Stress signals for a true-peak limiter.

use super::{Noise, low_pass};
use flow_audio_file::Audio;
use flow_dsp::math::{narrow, samples};
use std::f64::consts::TAU;

/// Upper limit of the torture signals as a share of the sample rate. Music has nothing above it, and meters disagree about
/// peaks there.
pub const BAND_END: f64 = 0.45;
/// End of the pass band as a share of the sample rate.
const PASS_END: f64 = 0.40;

/// A named stereo signal.
pub struct Torture {
    /// Its name.
    pub name: &'static str,
    /// The signal, sample peak at full scale.
    pub audio: Audio,
}

/// All torture signals, band-limited to [`BAND_END`] unless `full_band`.
#[must_use]
pub fn all(sample_rate_hz: u32, seconds: f64, full_band: bool) -> Vec<Torture> {
    let frames = samples(seconds * f64::from(sample_rate_hz));
    let recipes: [(&'static str, Recipe); 8] = [
        ("impulse trains", impulse_trains),
        ("square bursts", square_bursts),
        ("fs/4 bursts", quarter_bursts),
        ("high tone beats", high_beats),
        ("noise bursts", noise_bursts),
        ("chirps with jumps", jumping_chirps),
        ("random signs", random_signs),
        ("steps", steps),
    ];
    recipes
        .into_iter()
        .enumerate()
        .map(|(index, (name, recipe))| {
            let channels = [0, 1].map(|side| {
                // Left and right are independent, so that stereo linking acts.
                let seed = u32::try_from(2 * index + side).unwrap_or(0);
                let raw = recipe(frames, &mut Noise::new(seed));
                if full_band {
                    raw
                } else {
                    low_pass(&raw, PASS_END, BAND_END)
                }
            });
            Torture {
                name,
                audio: normalized(sample_rate_hz, &channels),
            }
        })
        .collect()
}

type Recipe = fn(usize, &mut Noise) -> Vec<f64>;

fn normalized(sample_rate_hz: u32, channels: &[Vec<f64>; 2]) -> Audio {
    let peak = channels
        .iter()
        .flatten()
        .fold(1e-9, |m: f64, s| m.max(s.abs()));
    let channels = channels
        .iter()
        .map(|c| c.iter().map(|s| narrow(s / peak)).collect())
        .collect();
    Audio::new(sample_rate_hz, channels)
}

/// Single samples at random distances of 1 to 300, at random levels and signs.
fn impulse_trains(frames: usize, noise: &mut Noise) -> Vec<f64> {
    let mut out = vec![0.0; frames];
    let mut at = 0;
    while at < frames {
        out[at] = noise.bipolar().signum() * (0.3 + 0.7 * noise.unipolar());
        at += 1 + noise.below(300);
    }
    out
}

/// Square waves of random pitch that start and stop abruptly.
fn square_bursts(frames: usize, noise: &mut Noise) -> Vec<f64> {
    bursts(frames, noise, |noise| {
        let half_period = 2 + noise.below(200);
        Box::new(move |i| {
            if (i / half_period).is_multiple_of(2) {
                1.0
            } else {
                -1.0
            }
        })
    })
}

/// fs/4 at 45°, whose peaks all lie between the samples.
fn quarter_bursts(frames: usize, noise: &mut Noise) -> Vec<f64> {
    bursts(frames, noise, |noise| {
        let phase = 0.125 + 0.02 * noise.bipolar();
        Box::new(move |i| (TAU * (phase + 0.25 * i as f64).fract()).sin())
    })
}

/// Two tones close to the end of the band, whose beats sweep the peaks through all positions between samples.
fn high_beats(frames: usize, noise: &mut Noise) -> Vec<f64> {
    bursts(frames, noise, |noise| {
        let frequency = 0.30 + 0.09 * noise.unipolar();
        let other = frequency - 0.003 * noise.unipolar();
        Box::new(move |i| {
            0.5 * ((TAU * frequency * i as f64).sin() + (TAU * other * i as f64).sin())
        })
    })
}

/// White noise, gated.
fn noise_bursts(frames: usize, noise: &mut Noise) -> Vec<f64> {
    let mut inner = Noise::new(noise.bits());
    let gate = bursts(frames, noise, |_| Box::new(|_| 1.0));
    gate.into_iter().map(|g| g * inner.bipolar()).collect()
}

/// Sines that sweep and jump in frequency, phase and level.
fn jumping_chirps(frames: usize, noise: &mut Noise) -> Vec<f64> {
    let mut out = Vec::with_capacity(frames);
    while out.len() < frames {
        let from = 0.001 + 0.4 * noise.unipolar().powi(2);
        let to = 0.001 + 0.4 * noise.unipolar().powi(2);
        let length = 50 + noise.below(2000);
        let level = 0.2 + 0.8 * noise.unipolar();
        let mut phase = noise.unipolar();
        for i in 0..length {
            phase += from + (to - from) * i as f64 / length as f64;
            out.push(level * (TAU * phase.fract()).sin());
        }
    }
    out.truncate(frames);
    out
}

/// Full scale with a random sign for each sample; at times the signs give the highest possible peak.
fn random_signs(frames: usize, noise: &mut Noise) -> Vec<f64> {
    let mut inner = Noise::new(noise.bits());
    let gate = bursts(frames, noise, |_| Box::new(|_| 1.0));
    gate.into_iter()
        .map(|g| if inner.bits() & 1 == 0 { g } else { -g })
        .collect()
}

/// Direct current that jumps.
fn steps(frames: usize, noise: &mut Noise) -> Vec<f64> {
    let mut out = Vec::with_capacity(frames);
    while out.len() < frames {
        let level = noise.bipolar();
        let length = 20 + noise.below(3000);
        out.extend(std::iter::repeat_n(level, length));
    }
    out.truncate(frames);
    out
}

/// Bursts of 10 to 2000 samples from `start`, at random levels and with random gaps.
fn bursts(
    frames: usize,
    noise: &mut Noise,
    mut start: impl FnMut(&mut Noise) -> Box<dyn Fn(usize) -> f64>,
) -> Vec<f64> {
    let mut out = Vec::with_capacity(frames);
    while out.len() < frames {
        let voice = start(noise);
        let level = 0.2 + 0.8 * noise.unipolar();
        let length = 10 + noise.below(1990);
        out.extend((0..length).map(|i| level * voice(i)));
        out.extend(std::iter::repeat_n(0.0, noise.below(1000)));
    }
    out.truncate(frames);
    out
}
