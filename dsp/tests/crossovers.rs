//! Bands without reduction leave the signal as it is, and bands with equal gains add up flat within 0.01 dB at every rate.

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

/// Without reduction nothing changes: not a bit, so neither level nor phase.
#[test]
fn three_bands_without_compression_keep_the_signal() {
    for rate in RATES_HZ {
        let input = flow_testkit::signals::white_noise(rate, 2, 0.2, 0.5, 4);
        for (low_hz, high_hz) in [(40.0, 800.0), (120.0, 2500.0), (500.0, 12_000.0)] {
            let settings = idle(low_hz, high_hz, 1.0, 0.0);
            let output = processed(&mut Multiband::default(), |_| settings, &input);
            assert_eq!(output, input.range(0, output.frames()), "{rate} Hz");
        }
    }
}

/// Equal gains in all bands give one gain at all frequencies, at every amount.
#[test]
fn three_bands_at_equal_gains_add_up_flat() {
    for rate in RATES_HZ {
        for amount in [0.1, 0.5, 1.0] {
            for gain_db in [-6.0, 3.0] {
                let settings = idle(200.0, 3000.0, amount, gain_db);
                let expected = f64::from(amount * gain_db);
                let worst =
                    deviation_db(Multiband::default(), settings, rate, [1.0, 0.5], expected);
                println!("{gain_db} dB at {amount} and {rate} Hz: within {worst:.5} dB");
                assert!(worst < 0.01, "{worst} dB");
            }
        }
    }
}

/// Every pattern of gains is followed: reached in the middle of each band, with nothing beyond it anywhere, and the group
/// delay is far below that of the all-pass of a crossover (3.8 ms at 120 Hz).
#[test]
fn three_bands_at_any_gains_stay_between_them_and_smear_less_than_an_all_pass() {
    let rate = 48_000;
    let frames = frames(rate);
    let bin = |hz: f64| math::samples(hz / f64::from(rate) * math::count(frames));
    let mut worst_delay_ms = 0.0_f64;
    for gains_db in [
        [-6.0_f32, 0.0, 0.0],
        [0.0, -6.0, 0.0],
        [0.0, 0.0, -6.0],
        [-6.0, 0.0, -6.0],
        [-9.0, -3.0, 0.0],
        [3.0, -6.0, 3.0],
    ] {
        let mut settings = idle(120.0, 2500.0, 1.0, 0.0);
        for (band, gain_db) in settings.bands.iter_mut().zip(gains_db) {
            band.gain_db = gain_db;
        }
        let mut input = Audio::silence(rate, 2, frames);
        input.channels[0][0] = 1.0;
        let output = processed(&mut Multiband::default(), |_| settings, &input);
        let response = response(&output.channels[0]);
        let middles_hz = [20.0, 548.0, 20_000.0];
        for (middle_hz, gain_db) in middles_hz.into_iter().zip(gains_db) {
            let off_db = decibels(response[bin(middle_hz)]) - f64::from(gain_db);
            assert!(
                off_db.abs() < 0.5,
                "{off_db} dB at {middle_hz} Hz of {gains_db:?}"
            );
        }
        let [least, most] =
            [f32::min, f32::max].map(|f| f64::from(gains_db.into_iter().reduce(f).unwrap()));
        let step = std::f64::consts::TAU * f64::from(rate) / math::count(frames);
        for i in bin(20.0)..bin(20_000.0) {
            let level_db = decibels(response[i]);
            assert!(
                (least - 0.1..most + 0.1).contains(&level_db),
                "{level_db} dB at bin {i}"
            );
            let turn = (response[i + 1] / response[i]).arg();
            worst_delay_ms = worst_delay_ms.max((1000.0 * turn / step).abs());
        }
    }
    println!("group delay within {worst_delay_ms:.2} ms");
    assert!(worst_delay_ms < 1.2, "{worst_delay_ms} ms");
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

/// Mono below is a Butterworth high-pass of the side and leaves the mid, in level and in phase.
#[test]
fn mono_below_cuts_the_side_and_keeps_the_mid() {
    for rate in RATES_HZ {
        for mono_below_hz in [40.0, 120.0, 400.0] {
            let settings = WeaveSettings {
                mono_below: true,
                mono_below_hz,
                ..WeaveSettings::default()
            };
            let frames = frames(rate);
            let mut input = Audio::silence(rate, 2, frames);
            input.channels.iter_mut().for_each(|c| c[0] = 1.0);
            let output = processed(&mut PhaseWeave::default(), |_| settings, &input);
            assert_eq!(output, input, "the mid at {rate} Hz");

            input.channels[1][0] = -1.0;
            let output = processed(&mut PhaseWeave::default(), |_| settings, &input);
            let side = response(&output.channels[0]);
            let bin = |share: f64| {
                let hz = share * f64::from(mono_below_hz);
                math::samples(hz / f64::from(rate) * math::count(frames))
            };
            for share in [0.25, 0.5, 1.0, 2.0, 4.0, 8.0] {
                let omega4 = f64::powi(share, 4);
                let expected_db = 10.0 * (omega4 / (1.0 + omega4)).log10();
                let found_db = decibels(side[bin(share)]);
                assert!(
                    (found_db - expected_db).abs() < 0.5,
                    "{share}: {found_db} dB"
                );
            }
        }
    }
}
