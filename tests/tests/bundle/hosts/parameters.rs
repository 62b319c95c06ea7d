//! Ids, names, ranges and texts of parameters, on which projects and automation depend.

use flow_host::clap::{HostError, Parameter, host_id};
use flow_params::ParameterId;
use flow_testkit::testing::flow_with;

/// The plug-in's list of released parameters: for each of them a line of properties, and lines with its texts.
const RELEASED: &str = include_str!("../../../../plugin/src/params/released.txt");

#[test]
fn released_parameters_in_every_version_stay_the_same() {
    let mut flow = flow_with(&[]);
    let parameters = flow.parameters();
    let mut released = parameters.iter();
    // The parameter of the lines below its properties.
    let mut present = None;
    for line in RELEASED.lines() {
        if let Some(value) = line.strip_prefix("  ") {
            let parts: Vec<&str> = value.splitn(3, " = ").collect();
            if let ([position, _, shown], Some(parameter)) = (&parts[..], present) {
                let parameter: &Parameter = parameter;
                let value = parameter.max * position.parse::<f64>().unwrap();
                let text = flow.text(parameter, value).unwrap();
                assert_eq!(format!("{text:?}"), *shown, "{} at {value}", parameter.name);
            }
            continue;
        }
        let parameter = released.next().expect("a released parameter is missing");
        present = Some(parameter);
        let properties: Vec<&str> = line.split(" | ").collect();
        let [id, name, module, clap_id, _, steps, flags, default] = properties[..] else {
            panic!("{line}");
        };
        let number = |text: &str| text.rsplit(' ').next().unwrap().parse::<u32>().unwrap();
        let default: f64 = default.split(' ').nth(1).unwrap().parse().unwrap();
        let steps = number(steps);
        let default = default * parameter.max;
        assert_eq!((&*parameter.name, &*parameter.module), (name, module));
        assert_eq!([parameter.id, host_id(id)], [number(clap_id); 2], "{id}");
        assert_eq!(
            [parameter.min, parameter.max],
            [0.0, f64::from(steps.max(1))],
            "{id}"
        );
        assert!((parameter.default - default).abs() < 1e-6, "{id}");
        assert_eq!(
            flow.value(id),
            Some(parameter.default),
            "{id} of a new instance"
        );
        assert_eq!(parameter.is_stepped, steps > 0, "{id}");
        assert_eq!(parameter.is_bypass, flags.contains("BYPASS"), "{id}");
        let is_open = !parameter.is_hidden && !parameter.is_read_only;
        assert!(parameter.is_automatable && is_open, "{id}");
    }
    assert_eq!(
        released.next().map(|more| &more.name),
        None,
        "not in the list"
    );
}

#[test]
fn parameter_lookup_by_name_finds_it() {
    let mut flow = flow_with(&[]);
    assert_eq!(
        flow.find_parameter("CEILING").map(|p| p.id).ok(),
        Some(host_id("ceil"))
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
fn parameter_text_of_any_value_parses_to_the_same_text() {
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
            let parsed = parsed
                .unwrap_or_else(|| panic!("{} can't parse its own text {text:?}", parameter.name));
            assert_eq!(
                flow.text(&parameter, parsed).unwrap(),
                text,
                "{}",
                parameter.name
            );
            // Setting the value shows the same text.
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
fn parameter_text_without_unit_or_with_minus_sign_parses() {
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
fn remote_controls_of_all_pages_contain_every_parameter() {
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
    for id in ParameterId::ALL.map(ParameterId::as_str) {
        // Controllers have a separate button for bypass.
        assert!(
            id == "byp" || mapped.contains(&host_id(id)),
            "{id} is on no page: {pages:#?}"
        );
    }
    let names: Vec<&str> = pages.iter().map(|page| page.name.as_str()).collect();
    // The framework splits a page with more than eight knobs and numbers its parts.
    let expected = [
        "Loudness",
        "Input and output",
        "Velvet Floor",
        "Harmonic Lattice",
        "Phase Weave",
        "Velvet Curve",
        "Bells",
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
fn parameter_values_outside_the_range_give_finite_output() {
    let mut flow = flow_with(&[]);
    for parameter in flow.parameters() {
        for wild in [-1.0, 1e9, -1e300, f64::INFINITY, f64::NAN] {
            // The call may fail; only the output matters.
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
