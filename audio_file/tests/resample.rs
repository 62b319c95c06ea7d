//! The quality of the rate conversion: length, delay, pass band, stop band, and independence of blocks.

use flow_audio_file::{Audio, RateConverter, gain_to_db, resample};
use flow_dsp::math::narrow;
use std::f64::consts::TAU;

/// The rates of deliveries, Hz.
const RATES_HZ: [u32; 6] = [44_100, 48_000, 88_200, 96_000, 176_400, 192_000];
const AMPLITUDE: f64 = 0.5;

fn sine(rate_hz: u32, frequency_hz: f64, frames: usize) -> Audio {
    let samples = (0..frames)
        .map(|n| {
            let phase = TAU * frequency_hz * n as f64 / f64::from(rate_hz);
            narrow(AMPLITUDE * phase.sin())
        })
        .collect();
    Audio::new(rate_hz, vec![samples])
}

/// The largest difference to a sine of full level in the middle of the audio, in dB relative to the sine.
fn error_db(audio: &Audio, frequency_hz: f64) -> f64 {
    let ideal = sine(audio.sample_rate_hz, frequency_hz, audio.frames());
    let margin = audio.frames() / 4;
    let end = audio.frames() - margin;
    let difference = audio
        .range(margin, end)
        .difference_db(&ideal.range(margin, end));
    difference - gain_to_db(AMPLITUDE)
}

#[test]
fn converted_length_is_nearest_to_exact_length_at_all_rates() {
    for from in RATES_HZ {
        for to in RATES_HZ {
            for frames in [1, 1000, 44_101] {
                let converted = resample(&Audio::silence(from, 2, frames), to).unwrap();
                let exact = frames as f64 * f64::from(to) / f64::from(from);
                assert_eq!(converted.frames() as f64, exact.round(), "{from} {to}");
                assert_eq!(converted.channel_count(), 2);
            }
        }
    }
}

#[test]
fn pass_band_to_20_khz_is_flat_in_gain_and_phase_at_all_rates() {
    for from in RATES_HZ {
        for to in RATES_HZ {
            for frequency_hz in [100.0, 997.0, 10_000.0, 19_000.0, 20_000.0] {
                let converted = resample(&sine(from, frequency_hz, from as usize / 4), to).unwrap();
                // Input and output have steps of 32-bit float, so that -140 dB is their limit.
                let error = error_db(&converted, frequency_hz);
                assert!(
                    error < -130.0,
                    "{from} to {to}, {frequency_hz} Hz: {error:.1} dB"
                );
            }
        }
    }
}

#[test]
fn stop_band_above_half_of_new_rate_is_below_minus_120_db() {
    for from in RATES_HZ {
        for to in RATES_HZ.into_iter().filter(|to| *to < from) {
            let lowest = f64::from(to) / 2.0;
            let highest = f64::from(from) / 2.0;
            for share in [0.02, 0.1, 0.5, 0.9] {
                let frequency_hz = lowest + share * (highest - lowest);
                let converted = resample(&sine(from, frequency_hz, from as usize / 4), to).unwrap();
                let margin = converted.frames() / 4;
                let middle = converted.range(margin, converted.frames() - margin);
                let alias = gain_to_db(f64::from(middle.sample_peak()) / AMPLITUDE);
                assert!(
                    alias < -120.0,
                    "{from} to {to}, {frequency_hz} Hz: {alias:.1} dB"
                );
            }
        }
    }
}

#[test]
fn blocks_of_any_size_give_the_same_output() {
    let audio = sine(44_100, 997.0, 30_000);
    let whole = resample(&audio, 96_000).unwrap();
    let mut converter = RateConverter::new(44_100, 96_000, 1).unwrap();
    let mut samples = Vec::new();
    let mut start = 0;
    for frames in [0, 1, 7, 5000, 1, 4096].into_iter().cycle() {
        let end = (start + frames).min(audio.frames());
        let block = audio.range(start, end);
        samples.extend_from_slice(&converter.process(&block.slices()).unwrap()[0]);
        start = end;
        if start == audio.frames() {
            break;
        }
    }
    samples.extend_from_slice(&converter.finish().unwrap()[0]);
    let blocks = Audio::new(96_000, vec![samples]);
    assert_eq!(whole.first_difference(&blocks), None);
}

#[test]
fn equal_rates_pass_samples_unchanged() {
    let audio = sine(48_000, 997.0, 1000);
    assert_eq!(resample(&audio, 48_000).unwrap(), audio);
    assert!(RateConverter::new(0, 48_000, 1).is_err());
}

#[test]
fn uncommon_rates_are_converted_too() {
    for from in [22_050, 32_000, 44_056, 47_999, 384_000] {
        let converted = resample(&sine(from, 997.0, from as usize), 44_100).unwrap();
        assert_eq!(converted.frames(), 44_100);
        let error = error_db(&converted, 997.0);
        assert!(error < -130.0, "{from}: {error:.1} dB");
    }
}

#[test]
fn converter_without_channels_gives_an_error() {
    for to_hz in [44_100, 48_000] {
        assert!(flow_audio_file::RateConverter::new(44_100, to_hz, 0).is_err());
    }
}
