//! What every parameter has to keep: its id, its name, its texts.

use nice_plug::params::InternalParamMut;
use nice_plug::prelude::Param;

use super::*;

/// Ids, names, groups and default texts, in the hosts' order. Lines may only be added, at the end; a
/// changed line breaks saved projects.
#[rustfmt::skip]
const FROZEN: [(&str, &str, &str, &str); 97] = [
    ("trim", "Trim", "Input", "0.00 dB"),
    ("lcut", "Low cut", "Input", "Off"),
    ("lcutf", "Low cut frequency", "Input", "20.0 Hz"),
    ("gain", "Loudness gain", "Limiter", "0.00 dB"),
    ("ceil", "Ceiling", "Limiter", "-1.00 dBTP"),
    ("rel", "Release", "Limiter", "120.0 ms"),
    ("link", "Stereo link", "Limiter", "100 %"),
    ("lstyl", "Limiter style", "Limiter", "Clean"),
    ("dith", "Dither", "Output", "Off"),
    ("dshap", "Noise shaping", "Output", "Off"),
    ("deliv", "Delivery", "", "Streaming"),
    ("byp", "Bypass", "", "Off"),
    ("flr", "Velvet Floor", "Velvet Floor", "On"),
    ("fldep", "Depth", "Velvet Floor", "0.0 %"),
    ("flwrm", "Warmth", "Velvet Floor", "0.0 %"),
    ("fltrn", "Translation", "Velvet Floor", "Subtle"),
    ("lat", "Harmonic Lattice", "Harmonic Lattice", "On"),
    ("lapre", "Presence", "Harmonic Lattice", "0.00 dB"),
    ("lashn", "Sheen", "Harmonic Lattice", "0.00 dB"),
    ("lachr", "Character", "Harmonic Lattice", "Neutral"),
    ("ladrv", "Lattice drive", "Harmonic Lattice", "0.0 %"),
    ("wev", "Phase Weave", "Phase Weave", "On"),
    ("wewid", "Width", "Phase Weave", "100.0 %"),
    ("wemon", "Mono below", "Phase Weave", "Off"),
    ("wemof", "Mono below frequency", "Phase Weave", "120.0 Hz"),
    ("wesaf", "Mono safety", "Phase Weave", "0.0 %"),
    ("wesml", "Mono safety maximum loss", "Phase Weave", "3.00 dB"),
    ("wesms", "Mono safety detector", "Phase Weave", "150.0 ms"),
    ("crv", "Velvet Curve", "Velvet Curve", "On"),
    ("crbod", "Body", "Velvet Curve", "0.00 dB"),
    ("crsou", "Soul", "Velvet Curve", "0.00 dB"),
    ("crsil", "Silk", "Velvet Curve", "0.00 dB"),
    ("crair", "Air", "Velvet Curve", "0.00 dB"),
    ("crcom", "Comfort", "Velvet Curve", "0.0 %"),
    ("style", "Style target", "Velvet Curve", "Neutral"),
    ("mst", "Dynamics", "Master Chain", "On"),
    ("msamt", "Mid/side amount", "Master Chain/Mid and side", "0.0 %"),
    ("mskne", "Mid/side knee", "Master Chain/Mid and side", "6.00 dB"),
    ("mmthr", "Mid threshold", "Master Chain/Mid and side/Mid", "-18.00 dB"),
    ("mmrat", "Mid ratio", "Master Chain/Mid and side/Mid", "2.00:1"),
    ("mmatt", "Mid attack", "Master Chain/Mid and side/Mid", "20.0 ms"),
    ("mmrel", "Mid release", "Master Chain/Mid and side/Mid", "200.0 ms"),
    ("mmmix", "Mid mix", "Master Chain/Mid and side/Mid", "100.0 %"),
    ("msthr", "Side threshold", "Master Chain/Mid and side/Side", "-26.00 dB"),
    ("msrat", "Side ratio", "Master Chain/Mid and side/Side", "2.00:1"),
    ("msatt", "Side attack", "Master Chain/Mid and side/Side", "20.0 ms"),
    ("msrel", "Side release", "Master Chain/Mid and side/Side", "200.0 ms"),
    ("msmix", "Side mix", "Master Chain/Mid and side/Side", "100.0 %"),
    ("mbamt", "Multiband amount", "Master Chain/Multiband", "0.0 %"),
    ("mbkne", "Multiband knee", "Master Chain/Multiband", "6.00 dB"),
    ("mbxlo", "Low crossover", "Master Chain/Multiband", "120.0 Hz"),
    ("mbxhi", "High crossover", "Master Chain/Multiband", "2500 Hz"),
    ("mbltr", "Low band threshold", "Master Chain/Multiband/Low band", "-20.00 dB"),
    ("mblra", "Low band ratio", "Master Chain/Multiband/Low band", "2.00:1"),
    ("mblat", "Low band attack", "Master Chain/Multiband/Low band", "30.0 ms"),
    ("mblre", "Low band release", "Master Chain/Multiband/Low band", "200.0 ms"),
    ("mblga", "Low band gain", "Master Chain/Multiband/Low band", "0.00 dB"),
    ("mblso", "Low band solo", "Master Chain/Multiband/Low band", "Off"),
    ("mbmtr", "Mid band threshold", "Master Chain/Multiband/Mid band", "-22.00 dB"),
    ("mbmra", "Mid band ratio", "Master Chain/Multiband/Mid band", "2.00:1"),
    ("mbmat", "Mid band attack", "Master Chain/Multiband/Mid band", "15.0 ms"),
    ("mbmre", "Mid band release", "Master Chain/Multiband/Mid band", "120.0 ms"),
    ("mbmga", "Mid band gain", "Master Chain/Multiband/Mid band", "0.00 dB"),
    ("mbmso", "Mid band solo", "Master Chain/Multiband/Mid band", "Off"),
    ("mbhtr", "High band threshold", "Master Chain/Multiband/High band", "-30.00 dB"),
    ("mbhra", "High band ratio", "Master Chain/Multiband/High band", "2.00:1"),
    ("mbhat", "High band attack", "Master Chain/Multiband/High band", "5.0 ms"),
    ("mbhre", "High band release", "Master Chain/Multiband/High band", "80.0 ms"),
    ("mbhga", "High band gain", "Master Chain/Multiband/High band", "0.00 dB"),
    ("mbhso", "High band solo", "Master Chain/Multiband/High band", "Off"),
    ("glamt", "Glue amount", "Master Chain/Glue", "0.0 %"),
    ("glthr", "Glue threshold", "Master Chain/Glue", "-16.00 dB"),
    ("glrat", "Glue ratio", "Master Chain/Glue", "2:1"),
    ("glkne", "Glue knee", "Master Chain/Glue", "6.00 dB"),
    ("glatt", "Glue attack", "Master Chain/Glue", "30.0 ms"),
    ("glrel", "Glue release", "Master Chain/Glue", "200.0 ms"),
    ("glaut", "Glue auto release", "Master Chain/Glue", "On"),
    ("glhpf", "Glue side-chain high-pass", "Master Chain/Glue", "80.0 Hz"),
    ("glmix", "Glue mix", "Master Chain/Glue", "100.0 %"),
    ("drive", "Drive", "Master Chain", "0.0 %"),
    ("mtamt", "Match", "Match", "0.0 %"),
    ("mt01", "Match 40 Hz", "Match", "0.00 dB"),
    ("mt02", "Match 60 Hz", "Match", "0.00 dB"),
    ("mt03", "Match 90 Hz", "Match", "0.00 dB"),
    ("mt04", "Match 130 Hz", "Match", "0.00 dB"),
    ("mt05", "Match 190 Hz", "Match", "0.00 dB"),
    ("mt06", "Match 280 Hz", "Match", "0.00 dB"),
    ("mt07", "Match 410 Hz", "Match", "0.00 dB"),
    ("mt08", "Match 600 Hz", "Match", "0.00 dB"),
    ("mt09", "Match 880 Hz", "Match", "0.00 dB"),
    ("mt10", "Match 1.3 kHz", "Match", "0.00 dB"),
    ("mt11", "Match 1.9 kHz", "Match", "0.00 dB"),
    ("mt12", "Match 2.8 kHz", "Match", "0.00 dB"),
    ("mt13", "Match 4.1 kHz", "Match", "0.00 dB"),
    ("mt14", "Match 6 kHz", "Match", "0.00 dB"),
    ("mt15", "Match 9 kHz", "Match", "0.00 dB"),
    ("mt16", "Match 13.5 kHz", "Match", "0.00 dB"),
];

fn set(param: AnyParam<'_>, normalized: f32) {
    // SAFETY: the parameter is alive, and no other thread knows it.
    unsafe { param.ptr()._internal_set_normalized_value(normalized) };
}

fn find<'p>(params: &'p FlowParams, id: &str) -> AnyParam<'p> {
    let found = params.each().find(|(other, _)| other == id);
    found.unwrap_or_else(|| panic!("no parameter {id}")).1
}

#[test]
fn ids_names_groups_and_defaults_are_frozen() {
    let params = FlowParams::default();
    let groups = params.param_map().into_iter().map(|(.., group)| group);
    let found: Vec<_> = params
        .each()
        .zip(groups)
        .map(|((id, param), group)| {
            let name = name(param);
            (id, name, group, param.text(param.default_normalized()))
        })
        .collect();
    let found: Vec<_> = found
        .iter()
        .map(|(id, name, group, text)| (id.as_str(), name.as_str(), group.as_str(), text.as_str()))
        .collect();
    assert_eq!(found, FROZEN);
}

fn name(param: AnyParam<'_>) -> String {
    // SAFETY: the parameter is alive.
    unsafe { param.ptr().name().to_owned() }
}

#[test]
fn ids_are_short_and_unique() {
    let params = FlowParams::default();
    let mut ids: Vec<_> = params.each().map(|(id, _)| id).collect();
    assert!(ids.iter().all(|id| (1..=6).contains(&id.len())), "{ids:?}");
    let count = ids.len();
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), count);
    // Hosts know them by a hash of 31 bits.
    let hash = |id: &String| {
        id.bytes().fold(0_u32, |hash, byte| {
            hash.wrapping_mul(31).wrapping_add(u32::from(byte))
        }) & !(1 << 31)
    };
    let mut hashes: Vec<_> = ids.iter().map(hash).collect();
    hashes.sort_unstable();
    hashes.dedup();
    assert_eq!(hashes.len(), count);
}

#[test]
fn names_are_unique_whatever_the_case() {
    let params = FlowParams::default();
    let mut names: Vec<_> = params.each().map(|(_, p)| name(p).to_lowercase()).collect();
    let count = names.len();
    names.sort();
    names.dedup();
    assert_eq!(names.len(), count);
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
    for (_, param) in params.each() {
        set(param, param.default_normalized());
    }
    assert_eq!(params.chain_settings(), ChainSettings::default());
}

#[test]
fn text_to_value_to_text_is_stable() {
    for (id, param) in FlowParams::default().each() {
        for step in 0..=1000_u16 {
            let shown = param.text(f32::from(step) / 1000.0);
            let parsed = param.parse(&shown);
            let parsed = parsed.unwrap_or_else(|| panic!("{id}: {shown:?} not understood"));
            assert_eq!(param.text(parsed), shown, "{id}");
        }
    }
}

#[test]
fn values_shown_are_values_used() {
    let params = FlowParams::default();
    let ceiling = find(&params, "ceil");
    for hundredths in -1200_i16..=0 {
        let shown = crate::text::format_number(f32::from(hundredths) / 100.0, 2);
        set(ceiling, ceiling.parse(&shown).unwrap());
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
        ("flr", "off", "Off"),
        ("fldep", "33.3", "33.3 %"),
        ("fltrn", "deep", "Deep"),
        ("lachr", "VINTAGE", "Vintage"),
        ("lapre", "-2.5", "-2.50 dB"),
        ("wewid", "150 %", "150.0 %"),
        ("wewid", "999", "200.0 %"),
        ("wemof", "0.1 kHz", "100.0 Hz"),
        ("wesms", "0.1 s", "100.0 ms"),
        ("style", "orch", "Orchestral"),
        ("mmrat", "2", "2.00:1"),
        ("mmrat", "2:1", "2.00:1"),
        ("mbhra", "1,25 : 1", "1.25:1"),
        ("mbxhi", "3 kHz", "3000 Hz"),
        ("mblso", "on", "On"),
        ("glrat", "1.5", "1.5:1"),
        ("glrat", "4:1", "4:1"),
        ("glaut", "no", "Off"),
    ];
    let params = FlowParams::default();
    for (id, typed, shown) in cases {
        let param = find(&params, id);
        let value = param.parse(typed);
        let value = value.unwrap_or_else(|| panic!("{id}: {typed:?} not understood"));
        assert_eq!(param.text(value), shown, "{id}: {typed:?}");
    }
}

#[test]
fn nonsense_is_refused() {
    for (id, param) in FlowParams::default().each() {
        for nonsense in [
            "", "   ", "nan", "inf", "-inf dB", "what?", "1 parsec", "💥",
        ] {
            assert_eq!(param.parse(nonsense), None, "{id}: {nonsense:?}");
        }
    }
}

#[test]
fn numbers_that_are_none_never_reach_the_chain() {
    let params = FlowParams::default();
    for (_, param) in params.each() {
        if let AnyParam::Float(_) = param {
            set(param, f32::NAN);
        }
    }
    assert!(
        params.input.trim.value().is_nan(),
        "or this test tests nothing"
    );
    assert_eq!(params.chain_settings(), ChainSettings::default());
}

#[test]
fn every_parameter_that_sounds_reaches_the_chain() {
    for (index, (id, _)) in FlowParams::default().each().enumerate() {
        let params = FlowParams::default();
        let (_, param) = params.each().nth(index).unwrap();
        let other = if param.default_normalized() > 0.5 {
            0.0
        } else {
            1.0
        };
        set(param, other);
        let is_heard = params.chain_settings() != ChainSettings::default();
        assert_eq!(is_heard, id != "deliv", "{id}");
    }
}

#[test]
fn the_ends_of_every_knob_are_in_the_chain_s_range() {
    for end in [0.0, 1.0] {
        let params = FlowParams::default();
        for (_, param) in params.each() {
            set(param, end);
        }
        let settings = params.chain_settings();
        assert_eq!(settings, settings.sanitised());
    }
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
fn choices_mean_what_they_say() {
    let params = FlowParams::default();
    let check = |param: &IntParam, meant: &dyn Fn(&ChainSettings) -> String| {
        let last = i32::try_from(param.step_count().unwrap()).unwrap();
        for value in 0..=last {
            // SAFETY: as above.
            unsafe { param._internal_set_plain_value(value) };
            assert_eq!(param.to_string(), meant(&params.chain_settings()));
        }
    };
    check(&params.floor.translation, &|settings| {
        format!("{:?}", settings.floor.translation)
    });
    check(&params.lattice.character, &|settings| {
        format!("{:?}", settings.lattice.character)
    });
    check(&params.curve.style_target, &|settings| {
        format!("{:?}", settings.style_target)
    });
    check(&params.dynamics.glue.ratio, &|settings| {
        format!("{}:1", settings.dynamics.glue.ratio.value())
    });
    check(&params.limiter.style, &|settings| {
        format!("{:?}", settings.limiter.style)
    });
    check(&params.output.dither, &|settings| {
        let depth = format!("{:?}", settings.dither.depth);
        depth
            .strip_prefix("Bits")
            .map_or(depth.clone(), |bits| format!("{bits} bit"))
    });
}

#[test]
fn one_knee_serves_all_compressors_of_a_stage() {
    let params = FlowParams::default();
    for (id, typed) in [("mskne", "3"), ("mbkne", "9"), ("glkne", "12")] {
        let param = find(&params, id);
        set(param, param.parse(typed).unwrap());
    }
    let dynamics = params.chain_settings().dynamics;
    assert_eq!(dynamics.mid_side.mid.knee_db, 3.0);
    assert_eq!(dynamics.mid_side.side.knee_db, 3.0);
    assert!(
        dynamics
            .multiband
            .bands
            .iter()
            .all(|band| band.compressor.knee_db == 9.0)
    );
    assert_eq!(dynamics.glue.knee_db, 12.0);
}

#[test]
fn the_geometric_middle_is_in_the_middle_of_the_knob() {
    let params = FlowParams::default();
    for (id, middle) in [
        ("rel", "100.0 ms"),
        ("wemof", "126.5 Hz"),
        ("wesms", "122.5 ms"),
        ("mmrat", "3.16:1"),
        ("mmatt", "14.1 ms"),
        ("mmrel", "200.0 ms"),
        ("mbxlo", "141.4 Hz"),
        ("mbxhi", "3098 Hz"),
        ("glhpf", "77.5 Hz"),
    ] {
        assert_eq!(find(&params, id).text(0.5), middle, "{id}");
    }
}
