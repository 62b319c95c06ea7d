//! Controls: their effects on parameters, and the host's events.

use std::sync::{Arc, Mutex};

use egui::accesskit::Role;
use egui_kittest::kittest::{NodeT, Queryable};

use flow_params::ParameterId;
use flow_plugin::editor::host_menu::MenuItem;
use flow_plugin::host_connection::HostRequests;
use flow_plugin::indications::Automation;

use crate::fixture::{EditorFixture, HostEvent, has_label, press};

#[test]
fn knob_drag_is_one_gesture() {
    let fixture = EditorFixture::new();
    let mut window = fixture.design_window();
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
    let events = fixture.host_events.lock().unwrap();
    assert_eq!(events.first(), Some(&HostEvent::Begin("fldep".into())));
    assert_eq!(events.last(), Some(&HostEvent::End("fldep".into())));
    let ends = events.iter().filter(|e| matches!(e, HostEvent::End(_)));
    assert_eq!(ends.count(), 1);
}

/// Types into the value below a control.
fn type_value(fixture: &EditorFixture, name: &str, text: &str) -> egui_kittest::Harness<'static> {
    let mut window = fixture.design_window();
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
fn value_entry_with_and_without_unit_sets_the_value() {
    for (text, shown) in [("37 %", "37.0 %"), ("12.5", "12.5 %"), ("0", "0.0 %")] {
        let fixture = EditorFixture::new();
        fixture.set(&[("fldep", "50 %")]);
        type_value(&fixture, "Depth", text);
        assert_eq!(fixture.text("fldep"), shown);
    }
}

#[test]
fn value_entry_of_an_invalid_value_changes_nothing() {
    for text in ["abc", "-999 dB", "1e999", "NaN", "101 %"] {
        let fixture = EditorFixture::new();
        fixture.set(&[("fldep", "50 %")]);
        let window = type_value(&fixture, "Depth", text);
        assert_eq!(fixture.param("fldep").normalized(), 0.5, "{text}");
        assert!(!fixture.has_host_events(), "{text}");
        // The field stays open for a correction.
        window.get_by_role_and_label(Role::TextInput, "Depth text");
    }
}

#[test]
fn knob_after_double_click_or_ctrl_click_has_its_default() {
    for ctrl in [false, true] {
        let fixture = EditorFixture::new();
        fixture.set(&[("wewid", "150 %")]);
        let mut window = fixture.design_window();
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
fn right_click_on_a_knob_opens_a_menu_that_resets_and_types() {
    let fixture = EditorFixture::new();
    fixture.set(&[("fldep", "50 %")]);
    let mut window = fixture.design_window();
    let open = |window: &mut egui_kittest::Harness<'_>| {
        let knob = window.get_by_role_and_label(Role::Slider, "Depth");
        knob.click_secondary();
        window.run();
    };
    open(&mut window);
    press(&mut window, "Reset to 0.0 %");
    assert_eq!(fixture.text("fldep"), "0.0 %");
    open(&mut window);
    press(&mut window, "Type a value");
    window.run();
    window.get_by_role_and_label(Role::TextInput, "Depth text");
}

/// The parameter of a menu, and the entry that was chosen.
type MenuCall = (ParameterId, Option<u32>);

/// A host that records the calls about menus.
#[derive(Clone, Default)]
struct MenuHost(Arc<Mutex<Vec<MenuCall>>>);

impl HostRequests for MenuHost {
    fn state_changed(&self) {}

    fn wake(&self) {}

    fn request_menu(&self, param: ParameterId) {
        self.0.lock().unwrap().push((param, None));
    }

    fn perform_menu(&self, param: ParameterId, action: u32) {
        self.0.lock().unwrap().push((param, Some(action)));
    }
}

#[test]
fn menu_of_a_control_has_the_entries_of_the_host_and_performs_them() {
    let fixture = EditorFixture::new();
    let host = MenuHost::default();
    fixture.shared.host.connect(host.clone());
    let mut window = fixture.design_window();
    let knob = window.get_by_role_and_label(Role::Slider, "Depth");
    knob.click_secondary();
    window.run();
    let depth = fixture.param("fldep").id();
    assert_eq!(*host.0.lock().unwrap(), [(depth, None)]);
    // The host answers later.
    let entry = |label: &str, is_enabled, action| MenuItem::Entry {
        label: label.to_owned(),
        is_enabled,
        is_checked: false,
        action,
    };
    let submenu = MenuItem::Submenu {
        label: "Modulate".to_owned(),
        is_enabled: true,
        items: vec![entry("By an envelope", true, 8)],
    };
    let items = vec![
        MenuItem::Title("Studio".to_owned()),
        entry("Learn a controller", true, 7),
        entry("Forget", false, 9),
        MenuItem::Separator,
        submenu,
    ];
    fixture.shared.host.menu.set(depth, items.clone());
    window.run();
    window.get_by_label("Reset to 0.0 %");
    window.get_by_label("Studio");
    press(&mut window, "Forget");
    assert_eq!(host.0.lock().unwrap().len(), 1, "a disabled entry");
    // The click has closed the menu.
    let knob = window.get_by_role_and_label(Role::Slider, "Depth");
    knob.click_secondary();
    window.run_steps(2);
    fixture.shared.host.menu.set(depth, items);
    window.run();
    press(&mut window, "Learn a controller");
    let calls = host.0.lock().unwrap().split_off(1);
    assert_eq!(calls, [(depth, None), (depth, Some(7))]);
    window.run();
    assert!(!has_label(&window, "Studio"), "the menu is closed");
    // Another control has none of these entries.
    let knob = window.get_by_role_and_label(Role::Slider, "Warmth");
    knob.click_secondary();
    window.run();
    assert!(!has_label(&window, "Studio"));
    assert!(!fixture.has_host_events());
}

#[test]
fn escape_closes_the_details() {
    let fixture = EditorFixture::new();
    let mut window = fixture.design_window();
    press(&mut window, "Velvet Floor details");
    window.run();
    window.get_by_label("Back");
    window.key_press(egui::Key::Escape);
    window.run();
    window.get_by_label("Velvet Floor details");
}

#[test]
fn escape_in_a_value_field_keeps_the_details() {
    let fixture = EditorFixture::new();
    let mut window = fixture.design_window();
    press(&mut window, "Velvet Floor details");
    window.run();
    press(&mut window, "Depth value");
    window.run();
    window.key_press(egui::Key::Escape);
    window.run();
    assert!(window.query_by_label("Depth text").is_none());
    window.get_by_label("Back");
}

#[test]
fn header_buttons_and_pillar_switch_change_parameters_and_monitoring() {
    let fixture = EditorFixture::new();
    let mut window = fixture.design_window();
    let is_on = |id| fixture.shared.params.get(id).normalized() > 0.5;
    window
        .get_by_role_and_label(Role::Switch, "Phase Weave")
        .click();
    window.run();
    assert!(!is_on(ParameterId::PhaseWeave));
    press(&mut window, "Undo last change");
    assert!(is_on(ParameterId::PhaseWeave));
    press(&mut window, "Redo last change");
    assert!(!is_on(ParameterId::PhaseWeave));

    press(&mut window, "B");
    assert!(is_on(ParameterId::PhaseWeave), "B has the initial values");
    press(&mut window, "A");
    assert!(!is_on(ParameterId::PhaseWeave));

    for label in ["Auto gain", "Delta", "Mono"] {
        press(&mut window, label);
    }
    let monitor = fixture.shared.monitor.get().chain;
    assert!(monitor.auto_gain && monitor.delta && monitor.mono);
    press(&mut window, "Bypass");
    assert!(is_on(ParameterId::Bypass));
}

#[test]
fn preset_undone_restores_all_parameters() {
    let fixture = EditorFixture::new();
    fixture.set(&[("gain", "3 dB")]);
    let before: Vec<_> = fixture
        .shared
        .params
        .each()
        .map(|p| p.normalized())
        .collect();
    let mut window = fixture.design_window();
    press(&mut window, "Next preset");
    press(&mut window, "Next preset");
    assert!(fixture.param("glamt").normalized() > 0.0, "gentle glue");
    press(&mut window, "Undo last change");
    press(&mut window, "Undo last change");
    let after: Vec<_> = fixture
        .shared
        .params
        .each()
        .map(|p| p.normalized())
        .collect();
    assert_eq!(before, after);
}

#[test]
fn focused_knob_changes_with_arrow_keys() {
    let fixture = EditorFixture::new();
    let mut window = fixture.design_window();
    for name in [
        "Depth",
        "Warmth",
        "Presence",
        "Sheen",
        "Width",
        "Body",
        "Soul",
        "Silk",
        "Air",
        "Ceiling",
        "Loudness gain",
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
    // Arrow keys don't move the focus.
    window.key_press(egui::Key::ArrowUp);
    window.run();
    assert!(fixture.param("flwrm").normalized() > once);
}

/// The label of the focused control.
fn focused(window: &egui_kittest::Harness<'_>) -> Option<String> {
    let mut found = window.query_all_by(|node| node.is_focused() && node.role() != Role::Window);
    found.find_map(|node| node.accesskit_node().label())
}

#[test]
fn tab_key_visits_all_controls_in_reading_order() {
    let fixture = EditorFixture::new();
    let mut window = fixture.design_window();
    let mut order = Vec::new();
    for _ in 0..90 {
        window.key_press(egui::Key::Tab);
        window.run();
        order.push(focused(&window).expect("each control has a label"));
    }
    let once = order.iter().skip(1).position(|name| *name == order[0]);
    order.truncate(once.expect("a full round") + 1);
    let stops = [
        "Previous preset",
        "Presets",
        "Next preset",
        "A",
        "B",
        "Copy A to B",
        "Undo last change",
        "Redo last change",
        "Delivery",
        "Style target",
        "Auto gain",
        "Compare",
        "Reference playback",
        "Delta",
        "Mono",
        "Bypass",
        "More",
        "Spectrum view",
        "Freeze",
        "Frequency range",
        "Body handle",
        "Soul handle",
        "Silk handle",
        "Air handle",
        "Bell 1 handle",
        "Bell 2 handle",
        "History range",
        "History readout",
        "Loudness target",
        "Reset",
        "Session statistics",
        "Gentle",
        "Normal",
        "Strong",
        "Listen",
        "Apply all",
        "Undo",
        "Compare beside the proposals",
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
        "Lattice drive",
        "Lattice drive value",
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
        "Multiband amount",
        "Multiband amount value",
        "Glue amount",
        "Glue amount value",
        "Drive",
        "Drive value",
        "Loudness gain",
        "Loudness gain value",
        "Ceiling",
        "Ceiling value",
        "Limiter style",
        "Dither",
        "Master Chain details",
    ];
    assert_eq!(order, stops);
}

#[test]
fn displays_with_music_have_accessible_descriptions() {
    let mut fixture = EditorFixture::new();
    let mut window = fixture.design_window();
    fixture.play(&mut window, 20.0, 4.0);
    for (display, content) in [
        ("integrated", "true peak"),
        ("correlation", "+0."),
        ("tonal balance", "Silk"),
        ("status", "latency 188 samples, 3.9 ms"),
    ] {
        let node = window.get_by_label_contains(display).accesskit_node();
        let text = node.value().or(node.label()).unwrap_or_default();
        assert!(text.contains(content), "{text}");
    }
}

#[test]
fn tooltip_of_each_kind_of_control_has_range_and_default() {
    let fixture = EditorFixture::new();
    let mut window = fixture.design_window();
    for (role, name, text) in [
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
        window.get_by_label_contains(text);
        window.get_by_label("Presets").hover();
        window.run();
    }
}

#[test]
fn idle_editor_requests_no_repaint() {
    let fixture = EditorFixture::new();
    let mut window = fixture.design_window();
    // `run` fails if repaints never end.
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
fn tooltip_of_an_automated_control_names_the_automation() {
    let fixture = EditorFixture::new();
    let ceiling = ParameterId::Ceiling;
    let playing = Some((Automation::Playing, Some([200, 80, 40])));
    fixture.shared.indications.set_automation(ceiling, playing);
    let mut window = fixture.design_window();
    window
        .get_by_role_and_label(Role::Slider, "Ceiling")
        .hover();
    for _ in 0..60 {
        window.step();
    }
    window.get_by_label("Automation is playing.");
}

#[test]
fn status_bar_at_an_unsupported_rate_names_the_rate() {
    let fixture = EditorFixture::new();
    fixture.shared.set_activation(1_234.5, 0, false);
    let window = fixture.design_window();
    window.get_by_label_contains("1234.5 Hz is not a supported sample rate");
}
