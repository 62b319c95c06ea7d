//! The window by keyboard alone: each control is reached with Tab, shows its focus, and does what the mouse does.

pub(crate) mod focus;

use std::collections::BTreeSet;

use egui::accesskit::Role;
use egui::{Key, Modifiers, Rect, Shape, pos2};
use egui_kittest::Harness;
use egui_kittest::kittest::{NodeT, Queryable};
use flow_params::Pillar;
use flow_plugin::editor::model::preferences_file::display_options::ColorTheme;
use flow_plugin::editor::widgets::theme::palette::Palette;

use crate::accessibility::INTERACTIVE;
use crate::fixture::{EditorFixture, open_stage, press};
use crate::references::{bright, open_references};

/// A control: role and name.
type Control = (String, String);

/// The controls that can be used now.
fn controls(window: &Harness<'_>) -> BTreeSet<Control> {
    let nodes = window.query_all_by(|node| INTERACTIVE.contains(&node.role()));
    let possible = nodes.filter(|node| !node.accesskit_node().is_disabled());
    possible.map(|node| name(&node)).collect()
}

fn name<'n>(node: &impl NodeT<'n>) -> Control {
    let node = node.accesskit_node();
    let label = node.label().unwrap_or_default();
    (format!("{:?}", node.role()), label)
}

/// Whether a frame in the color of texts stands around a control, or around the box at the left of a check box.
fn has_frame(shapes: &[egui::epaint::ClippedShape], control: Rect, is_check_box: bool) -> bool {
    let is_frame = |shape: &Shape| match shape {
        Shape::Rect(rect) => {
            let right = match is_check_box {
                true => control.left() + control.height(),
                false => control.right(),
            };
            let max = pos2(right, control.bottom());
            let distance = (rect.rect.min - control.min).length() + (rect.rect.max - max).length();
            rect.stroke.color == Palette::of(ColorTheme::Dark).text
                && rect.stroke.width >= 1.0
                && distance < 16.0
        }
        _ => false,
    };
    shapes.iter().any(|clipped| match &clipped.shape {
        Shape::Vec(shapes) => shapes.iter().any(is_frame),
        shape => is_frame(shape),
    })
}

/// Presses Tab until the focus comes to a control for the second time. Fails for controls without focus, and without a
/// visible one.
pub(crate) fn check_tab_order(window: &mut Harness<'_>, state: &str) {
    let mut reached = BTreeSet::new();
    let mut invisible = Vec::new();
    for _ in 0..400 {
        window.key_press(Key::Tab);
        window.run_steps(2);
        let focused = window.query_all_by(|node| node.is_focused());
        let Some(focused) = focused.last() else {
            continue;
        };
        let control = name(&focused);
        let role = focused.accesskit_node().role();
        let is_visible = has_frame(
            &window.output().shapes,
            focused.rect(),
            role == Role::CheckBox,
        );
        // A text field has its own frame and a cursor.
        if role != Role::TextInput && !is_visible {
            invisible.push(control.clone());
        }
        if !reached.insert(control) {
            break;
        }
    }
    let all = controls(window);
    let missing: Vec<_> = all.difference(&reached).collect();
    assert!(missing.is_empty(), "{state}: not reached: {missing:?}");
    assert!(
        invisible.is_empty(),
        "{state}: no visible focus: {invisible:?}"
    );
}

#[test]
fn tab_reaches_each_control_of_the_pillars_and_their_details() {
    let fixture = EditorFixture::new();
    let mut window = fixture.design_window();
    check_tab_order(&mut window, "pillars");
    press(&mut window, "Compare");
    check_tab_order(&mut window, "comparison");
    for (pillar, stages) in [
        (Pillar::VelvetFloor, &[""][..]),
        (Pillar::HarmonicLattice, &[""]),
        (Pillar::PhaseWeave, &[""]),
        (Pillar::VelvetCurve, &["Equalizer", "Match", "Comfort"]),
        (
            Pillar::MasterChain,
            &["Mid/side", "Multiband", "Glue", "Limiter"],
        ),
    ] {
        for stage in stages {
            let mut window = fixture.design_window();
            if stage.is_empty() {
                press(&mut window, &format!("{} details", pillar.name()));
            } else {
                open_stage(&mut window, [pillar.name(), stage]);
            }
            check_tab_order(&mut window, &format!("{} {stage}", pillar.name()));
        }
    }
}

#[test]
fn tab_reaches_each_control_of_the_references() {
    let fixture = EditorFixture::new();
    let references = &fixture.shared.params.references;
    references.add(bright("Night", 4.0));
    let mut window = fixture.design_window();
    open_references(&mut window);
    check_tab_order(&mut window, "references");
}

/// Focuses a control as a screen reader does.
fn focus(window: &mut Harness<'_>, label: &str) {
    window.get_by_role_and_label(Role::Slider, label).focus();
    window.run_steps(3);
}

fn press_key(window: &mut Harness<'_>, modifiers: Modifiers, key: Key) {
    window.key_press_modifiers(modifiers, key);
    window.run_steps(2);
}

#[test]
fn bell_by_keyboard_has_frequency_gain_and_q() {
    let fixture = EditorFixture::new();
    let mut window = fixture.design_window();
    focus(&mut window, "Bell 1 handle");
    let value = |fixture: &EditorFixture, id: &str| fixture.param(id).normalized();
    let before = ["b1hz", "b1db", "b1q"].map(|id| value(&fixture, id));
    press_key(&mut window, Modifiers::NONE, Key::ArrowUp);
    press_key(&mut window, Modifiers::NONE, Key::ArrowRight);
    press_key(&mut window, Modifiers::COMMAND, Key::ArrowUp);
    let after = ["b1hz", "b1db", "b1q"].map(|id| value(&fixture, id));
    assert!(
        before.iter().zip(after).all(|(a, b)| b > *a),
        "{before:?} {after:?}"
    );
    // One of them at a time.
    press_key(&mut window, Modifiers::COMMAND, Key::ArrowDown);
    assert_eq!(value(&fixture, "b1db"), after[1]);
    assert!(value(&fixture, "b1q") < after[2]);
    // The focused ring names its values.
    let ring = window.get_by_role_and_label(Role::Slider, "Bell 1 handle");
    let text = ring.accesskit_node().value().unwrap_or_default();
    assert!(
        text.contains(" Hz · +") && text.contains(" · Q 1."),
        "{text}"
    );
    press_key(&mut window, Modifiers::COMMAND, Key::Enter);
    let reset = ["b1hz", "b1db", "b1q"].map(|id| value(&fixture, id));
    assert_eq!(reset, before);
}

/// The value of a slider in the tree of accessibility.
fn value(window: &Harness<'_>, label: &str) -> String {
    let slider = window.get_by_role_and_label(Role::Slider, label);
    slider.accesskit_node().value().unwrap_or_default()
}

#[test]
fn history_by_keyboard_has_the_figures_of_each_moment() {
    let mut fixture = EditorFixture::new();
    fixture.set(&[("gain", "12 dB")]);
    let mut window = fixture.design_window();
    assert_eq!(value(&window, "History readout"), "no sound yet");
    fixture.play(&mut window, 20.0, 12.0);
    focus(&mut window, "History readout");
    let newest = value(&window, "History readout");
    assert!(newest.starts_with("0:00 ago: short-term −"), "{newest}");
    assert!(newest.contains("limiter −"), "{newest}");
    // A sixtieth of two minutes.
    press_key(&mut window, Modifiers::NONE, Key::ArrowLeft);
    let earlier = value(&window, "History readout");
    assert!(
        earlier.starts_with("0:02 ago: ") && earlier[9..] != newest[9..],
        "{earlier}"
    );
    press_key(&mut window, Modifiers::NONE, Key::ArrowLeft);
    press_key(&mut window, Modifiers::SHIFT, Key::ArrowLeft);
    press_key(&mut window, Modifiers::NONE, Key::ArrowRight);
    assert!(value(&window, "History readout").starts_with("0:02 ago: "));
    for _ in 0..9 {
        press_key(&mut window, Modifiers::NONE, Key::ArrowLeft);
    }
    let oldest = value(&window, "History readout");
    assert!(oldest.starts_with("0:11 ago: "), "{oldest}");
    for _ in 0..9 {
        press_key(&mut window, Modifiers::NONE, Key::ArrowRight);
    }
    assert_eq!(value(&window, "History readout"), newest);
}

#[test]
fn spectrum_by_keyboard_has_the_figures_of_each_frequency() {
    let mut fixture = EditorFixture::new();
    let mut window = fixture.design_window();
    fixture.play(&mut window, 20.0, 4.0);
    focus(&mut window, "Frequency range");
    let first = value(&window, "Frequency range");
    assert!(first.contains("20.0 Hz to 20.0 kHz; "), "{first}");
    assert!(
        first.contains("1.00 kHz · B5 ") && first.contains("    out −"),
        "{first}"
    );
    press_key(&mut window, Modifiers::SHIFT, Key::ArrowRight);
    let next = value(&window, "Frequency range");
    assert!(next.contains("1.06 kHz · C6 "), "{next}");
    // The range stays, and the other arrow goes back.
    assert_eq!(next.split(';').next(), first.split(';').next());
    press_key(&mut window, Modifiers::SHIFT, Key::ArrowLeft);
    assert_eq!(value(&window, "Frequency range"), first);
}

#[test]
fn own_target_by_keys_is_written_once_they_rest() {
    let fixture = EditorFixture::new();
    let mut window = fixture.personalized_window();
    window.run();
    focus(&mut window, "Loudness target");
    let written = || fixture.preferences_path().exists();
    for _ in 0..5 {
        press_key(&mut window, Modifiers::NONE, Key::ArrowUp);
        assert!(!written());
    }
    window.run_steps(70);
    assert!(written());
    assert_eq!(value(&window, "Loudness target"), "−11.5 LUFS");
}

#[test]
fn enter_types_a_value_and_shift_enter_opens_the_menu() {
    let fixture = EditorFixture::new();
    let mut window = fixture.design_window();
    focus(&mut window, "Depth");
    press_key(&mut window, Modifiers::NONE, Key::Enter);
    window.run();
    window
        .get_by_role_and_label(Role::TextInput, "Depth text")
        .type_text("37");
    window.run();
    press_key(&mut window, Modifiers::NONE, Key::Enter);
    assert_eq!(fixture.text("fldep"), "37.0 %");
    focus(&mut window, "Depth");
    press_key(&mut window, Modifiers::SHIFT, Key::Enter);
    window.get_by_label("Reset to 0.0 %");
    press_key(&mut window, Modifiers::NONE, Key::Tab);
    press_key(&mut window, Modifiers::NONE, Key::Enter);
    assert_eq!(fixture.text("fldep"), "0.0 %");
    // Ctrl-Enter resets, as a Ctrl-click does.
    fixture.set(&[("fldep", "50 %")]);
    focus(&mut window, "Depth");
    press_key(&mut window, Modifiers::COMMAND, Key::Enter);
    assert_eq!(fixture.text("fldep"), "0.0 %");
}
