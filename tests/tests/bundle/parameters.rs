//! What projects and automation lanes hold on to: ids, names, ranges and texts.

use crate::frozen::{FROZEN, STEPPED};
use flow_host::clap::{HostError, parameter_id};
use flow_testkit::testing::flow_with;

#[test]
fn ids_names_and_ranges_are_frozen() {
    let mut flow = flow_with(&[]);
    let parameters = flow.parameters();
    let order: Vec<&str> = parameters.iter().map(|p| p.name.as_str()).collect();
    let frozen: Vec<&str> = FROZEN.iter().map(|(_, name, ..)| *name).collect();
    assert_eq!(order, frozen, "the order of the hosts' lists");
    for (id, name, module, max, texts) in FROZEN {
        let parameter = flow.find_parameter(id).unwrap_or_else(|e| panic!("{e}"));
        assert_eq!(parameter.id, parameter_id(id));
        assert_eq!(
            (parameter.name.as_str(), parameter.module.as_str()),
            (name, module),
            "{id}"
        );
        assert_eq!((parameter.min, parameter.max), (0.0, max), "{id}");
        let shown = [parameter.min, parameter.default, parameter.max]
            .map(|v| flow.text(id, v).unwrap_or_default());
        assert_eq!(shown, texts, "{id}");
        assert_eq!(
            flow.value(id),
            Some(parameter.default),
            "{id} of a new instance"
        );
        assert_eq!(parameter.is_stepped, STEPPED.contains(&id), "{id}");
        assert_eq!(parameter.is_bypass, id == "byp", "{id}");
        assert!(
            parameter.is_automatable && !parameter.is_hidden && !parameter.is_read_only,
            "{id}"
        );
    }
}

#[test]
fn names_find_parameters_too() {
    let mut flow = flow_with(&[]);
    assert_eq!(
        flow.find_parameter("CEILING").map(|p| p.id).ok(),
        Some(parameter_id("ceil"))
    );
    assert!(matches!(
        flow.find_parameter("loudnes"),
        Err(HostError::UnknownParameter(_))
    ));
    assert!(matches!(
        flow.set("nothing", 0.0),
        Err(HostError::UnknownParameter(_))
    ));
    assert!(matches!(
        flow.set_text("ceil", "high"),
        Err(HostError::InvalidText { .. })
    ));
}

#[test]
fn every_text_is_understood_as_what_it_shows() {
    let mut flow = flow_with(&[]);
    for parameter in flow.parameters() {
        let steps = if parameter.is_stepped {
            parameter.max
        } else {
            1000.0
        };
        let mut step = 0.0;
        while step <= steps {
            let value = parameter.max * step / steps;
            let text = flow.text(&parameter, value).unwrap();
            let parsed = flow.value_from_text(&parameter, &text);
            let parsed = parsed.unwrap_or_else(|| {
                panic!("{} does not understand its own {text:?}", parameter.name)
            });
            assert_eq!(
                flow.text(&parameter, parsed).unwrap(),
                text,
                "{}",
                parameter.name
            );
            // And what is set is what is shown.
            if parameter.is_stepped || step.rem_euclid(50.0) == 0.0 {
                flow.set(&parameter, parsed).unwrap();
                assert_eq!(
                    flow.value_text(&parameter).unwrap(),
                    text,
                    "{}",
                    parameter.name
                );
            }
            step += 1.0;
        }
    }
}

#[test]
fn people_may_leave_out_units_or_use_a_real_minus() {
    let mut flow = flow_with(&[]);
    for (id, typed, shown) in [
        ("ceil", "\u{2212}1 dB", "-1.00 dBTP"),
        ("ceil", "-0.8", "-0.80 dBTP"),
        ("gain", "+6", "6.00 dB"),
        ("rel", "0.25 s", "250.0 ms"),
        ("link", "50", "50 %"),
        ("lstyl", "LOUD", "Loud"),
        ("dith", "16", "16 bit"),
        ("deliv", "spotify", "Spotify"),
        ("glrat", "4:1", "4:1"),
        ("mmrat", "3", "3.00:1"),
        ("wewid", "120", "120.0 %"),
        ("mbxhi", "4 kHz", "4000 Hz"),
        ("byp", "on", "On"),
    ] {
        flow.set_text(id, typed).unwrap_or_else(|e| panic!("{e}"));
        assert_eq!(flow.value_text(id).as_deref(), Some(shown), "{typed:?}");
    }
    for (id, nonsense) in [
        ("ceil", ""),
        ("gain", "nan"),
        ("rel", "inf ms"),
        ("deliv", "nowhere"),
        ("byp", "maybe"),
    ] {
        assert_eq!(
            flow.value_from_text(id, nonsense),
            None,
            "{id}: {nonsense:?}"
        );
    }
}

#[test]
fn remote_controls_reach_every_parameter_that_sounds() {
    let mut flow = flow_with(&[]);
    let parameters = flow.parameters();
    let pages = flow.remote_controls();
    assert!(!pages.is_empty());
    let mapped: Vec<u32> = pages
        .iter()
        .flat_map(|page| page.parameters)
        .flatten()
        .collect();
    for id in &mapped {
        assert!(
            parameters.iter().any(|p| p.id == *id),
            "a page names {id}, which does not exist"
        );
    }
    for (id, ..) in FROZEN {
        // Bypass has a button of its own on every controller.
        assert!(
            id == "byp" || mapped.contains(&parameter_id(id)),
            "{id} is on no page: {pages:#?}"
        );
    }
    let names: Vec<&str> = pages.iter().map(|page| page.name.as_str()).collect();
    // A page with more than eight knobs would have been cut in two, with numbers after its name.
    let expected = [
        "Loudness",
        "Input and output",
        "Velvet Floor",
        "Harmonic Lattice",
        "Phase Weave",
        "Velvet Curve",
        "Match, low",
        "Match, high",
        "Dynamics",
        "Mid",
        "Side",
        "Low band",
        "Mid band",
        "High band",
        "Glue",
    ];
    assert_eq!(names, expected);
}

#[test]
fn values_beyond_the_range_are_brought_into_it() {
    let mut flow = flow_with(&[]);
    for parameter in flow.parameters() {
        for wild in [-1.0, 1e9, -1e300, f64::INFINITY, f64::NAN] {
            // nice-plug takes what it gets; what matters is what comes out of it.
            let _ = flow.set(&parameter, wild);
        }
    }
    let input = flow_testkit::signals::white_noise(48_000, 2, 0.1, 0.5, 1);
    let output = flow_testkit::testing::render(&mut flow, &input);
    assert!(
        output.is_finite() && output.sample_peak() <= 1.0,
        "{}",
        output.sample_peak()
    );
}
