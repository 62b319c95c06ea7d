//! Spectra without windows, of signals that repeat after exactly the measured frames.

use flow_audio_file::Audio;
use flow_dsp::math;
use flow_fft::num_complex::Complex;
use std::f64::consts::TAU;

/// The complex amplitude of each frequency from 0 to half the rate. A sine of amplitude 1 has magnitude 1.
pub(crate) fn spectrum(samples: &[f32]) -> Vec<Complex<f64>> {
    let mut bins: Vec<Complex<f64>> = samples
        .iter()
        .map(|&x| Complex::new(f64::from(x), 0.0))
        .collect();
    flow_fft::complex_forward_f64(bins.len()).process(&mut bins);
    let scale = 2.0 / math::count(samples.len());
    bins.truncate(samples.len() / 2);
    bins[0] *= 0.5;
    bins.iter().map(|bin| bin * scale).collect()
}

/// Gain and phase of an impulse response at each frequency.
pub(crate) fn response(impulse_response: &[f32]) -> Vec<Complex<f64>> {
    let half = 0.5 * math::count(impulse_response.len());
    let mut bins = spectrum(impulse_response);
    bins[0] *= 2.0;
    bins.iter().map(|bin| bin * half).collect()
}

/// The odd prime bin of `frames` nearest to `frequency_hz`, so that no harmonic folds back onto another.
pub(crate) fn prime_bin(frequency_hz: f64, rate_hz: u32, frames: usize) -> usize {
    let wanted = math::samples(frequency_hz / f64::from(rate_hz) * math::count(frames)).max(3);
    let prime = |n: usize| {
        (2..)
            .take_while(|d| d * d <= n)
            .all(|d| !n.is_multiple_of(d))
    };
    (0..)
        .flat_map(|off| [wanted - off, wanted + off])
        .find(|&n| n % 2 == 1 && prime(n))
        .unwrap_or(wanted)
}

/// `repeats` times `frames` of tones, given as bin, amplitude and phase in turns.
pub(crate) fn tones(
    rate_hz: u32,
    frames: usize,
    repeats: usize,
    tones: &[(usize, f64, f64)],
) -> Audio {
    let one: Vec<f32> = (0..frames)
        .map(|i| {
            let sum: f64 = tones
                .iter()
                .map(|&(bin, amplitude, phase)| {
                    // Whole periods are dropped to keep the precision of the phase.
                    let turns = math::count(bin * i % frames) / math::count(frames);
                    amplitude * (TAU * (turns + phase)).sin()
                })
                .sum();
            math::narrow(sum)
        })
        .collect();
    Audio::from_mono(rate_hz, 2, one.repeat(repeats))
}

/// The last `frames` of a channel.
pub(crate) fn last(audio: &Audio, channel: usize, frames: usize) -> &[f32] {
    &audio.channels[channel][audio.frames() - frames..]
}

/// 20 log₁₀ of a magnitude.
pub(crate) fn decibels(bin: Complex<f64>) -> f64 {
    10.0 * bin.norm_sqr().max(1e-40).log10()
}
