//! The promises of the factory presets: equal loudness, width, mono compatibility, and a steady gain.

mod common;

use common::{chain, delayed, play};
use flow_audio_file::Audio;
use flow_dsp::math;
use flow_measure::{loudness::loudness, mix_balance::MixBalance};
use flow_params::{ParameterId, Preset, presets};
use flow_testkit::settings::of_preset;
use flow_testkit::signals::voices;
use std::f64::consts::TAU;

const RATE_HZ: u32 = 48_000;
/// Level of the test music, LUFS: that of a mix before mastering.
const MIX_LUFS: f64 = -20.0;

fn integrated_lufs(audio: &Audio) -> f64 {
    loudness(audio).integrated_lufs
}

/// The demo song, a sustained tune beside a plucked one, and speech over a plucked tune.
fn music() -> [(&'static str, Audio); 3] {
    let seconds = 12.0;
    let [held, plucked] = [f64::INFINITY, 0.3].map(|decay_s| {
        voices::tune(RATE_HZ, 1, seconds, decay_s)
            .channels
            .remove(0)
    });
    let speech = voices::speech(RATE_HZ, 1, seconds, 120.0)
        .channels
        .remove(0);
    let sum = |a: &[f32], b: &[f32], share: f32| -> Vec<f32> {
        a.iter().zip(b).map(|(a, b)| a + share * b).collect()
    };
    let tunes = vec![sum(&held, &plucked, 0.5), sum(&plucked, &held, 0.5)];
    let song = vec![sum(&speech, &plucked, 0.3), sum(&speech, &plucked, -0.1)];
    [
        (
            "demo song",
            flow_demo_song::demo_excerpt(RATE_HZ, 8.0, 24.0),
        ),
        ("tunes", Audio::new(RATE_HZ, tunes)),
        ("speech", Audio::new(RATE_HZ, song)),
    ]
    .map(|(name, audio)| {
        let gain_db = MIX_LUFS - integrated_lufs(&audio);
        (name, audio.gained(gain_db))
    })
}

/// Music and the same music with a preset, without the latency.
fn before_and_after(preset: &Preset, audio: &Audio) -> [Audio; 2] {
    let mut chain = chain(RATE_HZ);
    let output = play(&mut chain, &of_preset(preset), audio);
    [delayed(audio, chain.latency_samples()), output]
}

/// The side against the middle above 200 Hz, dB.
fn width_db(audio: &Audio) -> f64 {
    let [left, right] = &audio.channels[..] else {
        panic!("stereo")
    };
    let rate = math::one_pole(1000.0 / (TAU * 200.0), f64::from(RATE_HZ));
    let (mut bass, mut powers) = ([0.0; 2], [0.0; 2]);
    for (l, r) in left.iter().zip(right) {
        let (l, r) = (f64::from(*l), f64::from(*r));
        for ((x, bass), power) in [l + r, l - r].into_iter().zip(&mut bass).zip(&mut powers) {
            *bass += rate * (x - *bass);
            *power += (x - *bass).powi(2);
        }
    }
    10.0 * (powers[1] / powers[0]).log10()
}

/// The root mean square of the gain over 100 ms against its mean over 3 s, dB. Quiet steps don't count.
fn pumping_db(before: &Audio, after: &Audio) -> f64 {
    let powers = |audio: &Audio| -> Vec<f64> {
        let square = |channel: &Vec<f32>, from: usize| -> f64 {
            let step = &channel[from..from + 4800];
            step.iter().map(|x| f64::from(*x).powi(2)).sum()
        };
        let steps = 0..audio.frames() / 4800;
        steps
            .map(|i| audio.channels.iter().map(|c| square(c, 4800 * i)).sum())
            .collect()
    };
    let [before, after] = [before, after].map(powers);
    let loud = 0.01 * before.iter().sum::<f64>() / math::count(before.len());
    let gains: Vec<f64> = before
        .iter()
        .zip(&after)
        .filter(|(before, _)| **before > loud)
        .map(|(before, after)| 10.0 * (after / before).log10())
        .collect();
    let mean = |values: &[f64]| values.iter().sum::<f64>() / math::count(values.len());
    let squares: Vec<f64> = gains
        .windows(31)
        .map(|window| (window[15] - mean(window)).powi(2))
        .collect();
    mean(&squares).sqrt()
}

#[test]
fn factory_presets_keep_the_loudness_or_raise_it_as_they_say() {
    let music = music();
    let mut wrong = Vec::new();
    for preset in presets::all() {
        let gain_db = f64::from(of_preset(preset).loudness_gain_db);
        for (name, audio) in &music {
            let [before, after] = before_and_after(preset, audio);
            let change = integrated_lufs(&after) - integrated_lufs(&before);
            println!("{}, {name}: {change:+.2} LU", preset.name);
            let bounds = match (preset.category.as_str(), preset.name.as_str()) {
                ("Loudness", _) => gain_db - 1.5..=gain_db + 0.5,
                // These take a part of the spectrum away, which some music has more of.
                ("Repair", _) | (_, "Lo-fi") => -1.0..=1.0,
                _ => -0.5..=0.5,
            };
            if !bounds.contains(&change) {
                wrong.push(format!("{}, {name}: {change:+.2} LU", preset.name));
            }
        }
        let raises = preset.category == "Loudness";
        assert_eq!(gain_db > 0.0, raises, "{}", preset.name);
        let tells = preset.description.contains(" dB louder");
        assert_eq!(tells, raises, "{}", preset.name);
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn factory_presets_that_widen_narrow_no_music_and_none_falls_apart_in_mono() {
    let music = music();
    for preset in presets::all() {
        let width = f64::from(of_preset(preset).weave.width);
        for (name, audio) in &music {
            let [before, after] = before_and_after(preset, audio);
            let change_db = width_db(&after) - width_db(&before);
            let [mono, mono_before] = [&after, &before].map(|audio| MixBalance::of(audio).mono_db);
            let mono_db = mono - mono_before;
            println!(
                "{}, {name}: width {change_db:+.2} dB, mono {mono_db:+.2} dB",
                preset.name
            );
            if width > 1.0 {
                assert!(change_db > -0.5, "{}, {name}: {change_db} dB", preset.name);
            }
            assert!(mono_db > -1.5, "{}, {name}: {mono_db} dB", preset.name);
        }
    }
}

#[test]
fn clean_factory_presets_pump_less_than_dense_ones() {
    let (_, audio) = &music()[0];
    let pumping = |name: &str| {
        let preset = presets::find(name).expect("a factory preset");
        let [before, after] = before_and_after(preset, audio);
        let db = pumping_db(&before, &after);
        println!("{name}: {db:.2} dB");
        db
    };
    for name in ["Neutral", "Acoustic", "Orchestral air", "Gentle glue"] {
        assert!(pumping(name) < 0.5, "{name}");
    }
    assert!(pumping("Loud and clean") < pumping("Club"));
}

#[test]
fn factory_presets_hold_trim_within_one_decibel() {
    for preset in presets::all() {
        let trim_db = of_preset(preset).trim_db;
        assert!(trim_db.abs() <= 1.0, "{}: {trim_db} dB", preset.name);
        assert!(!preset.values.contains_key(&ParameterId::Delivery));
    }
}
