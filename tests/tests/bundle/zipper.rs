//! Automation that jumps makes no more noise than a fader that is moved quickly.

use crate::frozen::FROZEN;
use crate::null::above_2_khz_dbfs;
use crate::settings::AT_WORK;
use flow_audio_file::Audio;
use flow_host::clap::{Automation, parameter_id};
use flow_testkit::signals;
use flow_testkit::testing::{flow_with, render, render_automated};

/// Samples between two jumps: about ten a second, at places unrelated to the tone.
const EVERY_SAMPLES: usize = 4_877;

/// The loudest sample above 2 kHz while `id` jumps between two values on a 100 Hz tone.
fn jump_noise_dbfs(id: &str, values: [&str; 2], amplitude: f64, settings: &[(&str, &str)]) -> f64 {
    let mut flow = flow_with(settings);
    let values = values.map(|text| {
        flow.value_from_text(id, text)
            .unwrap_or_else(|| panic!("{id}: {text}"))
    });
    let input = tone(amplitude);
    let automation: Vec<Automation> = (1..input.frames() / EVERY_SAMPLES)
        .map(|i| Automation {
            sample: (i * EVERY_SAMPLES) as u64,
            parameter: parameter_id(id),
            value: values[i % 2],
        })
        .collect();
    let output = render_automated(&mut flow, &input, &automation);
    above_2_khz_dbfs(&output)
}

fn tone(amplitude: f64) -> Audio {
    signals::sine(48_000, 2, 2.0, 100.0, amplitude, 0.0)
}

/// What a fader that moves in a straight line in 20 ms, the design's time for crossfades, may leave: between a quarter
/// and a half of full scale its corners reach −67 dBFS.
const FADE_DBFS: f64 = -60.0;

/// Where the limiter does the fade it has its lookahead for it, less than 5 ms: four times as steep.
const LIMITER_FADE_DBFS: f64 = -50.0;

fn assert_quiet(what: &str, noise_dbfs: f64, bound_dbfs: f64) {
    println!("{what}: {noise_dbfs:.1} dBFS above 2 kHz");
    assert!(
        noise_dbfs < bound_dbfs,
        "{what}: {noise_dbfs:.1} dBFS above 2 kHz"
    );
}

#[test]
fn a_hard_jump_is_loud() {
    // The measure's own calibration: without it, quiet results would prove nothing.
    let mut audio = tone(0.25);
    for channel in &mut audio.channels {
        for (i, sample) in channel.iter_mut().enumerate() {
            if (i / EVERY_SAMPLES).is_multiple_of(2) {
                *sample *= 2.0;
            }
        }
    }
    let noise_dbfs = above_2_khz_dbfs(&audio);
    assert!(noise_dbfs > -25.0, "{noise_dbfs} dBFS");
    assert!(above_2_khz_dbfs(&tone(0.25)) < -100.0);
}

#[test]
fn trim_jumps() {
    assert_quiet(
        "trim by 6 dB",
        jump_noise_dbfs("trim", ["-6 dB", "0 dB"], 0.5, &[]),
        FADE_DBFS,
    );
    assert_quiet(
        "trim by 24 dB",
        jump_noise_dbfs("trim", ["-24 dB", "0 dB"], 0.5, &[]),
        FADE_DBFS,
    );
}

#[test]
fn gain_jumps() {
    assert_quiet(
        "gain by 6 dB",
        jump_noise_dbfs("gain", ["-6 dB", "0 dB"], 0.5, &[]),
        FADE_DBFS,
    );
    assert_quiet(
        "gain by 24 dB",
        jump_noise_dbfs("gain", ["-24 dB", "0 dB"], 0.5, &[]),
        FADE_DBFS,
    );
}

#[test]
fn gain_jumps_into_the_limiter() {
    for style in ["Clean", "Punch", "Loud"] {
        let noise = jump_noise_dbfs("gain", ["0 dB", "12 dB"], 0.5, &[("lstyl", style)]);
        assert_quiet(
            &format!("gain by 12 dB into {style}"),
            noise,
            LIMITER_FADE_DBFS,
        );
    }
}

#[test]
fn ceiling_jumps() {
    for style in ["Clean", "Punch", "Loud"] {
        let noise = jump_noise_dbfs("ceil", ["-1 dB", "-7 dB"], 0.85, &[("lstyl", style)]);
        assert_quiet(
            &format!("ceiling by 6 dB, {style}"),
            noise,
            LIMITER_FADE_DBFS,
        );
    }
}

#[test]
fn low_cut_switches_and_sweeps() {
    assert_quiet(
        "low cut on and off",
        jump_noise_dbfs("lcut", ["off", "on"], 0.5, &[("lcutf", "40 Hz")]),
        FADE_DBFS,
    );
    let sweep = jump_noise_dbfs("lcutf", ["10 Hz", "40 Hz"], 0.5, &[("lcut", "on")]);
    assert_quiet("low cut from 10 to 40 Hz", sweep, FADE_DBFS);
}

#[test]
fn link_style_and_release_jumps_while_limiting() {
    let hot = [("gain", "9 dB")];
    for (id, values) in [
        ("link", ["0 %", "100 %"]),
        ("lstyl", ["Clean", "Loud"]),
        ("rel", ["10 ms", "1000 ms"]),
    ] {
        let noise = jump_noise_dbfs(id, values, 0.5, &hot);
        assert_quiet(id, noise, LIMITER_FADE_DBFS);
    }
}

/// Dither is noise by itself. Bypass has a test of its own, and so have trim and gain, whose whole 48 dB into the
/// limiter are more than any fade can hide.
const NOT_HERE: [&str; 5] = ["dith", "dshap", "byp", "trim", "gain"];

/// Every parameter alone, from one end to the other and back, while everything works: not louder above 2 kHz than what
/// its ends make there without moving, or than a fade.
#[test]
fn every_parameter_jumps_while_everything_works() {
    // A quarter of a period between the channels, so that there are both a mid and a side.
    let mut input = tone(0.4);
    input.channels[1] = signals::sine(48_000, 1, 2.0, 100.0, 0.4, 0.25)
        .channels
        .remove(0);
    let mut louder = Vec::new();
    for (id, ..) in FROZEN {
        if NOT_HERE.contains(&id) {
            continue;
        }
        let mut flow = flow_with(&AT_WORK);
        let parameter = flow.find_parameter(id).unwrap();
        let ends = [parameter.min, parameter.max];
        let still = ends.map(|end| {
            flow.set(id, end).unwrap();
            above_2_khz_dbfs(&render(&mut flow, &input))
        });
        let automation: Vec<Automation> = (1..input.frames() / EVERY_SAMPLES)
            .map(|i| Automation {
                sample: (i * EVERY_SAMPLES) as u64,
                parameter: parameter.id,
                value: ends[i % 2],
            })
            .collect();
        let jumping = above_2_khz_dbfs(&render_automated(&mut flow, &input, &automation));
        println!("{id}: {jumping:.1} dBFS, still {still:.1?}");
        if jumping > (still[0].max(still[1]) + 6.0).max(LIMITER_FADE_DBFS) {
            louder.push((id, jumping, still));
        }
    }
    assert!(louder.is_empty(), "{louder:#?}");
}
