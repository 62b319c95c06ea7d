//! Hands on controls: what the parameter does, and what the host hears.

use egui::accesskit::Role;
use egui_kittest::kittest::{NodeT, Queryable};

use flow_dsp::Compare;
use flow_params::ParameterId;
use flow_plugin::indications::Automation;

use crate::fixture::{EditorFixture, HostEvent};

#[test]
fn a_drag_is_one_gesture() {
    let fixture = EditorFixture::new();
    let mut window = fixture.window([1240.0, 800.0], 1.0);
    window.run();
    let at = window
        .get_by_role_and_label(Role::Slider, "Depth")
        .rect()
        .center();
    window.drag_at(at);
    window.step();
    for by in 1..=10_u8 {
        window.hover_at(at - egui::vec2(0.0, 8.0 * f32::from(by)));
        window.step();
    }
    window.drop_at(at - egui::vec2(0.0, 80.0));
    window.run();
    assert!(fixture.param("fldep").normalized() > 0.2);
    let heard = fixture.host_events.lock().unwrap();
    assert_eq!(heard.first(), Some(&HostEvent::Begin("fldep".into())));
    assert_eq!(heard.last(), Some(&HostEvent::End("fldep".into())));
    let ends = heard.iter().filter(|h| matches!(h, HostEvent::End(_)));
    assert_eq!(ends.count(), 1);
}

/// Types into the value under a control.
fn type_value(fixture: &EditorFixture, name: &str, text: &str) -> egui_kittest::Harness<'static> {
    let mut window = fixture.window([1240.0, 800.0], 1.0);
    window.run();
    window.get_by_label(&format!("{name} value")).click();
    window.run();
    window
        .get_by_role_and_label(Role::TextInput, &format!("{name} text"))
        .type_text(text);
    window.run();
    window.key_press(egui::Key::Enter);
    window.run();
    window
}

#[test]
fn a_value_can_be_typed_with_and_without_its_unit() {
    for (text, shown) in [("37 %", "37.0 %"), ("12.5", "12.5 %"), ("0", "0.0 %")] {
        let fixture = EditorFixture::new();
        fixture.set(&[("fldep", "50 %")]);
        type_value(&fixture, "Depth", text);
        let param = fixture.param("fldep");
        assert_eq!(param.text(param.normalized()), shown);
    }
}

#[test]
fn what_is_no_value_is_refused_and_changes_nothing() {
    for text in ["abc", "-999 dB", "1e999", "NaN", "101 %"] {
        let fixture = EditorFixture::new();
        fixture.set(&[("fldep", "50 %")]);
        let window = type_value(&fixture, "Depth", text);
        assert_eq!(fixture.param("fldep").normalized(), 0.5, "{text}");
        assert!(fixture.host_events.lock().unwrap().is_empty(), "{text}");
        // Still there, so that it can be put right.
        window.get_by_role_and_label(Role::TextInput, "Depth text");
    }
}

#[test]
fn a_double_click_and_a_ctrl_click_bring_the_default_back() {
    for ctrl in [false, true] {
        let fixture = EditorFixture::new();
        fixture.set(&[("wewid", "150 %")]);
        let mut window = fixture.window([1240.0, 800.0], 1.0);
        window.run();
        let knob = window.get_by_role_and_label(Role::Slider, "Width");
        if ctrl {
            knob.click_modifiers(egui::Modifiers::COMMAND);
        } else {
            knob.click();
            window.step();
            window.get_by_role_and_label(Role::Slider, "Width").click();
        }
        window.run();
        let param = fixture.param("wewid");
        assert_eq!(
            param.normalized(),
            param.default_normalized(),
            "ctrl {ctrl}"
        );
    }
}

#[test]
fn switches_slots_undo_and_listening_do_what_they_say() {
    let fixture = EditorFixture::new();
    let mut window = fixture.window([1240.0, 800.0], 1.0);
    window.run();
    let is_on = |id| fixture.shared.params.get(id).normalized() > 0.5;
    window
        .get_by_role_and_label(Role::Switch, "Phase Weave")
        .click();
    window.run();
    assert!(!is_on(ParameterId::PhaseWeave));
    window.get_by_label("↩").click();
    window.run();
    assert!(is_on(ParameterId::PhaseWeave));
    window.get_by_label("↪").click();
    window.run();
    assert!(!is_on(ParameterId::PhaseWeave));

    window.get_by_label("B").click();
    window.run();
    assert!(is_on(ParameterId::PhaseWeave), "B is as it began");
    window.get_by_label("A").click();
    window.run();
    assert!(!is_on(ParameterId::PhaseWeave));

    window.get_by_label("Bypass").click();
    window.get_by_label("Delta").click();
    window.get_by_label("Mono").click();
    window.run();
    assert!(is_on(ParameterId::Bypass));
    let monitor = fixture.shared.monitor.get();
    assert!(monitor.delta && monitor.mono);
    for (shown, heard) in [
        ("Compare", Compare::Original),
        ("Original", Compare::Processed),
        ("Processed", Compare::Off),
    ] {
        window.get_by_label(shown).click();
        window.run();
        assert_eq!(fixture.shared.monitor.get().compare, heard);
    }
}

#[test]
fn a_preset_is_one_step() {
    let fixture = EditorFixture::new();
    fixture.set(&[("gain", "3 dB")]);
    let before: Vec<_> = fixture
        .shared
        .params
        .each()
        .map(|p| p.normalized())
        .collect();
    let mut window = fixture.window([1240.0, 800.0], 1.0);
    window.run();
    window.get_by_label("›").click();
    window.run();
    window.get_by_label("›").click();
    window.run();
    assert!(fixture.param("glamt").normalized() > 0.0, "gentle glue");
    window.get_by_label("↩").click();
    window.run();
    window.get_by_label("↩").click();
    window.run();
    let after: Vec<_> = fixture
        .shared
        .params
        .each()
        .map(|p| p.normalized())
        .collect();
    assert_eq!(before, after);
}

#[test]
fn every_control_has_a_name_and_can_be_reached_by_keyboard() {
    let fixture = EditorFixture::new();
    let mut window = fixture.window([1240.0, 800.0], 1.0);
    window.run();
    for name in [
        "Depth", "Warmth", "Presence", "Sheen", "Width", "Body", "Soul", "Silk", "Air", "Ceiling",
        "Gain",
    ] {
        window.get_by_role_and_label(Role::Slider, name);
    }
    window.get_by_role_and_label(Role::Slider, "Warmth").focus();
    window.run();
    let before = fixture.param("flwrm").normalized();
    window.key_press(egui::Key::ArrowUp);
    window.run();
    let once = fixture.param("flwrm").normalized();
    assert!(once > before);
    // The keys don't take the focus elsewhere.
    window.key_press(egui::Key::ArrowUp);
    window.run();
    assert!(fixture.param("flwrm").normalized() > once);
}

/// The label of what has the keyboard.
fn focused(window: &egui_kittest::Harness<'_>) -> Option<String> {
    let mut found = window.query_all_by(|node| node.is_focused() && node.role() != Role::Window);
    found.find_map(|node| node.accesskit_node().label())
}

#[test]
fn the_keyboard_goes_in_the_order_of_reading() {
    let fixture = EditorFixture::new();
    let mut window = fixture.window([1240.0, 800.0], 1.0);
    window.run();
    let mut order = Vec::new();
    for _ in 0..80 {
        window.key_press(egui::Key::Tab);
        window.run();
        order.push(focused(&window).expect("every stop has a name"));
    }
    let once = order.iter().skip(1).position(|name| *name == order[0]);
    order.truncate(once.expect("round") + 1);
    let stops = [
        "‹",
        "Presets",
        "›",
        "A",
        "B",
        "A → B",
        "↩",
        "↪",
        "Delivery",
        "Style target",
        "Compare",
        "Delta",
        "Mono",
        "Bypass",
        "More",
        "Body handle",
        "Soul handle",
        "Silk handle",
        "Air handle",
        "Reset",
        "Listen",
        "Apply all",
        "Assistant details",
        "Velvet Floor",
        "Depth",
        "Depth value",
        "Warmth",
        "Warmth value",
        "Translation",
        "Velvet Floor details",
        "Harmonic Lattice",
        "Presence",
        "Presence value",
        "Sheen",
        "Sheen value",
        "Drive",
        "Drive value",
        "Character",
        "Harmonic Lattice details",
        "Phase Weave",
        "Width",
        "Width value",
        "Mono safety",
        "Mono safety value",
        "Mono below",
        "Mono below frequency value",
        "Phase Weave details",
        "Velvet Curve",
        "Body",
        "Body value",
        "Soul",
        "Soul value",
        "Silk",
        "Silk value",
        "Air",
        "Air value",
        "Comfort",
        "Comfort value",
        "Velvet Curve details",
        "Master Chain",
        "Multiband",
        "Multiband value",
        "Glue",
        "Glue value",
        "Drive",
        "Drive value",
        "Gain",
        "Gain value",
        "Ceiling",
        "Ceiling value",
        "Limiter style",
        "Dither",
        "Master Chain details",
    ];
    assert_eq!(order, stops);
}

/// Displays are told in words.
#[test]
fn displays_say_what_they_show() {
    let mut fixture = EditorFixture::new();
    let mut window = fixture.window([1240.0, 800.0], 1.0);
    fixture.play(&mut window, 20.0, 4.0);
    for (beginning, inside) in [
        ("short-term", "true peak"),
        ("correlation", "+0."),
        ("tonal balance", "Silk"),
        ("engine", "latency 188 samples, 3.9 ms"),
    ] {
        let display = window.get_by_label_contains(beginning).accesskit_node();
        let said = display.value().or(display.label()).unwrap_or_default();
        assert!(said.contains(inside), "{said}");
    }
}

#[test]
fn a_tooltip_says_what_a_control_does_and_its_range() {
    let fixture = EditorFixture::new();
    let mut window = fixture.window([1240.0, 800.0], 1.0);
    window.run();
    for (role, name, says) in [
        (
            Role::Slider,
            "Ceiling",
            "−12.00 dBTP to 0.00 dBTP; default −1.00 dBTP",
        ),
        (
            Role::ComboBox,
            "Translation",
            "Subtle, Deep, Resonant; default Subtle",
        ),
        (Role::Switch, "Phase Weave", "Off, On; default On"),
    ] {
        window.get_by_role_and_label(role, name).hover();
        for _ in 0..60 {
            window.step();
        }
        window.get_by_label_contains(says);
        window.get_by_label("Presets").hover();
        window.run();
    }
}

#[test]
fn an_idle_window_asks_for_no_picture() {
    let fixture = EditorFixture::new();
    let mut window = fixture.window([1240.0, 800.0], 1.0);
    // `run` fails when pictures are asked for again and again.
    window.run();
    let delay = window
        .output()
        .viewport_output
        .values()
        .map(|v| v.repaint_delay)
        .min();
    assert!(delay.unwrap() > std::time::Duration::from_secs(1));
}

#[test]
fn control_that_the_host_automates_says_so_in_its_tooltip() {
    let fixture = EditorFixture::new();
    let ceiling = ParameterId::Ceiling;
    let playing = Some((Automation::Playing, Some([200, 80, 40])));
    fixture.shared.indications.set_automation(ceiling, playing);
    let mut window = fixture.window([1240.0, 800.0], 1.0);
    window.run();
    window
        .get_by_role_and_label(Role::Slider, "Ceiling")
        .hover();
    for _ in 0..60 {
        window.step();
    }
    window.get_by_label("Automation is playing.");
}

#[test]
fn sample_rate_that_is_not_supported_is_named_in_the_last_line() {
    let fixture = EditorFixture::new();
    fixture.shared.set_activation(1_234.5, 0, false);
    let mut window = fixture.window([1240.0, 800.0], 1.0);
    window.run();
    window.get_by_label_contains("1234.5 Hz is no sample rate that Flow supports");
}
