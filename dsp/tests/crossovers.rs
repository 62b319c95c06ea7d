//! Splits add up: flat within 0.01 dB, at every rate, also where they are mixed with what they were split from.

mod common;

use common::{
    processing::processed,
    spectra::{decibels, response},
};
use flow_audio_file::Audio;
use flow_dsp::{
    MultibandSettings, WeaveSettings, internals::multiband::Multiband,
    internals::phase_weave::Weave, internals::processor::Processor, math,
};

const RATES_HZ: [u32; 4] = [44_100, 48_000, 96_000, 192_000];

/// Frames of impulse response: a second or more, in which an all-pass at 40 Hz is long over.
fn frames(rate_hz: u32) -> usize {
    rate_hz.next_power_of_two() as usize
}

/// The largest deviation of a channel's response from `expected_db`, 10 Hz to half the rate, in dB.
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
fn three_bands_add_up_to_the_signal() {
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
                Multiband::new(),
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

/// At every amount, what is mixed has one phase: equal gains in all bands stay one gain at all frequencies. A dry
/// signal beside the split would cancel it at the crossovers.
#[test]
fn amounts_of_the_three_bands_make_no_dips() {
    for amount in [0.1, 0.5, 0.9] {
        for gain_db in [-6.0, 3.0] {
            let settings = idle(200.0, 3000.0, amount, gain_db);
            let expected = f64::from(amount * gain_db);
            let worst = deviation_db(Multiband::new(), settings, 48_000, [1.0, 0.5], expected);
            println!("{gain_db} dB at {amount}: within {worst:.5} dB");
            assert!(worst < 0.01, "{worst} dB");
        }
    }
}

/// A side that needs no limit: 25 dB under the mid.
#[test]
fn idle_mono_safety_adds_up_to_the_signal() {
    for rate in RATES_HZ {
        for mono_safety in [0.3, 1.0] {
            let settings = WeaveSettings {
                mono_safety,
                ..WeaveSettings::default()
            };
            let worst = deviation_db(Weave::new(), settings, rate, [1.0, 0.9], 0.0);
            println!("Mono safety {mono_safety} at {rate} Hz: within {worst:.5} dB");
            assert!(worst < 0.01, "{worst} dB at {rate} Hz");
        }
    }
}

/// Mono below turns the mid's phase as the side's split does, and so leaves its level.
#[test]
fn mono_below_leaves_the_mid_flat_and_the_side_in_phase() {
    for rate in RATES_HZ {
        for mono_below_hz in [40.0, 120.0, 400.0] {
            let settings = WeaveSettings {
                mono_below: true,
                mono_below_hz,
                ..WeaveSettings::default()
            };
            let worst = deviation_db(Weave::new(), settings, rate, [1.0, 1.0], 0.0);
            println!("mono below {mono_below_hz} Hz at {rate} Hz: mid within {worst:.5} dB");
            assert!(worst < 0.01, "{worst} dB at {rate} Hz");

            // An impulse on the left alone stays there above the split, at its level.
            let frames = frames(rate);
            let mut input = Audio::silence(rate, 2, frames);
            input.channels[0][0] = 1.0;
            let output = processed(&mut Weave::new(), |_| settings, &input);
            let [left, right] = [0, 1].map(|c| response(&output.channels[c]));
            let bin = |hz: f64| math::samples(hz / f64::from(rate) * math::count(frames));
            for i in bin(8.0 * f64::from(mono_below_hz))..left.len() {
                assert!(decibels(left[i]).abs() < 0.01, "{i}");
                assert!(decibels(right[i]) < -60.0, "{i}");
            }
        }
    }
}
