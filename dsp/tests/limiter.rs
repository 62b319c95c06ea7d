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

/// The overshoot that is allowed by that meter.
const OVERSHOOT_DB: f64 = 0.02;

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
                        over <= OVERSHOOT_DB,
                        "{over} dB over: {} {style:?} {release_ms} ms {rate} Hz",
                        torture.name
                    );
                    worst = worst.max(over);
                }
            }
        }
    }
    println!("measured: {worst:+.3} dB");
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
                assert!(
                    over <= OVERSHOOT_DB,
                    "{over} dB over: {name} {style:?} {rate} Hz"
                );
            }
        }
    }
    let [music, torture] = worst;
    println!("measured: behind all stages {music:+.3} dB on music, {torture:+.3} dB on torture");
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
            let over = true_peak::true_peak_dbtp(&output) + 1.0;
            assert!(
                over <= OVERSHOOT_DB,
                "{over} dB over: {} {style:?}",
                torture.name
            );
            worst = worst.max(over);
        }
    }
    println!("measured: {worst:+.3} dB on torture");
}

/// White noise, and a kick with cymbals up to half the sample rate.
#[test]
fn limiter_on_noise_and_full_treble_keeps_true_peak_below_ceiling() {
    let mut worst = [f64::MIN; 2];
    for rate in [44_100_u32, 48_000] {
        let noise = signals::white_noise(rate, 2, 2.0, 0.9, 1);
        let cymbals = signals::white_noise(rate, 2, 2.0, 0.7, 2);
        let mut music = cymbals.clone();
        for (channel, cymbals) in music.channels.iter_mut().zip(&cymbals.channels) {
            for (i, out) in channel.iter_mut().enumerate() {
                let seconds = (i % (rate as usize / 2)) as f32 / rate as f32;
                let kick = (300.0 * seconds + 20.0 * (1.0 - (-40.0 * seconds).exp())).sin();
                // A difference of second order is a high-pass filter.
                let treble = match i {
                    0 | 1 => 0.0,
                    _ => 0.25 * (cymbals[i] - 2.0 * cymbals[i - 1] + cymbals[i - 2]),
                };
                *out = kick * (-8.0 * seconds).exp() + treble * (-12.0 * seconds).exp();
            }
        }
        for (kind, input) in [noise, music].iter().enumerate() {
            for style in STYLES {
                let output = limited(&settings(style, 120.0, 1.0), input);
                let over = true_peak::true_peak_dbtp(&output) + 1.0;
                assert!(
                    over <= OVERSHOOT_DB,
                    "{over} dB over: {kind} {style:?} {rate} Hz"
                );
                worst[kind] = worst[kind].max(over);
            }
        }
    }
    let [noise, treble] = worst;
    println!("measured: {noise:+.3} dB on noise, {treble:+.3} dB on full treble");
}

/// After a single peak of 20 dB the gain has covered 1 − 1/e of its recovery within a part of the release.
#[test]
fn limiter_in_clean_style_recovers_in_its_part_of_the_release() {
    for release_ms in [600.0_f32, 800.0, 1000.0] {
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
        let start = 4_800 + latency + 90;
        let low = level(start);
        let wanted = 1.0 - (1.0 - low) / core::f32::consts::E;
        let reached = (start..output.frames() - 24)
            .find(|&i| level(i) >= wanted)
            .unwrap();
        let ms = flow_dsp::math::narrow(1000.0 * flow_dsp::math::count(reached - start) / 48_000.0);
        assert!(
            (300.0 * ms / release_ms - 1.0).abs() < 0.05,
            "{ms} ms for {release_ms} ms"
        );
    }
}

/// The harmonics of a limited bass from the second one to 2 kHz, in percent of the bass. A bass of level 1 lies 6 dB over the
/// ceiling. A partial at 7 kHz or hats, at a part of the bass's level, lie on top of it.
fn bass_harmonics_percent(
    style: LimiterStyle,
    rate: u32,
    frequency_hz: f64,
    partial: f64,
    hats: f32,
) -> f64 {
    let mut input = signals::sine(rate, 2, 2.0, frequency_hz, 1.0, 0.0);
    let high = signals::sine(rate, 2, 2.0, 7000.0, partial, 0.0);
    let noise = hats_of_rms(rate, hats);
    for (c, channel) in input.channels.iter_mut().enumerate() {
        for (i, out) in channel.iter_mut().enumerate() {
            *out += high.channels[c][i] + noise[i];
        }
    }
    let tail = bass_limited(style, rate, &input);
    let level = |k: u32| tone_level(&tail, rate, f64::from(k) * frequency_hz);
    let harmonics = (2..).take_while(|&k| f64::from(k) * frequency_hz <= 2000.0);
    let power: f64 = harmonics.map(|k| level(k).powi(2)).sum();
    100.0 * power.sqrt() / level(1)
}

/// White noise, differenced four times so that its treble is left.
fn hats_of_rms(rate: u32, rms: f32) -> Vec<f32> {
    let mut noise = signals::white_noise(rate, 1, 2.0, 1.0, 7)
        .channels
        .remove(0);
    for _ in 0..4 {
        for i in (1..noise.len()).rev() {
            noise[i] -= noise[i - 1];
        }
    }
    let power: f32 = noise.iter().map(|x| x * x).sum::<f32>() / noise.len() as f32;
    noise.iter().map(|x| rms * x / power.sqrt()).collect()
}

/// The second second of a signal with peaks near 1, 6 dB over the ceiling.
fn bass_limited(style: LimiterStyle, rate: u32, input: &Audio) -> Vec<f32> {
    let mut settings = settings(style, LimiterSettings::default().release_ms, 1.0);
    settings.loudness_gain_db = 5.0;
    master(&settings, input).channels[0][rate as usize..][..rate as usize].to_vec()
}

/// The level of a tone with a whole number of periods.
fn tone_level(samples: &[f32], rate: u32, frequency_hz: f64) -> f64 {
    let step = core::f64::consts::TAU * frequency_hz / f64::from(rate);
    let (mut sine, mut cosine) = (0.0, 0.0);
    for (i, &x) in samples.iter().enumerate() {
        let (s, c) = (step * flow_dsp::math::count(i)).sin_cos();
        sine += f64::from(x) * s;
        cosine += f64::from(x) * c;
    }
    2.0 * sine.hypot(cosine) / flow_dsp::math::count(samples.len())
}

#[test]
fn limiter_on_bass_with_partials_and_hats_at_defaults_adds_few_harmonics() {
    let kinds = ["alone", "with 7 kHz", "with hats", "100 Hz"];
    let mut worst = kinds.map(|_| 0.0_f64);
    for style in STYLES {
        for (rate, frequency_hz, partial, hats, limit_percent) in [
            (48_000, 30.0, 0.0, 0.0, 0.1),
            (48_000, 40.0, 0.0, 0.0, 0.1),
            (48_000, 60.0, 0.0, 0.0, 0.1),
            (48_000, 100.0, 0.0, 0.0, 0.5),
            (48_000, 40.0, 0.03, 0.0, 0.1),
            (48_000, 40.0, 0.06, 0.0, 0.1),
            (48_000, 40.0, 0.1, 0.0, 0.1),
            (48_000, 40.0, 0.2, 0.0, 0.1),
            (48_000, 40.0, 0.5, 0.0, 0.2),
            (48_000, 30.0, 0.1, 0.0, 0.1),
            (48_000, 80.0, 0.2, 0.0, 0.2),
            (192_000, 40.0, 0.2, 0.0, 0.2),
            (48_000, 40.0, 0.0, 0.02, 0.5),
            (48_000, 40.0, 0.0, 0.05, 1.0),
            (44_100, 80.0, 0.0, 0.05, 1.0),
        ] {
            let percent = bass_harmonics_percent(style, rate, frequency_hz, partial, hats);
            println!(
                "{style:?}, {rate} Hz: bass of {frequency_hz} Hz, partial {partial}, hats {hats}: {percent:.3} %"
            );
            assert!(percent < limit_percent, "{percent} %");
            let kind = match (frequency_hz > 80.0, hats > 0.0, partial > 0.0) {
                (true, ..) => 3,
                (_, true, _) => 2,
                (.., true) => 1,
                _ => 0,
            };
            worst[kind] = worst[kind].max(percent);
        }
    }
    for (kind, percent) in kinds.iter().zip(worst) {
        println!("measured: {kind} {percent:.3} %");
    }
}

/// 60 Hz and 7 kHz at 4 : 1, as in the test of the SMPTE.
#[test]
fn limiter_on_bass_with_treble_at_defaults_intermodulates_by_less_than_0_2_percent() {
    let rate = 48_000;
    let mut input = signals::sine(rate, 2, 2.0, 60.0, 0.8, 0.0);
    let high = signals::sine(rate, 2, 2.0, 7000.0, 0.2, 0.0);
    for (channel, high) in input.channels.iter_mut().zip(&high.channels) {
        for (out, high) in channel.iter_mut().zip(high) {
            *out += high;
        }
    }
    for style in STYLES {
        let tail = bass_limited(style, rate, &input);
        let sides = (1..=6).flat_map(|k| [-60.0, 60.0].map(|hz| 7000.0 + f64::from(k) * hz));
        let power: f64 = sides.map(|hz| tone_level(&tail, rate, hz).powi(2)).sum();
        let percent = 100.0 * power.sqrt() / tone_level(&tail, rate, 7000.0);
        println!("measured: {style:?} {percent:.3} %");
        assert!(percent < 0.2, "{percent} %");
    }
}

/// The level of everything but a tone of a whole number of periods, relative to the tone.
fn rest_db(samples: &[f32], rate: u32, frequency_hz: f64) -> f64 {
    let step = core::f64::consts::TAU * frequency_hz / f64::from(rate);
    let (mut sine, mut cosine, mut power) = (0.0, 0.0, 0.0);
    for (i, &x) in samples.iter().enumerate() {
        let (s, c) = (step * flow_dsp::math::count(i)).sin_cos();
        sine += f64::from(x) * s;
        cosine += f64::from(x) * c;
        power += f64::from(x).powi(2);
    }
    let tone = 2.0 * (sine * sine + cosine * cosine) / flow_dsp::math::count(samples.len());
    10.0 * ((power - tone).max(1e-30) / tone).log10()
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
    let mut worst = [f64::MIN; 2];
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
                let rest_db = rest_db(tail, rate, frequency_hz);
                println!(
                    "{rate} Hz, {frequency_hz} Hz, {style:?}, {release_ms} ms: {rest_db:.1} dB"
                );
                assert!(rest_db < limit_db, "{rest_db} dB");
                let of_release = &mut worst[usize::from(release_ms < 100.0)];
                *of_release = of_release.max(rest_db);
            }
        }
    }
    println!("measured: {:.1} dB, {:.1} dB", worst[0], worst[1]);
}
