//! The chain's contract over the whole range of sample rates, both ends included.

mod common;

use common::{chain, delayed, play, run};
use flow_audio_file::Audio;
use flow_dsp::{ChainSettings, DitherDepth, DitherSettings, Monitor, SAMPLE_RATES_HZ};
use flow_measure::true_peak;
use flow_params::{Kind, ParameterId, Unit};
use flow_testkit::{
    settings::{everything_on, random, undithered},
    signals::{self, Noise},
};
use std::panic::catch_unwind;

/// Below, at and above the rates that hosts use every day.
const RATES_HZ: [f64; 8] = [
    8_000.0, 11_025.0, 12_345.678, 16_000.0, 22_050.0, 384_000.0, 705_600.0, 768_000.0,
];

/// The nearest whole rate, Hz.
fn whole(rate_hz: f64) -> u32 {
    u32::try_from(flow_dsp::math::samples(rate_hz)).unwrap()
}

/// A chorus at a level at which every stage works, with silence for the latency at its end.
fn loud_music(rate_hz: u32) -> Audio {
    let seconds = if rate_hz > 100_000 { 0.3 } else { 1.0 };
    let mut input =
        flow_demo_song::demo_excerpt(rate_hz, flow_demo_song::CHORUS_SECONDS, seconds).gained(9.0);
    input.append(&Audio::silence(rate_hz, 2, rate_hz as usize / 40));
    input
}

/// Every stage works: amounts and ratios are at most, and each other value lies at a random end of its range.
fn extreme(noise: &mut Noise) -> ChainSettings {
    let mut settings = undithered(everything_on());
    let both_ends = [ParameterId::Width, ParameterId::StereoLink];
    for id in ParameterId::ALL {
        match id.kind() {
            Kind::Number(number) => {
                let is_amount = [Unit::Percent, Unit::Ratio].contains(&number.unit);
                let is_most = is_amount && !both_ends.contains(&id) || noise.below(2) == 0;
                number.set(&mut settings, if is_most { 1e9 } else { -1e9 });
            }
            Kind::Choice(choice) if id != ParameterId::Dither => {
                let position = noise.below(choice.names.len());
                choice.set(&mut settings, position).unwrap();
            }
            _ => {}
        }
    }
    settings.dynamics.glue.auto_release = noise.below(2) == 0;
    settings.trim_db = 0.0;
    settings.loudness_gain_db = 1e9;
    settings
}

#[test]
fn chain_at_extreme_settings_stays_finite_and_below_ceiling_at_all_rates() {
    let mut worst = f64::MIN;
    for rate_hz in RATES_HZ {
        let input = loud_music(whole(rate_hz));
        let mut noise = Noise::new(5);
        for _ in 0..8 {
            let settings = extreme(&mut noise);
            let mut chain = chain(rate_hz);
            let output = play(&mut chain, &settings, &input);
            assert!(output.is_finite(), "{rate_hz} Hz, {settings:?}");
            assert!(output.sample_peak() > 0.01, "{rate_hz} Hz, {settings:?}");
            let ceiling_db = f64::from(settings.sanitized().limiter.ceiling_db);
            let sample_peak_db = 20.0 * f64::from(output.sample_peak()).log10();
            assert!(
                sample_peak_db <= ceiling_db + 1e-4,
                "{sample_peak_db} dBFS at {rate_hz} Hz, {settings:?}"
            );
            // The allowed difference between the limiter's interpolator and the reference meter, as in limiter.rs.
            // The meter needs 32 samples on each side. Near the end it would read the edge where this test cuts the
            // ringing of the filters, and no limiter knows of that edge.
            let uncut = true_peak::true_peak_within(&output, 0..output.frames() - 32);
            let over = uncut.dbtp() - ceiling_db;
            assert!(over <= 0.02, "{over} dB over at {rate_hz} Hz, {settings:?}");
            worst = worst.max(over);
            assert!(chain.readings().output.true_peak_dbtp.is_finite());
        }
    }
    println!("worst over the ceiling: {worst:.4} dB");
}

/// All settings change at once, dither included.
#[test]
fn chain_with_changing_settings_stays_finite_at_all_rates() {
    for rate_hz in RATES_HZ {
        let input = loud_music(whole(rate_hz));
        let mut noise = Noise::new(6);
        let mut chain = chain(rate_hz);
        for start in (0..input.frames()).step_by(1_000) {
            let mut settings = extreme(&mut noise);
            settings.dither = random(&mut noise).dither;
            let part = input.range(start, (start + 1_000).min(input.frames()));
            let output = run(&mut chain, &settings, Monitor::default(), &part, &[333]);
            // The highest ceiling plus dither and shaped noise of at most 16 LSB of 16 bits.
            let highest = 1.0 + 5e-4;
            assert!(
                output.is_finite() && output.sample_peak() <= highest,
                "{rate_hz} Hz from {start}: {settings:?}"
            );
        }
    }
}

#[test]
fn neutral_chain_delays_by_its_stated_latency_at_all_rates() {
    for rate_hz in RATES_HZ {
        let input = signals::white_noise(whole(rate_hz), 2, 0.5, 0.2, 1);
        let mut chain = chain(rate_hz);
        let latency = chain.latency_samples();
        let settings = ChainSettings::default();
        let output = play(&mut chain, &settings, &input);
        assert_eq!(output, delayed(&input, latency), "{rate_hz} Hz");
        assert_eq!(chain.latency_samples(), latency, "{rate_hz} Hz");
        println!(
            "{rate_hz} Hz: {latency} samples, {:.2} ms",
            1000.0 * f64::from(latency) / rate_hz
        );
    }
}

/// The output of a working chain correlates best with its input at the stated latency.
#[test]
fn working_chain_has_its_stated_latency_at_all_rates() {
    for rate_hz in RATES_HZ {
        let input = signals::white_noise(whole(rate_hz), 2, 0.1, 0.2, 2);
        let mut settings = ChainSettings::default();
        settings.lattice.drive = 0.1;
        settings.dynamics.drive = 0.1;
        settings.loudness_gain_db = 3.0;
        let mut chain = chain(rate_hz);
        let output = play(&mut chain, &settings, &input);
        let (x, y) = (&input.channels[0], &output.channels[0]);
        let fit = |delay: usize| -> f64 {
            let pairs = x.iter().zip(&y[delay..]);
            pairs.map(|(x, y)| f64::from(x * y)).sum()
        };
        let best = (0..2_000.min(y.len() / 2)).max_by(|&a, &b| fit(a).total_cmp(&fit(b)));
        assert_eq!(best, Some(chain.latency_samples() as usize), "{rate_hz} Hz");
    }
}

#[test]
fn meters_at_all_rates_read_a_tone_at_its_level() {
    for rate_hz in RATES_HZ {
        // A sine near 1 kHz in both channels reads its level in dBFS (EBU Tech 3341, case 1).
        let input = signals::sine(whole(rate_hz), 2, 1.0, 997.0, 0.1, 0.0);
        let mut chain = chain(rate_hz);
        let settings = ChainSettings::default();
        play(&mut chain, &settings, &input);
        let readings = chain.readings().output;
        assert!(
            (readings.momentary_lufs + 20.0).abs() < 0.1,
            "{} LUFS at {rate_hz} Hz",
            readings.momentary_lufs
        );
        assert!(
            (readings.true_peak_dbtp + 20.0).abs() < 0.1,
            "{} dBTP at {rate_hz} Hz",
            readings.true_peak_dbtp
        );
    }
}

/// Sixteen bits with noise shaping at a rate whose whole band is audible: plain dither of 1/4 LSB² of error.
#[test]
fn dither_below_22_khz_is_not_shaped() {
    let input = Audio::silence(8_000, 2, 16_000);
    let settings = ChainSettings {
        dither: DitherSettings {
            depth: DitherDepth::Bits16,
            noise_shaping: true,
        },
        ..ChainSettings::default()
    };
    let plain = ChainSettings {
        dither: DitherSettings {
            noise_shaping: false,
            ..settings.dither
        },
        ..settings
    };
    let dithered = |settings| {
        let mut chain = chain(8_000.0);
        play(&mut chain, settings, &input)
    };
    assert_eq!(dithered(&settings), dithered(&plain));
}

/// Callers pass audio through at other rates.
#[test]
fn chain_outside_the_range_of_rates_panics() {
    for rate_hz in [1_234.567_8, 7_999.9, 768_000.1, f64::NAN, f64::INFINITY] {
        assert!(!SAMPLE_RATES_HZ.contains(&rate_hz));
        assert!(catch_unwind(|| chain(rate_hz)).is_err(), "{rate_hz} Hz");
    }
}
