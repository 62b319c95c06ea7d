//! The bands of crossovers add up flat within 0.01 dB at every rate, also mixed with their dry signal.

mod common;

use common::{
    processing::processed,
    spectra::{decibels, response},
};
use flow_audio_file::Audio;
use flow_dsp::{
    MultibandSettings, WeaveSettings,
    internals::{multiband::Multiband, phase_weave::PhaseWeave, processor::Processor},
    math,
};

const RATES_HZ: [u32; 4] = [44_100, 48_000, 96_000, 192_000];

/// Frames of impulse response: a second or more, much longer than an all-pass at 40 Hz rings.
fn frames(rate_hz: u32) -> usize {
    rate_hz.next_power_of_two() as usize
}

/// The largest deviation of a channel's response from `expected_db`, 10 Hz to half the rate, dB.
fn deviation_db<P: Processor>(
    mut processor: P,
    settings: P::Settings,
    rate_hz: u32,
    impulse: [f32; 2],
    expected_db: f64,
) -> f64 {
    let frames = frames(rate_hz);
    let mut input = Audio::silence(rate_hz, 2, frames);
    for (channel, height) in input.channels.iter_mut().zip(impulse) {
        channel[0] = height;
    }
    let output = processed(&mut processor, |_| settings, &input);
    let lowest = math::samples(10.0 / f64::from(rate_hz) * math::count(frames));
    let mut worst = 0.0_f64;
    for (channel, height) in output.channels.iter().zip(impulse) {
        let height_db = 20.0 * f64::from(height).log10();
        for bin in &response(channel)[lowest..] {
            worst = worst.max((decibels(*bin) - height_db - expected_db).abs());
        }
    }
    worst
}

fn idle(low_hz: f32, high_hz: f32, amount: f32, gain_db: f32) -> MultibandSettings {
    let mut settings = MultibandSettings {
        amount,
        low_crossover_hz: low_hz,
        high_crossover_hz: high_hz,
        ..MultibandSettings::default()
    };
    for band in &mut settings.bands {
        band.compressor.ratio = 1.0;
        band.gain_db = gain_db;
    }
    settings
}

#[test]
fn three_bands_without_compression_add_up_flat() {
    for rate in RATES_HZ {
        let mut worst = 0.0_f64;
        for (low_hz, high_hz) in [
            (40.0, 800.0),
            (120.0, 2500.0),
            (500.0, 800.0),
            (500.0, 12_000.0),
        ] {
            let settings = idle(low_hz, high_hz, 1.0, 0.0);
            worst = worst.max(deviation_db(
                Multiband::default(),
                settings,
                rate,
                [1.0, 0.5],
                0.0,
            ));
        }
        println!("three bands at {rate} Hz: within {worst:.5} dB");
        assert!(worst < 0.01, "{worst} dB at {rate} Hz");
    }
}

/// At every amount the mixed signals have one phase, so equal gains in all bands give one gain at all frequencies. A dry
/// signal without the all-pass would cancel at the crossovers.
#[test]
fn three_bands_at_partial_amounts_have_no_dips() {
    for amount in [0.1, 0.5, 0.9] {
        for gain_db in [-6.0, 3.0] {
            let settings = idle(200.0, 3000.0, amount, gain_db);
            let expected = f64::from(amount * gain_db);
            let worst = deviation_db(Multiband::default(), settings, 48_000, [1.0, 0.5], expected);
            println!("{gain_db} dB at {amount}: within {worst:.5} dB");
            assert!(worst < 0.01, "{worst} dB");
        }
    }
}

/// The side is 25 dB below the mid and needs no limit.
#[test]
fn mono_safety_without_reduction_is_flat() {
    for rate in RATES_HZ {
        for mono_safety in [0.3, 1.0] {
            let settings = WeaveSettings {
                mono_safety,
                ..WeaveSettings::default()
            };
            let worst = deviation_db(PhaseWeave::default(), settings, rate, [1.0, 0.9], 0.0);
            println!("Mono safety {mono_safety} at {rate} Hz: within {worst:.5} dB");
            assert!(worst < 0.01, "{worst} dB at {rate} Hz");
        }
    }
}

/// Mono below turns the mid's phase like the side's split, and leaves its level.
#[test]
fn mono_below_keeps_the_mid_flat_and_the_side_in_phase() {
    for rate in RATES_HZ {
        for mono_below_hz in [40.0, 120.0, 400.0] {
            let settings = WeaveSettings {
                mono_below: true,
                mono_below_hz,
                ..WeaveSettings::default()
            };
            let worst = deviation_db(PhaseWeave::default(), settings, rate, [1.0, 1.0], 0.0);
            println!("mono below {mono_below_hz} Hz at {rate} Hz: mid within {worst:.5} dB");
            assert!(worst < 0.01, "{worst} dB at {rate} Hz");

            // An impulse on the left alone keeps its level and place above the split.
            let frames = frames(rate);
            let mut input = Audio::silence(rate, 2, frames);
            input.channels[0][0] = 1.0;
            let output = processed(&mut PhaseWeave::default(), |_| settings, &input);
            let [left, right] = [0, 1].map(|c| response(&output.channels[c]));
            let bin = |hz: f64| math::samples(hz / f64::from(rate) * math::count(frames));
            for i in bin(8.0 * f64::from(mono_below_hz))..left.len() {
                assert!(decibels(left[i]).abs() < 0.01, "{i}");
                assert!(decibels(right[i]) < -60.0, "{i}");
            }
        }
    }
}
