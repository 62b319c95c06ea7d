//! The average spectrum of a song in sixths of an octave, which show balance and resonances.

use flow_audio_file::Audio;
use realfft::RealFftPlanner;
use std::f64::consts::TAU;

/// 0.7 s at 48 kHz, so that the band at 20 Hz has two bins.
const FFT_SAMPLES: usize = 32_768;
const BANDS_PER_OCTAVE: f64 = 6.0;
/// Bands overlap: their centers are closer than their width.
const POINTS_PER_OCTAVE: f64 = 24.0;
const LOWEST_HZ: f64 = 20.0;
const HIGHEST_HZ: f64 = 20_000.0;

/// Band centers in Hz with the level in each band in dB: 0 dB is the power of a sine at full scale in all channels.
pub(super) fn bands(audio: &Audio) -> Vec<(f64, f64)> {
    let bins = power(audio);
    let bin_hz = f64::from(audio.sample_rate_hz) / FFT_SAMPLES as f64;
    let highest_hz = HIGHEST_HZ.min(0.5 * f64::from(audio.sample_rate_hz));
    let half_band = (0.5 / BANDS_PER_OCTAVE).exp2();
    let centers = (0..).map(|i| LOWEST_HZ * (f64::from(i) / POINTS_PER_OCTAVE).exp2());
    centers
        .take_while(|hz| hz * half_band <= highest_hz * 1.001 * half_band)
        .map(|hz| {
            (
                hz,
                10.0 * band_power(&bins, hz / half_band / bin_hz, hz * half_band / bin_hz)
                    .max(1e-14)
                    .log10(),
            )
        })
        .collect()
}

/// The power between two positions on the axis of bins. A bin extends half a bin to both sides.
fn band_power(bins: &[f64], from: f64, to: f64) -> f64 {
    let shares = bins.iter().enumerate().filter_map(|(index, power)| {
        let (low, high) = (index as f64 - 0.5, index as f64 + 0.5);
        let share = to.min(high) - from.max(low);
        (share > 0.0).then_some(share * power)
    });
    shares.sum()
}

/// The mean power of each bin over half-overlapping Hann windows and all channels.
fn power(audio: &Audio) -> Vec<f64> {
    let fft = RealFftPlanner::<f64>::new().plan_fft_forward(FFT_SAMPLES);
    let mut frame = fft.make_input_vec();
    let mut spectrum = fft.make_output_vec();
    let window: Vec<f64> = (0..FFT_SAMPLES)
        .map(|i| 0.5 - 0.5 * (TAU * i as f64 / FFT_SAMPLES as f64).cos())
        .collect();
    // The bins of a sine at full scale add up to 1. The window has 3/8 of the power of a rectangular one.
    let scale = 4.0 / (0.375 * (FFT_SAMPLES as f64).powi(2));
    let mut sums = vec![0.0; spectrum.len()];
    let mut count = 0.0;
    for channel in &audio.channels {
        for start in (0..channel.len().max(1)).step_by(FFT_SAMPLES / 2) {
            // The last frames are padded with silence.
            let samples = channel[start.min(channel.len())..]
                .iter()
                .map(|s| f64::from(*s))
                .chain(std::iter::repeat(0.0));
            for ((to, sample), weight) in frame.iter_mut().zip(samples).zip(&window) {
                *to = sample * weight;
            }
            if fft.process(&mut frame, &mut spectrum).is_ok() {
                for (sum, bin) in sums.iter_mut().zip(&spectrum) {
                    *sum += bin.norm_sqr();
                }
                count += 1.0;
            }
        }
    }
    sums.into_iter()
        .map(|sum| sum * scale / f64::max(count, 1.0))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use flow_testkit::signals;

    #[test]
    fn spectrum_of_sine_has_its_level_in_its_band() {
        let tone = signals::sine(48_000, 2, 20.0, 1000.0, 0.5, 0.0);
        let bands = bands(&tone);
        let nearest = bands
            .iter()
            .min_by(|a, b| (a.0 - 1000.0).abs().total_cmp(&(b.0 - 1000.0).abs()))
            .unwrap();
        // The last window is half empty, which lowers the mean a little.
        assert!((nearest.1 + 6.0).abs() < 0.2, "{nearest:?}");
        let far = bands
            .iter()
            .filter(|(hz, _)| *hz < 500.0 || *hz > 2000.0)
            .map(|b| b.1)
            .fold(-200.0, f64::max);
        assert!(far < -60.0, "{far}");
        assert!(bands.first().unwrap().0 == 20.0 && bands.last().unwrap().0 > 19_000.0);
    }
}
