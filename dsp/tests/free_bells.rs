//! The free bells: response, channels, and neutrality.

mod common;

use common::{
    processing::processed,
    spectra::{decibels, response},
};
use flow_audio_file::Audio;
use flow_dsp::{BellChannels, BellSettings, internals::free_bells::FreeBells, math};
use flow_testkit::signals;

/// One bell; the other one is neutral.
fn bell(frequency_hz: f32, q: f32, gain_db: f32, channels: BellChannels) -> [BellSettings; 2] {
    let bell = BellSettings {
        gain_db,
        frequency_hz,
        q,
        channels,
    };
    [bell, BellSettings::default()]
}

fn output(settings: [BellSettings; 2], input: &Audio) -> Audio {
    processed(&mut FreeBells::default(), |_| settings, input)
}

/// Half the sum, or half the difference, of left and right.
fn part(audio: &Audio, sign: f32) -> Vec<f32> {
    let pairs = audio.channels[0].iter().zip(&audio.channels[1]);
    pairs.map(|(l, r)| 0.5 * (l + sign * r)).collect()
}

fn largest_difference(a: &[f32], b: &[f32]) -> f32 {
    a.iter()
        .zip(b)
        .fold(0.0, |most, (a, b)| most.max((a - b).abs()))
}

/// Noise at −6 dBFS, different in both channels, of whole quanta.
fn noise() -> Audio {
    signals::white_noise(48_000, 2, 0.2, 0.5, 7)
}

/// (s² + sA/Q + 1) / (s² + s/(AQ) + 1) with A = √gain.
fn analog_db(bell: BellSettings, hz: f64) -> f64 {
    let ratio = hz / f64::from(bell.frequency_hz);
    let (q, a) = (
        f64::from(bell.q),
        10.0_f64.powf(f64::from(bell.gain_db) / 40.0),
    );
    let power = |slope: f64| (1.0 - ratio * ratio).powi(2) + (slope * ratio).powi(2);
    10.0 * (power(a / q) / power(1.0 / (a * q))).log10()
}

/// Gains at third octaves from 20 Hz to 20 kHz against the sum of both analog bells, dB.
fn off_model_db(bells: [BellSettings; 2], rate_hz: u32) -> f64 {
    const FRAMES: usize = 1 << 16;
    let input = signals::impulse(rate_hz, 2, FRAMES, 0, 1.0);
    let response = response(&output(bells, &input).channels[1]);
    let bin_hz = f64::from(rate_hz) / math::count(FRAMES);
    let probes = (0..=30).map(|i| 20.0 * 10.0_f64.powf(0.1 * f64::from(i)));
    probes.fold(0.0, |worst, hz| {
        let bin = math::samples(hz / bin_hz);
        let expected: f64 = bells
            .iter()
            .map(|bell| analog_db(*bell, math::count(bin) * bin_hz))
            .sum();
        worst.max((decibels(response[bin]) - expected).abs())
    })
}

#[test]
fn free_bell_follows_its_analog_model_within_0_2_db_up_to_20_khz() {
    for rate in [44_100, 48_000, 96_000, 192_000] {
        let mut worst = 0.0_f64;
        for hz in [
            20.0, 60.0, 300.0, 1000.0, 4300.0, 11_000.0, 15_000.0, 20_000.0,
        ] {
            for q in [0.3, 1.0, 6.0] {
                for gain_db in [-6.0, 3.0, 6.0] {
                    let off = off_model_db(bell(hz, q, gain_db, BellChannels::Stereo), rate);
                    assert!(
                        off < 0.2,
                        "{gain_db} dB, {hz} Hz, Q {q}, {rate} Hz: {off} dB"
                    );
                    worst = worst.max(off);
                }
            }
        }
        println!("{rate} Hz: within {worst:.3} dB");
    }
}

#[test]
fn free_bells_together_add_up_in_decibels() {
    let [mud, _] = bell(300.0, 1.4, -4.0, BellChannels::Stereo);
    let [air, _] = bell(12_000.0, 0.5, 3.0, BellChannels::Stereo);
    assert!(off_model_db([mud, air], 48_000) < 0.15);
}

#[test]
fn free_bells_without_gain_pass_bits_at_any_frequency_q_and_channels() {
    let input = noise();
    for channels in [BellChannels::Stereo, BellChannels::Mid, BellChannels::Side] {
        for (hz, q) in [(20.0, 6.0), (700.0, 0.3), (20_000.0, 6.0)] {
            assert_eq!(output(bell(hz, q, 0.0, channels), &input), input);
        }
    }
}

#[test]
fn free_bell_of_the_mid_leaves_the_side_and_that_of_the_side_the_mid() {
    let input = noise();
    for (channels, kept, changed) in [
        (BellChannels::Mid, -1.0, 1.0),
        (BellChannels::Side, 1.0, -1.0),
    ] {
        let output = output(bell(700.0, 1.0, 6.0, channels), &input);
        let [kept, changed] = [kept, changed]
            .map(|sign| largest_difference(&part(&input, sign), &part(&output, sign)));
        // The rounding of sum and difference below 1: one step of 24 bits.
        assert!(kept <= 1.2e-7, "{channels:?}: {kept}");
        assert!(changed > 0.05, "{channels:?}: {changed}");
    }
}

#[test]
fn free_bell_of_the_side_keeps_the_bits_of_a_mono_signal() {
    let mono = signals::white_noise(48_000, 1, 0.2, 0.5, 7)
        .channels
        .concat();
    let input = Audio::from_mono(48_000, 2, mono);
    let output = output(bell(700.0, 1.0, 6.0, BellChannels::Side), &input);
    assert_eq!(output, input);
}

#[test]
fn free_bell_of_both_channels_leaves_a_silent_channel_silent() {
    let mut input = noise();
    input.channels[1].fill(0.0);
    let output = output(bell(700.0, 1.0, 6.0, BellChannels::Stereo), &input);
    assert!(output.channels[1].iter().all(|x| *x == 0.0));
}

#[test]
fn free_bell_above_half_the_rate_does_nothing() {
    let input = signals::impulse(16_000, 2, 4096, 0, 1.0);
    let output = output(bell(9000.0, 0.3, 6.0, BellChannels::Stereo), &input);
    assert!(largest_difference(&output.channels[0], &input.channels[0]) < 1e-6);
}

/// A bell goes from both channels to the mid, to the side and back. A step would be steeper than the tone at +6 dB.
#[test]
fn free_bell_with_changing_channels_moves_in_20_ms_without_a_step() {
    let input = signals::sine(48_000, 2, 1.0, 100.0, 0.5, 0.0);
    let at = |frame: usize| {
        let all = [BellChannels::Stereo, BellChannels::Mid, BellChannels::Side];
        bell(100.0, 1.0, 6.0, all[frame / 8000 % 3])
    };
    let output = processed(&mut FreeBells::default(), at, &input);
    let steps = output.channels[0]
        .windows(2)
        .map(|pair| (pair[1] - pair[0]).abs());
    let steepest = steps.fold(0.0_f32, f32::max);
    // The slope of the tone at +6 dB is 0.0131; the bell swings a little beyond.
    assert!(steepest < 0.0155, "{steepest}");
}
