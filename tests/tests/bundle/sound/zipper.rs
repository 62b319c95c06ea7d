//! Jumps of automation make no more noise than a quick fade.

use super::null::above_2_khz_dbfs;
use crate::settings::flow_at_work;
use flow_audio_file::Audio;
use flow_host::clap::{Automation, host_id};
use flow_params::ParameterId;
use flow_testkit::signals;
use flow_testkit::testing::{flow_with, render, render_automated};

/// Samples between two jumps: about ten per second, unrelated to the tone's period.
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
            parameter: host_id(id),
            value: values[i % 2],
        })
        .collect();
    let output = render_automated(&mut flow, &input, &automation);
    above_2_khz_dbfs(&output)
}

fn tone(amplitude: f64) -> Audio {
    signals::sine(48_000, 2, 2.0, 100.0, amplitude, 0.0)
}

/// The limit for linear fades of 20 ms, the design's crossfade time. Between a quarter and a half of full scale the
/// corners of such a fade reach −67 dBFS.
const FADE_DBFS: f64 = -60.0;

/// The limit for fades by the limiter. Its lookahead is below 5 ms, so they are four times as steep.
const LIMITER_FADE_DBFS: f64 = -50.0;

fn assert_quiet(change: &str, noise_dbfs: f64, bound_dbfs: f64) {
    println!("{change}: {noise_dbfs:.1} dBFS above 2 kHz");
    assert!(
        noise_dbfs < bound_dbfs,
        "{change}: {noise_dbfs:.1} dBFS above 2 kHz"
    );
}

#[test]
fn hard_jump_without_fade_is_loud() {
    // Calibrates the measurement, so that quiet results prove something.
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
fn trim_jump_at_any_size_is_quiet() {
    assert_jumps_to_0_db_are_quiet("trim");
}

#[test]
fn gain_jump_below_the_ceiling_is_quiet() {
    assert_jumps_to_0_db_are_quiet("gain");
}

fn assert_jumps_to_0_db_are_quiet(id: &str) {
    for from in ["-6 dB", "-24 dB"] {
        let noise = jump_noise_dbfs(id, [from, "0 dB"], 0.5, &[]);
        assert_quiet(&format!("{id} from {from}"), noise, FADE_DBFS);
    }
}

#[test]
fn gain_jump_into_the_limiter_is_quiet() {
    assert_jump_in_every_style_is_quiet("gain", ["0 dB", "12 dB"], 0.5);
}

#[test]
fn ceiling_jump_in_every_style_is_quiet() {
    assert_jump_in_every_style_is_quiet("ceil", ["-1 dB", "-7 dB"], 0.85);
}

fn assert_jump_in_every_style_is_quiet(id: &str, values: [&str; 2], amplitude: f64) {
    for style in ["Clean", "Punch", "Loud"] {
        let noise = jump_noise_dbfs(id, values, amplitude, &[("lstyl", style)]);
        assert_quiet(&format!("{id} in {style}"), noise, LIMITER_FADE_DBFS);
    }
}

#[test]
fn low_cut_jump_of_switch_or_frequency_is_quiet() {
    let switch = jump_noise_dbfs("lcut", ["off", "on"], 0.5, &[("lcutf", "40 Hz")]);
    assert_quiet("low cut on and off", switch, FADE_DBFS);
    let sweep = jump_noise_dbfs("lcutf", ["10 Hz", "40 Hz"], 0.5, &[("lcut", "on")]);
    assert_quiet("low cut from 10 to 40 Hz", sweep, FADE_DBFS);
}

#[test]
fn limiter_setting_jump_while_limiting_is_quiet() {
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

/// Parameters without this test: dither is noise itself. Bypass, trim and gain have their own tests, since 48 dB into
/// the limiter are more than a fade can hide.
const EXCLUDED: [&str; 5] = ["dith", "dshap", "byp", "trim", "gain"];

/// Moves each parameter from one end to the other and back while all stages are active. The noise above 2 kHz must not
/// exceed that of the ends at rest, or of a fade.
#[test]
fn parameter_jump_with_active_stages_is_quiet() {
    // A quarter of a period between the channels gives signal in both mid and side.
    let mut input = tone(0.4);
    input.channels[1] = signals::sine(48_000, 1, 2.0, 100.0, 0.4, 0.25)
        .channels
        .remove(0);
    let mut louder = Vec::new();
    let mut loudest = ("", f64::MIN);
    for id in ParameterId::ALL.map(ParameterId::as_str) {
        if EXCLUDED.contains(&id) {
            continue;
        }
        let mut flow = flow_at_work();
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
        if jumping > loudest.1 {
            loudest = (id, jumping);
        }
        if jumping > (still[0].max(still[1]) + 6.0).max(LIMITER_FADE_DBFS) {
            louder.push((id, jumping, still));
        }
    }
    println!("measured: {:.1} dBFS at most (`{}`)", loudest.1, loudest.0);
    assert!(
        louder.is_empty(),
        "dBFS above 2 kHz of a jump, and at both ends at rest: {louder:#?}"
    );
}
