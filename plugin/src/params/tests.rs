//! Every parameter as released: ids, names, ranges, texts.

use flow_dsp::{ChainSettings, DELIVERIES};
use flow_params::{Kind, ParameterId, ParameterValue};

use super::*;
use flow_params::host_id;

/// Parameters that all are away from their defaults.
pub(crate) fn moved() -> FlowParams {
    let params = FlowParams::default();
    for param in params.each() {
        let is_high = param.default_normalized() > 0.5;
        param.set_normalized(if is_high { 0.0 } else { 1.0 });
    }
    params
}

/// Each parameter as hosts, states and presets know it: a line of properties, its values and texts at eleven positions
/// of the knob, and the values of typed texts.
fn description(params: &FlowParams) -> String {
    use std::fmt::Write;
    #[rustfmt::skip]
    const TYPED: [&str; 19] = [
        "0", "1", "-3", "−3,5 dB", "+2.25", "-1 dBTP", "50 %", "33 percent", "0.12 s", "15 ms",
        "0.1 kHz", "55 Hz", "2:1", "1.5", "on", "off", "punch", "16-bit", "apple music",
    ];
    let mut text = String::new();
    for (param, (id, ptr, group)) in params.each().zip(params.param_map()) {
        // SAFETY: the pointer is to a parameter of `params`.
        let (name, flags) = unsafe { (ptr.name(), ptr.flags()) };
        writeln!(
            text,
            "{id} | {name} | {group} | host id {} | unit {:?} | steps {} | flags {flags:?} | default {:?} = {:?}",
            host_id(&id),
            param.unit(),
            param.steps(),
            param.default_normalized(),
            param.value_at(param.default_normalized()),
        )
        .unwrap();
        for tenths in 0..=10_u8 {
            let normalized = f32::from(tenths) / 10.0;
            let value = param.value_at(normalized);
            let shown = param.text(normalized);
            writeln!(text, "  {normalized} = {value:?} = {shown:?}").unwrap();
        }
        for typed in TYPED {
            if let Some(normalized) = param.parse(typed) {
                let shown = param.text(normalized);
                writeln!(text, "  {typed:?} is {normalized:?} = {shown:?}").unwrap();
            }
        }
    }
    text
}

/// Lines may be added at the end. A changed line breaks saved projects.
#[test]
fn parameters_match_those_of_the_release() {
    let found = description(&FlowParams::default());
    let released = include_str!("released.txt");
    for (found, released) in found.lines().zip(released.lines()) {
        assert_eq!(found, released);
    }
    let added = found.lines().skip(released.lines().count());
    let added: String = added.map(|line| format!("{line}\n")).collect();
    let file = "plugin/src/params/released.txt";
    assert!(added.is_empty(), "add to the end of {file}:\n{added}");
    assert_eq!(found, released, "{file} has more lines than the parameters");
}

#[test]
fn parameter_ids_of_the_registry_are_short_and_unique() {
    let mut ids = ParameterId::ALL.map(ParameterId::as_str);
    assert!(ids.iter().all(|id| (1..=6).contains(&id.len())), "{ids:?}");
    ids.sort_unstable();
    assert!(ids.windows(2).all(|pair| pair[0] != pair[1]));
    let mut hashes = ids.map(host_id);
    hashes.sort_unstable();
    assert!(hashes.windows(2).all(|pair| pair[0] != pair[1]));
}

#[test]
fn parameter_names_in_any_case_are_unique() {
    let mut names = ParameterId::ALL.map(|id| id.name().to_lowercase());
    names.sort_unstable();
    assert!(names.windows(2).all(|pair| pair[0] != pair[1]));
}

#[test]
fn parameters_at_defaults_give_default_settings() {
    let params = FlowParams::default();
    assert_eq!(params.chain_settings(), ChainSettings::default());
    // A host may send the defaults back.
    for param in params.each() {
        param.set_normalized(param.default_normalized());
    }
    assert_eq!(params.chain_settings(), ChainSettings::default());
}

#[test]
fn text_of_value_parses_to_the_same_text() {
    for param in FlowParams::default().each() {
        let id = param.id();
        for step in 0..=1000_u16 {
            let shown = param.text(f32::from(step) / 1000.0);
            let parsed = param.parse(&shown);
            let parsed = parsed.unwrap_or_else(|| panic!("{id}: {shown:?} is not understood"));
            assert_eq!(param.text(parsed), shown, "{id}");
        }
    }
}

#[test]
fn typed_ceiling_reaches_the_settings_unrounded() {
    let params = FlowParams::default();
    let ceiling = params.get(ParameterId::Ceiling);
    for hundredths in -1200_i16..=0 {
        let typed = f32::from(hundredths) / 100.0;
        let shown = flow_params::number::ascii(typed, 2);
        ceiling.set_normalized(ceiling.parse(&shown).unwrap());
        let used = params.chain_settings().limiter.ceiling_db;
        assert!((used - typed).abs() < 2e-6, "{shown}: {used}");
    }
}

#[test]
fn typed_text_is_understood_and_clamped() {
    let cases = [
        ("trim", "-1.234 dB", "-1.23 dB"),
        ("trim", "100", "24.00 dB"),
        ("ceil", "3", "0.00 dBTP"),
        ("rel", "1", "10.0 ms"),
        ("dith", "24", "24 bit"),
        ("deliv", "apple-music", "Apple Music"),
        ("deliv", "broadcast", "Broadcast EBU R 128"),
        ("lcut", "TRUE", "On"),
        ("fltrn", "deep", "Deep"),
        ("lachr", "VINTAGE", "Vintage"),
        ("wewid", "999", "200.0 %"),
        ("wesms", "0.1 s", "100.0 ms"),
        ("style", "orch", "Orchestral"),
        ("mbhra", "1,25 : 1", "1.25:1"),
        ("mbxhi", "3 kHz", "3000 Hz"),
        ("glrat", "1.5", "1.5:1"),
        ("glrat", "4:1", "4:1"),
    ];
    let params = FlowParams::default();
    for (id, typed, shown) in cases {
        let param = params.get(id.parse().unwrap());
        let value = param.parse(typed);
        let value = value.unwrap_or_else(|| panic!("{id}: {typed:?} is not understood"));
        assert_eq!(param.text(value), shown, "{id}: {typed:?}");
    }
}

#[test]
fn text_without_meaning_is_refused() {
    for param in FlowParams::default().each() {
        for text in [
            "", "   ", "nan", "inf", "-inf dB", "what?", "1 parsec", "💥",
        ] {
            assert_eq!(param.parse(text), None, "{}: {text:?}", param.id());
        }
    }
}

#[test]
fn nan_never_reaches_the_settings() {
    let params = FlowParams::default();
    for param in params.each() {
        if let Kind::Number(_) = param.id().kind() {
            // SAFETY: the parameter is alive, and no other thread knows it.
            unsafe { param.ptr()._internal_set_normalized_value(f32::NAN) };
        }
    }
    let trim = params.get(ParameterId::Trim).normalized();
    assert!(trim.is_nan(), "the test sets no NaN");
    assert_eq!(params.chain_settings(), ChainSettings::default());
}

#[test]
fn parameter_other_than_delivery_changes_the_settings() {
    for id in ParameterId::ALL {
        let params = FlowParams::default();
        let param = params.get(id);
        let is_high = param.default_normalized() > 0.5;
        param.set_normalized(if is_high { 0.0 } else { 1.0 });
        let is_changed = params.chain_settings() != ChainSettings::default();
        assert_eq!(is_changed, id != ParameterId::Delivery, "{id}");
    }
}

#[test]
fn parameters_at_their_ends_are_in_the_range_of_the_chain() {
    for end in [0.0, 1.0] {
        let params = FlowParams::default();
        params.each().for_each(|param| param.set_normalized(end));
        let settings = params.chain_settings();
        assert_eq!(settings, settings.sanitized());
    }
}

#[test]
fn delivery_has_the_order_of_the_profiles() {
    let params = FlowParams::default();
    assert_eq!(params.delivery().id, "streaming");
    let param = params.get(ParameterId::Delivery);
    for delivery in &DELIVERIES {
        let value = param.parse(delivery.name).unwrap();
        param.set_normalized(value);
        assert_eq!(params.delivery(), delivery);
        assert_eq!(param.text(value), delivery.name);
    }
}

#[test]
fn choice_has_the_setting_of_its_name() {
    let check = |id: ParameterId, name: &dyn Fn(&ChainSettings) -> String| {
        let Kind::Choice(choice) = id.kind() else {
            panic!("{id} is no choice");
        };
        let mut settings = ChainSettings::default();
        for (position, expected) in choice.names.iter().enumerate() {
            id.set(&mut settings, ParameterValue::Choice(position))
                .unwrap();
            assert_eq!(name(&settings), *expected);
        }
    };
    check(ParameterId::Translation, &|settings| {
        format!("{:?}", settings.floor.translation)
    });
    check(ParameterId::Character, &|settings| {
        format!("{:?}", settings.lattice.character)
    });
    check(ParameterId::StyleTarget, &|settings| {
        format!("{:?}", settings.style_target)
    });
    check(ParameterId::GlueRatio, &|settings| {
        format!("{}:1", settings.dynamics.glue.ratio.value())
    });
    check(ParameterId::LimiterStyle, &|settings| {
        format!("{:?}", settings.limiter.style)
    });
    check(ParameterId::Dither, &|settings| {
        let depth = format!("{:?}", settings.dither.depth);
        depth
            .strip_prefix("Bits")
            .map_or(depth.clone(), |bits| format!("{bits} bit"))
    });
}

#[test]
fn knee_serves_all_compressors_of_its_stage() {
    let params = FlowParams::default();
    for (id, typed) in [
        (ParameterId::MidSideKnee, "3"),
        (ParameterId::MultibandKnee, "9"),
        (ParameterId::GlueKnee, "12"),
    ] {
        let param = params.get(id);
        param.set_normalized(param.parse(typed).unwrap());
    }
    let dynamics = params.chain_settings().dynamics;
    assert_eq!(dynamics.mid_side.mid.knee_db, 3.0);
    assert_eq!(dynamics.mid_side.side.knee_db, 3.0);
    let bands = dynamics.multiband.bands.iter();
    assert!(bands.into_iter().all(|b| b.compressor.knee_db == 9.0));
    assert_eq!(dynamics.glue.knee_db, 12.0);
}
