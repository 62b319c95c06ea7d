//! What every parameter has to keep: its id, its name, its texts.

use nice_plug::params::InternalParamMut;
use nice_plug::prelude::ParamPtr;

use super::*;

/// Ids, names and default texts. Ids may only be added; a changed line breaks saved projects.
const FROZEN: [(&str, &str, &str); 12] = [
    ("trim", "Trim", "0.00 dB"),
    ("lcut", "Low cut", "Off"),
    ("lcutf", "Low cut frequency", "20.0 Hz"),
    ("gain", "Loudness gain", "0.00 dB"),
    ("ceil", "Ceiling", "-1.00 dBTP"),
    ("rel", "Release", "120.0 ms"),
    ("link", "Stereo link", "100 %"),
    ("lstyl", "Limiter style", "Clean"),
    ("dith", "Dither", "Off"),
    ("dshap", "Noise shaping", "Off"),
    ("deliv", "Delivery", "Streaming"),
    ("byp", "Bypass", "Off"),
];

/// Calls `check` with every parameter.
fn for_each(check: impl Fn(&str, ParamPtr)) {
    let params = FlowParams::default();
    for (id, ptr, _) in params.param_map() {
        check(&id, ptr);
    }
}

fn text(ptr: ParamPtr, normalised: f32) -> String {
    // SAFETY: `for_each` and the tests keep the parameters alive while they use pointers to them.
    unsafe { ptr.normalized_value_to_string(normalised, true) }
}

fn parse(ptr: ParamPtr, text: &str) -> Option<f32> {
    // SAFETY: as above.
    unsafe { ptr.string_to_normalized_value(text) }
}

#[test]
fn ids_names_and_defaults_are_frozen() {
    let params = FlowParams::default();
    let mut map: Vec<_> = params
        .param_map()
        .into_iter()
        .map(|(id, ptr, _)| {
            // SAFETY: `params` lives until the end of the test.
            let (name, default) =
                unsafe { (ptr.name().to_owned(), ptr.default_normalized_value()) };
            (id, name, text(ptr, default))
        })
        .collect();
    let mut frozen: Vec<_> = FROZEN
        .iter()
        .map(|(id, name, text)| ((*id).into(), (*name).into(), (*text).into()))
        .collect();
    map.sort();
    frozen.sort();
    assert_eq!(map, frozen);
}

#[test]
fn ids_are_short_and_unique() {
    let mut ids: Vec<_> = FlowParams::default()
        .param_map()
        .into_iter()
        .map(|(id, ..)| id)
        .collect();
    assert!(ids.iter().all(|id| (1..=6).contains(&id.len())), "{ids:?}");
    let count = ids.len();
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), count);
}

#[test]
fn defaults_are_those_of_the_chain() {
    assert_eq!(
        FlowParams::default().chain_settings(),
        ChainSettings::default()
    );
}

#[test]
fn a_host_that_sends_the_default_back_changes_nothing() {
    let params = FlowParams::default();
    for (_, ptr, _) in params.param_map() {
        // SAFETY: `params` is alive, and no other thread knows it.
        unsafe { ptr._internal_set_normalized_value(ptr.default_normalized_value()) };
    }
    assert_eq!(params.chain_settings(), ChainSettings::default());
}

#[test]
fn text_to_value_to_text_is_stable() {
    for_each(|id, ptr| {
        for step in 0..=1000_u16 {
            let shown = text(ptr, f32::from(step) / 1000.0);
            let parsed =
                parse(ptr, &shown).unwrap_or_else(|| panic!("{id}: {shown:?} not understood"));
            assert_eq!(text(ptr, parsed), shown, "{id}");
        }
    });
}

#[test]
fn values_shown_are_values_used() {
    let params = FlowParams::default();
    for hundredths in -1200_i16..=0 {
        let shown = crate::text::format_number(f32::from(hundredths) / 100.0, 2);
        let normalised = params
            .limiter
            .ceiling
            .string_to_normalized_value(&shown)
            .unwrap();
        // SAFETY: as above.
        unsafe {
            params
                .limiter
                .ceiling
                ._internal_set_normalized_value(normalised)
        };
        let used = params.chain_settings().limiter.ceiling_db;
        assert!(
            (used - f32::from(hundredths) / 100.0).abs() < 2e-6,
            "{shown}: {used}"
        );
    }
}

#[test]
fn typed_texts_reach_the_right_parameter() {
    let cases = [
        ("trim", "3", "3.00 dB"),
        ("trim", "-1.234 dB", "-1.23 dB"),
        ("trim", "100", "24.00 dB"),
        ("ceil", "-1 dB", "-1.00 dBTP"),
        ("ceil", "−0.8 dBTP", "-0.80 dBTP"),
        ("ceil", "3", "0.00 dBTP"),
        ("rel", "0.12 s", "120.0 ms"),
        ("rel", "120ms", "120.0 ms"),
        ("rel", "1", "10.0 ms"),
        ("lcutf", "30 hz", "30.0 Hz"),
        ("link", "50%", "50 %"),
        ("lstyl", "punch", "Punch"),
        ("dith", "24", "24 bit"),
        ("dith", "16-BIT", "16 bit"),
        ("deliv", "apple-music", "Apple Music"),
        ("deliv", "broadcast", "Broadcast EBU R 128"),
        ("byp", "on", "On"),
        ("lcut", "TRUE", "On"),
    ];
    for (wanted, typed, shown) in cases {
        for_each(|id, ptr| {
            if id == wanted {
                let value =
                    parse(ptr, typed).unwrap_or_else(|| panic!("{id}: {typed:?} not understood"));
                assert_eq!(text(ptr, value), shown, "{id}: {typed:?}");
            }
        });
    }
}

#[test]
fn nonsense_is_refused() {
    for_each(|id, ptr| {
        for nonsense in [
            "", "   ", "nan", "inf", "-inf dB", "what?", "1 parsec", "💥",
        ] {
            assert_eq!(parse(ptr, nonsense), None, "{id}: {nonsense:?}");
        }
    });
}

#[test]
fn numbers_that_are_none_never_reach_the_chain() {
    let params = FlowParams::default();
    for (_, ptr, _) in params.param_map() {
        // SAFETY: as above.
        unsafe { ptr._internal_set_normalized_value(f32::NAN) };
    }
    assert!(
        params.input.trim.value().is_nan(),
        "or this test tests nothing"
    );
    let settings = params.chain_settings();
    let defaults = ChainSettings::default();
    assert_eq!(settings.trim_db, defaults.trim_db);
    assert_eq!(settings.limiter, defaults.limiter);
}

#[test]
fn delivery_has_the_order_of_the_table() {
    let params = FlowParams::default();
    assert_eq!(params.delivery().id, "streaming");
    for (index, delivery) in DELIVERIES.iter().enumerate() {
        let value = i32::try_from(index).unwrap();
        // SAFETY: as above.
        unsafe { params.delivery._internal_set_plain_value(value) };
        assert_eq!(params.delivery(), delivery);
        assert_eq!(params.delivery.to_string(), delivery.name);
        assert_eq!(
            params.chain_settings(),
            ChainSettings::default(),
            "a profile moves no knob"
        );
    }
}

#[test]
fn choices_are_in_the_order_of_their_names() {
    assert_eq!(
        LIMITER_STYLES.map(|style| format!("{style:?}")),
        LIMITER_STYLE_NAMES
    );
    let bits = DITHER_DEPTHS.map(|depth| format!("{depth:?}").replace("Bits", ""));
    assert_eq!(bits, DITHER_NAMES.map(|name| name.replace(" bit", "")));
}

#[test]
fn the_middle_of_the_release_knob_is_100_ms() {
    assert_eq!(
        FlowParams::default().limiter.release.preview_plain(0.5),
        100.0
    );
}
