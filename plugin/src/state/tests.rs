//! States old, new and broken.

use nice_plug::plugin::ParamValue;
use nice_plug::prelude::{Param, Params};

use super::*;
use crate::params::AnyParam;

/// A state as version 1 saves it, with no value at its default.
const V1: &str = r#"{
    "version": "0.1.0",
    "params": {
        "byp": {"bool": true}, "ceil": {"f32": -0.8}, "deliv": {"i32": 10}, "dith": {"i32": 3},
        "dshap": {"bool": true}, "gain": {"f32": 4.5}, "lcut": {"bool": true}, "lcutf": {"f32": 25.5},
        "link": {"f32": 50.0}, "lstyl": {"i32": 2}, "rel": {"f32": 300.0}, "trim": {"f32": -3.25}
    },
    "fields": {"state": "1"}
}"#;

fn parse(json: &str) -> PluginState {
    serde_json::from_str(json).unwrap()
}

fn migrated(json: &str) -> PluginState {
    let mut state = parse(json);
    migrate(&mut state);
    state
}

/// For comparing: `ParamValue` has no equality of its own.
fn values(state: &PluginState) -> serde_json::Value {
    serde_json::to_value(&state.params).unwrap()
}

fn defaults() -> serde_json::Value {
    values(&migrated(r#"{"params": {}, "fields": {}}"#))
}

/// The values in `json`, and the default of every parameter that is not in it.
fn over_defaults(json: &str) -> serde_json::Value {
    let mut expected = defaults();
    for (id, value) in values(&parse(json)).as_object().unwrap() {
        expected[id] = value.clone();
    }
    expected
}

#[test]
fn a_state_of_the_first_version_keeps_its_values() {
    let state = migrated(V1);
    assert_eq!(values(&state), over_defaults(V1));
    assert_eq!(version(&state), STATE_VERSION);
}

#[test]
fn migrating_twice_changes_nothing_more() {
    let mut state = migrated(V1);
    let once = values(&state);
    migrate(&mut state);
    assert_eq!(values(&state), once);
}

#[test]
fn missing_parameters_get_their_defaults() {
    let state = migrated(r#"{"params": {"gain": {"f32": 4.5}}, "fields": {"state": "1"}}"#);
    assert_eq!(
        values(&state),
        over_defaults(r#"{"params": {"gain": {"f32": 4.5}}, "fields": {}}"#)
    );
}

#[test]
fn a_state_without_version_is_read_as_the_first() {
    let state = migrated(&V1.replace(r#""state": "1""#, ""));
    assert_eq!(values(&state), over_defaults(V1));
    assert_eq!(version(&state), STATE_VERSION);
}

#[test]
fn of_a_newer_state_the_known_is_kept() {
    let newer = V1
        .replace(
            r#""state": "1""#,
            r#""state": "999", "editor": "{\"zoom\":2}""#,
        )
        .replace(r#""params": {"#, r#""params": {"width": {"f32": 120.0}, "#);
    let state = migrated(&newer);
    assert_eq!(values(&state), over_defaults(V1));
    assert_eq!(version(&state), STATE_VERSION);
}

#[test]
fn nonsense_becomes_the_default() {
    let state = migrated(
        r#"{
            "params": {
                "trim": {"bool": true}, "gain": {"string": "loud"}, "ceil": {"f32": 1e39}, "rel": {"i32": 7},
                "byp": {"f32": 1.0}, "lcut": {"string": ""}, "deliv": {"i32": -1}, "dith": {"i32": 4},
                "lstyl": {"i32": 2147483647}, "💥": {"i32": 1}, "": {"bool": false}
            },
            "fields": {"state": "one", "": "", "💥": "]["}
        }"#,
    );
    assert_eq!(values(&state), defaults());
}

#[test]
fn numbers_are_brought_into_range() {
    let state = migrated(
        r#"{"params": {"trim": {"f32": -1e9}, "gain": {"f32": 100.0}, "ceil": {"f32": 3.0}, "rel": {"f32": 0.0}},
            "fields": {"state": "1"}}"#,
    );
    let values = values(&state);
    for (id, expected) in [
        ("trim", -24.0),
        ("gain", 24.0),
        ("ceil", 0.0),
        ("rel", 10.0),
    ] {
        assert_eq!(values[id], serde_json::json!({"f32": expected}), "{id}");
    }
}

#[test]
fn what_is_not_a_number_becomes_the_default() {
    for broken in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
        let mut state = parse(V1);
        for id in ["trim", "gain", "ceil", "rel", "link", "lcutf"] {
            state.params.insert(id.to_owned(), ParamValue::F32(broken));
        }
        migrate(&mut state);
        let (values, defaults) = (values(&state), defaults());
        for id in ["trim", "gain", "ceil", "rel", "link", "lcutf"] {
            assert_eq!(values[id], defaults[id], "{id}");
        }
    }
}

#[test]
fn versions_of_any_kind_are_survived() {
    for text in [
        "0",
        "1",
        "2",
        "4294967295",
        "4294967296",
        "-1",
        "1.0",
        "null",
        "\\\"1\\\"",
        "[]",
        " 1",
    ] {
        let state = migrated(&V1.replace(r#""state": "1""#, &format!(r#""state": "{text}""#)));
        assert_eq!(values(&state), over_defaults(V1), "{text}");
    }
}

#[test]
fn a_truncated_state_is_no_state() {
    // What nice-plug does with it: it refuses, and all parameters stay as they were.
    for length in 0..V1.len() {
        assert!(serde_json::from_str::<PluginState>(&V1[..length]).is_err());
    }
}

#[test]
fn what_is_saved_has_this_version() {
    let fields = FlowParams::default().serialize_fields();
    assert_eq!(fields.get(VERSION_FIELD).map(String::as_str), Some("1"));
    let params = FlowParams::default();
    params.deserialize_fields(&[(VERSION_FIELD.to_owned(), "999".to_owned())].into());
    assert_eq!(
        params.serialize_fields(),
        fields,
        "even after a newer state was loaded"
    );
}

#[test]
fn every_value_survives_saving_and_loading() {
    let params = FlowParams::default();
    for (id, param) in params.each() {
        let AnyParam::Float(float) = param else {
            continue;
        };
        for step in 0..=1000_u16 {
            let value = float.preview_plain(f32::from(step) / 1000.0);
            let ParamValue::F32(loaded) = param.clean(Some(&ParamValue::F32(value))) else {
                panic!()
            };
            assert_eq!(loaded.to_bits(), value.to_bits(), "{id} {value}");
        }
    }
}
