//! The limiter's ceiling, measured by the reference meter: a 32-fold Kaiser-windowed sinc over ±32 samples.

mod common;

use common::{master, run};
use flow_audio_file::Audio;
use flow_dsp::{ChainSettings, LimiterSettings, LimiterStyle, Monitor};
use flow_measure::true_peak;
use flow_testkit::{
    settings::{everything_on, undithered},
    signals,
    signals::torture,
};

const STYLES: [LimiterStyle; 3] = [LimiterStyle::Clean, LimiterStyle::Punch, LimiterStyle::Loud];

fn settings(style: LimiterStyle, release_ms: f32, stereo_link: f32) -> ChainSettings {
    let limiter = LimiterSettings {
        ceiling_db: -1.0,
        release_ms,
        stereo_link,
        style,
    };
    ChainSettings {
        loudness_gain_db: 12.0,
        limiter,
        ..ChainSettings::default()
    }
}

/// Renders with 20 ms of silence behind, so that the latency doesn't cut the signal: a cut is a full-band edge.
fn limited(settings: &ChainSettings, input: &Audio) -> Audio {
    let mut input = input.clone();
    input.append(&Audio::silence(
        input.sample_rate_hz,
        2,
        input.sample_rate_hz as usize / 50,
    ));
    master(settings, &input)
}

#[test]
fn limiter_on_torture_signals_keeps_true_peak_below_ceiling() {
    let mut worst = f64::MIN;
    for rate in [44_100, 96_000] {
        for torture in torture::all(rate, 0.4, false) {
            for style in STYLES {
                for (release_ms, link) in [(10.0, 0.0), (120.0, 1.0)] {
                    let output = limited(&settings(style, release_ms, link), &torture.audio);
                    let over = true_peak::true_peak_dbtp(&output) + 1.0;
                    assert!(
                        over <= 0.05,
                        "{over} dB over: {} {style:?} {release_ms} ms {rate} Hz",
                        torture.name
                    );
                    worst = worst.max(over);
                }
            }
        }
    }
    println!("worst over the ceiling: {worst:.4} dB");
}

/// The ceiling holds whatever signal the stages before the limiter make.
#[test]
fn limiter_behind_all_stages_keeps_true_peak_below_ceiling() {
    let mut worst = [f64::MIN; 2];
    for rate in [44_100, 96_000] {
        let mut inputs = vec![(
            "music",
            flow_demo_song::demo_excerpt(rate, flow_demo_song::CHORUS_SECONDS, 2.0).gained(12.0),
        )];
        for torture in torture::all(rate, 0.3, false) {
            inputs.push((torture.name, torture.audio));
        }
        for (name, input) in &inputs {
            for style in STYLES {
                let mut settings = undithered(everything_on());
                settings.loudness_gain_db = 12.0;
                settings.limiter.style = style;
                let over = true_peak::true_peak_dbtp(&limited(&settings, input)) + 1.0;
                let kind = usize::from(*name != "music");
                worst[kind] = worst[kind].max(over);
                assert!(over <= 0.05, "{over} dB over: {name} {style:?} {rate} Hz");
            }
        }
    }
    println!("worst over the ceiling: {worst:.4?} dB on music and torture");
}

#[test]
fn limiter_on_full_band_signals_keeps_sample_peak_below_ceiling() {
    let mut worst = f64::MIN;
    for torture in torture::all(48_000, 0.4, true) {
        for style in STYLES {
            let output = limited(&settings(style, 50.0, 1.0), &torture.audio);
            let peak_db = 20.0 * f64::from(output.sample_peak()).log10();
            assert!(
                peak_db <= -1.0 + 1e-4,
                "{peak_db} dBFS: {} {style:?}",
                torture.name
            );
            worst = worst.max(true_peak::true_peak_dbtp(&output) + 1.0);
        }
    }
    println!("full-band true peak over the ceiling, reported only: {worst:.3} dB");
}

/// After a step of −20 dB the gain has covered 1 − 1/e of its recovery within the labeled release.
#[test]
fn limiter_in_clean_style_recovers_in_the_labeled_time() {
    for release_ms in [20.0_f32, 120.0, 500.0] {
        let rate = 48_000;
        let mut input = signals::sine(rate, 2, 1.0, 2000.0, 0.01, 0.0);
        for channel in &mut input.channels {
            // After one short peak the slow part of the release doesn't act.
            channel[4_800] = 4.0;
        }
        let limiter = LimiterSettings {
            release_ms,
            ceiling_db: -6.0,
            ..LimiterSettings::default()
        };
        let output = master(
            &ChainSettings {
                limiter,
                ..ChainSettings::default()
            },
            &input,
        );
        let latency = common::chain(rate).latency_samples() as usize;
        // Level over 24 samples, one period.
        let level = |at: usize| {
            let sum: f32 = output.channels[0][at..at + 24].iter().map(|x| x * x).sum();
            (sum / 12.0).sqrt() / 0.01
        };
        let low = level(4_800 + latency + 60);
        let wanted = 1.0 - (1.0 - low) / core::f32::consts::E;
        let start = 4_800 + latency + 60;
        let reached = (start..output.frames() - 24)
            .find(|&i| level(i) >= wanted)
            .unwrap();
        let ms = flow_dsp::math::narrow(1000.0 * flow_dsp::math::count(reached - start) / 48_000.0);
        assert!(
            (ms / release_ms - 1.0).abs() < 0.05,
            "{ms} ms for {release_ms} ms"
        );
    }
}

#[test]
fn limiter_linked_keeps_the_image_and_unlinked_limits_each_channel_alone() {
    let loud = flow_demo_song::demo_excerpt(48_000, 10.0, 1.0);
    let quiet: Vec<f32> = loud.channels[1].iter().map(|x| 0.05 * x).collect();
    let input = Audio::new(48_000, vec![loud.channels[0].clone(), quiet]);
    let alone = master(&settings(LimiterStyle::Clean, 100.0, 0.0), &input);
    let linked = master(&settings(LimiterStyle::Clean, 100.0, 1.0), &input);
    let hot = ChainSettings {
        loudness_gain_db: 12.0,
        ..ChainSettings::default()
    };
    let mut chain = common::chain(48_000);
    run(&mut chain, &hot, Monitor::default(), &input, &[512]);
    assert!(
        chain.readings().limiter_gain_min_db < -3.0,
        "the test needs limiting"
    );
    let gained = common::delayed(&input.clone().gained(12.0), chain.latency_samples());
    let right = |audio: &Audio| Audio::new(48_000, vec![audio.channels[1].clone()]);
    assert!(right(&alone).difference_db(&right(&gained)) < -120.0);
    assert!(right(&linked).difference_db(&right(&gained)) > -60.0);
}

/// A steady tone gets a steady gain: distortion stays 100 dB below it in every style. At the shortest release the gain
/// follows the difference of the interpolator's phases (0.1 %), which costs up to 6 dB.
#[test]
fn limiter_on_steady_tones_adds_distortion_below_100_db() {
    for rate in [44_100, 48_000] {
        for frequency_hz in [1000.0, 5000.0] {
            let releases = [(120.0, -100.0), (10.0, -93.0)];
            for (style, (release_ms, limit_db)) in STYLES
                .into_iter()
                .flat_map(|style| releases.map(|release| (style, release)))
            {
                let input = signals::sine(rate, 2, 2.0, frequency_hz, 0.9, 0.1);
                let output = master(&settings(style, release_ms, 1.0), &input);
                // One settled second has a whole number of periods, so the tone is orthogonal to everything else.
                let tail = &output.channels[0][rate as usize..][..rate as usize];
                let step = core::f64::consts::TAU * frequency_hz / f64::from(rate);
                let (mut sine, mut cosine, mut power) = (0.0, 0.0, 0.0);
                for (i, &x) in tail.iter().enumerate() {
                    let (s, c) = (step * flow_dsp::math::count(i)).sin_cos();
                    sine += f64::from(x) * s;
                    cosine += f64::from(x) * c;
                    power += f64::from(x).powi(2);
                }
                let tone = 2.0 * (sine * sine + cosine * cosine) / f64::from(rate);
                let rest_db = 10.0 * ((power - tone).max(1e-30) / tone).log10();
                println!(
                    "{rate} Hz, {frequency_hz} Hz, {style:?}, {release_ms} ms: {rest_db:.1} dB"
                );
                assert!(rest_db < limit_db, "{rest_db} dB");
            }
        }
    }
}
