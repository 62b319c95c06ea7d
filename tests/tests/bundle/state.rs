//! Saved states: recall is exact, old states stay readable, broken ones do no harm.

use crate::null::above_2_khz_dbfs;
use crate::settings::{UNUSUAL, UNUSUAL_V1, UNUSUAL_V2};
use flow_host::clap::Instance;
use flow_testkit::signals;
use flow_testkit::signals::Noise;
use flow_testkit::testing::{configure, flow_with, open_bundle, render};
use serde_json::{Value, json};
use std::path::Path;

/// What version 1 saved with [`UNUSUAL_V1`]. Never rewritten: it stands for all projects of that time.
const STATE_V1: &[u8] = include_bytes!("../fixtures/state_v1.clap_state");

/// What version 2 saved with [`UNUSUAL_V2`] in slot B, which is heard, and [`OTHER_SLOT`] in A. Written by
/// [`write_the_fixture_of_a_new_version`], and never again.
const STATE_V2: &[u8] = include_bytes!("../fixtures/state_v2.clap_state");

/// What the slot that isn't heard has in the fixture; all else is at its default.
const OTHER_SLOT: [(&str, &str); 3] = [
    ("ceil", "-2.00 dBTP"),
    ("wewid", "80.0 %"),
    ("fltrn", "Deep"),
];

fn values(flow: &mut Instance) -> Vec<(String, Option<f64>)> {
    let parameters = flow.parameters();
    parameters
        .into_iter()
        .map(|p| (p.name.clone(), flow.value(&p)))
        .collect()
}

/// nice-plug's state is the length of a JSON text in eight bytes, and the text.
fn json_of(state: &[u8]) -> String {
    String::from_utf8(state[8..].to_vec()).unwrap()
}

fn state_of(json: &str) -> Vec<u8> {
    let mut state = (json.len() as u64).to_le_bytes().to_vec();
    state.extend_from_slice(json.as_bytes());
    state
}

fn slots_of(state: &[u8]) -> Value {
    let state: Value = serde_json::from_str(&json_of(state)).unwrap();
    serde_json::from_str(state["fields"]["slots"].as_str().unwrap()).unwrap()
}

/// Whatever was loaded: every value is one that its knob can have, and the sound is sound.
fn assert_sane(flow: &mut Instance, what: &str) {
    for parameter in flow.parameters() {
        let value = flow.value(&parameter).unwrap();
        assert!(
            (parameter.min..=parameter.max).contains(&value),
            "{what}: {} is {value}",
            parameter.name
        );
        // nice-plug keeps the position in a list as an f32 from 0 to 1, which comes back a few millionths off.
        let is_whole = (value - value.round()).abs() < 1e-5;
        assert!(
            !parameter.is_stepped || is_whole,
            "{what}: {} is {value}",
            parameter.name
        );
    }
    let output = render(flow, &signals::white_noise(48_000, 2, 0.01, 0.5, 1));
    assert!(
        output.is_finite() && output.sample_peak() <= 1.0,
        "{what}: {}",
        output.sample_peak()
    );
}

#[test]
fn what_is_saved_is_what_is_loaded() {
    let mut saved = flow_with(&UNUSUAL);
    let state = saved.save_state().unwrap();
    let mut loaded = flow_with(&[]);
    assert_ne!(values(&mut loaded), values(&mut saved));
    loaded.load_state(&state).unwrap();
    assert_eq!(values(&mut loaded), values(&mut saved));
    assert_eq!(
        loaded.save_state().unwrap(),
        state,
        "saving again gives the same bytes"
    );
    let input = flow_demo_song::demo_excerpt(48_000, flow_demo_song::CHORUS_SECONDS, 0.5);
    assert_eq!(
        render(&mut loaded, &input).first_difference(&render(&mut saved, &input)),
        None
    );
}

#[test]
fn every_value_is_recalled_exactly() {
    let mut flow = flow_with(&[]);
    let mut other = flow_with(&[]);
    let mut noise = Noise::new(8);
    for _ in 0..100 {
        for parameter in flow.parameters() {
            let value = parameter.min + noise.unipolar() * (parameter.max - parameter.min);
            flow.set(
                &parameter,
                if parameter.is_stepped {
                    value.round()
                } else {
                    value
                },
            )
            .unwrap();
        }
        other.load_state(&flow.save_state().unwrap()).unwrap();
        assert_eq!(values(&mut other), values(&mut flow));
    }
}

#[test]
fn a_state_of_version_1_still_loads() {
    let mut flow = flow_with(&UNUSUAL);
    flow.load_state(STATE_V1).unwrap();
    for (id, text) in UNUSUAL_V1 {
        assert_eq!(flow.value_text(id).as_deref(), Some(text), "{id}");
    }
    // What it doesn't know is as in a new instance, whatever was set before.
    let mut expected = flow_with(&UNUSUAL_V1);
    assert_eq!(values(&mut flow), values(&mut expected));
    let input = flow_demo_song::demo_excerpt(48_000, flow_demo_song::CHORUS_SECONDS, 0.5);
    assert_eq!(
        render(&mut flow, &input).first_difference(&render(&mut expected, &input)),
        None
    );
    // Both slots are equal.
    let slots = slots_of(&flow.save_state().unwrap());
    assert_eq!(slots["active"], "a");
    assert_eq!(slots["other"]["gain"], json!({"f32": 4.5}));
    assert_eq!(slots["other"]["lstyl"], json!({"i32": 2}));
}

#[test]
fn a_state_of_version_2_still_loads() {
    let mut flow = flow_with(&[]);
    flow.load_state(STATE_V2).unwrap();
    for (id, text) in UNUSUAL_V2 {
        assert_eq!(flow.value_text(id).as_deref(), Some(text), "{id}");
    }
    // What it doesn't know is as in a new instance.
    let mut expected = flow_with(&UNUSUAL_V2);
    assert_eq!(values(&mut flow), values(&mut expected));
    let slots = slots_of(&flow.save_state().unwrap());
    let saved = slots_of(STATE_V2);
    for (id, value) in saved["other"].as_object().unwrap() {
        assert_eq!(&slots["other"][id], value, "{id}");
    }
    assert_eq!(slots["active"], "b");
    assert_eq!(slots["other"]["wewid"], json!({"f32": 80.0}));
}

#[test]
fn the_slot_that_is_not_heard_depends_on_nothing_loaded_before() {
    let mut flow = flow_with(&[]);
    flow.load_state(STATE_V1).unwrap();
    let expected = flow.save_state().unwrap();
    flow.load_state(STATE_V2).unwrap();
    flow.load_state(STATE_V1).unwrap();
    assert_eq!(flow.save_state().unwrap(), expected);
}

/// Also those that this version can't compare: they are another one's.
#[test]
fn references_are_saved_again_and_depend_on_nothing_loaded_before() {
    let references =
        r#"{"amount":0.5,"references":["{\"name\":\"Night\",\"features\":99}"],"mood":"blue"}"#;
    let mut state: Value = serde_json::from_str(&json_of(STATE_V2)).unwrap();
    state["fields"]["references"] = json!(references);
    let of = |flow: &mut Instance| {
        let saved: Value = serde_json::from_str(&json_of(&flow.save_state().unwrap())).unwrap();
        saved["fields"]["references"].as_str().unwrap().to_owned()
    };
    let mut flow = flow_with(&[]);
    let none = of(&mut flow);
    flow.load_state(&state_of(&state.to_string())).unwrap();
    assert_eq!(of(&mut flow), references);
    flow.load_state(STATE_V1).unwrap();
    assert_eq!(of(&mut flow), none);
}

#[test]
fn damaged_slots_lose_nothing_else() {
    let mut state: Value = serde_json::from_str(&json_of(STATE_V2)).unwrap();
    for damaged in [
        "",
        "{",
        "null",
        "{\"active\":\"b\",\"other\":7}",
        "\u{1f4a5}",
    ] {
        state["fields"]["slots"] = json!(damaged);
        let mut flow = flow_with(&[]);
        flow.load_state(&state_of(&state.to_string())).unwrap();
        for (id, text) in UNUSUAL_V2 {
            assert_eq!(flow.value_text(id).as_deref(), Some(text), "{id}");
        }
        let slots = slots_of(&flow.save_state().unwrap());
        assert_eq!(slots["active"], "a");
        assert_eq!(
            slots["other"]["trim"],
            json!({"f32": -3.25}),
            "as what is heard"
        );
    }
}

/// How a fixture comes to be, once for each version of the state:
/// `cargo nextest run --release -p flow_testkit --run-ignored only write_the_fixture`. It writes no file that is there.
#[test]
#[ignore = "writes a file into the repository"]
fn write_the_fixture_of_a_new_version() {
    // No host can switch slots: what A has is written into the state by hand, and Flow saves that again.
    let mut other = flow_with(&OTHER_SLOT);
    let other: Value = serde_json::from_str(&json_of(&other.save_state().unwrap())).unwrap();
    let mut flow = flow_with(&UNUSUAL);
    let mut state: Value = serde_json::from_str(&json_of(&flow.save_state().unwrap())).unwrap();
    let slots = json!({ "active": "b", "other": other["params"] });
    state["fields"]["slots"] = json!(slots.to_string());
    flow.load_state(&state_of(&state.to_string())).unwrap();
    let saved = flow.save_state().unwrap();

    let version = state["fields"]["state"].as_str().unwrap();
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/fixtures")
        .join(format!("state_v{version}.clap_state"));
    assert!(!path.exists(), "{} is there already", path.display());
    std::fs::write(path, saved).unwrap();
}

#[test]
fn truncated_states_are_refused_and_change_nothing() {
    let mut flow = flow_with(&[("gain", "3 dB")]);
    let before = values(&mut flow);
    for length in (0..STATE_V2.len())
        .step_by(50)
        .chain([1, 7, 8, 9, STATE_V2.len() - 1])
    {
        assert!(
            flow.load_state(&STATE_V2[..length]).is_err(),
            "{length} bytes"
        );
        assert_eq!(values(&mut flow), before, "{length} bytes");
    }
    assert_sane(&mut flow, "after all");
}

#[test]
fn random_damage_does_no_harm() {
    let mut flow = flow_with(&[]);
    let mut noise = Noise::new(21);
    for round in 0..600 {
        let mut state = [STATE_V1, STATE_V2][round % 2].to_vec();
        match round % 3 {
            // Some bytes changed, now and then in the length.
            0 => {
                for _ in 0..=noise.below(8) {
                    let at = noise.below(state.len());
                    state[at] = noise.bits().to_le_bytes()[0];
                }
            }
            // A piece cut out, with a length that fits.
            1 => {
                let json = json_of(&state);
                let from = noise.below(json.len());
                let to = from + noise.below(json.len() - from);
                state = state_of(&format!("{}{}", &json[..from], &json[to..]));
            }
            // Nothing but noise.
            _ => {
                state = (0..noise.below(500))
                    .map(|_| noise.bits().to_le_bytes()[0])
                    .collect()
            }
        }
        let _ = flow.load_state(&state);
        if round % 20 == 0 {
            assert_sane(&mut flow, &format!("round {round}"));
        }
    }
    assert_sane(&mut flow, "after all");
}

#[test]
fn nonsense_inside_a_valid_state_becomes_the_default() {
    let json = json_of(STATE_V1);
    for (from, to) in [
        ("4.5", "1e39"),
        ("4.5", "-1e39"),
        ("4.5", "1e999"),
        ("4.5", "NaN"),
        ("4.5", "null"),
        ("4.5", "\"loud\""),
        ("\"f32\"", "\"i32\""),
        ("\"gain\"", "\"no such parameter\""),
        ("\"params\"", "\"parameters\""),
        ("{", "{\"params\":{\"gain\":{\"f32\":1e30}},"),
    ] {
        assert!(json.contains(from), "{from} is not in {json}");
        let mut flow = flow_with(&[]);
        let _ = flow.load_state(&state_of(&json.replacen(from, to, 1)));
        assert_sane(&mut flow, &format!("{from} -> {to}"));
    }
}

#[test]
fn a_newer_state_gives_what_is_known_of_it() {
    let json = json_of(STATE_V1);
    let version = "\"state\":\"1\"";
    assert!(json.contains(version), "{json}");
    let newer = json
        .replacen(version, "\"state\":\"99\",\"window\":\"{}\"", 1)
        .replacen("\"params\":{", "\"params\":{\"width\":{\"f32\":120.0},", 1);
    let mut flow = flow_with(&[]);
    flow.load_state(&state_of(&newer)).unwrap();
    for (id, text) in UNUSUAL_V1 {
        assert_eq!(flow.value_text(id).as_deref(), Some(text), "{id}");
    }
}

#[test]
fn loading_while_processing_is_heard_without_a_click() {
    let mut loud = flow_with(&[("gain", "6 dB"), ("lcut", "on")]);
    let loud = loud.save_state().unwrap();
    let mut flow = flow_with(&[]);
    let quiet = flow.save_state().unwrap();
    let input = signals::sine(48_000, 2, 0.25, 100.0, 0.25, 0.0);
    let mut session = flow.start(48_000, 2, 512, false).unwrap();
    let latency_samples = session.latency_samples();
    let mut output = session.process(&input, &[]).unwrap();
    for state in [&loud, &quiet, &loud, &quiet] {
        // As hosts do: on the main thread, between two blocks, without deactivating.
        session.instance().load_state(state).unwrap();
        output.append(&session.process(&input, &[]).unwrap());
    }
    assert_eq!(session.latency_samples(), latency_samples);
    drop(session);
    let click_dbfs = above_2_khz_dbfs(&output);
    println!("loudest above 2 kHz: {click_dbfs:.1} dBFS");
    // As for a jump by automation.
    assert!(click_dbfs < -60.0, "{click_dbfs} dBFS");
    // Both levels are reached: the input is 25 periods long, so that the tone runs on.
    let peak = |from: usize| output.range(from, from + 2400).sample_peak();
    assert!((peak(20_400) / 0.5 - 1.0).abs() < 0.03, "{}", peak(20_400));
    assert!((peak(32_400) / 0.25 - 1.0).abs() < 0.01, "{}", peak(32_400));
    // And nothing is dropped in between: no quarter of a period is silent.
    for start in (1000..output.frames() - 1000).step_by(240) {
        let level = output.range(start, start + 240).sample_peak();
        assert!(level > 0.15, "{level} at {start}");
    }
}

#[test]
fn hosts_may_ask_for_anything_while_audio_runs() {
    let bundle = open_bundle();
    let mut flow = bundle.instantiate().unwrap();
    configure(&mut flow, &UNUSUAL);
    let unusual = flow.save_state().unwrap();
    let mut session = flow.start(48_000, 2, 64, false).unwrap();
    let mut rounds = 0;
    let mut output = signals::white_noise(48_000, 2, 5.0, 0.5, 1);
    let played = session.on_audio_thread_while(
        |audio| {
            for start in (0..output.frames()).step_by(64) {
                let input: Vec<Vec<f32>> = output
                    .channels
                    .iter()
                    .map(|c| c[start..start + 64].to_vec())
                    .collect();
                let input: Vec<&[f32]> = input.iter().map(Vec::as_slice).collect();
                let mut block: Vec<&mut [f32]> = output
                    .channels
                    .iter_mut()
                    .map(|c| &mut c[start..start + 64])
                    .collect();
                audio.process(&input, &mut block, &[]).unwrap();
            }
        },
        |flow, is_finished| {
            while !is_finished() {
                rounds += 1;
                flow.load_state(&unusual).unwrap();
                assert_eq!(flow.save_state().unwrap(), unusual);
                for parameter in flow.parameters() {
                    let value = flow.value(&parameter).unwrap();
                    assert!(flow.text(&parameter, value).is_some());
                }
                assert!(bundle.readings().is_some());
            }
        },
    );
    played.unwrap();
    println!("{rounds} rounds");
    assert!(rounds > 3, "{rounds}");
    assert!(output.is_finite() && output.sample_peak() <= 1.0);
}
