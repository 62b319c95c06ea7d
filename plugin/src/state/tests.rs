//! Old, new and damaged states.

use flow_dsp::ChainSettings;
use nice_plug::prelude::Params;

use super::*;
use crate::params::FlowParams;
use crate::presets::Direct;

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
    let _ = migrate(&mut state);
    state
}

/// Values for comparisons, because `ParamValue` has no equality. Numbers are those of the text.
fn values(state: &PluginState) -> serde_json::Value {
    serde_json::from_str(&serde_json::to_string(&state.params).unwrap()).unwrap()
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
fn state_v1_keeps_its_values() {
    let state = migrated(V1);
    assert_eq!(values(&state), over_defaults(V1));
    assert_eq!(version(&state), STATE_VERSION);
}

#[test]
fn state_v1_leaves_later_parameters_neutral() {
    let state = migrated(V1);
    let params = FlowParams::default();
    for param in params.each() {
        param.set_normalized(param.normalize(state.params.get(param.id().as_str())));
    }
    let settings = params.chain_settings();
    let neutral = ChainSettings::default();
    assert_eq!(settings.floor.low_cut.frequency_hz, 25.5);
    assert_eq!(
        ChainSettings {
            floor: neutral.floor,
            limiter: neutral.limiter,
            dither: neutral.dither,
            trim_db: 0.0,
            loudness_gain_db: 0.0,
            bypass: false,
            ..settings
        },
        neutral
    );
    // The step is independent of the defaults of a new instance.
    let mut values = Values::new();
    from_1(&mut values);
    for (id, value) in &values {
        let param = params.get(id.parse().unwrap());
        assert_eq!(
            param.normalize(Some(value)),
            param.default_normalized(),
            "{id}"
        );
    }
}

#[test]
fn migrate_migrated_state_changes_nothing() {
    let mut state = migrated(V1);
    let once = (values(&state), state.fields.clone());
    assert_eq!(migrate(&mut state), [""; 0]);
    assert_eq!((values(&state), state.fields), once);
}

#[test]
fn migrate_reports_each_value_that_its_parameter_cannot_have() {
    let mut state = parse(
        r#"{"params": {"style": {"i32": 17}, "ceil": {"bool": true}, "gain": {"f32": 4.5}}, "fields": {}}"#,
    );
    let mut lines = migrate(&mut state);
    lines.sort();
    assert_eq!(lines.len(), 2, "{lines:?}");
    assert!(lines[0].starts_with("Ceiling: Bool(true)"), "{lines:?}");
    assert!(lines[1].starts_with("Style target: I32(17)"), "{lines:?}");
    assert_eq!(values(&state)["style"], defaults()["style"]);
}

/// The other slot as the state holds it, and the name of the active one.
fn slots_of(state: &PluginState) -> (serde_json::Value, String) {
    let slots: serde_json::Value = serde_json::from_str(&state.fields[SLOTS_FIELD]).unwrap();
    (
        slots["other"].clone(),
        slots["active"].as_str().unwrap().to_owned(),
    )
}

/// The values of the active slot.
fn active(state: &PluginState) -> serde_json::Value {
    let mut values = values(state);
    for id in ["byp", "deliv"] {
        values.as_object_mut().unwrap().remove(id);
    }
    values
}

/// A state with [`V1`]'s parameters and this text for its slots.
fn with_slots(slots: &str) -> PluginState {
    let mut state = parse(V1);
    state
        .fields
        .insert(SLOTS_FIELD.to_owned(), slots.to_owned());
    let _ = migrate(&mut state);
    state
}

#[test]
fn state_without_slots_gets_two_equal_ones() {
    let state = migrated(V1);
    assert_eq!(slots_of(&state), (active(&state), "a".to_owned()));
}

#[test]
fn other_slot_with_invalid_values_is_cleaned() {
    let state = with_slots(
        r#"{"active": "b", "other": {
            "trim": {"f32": -1e9}, "ceil": {"f32": -2.5}, "dith": {"i32": 77}, "lcut": {"f32": 1.0},
            "byp": {"bool": true}, "deliv": {"i32": 3}, "width": {"f32": 120.0}
        }, "hue": "red"}"#,
    );
    let mut expected = active(&migrated(r#"{"params": {}, "fields": {}}"#));
    expected["trim"] = serde_json::json!({"f32": -24.0});
    expected["ceil"] = serde_json::json!({"f32": -2.5});
    assert_eq!(slots_of(&state), (expected, "b".to_owned()));
}

#[test]
fn state_with_damaged_slots_keeps_its_parameters() {
    for damaged in [
        "",
        "{",
        "null",
        "[]",
        "\"a\"",
        "{}",
        r#"{"active": "a"}"#,
        r#"{"active": "c", "other": {}}"#,
        r#"{"active": "a", "other": {"ceil": {"f64": 1}}}"#,
        r#"{"active": "a", "other": {"ceil": {"f32": 1e999}}}"#,
        r#"{"active": "a", "other": []}"#,
        "💥",
    ] {
        let state = with_slots(damaged);
        assert_eq!(values(&state), over_defaults(V1), "{damaged}");
        assert_eq!(
            slots_of(&state),
            (active(&state), "a".to_owned()),
            "{damaged}"
        );
    }
}

#[test]
fn state_without_some_parameters_loads_their_defaults() {
    let state = migrated(r#"{"params": {"gain": {"f32": 4.5}}, "fields": {"state": "1"}}"#);
    assert_eq!(
        values(&state),
        over_defaults(r#"{"params": {"gain": {"f32": 4.5}}, "fields": {}}"#)
    );
}

#[test]
fn state_without_version_is_read_as_v1() {
    let state = migrated(&V1.replace(r#""state": "1""#, ""));
    assert_eq!(values(&state), over_defaults(V1));
    assert_eq!(version(&state), STATE_VERSION);
}

/// A state of a later version with another field and another parameter.
fn newer() -> String {
    let fields = r#""state": "999", "editor": "{\"zoom\":2}""#;
    let params = r#""params": {"width": {"f32": 120.0}, "#;
    V1.replace(r#""state": "1""#, fields)
        .replace(r#""params": {"#, params)
}

#[test]
fn state_of_newer_version_loads_its_known_values() {
    let state = migrated(&newer());
    assert_eq!(values(&state), over_defaults(V1));
    assert_eq!(version(&state), STATE_VERSION);
}

/// A project goes back a version and forth again.
#[test]
fn unknown_parts_of_newer_state_are_saved_again() {
    let loaded = migrated(&newer());
    let params = FlowParams::default();
    params.deserialize_fields(&loaded.fields);
    // Saved as nice-plug does, and loaded once more.
    let mut saved = PluginState {
        version: String::new(),
        params: loaded.params.clone(),
        fields: params.serialize_fields(),
    };
    let _ = migrate(&mut saved);
    let kept = &saved.fields[UNKNOWN_FIELD].clone();
    for whole in [r#""editor":"{\"zoom\":2}""#, r#""width":{"f32":120.0}"#] {
        assert!(kept.contains(whole), "{kept}");
    }
    assert_eq!(kept, &loaded.fields[UNKNOWN_FIELD]);

    // Where it is known it is a field like any other.
    Unknown::kept(&mut saved, UNKNOWN_FIELD).restore(&mut saved, None);
    assert_eq!(saved.fields["editor"], "{\"zoom\":2}");
    assert!(saved.params.contains_key("width"));

    // Parts of the state before are forgotten.
    params.deserialize_fields(&migrated(V1).fields);
    assert!(!params.serialize_fields()[UNKNOWN_FIELD].contains("zoom"));
}

/// The user has switched slots in between.
#[test]
fn unknown_values_of_newer_state_stay_in_their_slot() {
    let slots = r#"{"active": "a", "other": {"width": {"f32": 80.0}}}"#;
    let mut state = parse(V1);
    let width = ParamValue::F32(120.0);
    state.params.insert("width".to_owned(), width);
    state
        .fields
        .insert(SLOTS_FIELD.to_owned(), slots.to_owned());
    let _ = migrate(&mut state);
    assert!(!state.params.contains_key("width") && !state.fields[SLOTS_FIELD].contains("width"));
    for (active, [heard, other]) in [(Slot::A, [120.0, 80.0]), (Slot::B, [80.0, 120.0])] {
        let mut later = state.clone();
        let mut slots: SavedSlots = serde_json::from_str(&later.fields[SLOTS_FIELD]).unwrap();
        slots.active = active;
        Unknown::kept(&mut later, UNKNOWN_FIELD).restore(&mut later, Some(&mut slots));
        let width = |values: &Values| match values["width"] {
            ParamValue::F32(width) => width,
            _ => panic!("no number"),
        };
        assert_eq!([width(&later.params), width(&slots.other)], [heard, other]);
    }
}

/// A load replaces the references. A damaged one affects nothing else.
#[test]
fn state_loaded_after_another_replaces_references() {
    let params = FlowParams::default();
    let load = |text: Option<&str>| {
        let mut state = parse(V1);
        if let Some(text) = text {
            let name = REFERENCES_FIELD.to_owned();
            state.fields.insert(name, text.to_owned());
        }
        let _ = migrate(&mut state);
        assert_eq!(values(&state), over_defaults(V1), "{text:?}");
        params.deserialize_fields(&state.fields);
        let saved = params.serialize_fields()[REFERENCES_FIELD].clone();
        assert_eq!(saved, state.fields[REFERENCES_FIELD], "{text:?}");
        params.references.list().len()
    };
    let two = r#"{"amount":0.5,"references":["{\"name\":\"Night\",\"features\":99}","7"]}"#;
    assert_eq!(load(Some(two)), 2);
    assert_eq!(params.references.target().amount, 0.5);
    assert_eq!(load(None), 0);
    assert_eq!(params.references.target().amount, 1.0);
    for damaged in ["", "{", "null", "[7]", "{\"references\":[7]}", "💥"] {
        assert_eq!(load(Some(damaged)), 1, "kept and named");
    }
    assert_eq!(load(Some("{}")), 0);
}

#[test]
fn state_with_invalid_values_loads_defaults() {
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
fn state_with_numbers_out_of_range_loads_them_clamped() {
    let state = migrated(
        r#"{"params": {"trim": {"f32": -1e9}, "gain": {"f32": 100.0}, "ceil": {"f32": 3.0}, "rel": {"f32": 0.0}},
            "fields": {"state": "1"}}"#,
    );
    let values = values(&state);
    let clamped = [
        ("trim", -24.0),
        ("gain", 24.0),
        ("ceil", 0.0),
        ("rel", 10.0),
    ];
    for (id, expected) in clamped {
        assert_eq!(values[id], serde_json::json!({"f32": expected}), "{id}");
    }
}

#[test]
fn state_with_non_finite_numbers_loads_defaults() {
    for broken in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
        let mut state = parse(V1);
        for id in ["trim", "gain", "ceil", "rel", "link", "lcutf"] {
            state.params.insert(id.to_owned(), ParamValue::F32(broken));
        }
        let _ = migrate(&mut state);
        let (values, defaults) = (values(&state), defaults());
        for id in ["trim", "gain", "ceil", "rel", "link", "lcutf"] {
            assert_eq!(values[id], defaults[id], "{id}");
        }
    }
}

#[test]
fn state_with_malformed_version_keeps_its_values() {
    let numbers = ["0", "1", "2", "4294967295", "4294967296", "-1", "1.0", " 1"];
    for text in numbers.into_iter().chain(["null", "\\\"1\\\"", "[]"]) {
        let state = migrated(&V1.replace(r#""state": "1""#, &format!(r#""state": "{text}""#)));
        assert_eq!(values(&state), over_defaults(V1), "{text}");
    }
}

#[test]
fn state_when_truncated_is_refused() {
    // nice-plug refuses it, and all parameters stay as they were.
    for length in 0..V1.len() {
        assert!(serde_json::from_str::<PluginState>(&V1[..length]).is_err());
    }
}

#[test]
fn state_when_saved_has_current_version() {
    let fields = FlowParams::default().serialize_fields();
    assert_eq!(fields.get(VERSION_FIELD).map(String::as_str), Some("2"));
    let params = FlowParams::default();
    params.deserialize_fields(&[(VERSION_FIELD.to_owned(), "999".to_owned())].into());
    assert_eq!(
        params.serialize_fields(),
        fields,
        "even after a newer state was loaded"
    );
}

#[test]
fn state_values_saved_and_loaded_are_bit_identical() {
    let params = FlowParams::default();
    for param in params.each() {
        for step in 0..=1000_u16 {
            let ParamValue::F32(value) = param.value_at(f32::from(step) / 1000.0) else {
                continue;
            };
            let ParamValue::F32(loaded) = param.clean(Some(&ParamValue::F32(value))) else {
                panic!()
            };
            assert_eq!(loaded.to_bits(), value.to_bits(), "{} {value}", param.id());
        }
    }
}

/// The slots of stages in a state.
fn stages_of(state: &PluginState) -> serde_json::Value {
    serde_json::from_str(&state.fields[STAGE_SLOTS_FIELD]).unwrap()
}

/// A state with [`V1`]'s parameters and this text for its slots of stages.
fn with_stages(stages: &str) -> PluginState {
    let mut state = parse(V1);
    let stages = stages.to_owned();
    state
        .fields
        .insert(VERSION_FIELD.to_owned(), "2".to_owned());
    state.fields.insert(STAGE_SLOTS_FIELD.to_owned(), stages);
    let _ = migrate(&mut state);
    state
}

#[test]
fn state_without_slots_of_stages_has_equal_ones() {
    let none = serde_json::json!({});
    assert_eq!(stages_of(&migrated(V1)), none);
    for damaged in [
        "",
        "{",
        "null",
        "[]",
        r#"{"glue": 3}"#,
        r#"{"glue": {"active": "c", "other": {}}}"#,
        "💥",
    ] {
        let state = with_stages(damaged);
        assert_eq!(stages_of(&state), none, "{damaged}");
        assert_eq!(
            values(&state)["trim"],
            values(&migrated(V1))["trim"],
            "{damaged}"
        );
    }
}

#[test]
fn damaged_slots_of_a_stage_lose_only_themselves() {
    let state = with_stages(
        r#"{"glue": {"active": "b", "other": {}}, "limiter": 3, "new": {"slots": ["a", "b", "c"]}}"#,
    );
    let kept = serde_json::json!({"glue": {"active": "b", "other": {}}});
    assert_eq!(stages_of(&state), kept);
}

#[test]
fn slots_of_a_stage_with_invalid_values_are_cleaned_and_unknown_ones_kept() {
    let state = with_stages(
        r#"{
            "glue": {"active": "b", "other": {
                "glthr": {"f32": -1e9}, "glmix": {"f32": 50.0}, "trim": {"f32": 3.0}, "glnew": {"f32": 1.0}
            }},
            "limiter": {"active": "b", "other": {}},
            "reverb": {"active": "a", "other": {"size": {"f32": 1.0}}}
        }"#,
    );
    let stages = stages_of(&state);
    assert_eq!(
        stages["reverb"]["other"]["size"],
        serde_json::json!({"f32": 1.0})
    );
    assert_eq!(
        stages["limiter"],
        serde_json::json!({"active": "b", "other": {}})
    );
    let glue = &stages["glue"];
    assert_eq!(glue["active"], "b");
    let other = glue["other"].as_object().unwrap();
    assert_eq!(other["glmix"], serde_json::json!({"f32": 50.0}));
    assert_eq!(other["glnew"], serde_json::json!({"f32": 1.0}));
    assert!(other["glthr"]["f32"].as_f64().unwrap() > -100.0);
    assert!(!other.contains_key("trim"));
    let glue = ParameterId::ALL.into_iter();
    let glue = glue.filter(|id| Stage::of(*id) == Some(Stage::Glue));
    assert_eq!(
        other.len(),
        glue.count() + 1,
        "all parameters and the unknown one"
    );
}

#[test]
fn saved_slots_of_stages_are_loaded_and_replaced_by_those_of_the_next_project() {
    let params = FlowParams::default();
    let threshold = params.get(ParameterId::GlueThreshold);
    let glue = params.stage_slots.get(Stage::Glue);
    glue.switch(&params, &mut Direct);
    threshold.set_normalized(0.25);
    let fields = params.serialize_fields();

    let loaded = FlowParams::default();
    loaded.deserialize_fields(&fields);
    let slots = loaded.stage_slots.get(Stage::Glue);
    assert_eq!(slots.active(), Slot::B);
    loaded.get(ParameterId::GlueThreshold).set_normalized(0.25);
    assert!(!slots.are_equal(&loaded));
    slots.switch(&loaded, &mut Direct);
    let default = threshold.default_normalized();
    assert_eq!(loaded.get(ParameterId::GlueThreshold).normalized(), default);
    // A state from before the slots of stages.
    loaded.deserialize_fields(&migrated(V1).fields);
    assert_eq!((slots.active(), slots.are_equal(&loaded)), (Slot::A, true));
}
