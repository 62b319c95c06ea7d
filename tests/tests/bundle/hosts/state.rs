//! Saved states: recall is exact, old states load, and damaged ones do no harm.

use crate::settings::{Texts, configure_texts, flow_with_texts, unusual};
use crate::sound::above_2_khz_dbfs;
use flow_host::clap::Instance;
use flow_params::{Kind, ParameterId, Switch};
use flow_testkit::signals;
use flow_testkit::signals::Noise;
use flow_testkit::testing::{assert_same, flow_with, open_bundle, render};
use serde_json::{Value, json};
use std::path::Path;

/// The state that version 1 saved with all its parameters away from their defaults, except bypass. It stands for all
/// projects of that time and never changes.
const STATE_V1: &[u8] = include_bytes!("../../fixtures/state_v1.clap_state");

/// The state that the first version 2 saved with such values in the active slot B and [`OTHER_SLOT`] in A. It never changes.
const STATE_V2: &[u8] = include_bytes!("../../fixtures/state_v2.clap_state");

/// The inactive slot of the fixture; its other parameters have their defaults.
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

/// The values of a fixture as texts, read without the plug-in.
fn texts_of(state: &[u8]) -> Texts {
    let state: Value = serde_json::from_str(&json_of(state)).unwrap();
    let text = |(id, value): (&String, &Value)| {
        let id: ParameterId = id.parse().unwrap();
        let text = match id.kind() {
            Kind::Number(number) => {
                let value: f32 = value["f32"].to_string().parse().unwrap();
                format!("{}{}", number.text(value), number.unit.label())
            }
            Kind::Choice(choice) => {
                choice.names[usize::try_from(value["i32"].as_u64().unwrap()).unwrap()].into()
            }
            Kind::Switch(_) => Switch::text(value["bool"].as_bool().unwrap()).into(),
        };
        (id, text)
    };
    state["params"]
        .as_object()
        .unwrap()
        .iter()
        .map(text)
        .collect()
}

fn assert_shows(flow: &mut Instance, texts: &Texts) {
    for (id, text) in texts {
        let shown = flow.value_text(id.as_str());
        assert_eq!(shown.as_ref(), Some(text), "{id}");
    }
}

/// A CLAP state is the length of a JSON text in eight bytes, and the text.
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

/// Asserts that every value is in its range and that the output is finite.
fn assert_valid(flow: &mut Instance, case: &str) {
    for parameter in flow.parameters() {
        let value = flow.value(&parameter).unwrap();
        assert!(
            (parameter.min..=parameter.max).contains(&value),
            "{case}: {} is {value}",
            parameter.name
        );
        // The framework stores the step as an f32 from 0 to 1, which returns a few millionths off.
        let is_whole = (value - value.round()).abs() < 1e-5;
        assert!(
            !parameter.is_stepped || is_whole,
            "{case}: {} is {value}",
            parameter.name
        );
    }
    let output = render(flow, &signals::white_noise(48_000, 2, 0.01, 0.5, 1));
    assert!(
        output.is_finite() && output.sample_peak() <= 1.0,
        "{case}: {}",
        output.sample_peak()
    );
}

#[test]
fn state_saved_and_loaded_gives_the_same_values_and_sound() {
    let mut saved = flow_with_texts(&unusual());
    let state = saved.save_state().unwrap();
    let mut loaded = flow_with(&[]);
    assert_ne!(values(&mut loaded), values(&mut saved));
    loaded.load_state(&state).unwrap();
    assert_eq!(values(&mut loaded), values(&mut saved));
    assert_eq!(
        loaded.save_state().unwrap(),
        state,
        "saving again must give the same bytes"
    );
    let input = flow_demo_song::demo_excerpt(48_000, flow_demo_song::CHORUS_SECONDS, 0.5);
    let expected = render(&mut saved, &input);
    assert_same(&render(&mut loaded, &input), &expected, "loaded");
}

#[test]
fn state_of_random_values_recalls_them_exactly() {
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
fn state_v1_fixture_loads_with_defaults() {
    let mut flow = flow_with_texts(&unusual());
    flow.load_state(STATE_V1).unwrap();
    assert_shows(&mut flow, &texts_of(STATE_V1));
    // Later parameters get their defaults, independent of the values before.
    let mut expected = flow_with_texts(&texts_of(STATE_V1));
    assert_eq!(values(&mut flow), values(&mut expected));
    let input = flow_demo_song::demo_excerpt(48_000, flow_demo_song::CHORUS_SECONDS, 0.5);
    let expected = render(&mut expected, &input);
    assert_same(&render(&mut flow, &input), &expected, "version 1");
    // Both slots are equal.
    let slots = slots_of(&flow.save_state().unwrap());
    assert_eq!(slots["active"], "a");
    assert_eq!(slots["other"]["gain"], json!({"f32": 4.5}));
    assert_eq!(slots["other"]["lstyl"], json!({"i32": 2}));
}

#[test]
fn state_v2_fixture_loads_with_defaults() {
    let mut flow = flow_with(&[]);
    flow.load_state(STATE_V2).unwrap();
    assert_shows(&mut flow, &texts_of(STATE_V2));
    // Later parameters get their defaults.
    let mut expected = flow_with_texts(&texts_of(STATE_V2));
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
fn inactive_slot_after_several_loads_depends_on_the_last_alone() {
    let mut flow = flow_with(&[]);
    flow.load_state(STATE_V1).unwrap();
    let expected = flow.save_state().unwrap();
    flow.load_state(STATE_V2).unwrap();
    flow.load_state(STATE_V1).unwrap();
    assert_eq!(flow.save_state().unwrap(), expected);
}

/// References of another version are kept too, although this version can't use them.
#[test]
fn references_of_any_version_are_saved_again() {
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
fn state_with_damaged_slots_keeps_all_else() {
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
        assert_shows(&mut flow, &texts_of(STATE_V2));
        let slots = slots_of(&flow.save_state().unwrap());
        assert_eq!(slots["active"], "a");
        assert_eq!(
            slots["other"]["trim"],
            json!({"f32": -3.25}),
            "the inactive slot must equal the active one"
        );
    }
}

/// A new version of the state needs a fixture. If it is missing, this test writes it and fails.
#[test]
fn state_fixture_of_present_version_exists() {
    let mut flow = flow_with_texts(&unusual());
    let mut state: Value = serde_json::from_str(&json_of(&flow.save_state().unwrap())).unwrap();
    let version = state["fields"]["state"].as_str().unwrap();
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/fixtures")
        .join(format!("state_v{version}.clap_state"));
    if path.exists() {
        return;
    }
    // No host can switch slots, so the test writes slot A into the state.
    let mut other = flow_with(&OTHER_SLOT);
    let other: Value = serde_json::from_str(&json_of(&other.save_state().unwrap())).unwrap();
    let slots = json!({ "active": "b", "other": other["params"] });
    state["fields"]["slots"] = json!(slots.to_string());
    flow.load_state(&state_of(&state.to_string())).unwrap();
    std::fs::write(&path, flow.save_state().unwrap()).unwrap();
    panic!(
        "{}: written; commit it with a test that loads it",
        path.display()
    );
}

#[test]
fn state_when_truncated_is_refused_and_changes_nothing() {
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
    assert_valid(&mut flow, "after all");
}

#[test]
fn state_with_random_damage_does_no_harm() {
    let mut flow = flow_with(&[]);
    let mut noise = Noise::new(21);
    for round in 0..600 {
        let mut state = [STATE_V1, STATE_V2][round % 2].to_vec();
        match round % 3 {
            // Changes some bytes, sometimes in the length.
            0 => {
                for _ in 0..=noise.below(8) {
                    let at = noise.below(state.len());
                    state[at] = noise.bits().to_le_bytes()[0];
                }
            }
            // Removes a part and corrects the length.
            1 => {
                let json = json_of(&state);
                let from = noise.below(json.len());
                let to = from + noise.below(json.len() - from);
                state = state_of(&format!("{}{}", &json[..from], &json[to..]));
            }
            // Random bytes.
            _ => {
                state = (0..noise.below(500))
                    .map(|_| noise.bits().to_le_bytes()[0])
                    .collect()
            }
        }
        let _ = flow.load_state(&state);
        if round % 20 == 0 {
            assert_valid(&mut flow, &format!("round {round}"));
        }
    }
    assert_valid(&mut flow, "after all");
}

#[test]
fn state_with_invalid_values_gives_valid_parameters() {
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
        assert_valid(&mut flow, &format!("{from} -> {to}"));
    }
}

#[test]
fn state_of_a_newer_version_loads_known_parameters() {
    let json = json_of(STATE_V1);
    let version = "\"state\":\"1\"";
    assert!(json.contains(version), "{json}");
    let newer = json
        .replacen(version, "\"state\":\"99\",\"window\":\"{}\"", 1)
        .replacen("\"params\":{", "\"params\":{\"width\":{\"f32\":120.0},", 1);
    let mut flow = flow_with(&[]);
    flow.load_state(&state_of(&newer)).unwrap();
    assert_shows(&mut flow, &texts_of(STATE_V1));
}

#[test]
fn state_loaded_during_audio_makes_no_click() {
    let mut loud = flow_with(&[("gain", "6 dB"), ("lcut", "on")]);
    let loud = loud.save_state().unwrap();
    let mut flow = flow_with(&[]);
    let quiet = flow.save_state().unwrap();
    let input = signals::sine(48_000, 2, 0.25, 100.0, 0.25, 0.0);
    let mut session = flow.start(48_000, 2, 512, false).unwrap();
    let latency_samples = session.latency_samples();
    let mut output = session.process(&input, &[]).unwrap();
    for state in [&loud, &quiet, &loud, &quiet] {
        // Hosts load on the main thread between two blocks, without deactivating.
        session.instance().load_state(state).unwrap();
        output.append(&session.process(&input, &[]).unwrap());
    }
    assert_eq!(session.latency_samples(), latency_samples);
    drop(session);
    let click_dbfs = above_2_khz_dbfs(&output);
    println!("loudest above 2 kHz: {click_dbfs:.1} dBFS");
    // The limit for jumps of automation.
    assert!(click_dbfs < -60.0, "{click_dbfs} dBFS");
    // The output reaches both levels. The input is 25 periods long, so that the tone continues.
    let peak = |from: usize| output.range(from, from + 2400).sample_peak();
    assert!((peak(20_400) / 0.5 - 1.0).abs() < 0.03, "{}", peak(20_400));
    assert!((peak(32_400) / 0.25 - 1.0).abs() < 0.01, "{}", peak(32_400));
    // No half period in between is silent.
    for start in (1000..output.frames() - 1000).step_by(240) {
        let level = output.range(start, start + 240).sample_peak();
        assert!(level > 0.15, "{level} at {start}");
    }
}

#[test]
fn state_and_value_calls_during_audio_succeed() {
    let bundle = open_bundle();
    let mut flow = bundle.instantiate().unwrap();
    configure_texts(&mut flow, &unusual());
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
                assert!(flow.readings().is_some());
            }
        },
    );
    played.unwrap();
    println!("{rounds} rounds");
    assert!(rounds > 3, "{rounds}");
    assert!(output.is_finite() && output.sample_peak() <= 1.0);
}
