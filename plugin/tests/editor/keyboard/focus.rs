//! The focus when menus, dialogs and pages open and close by keyboard.

use egui::accesskit::Role;
use egui::{Key, Modifiers};
use egui_kittest::Harness;
use egui_kittest::kittest::{NodeT, Queryable};

use super::{check_tab_order, press_key};
use crate::fixture::{EditorFixture, has_label, press};
use crate::references::{bright, open_references};

/// The name of the control with the focus; empty without one.
pub(crate) fn focused(window: &Harness<'_>) -> String {
    let node = window.query_all_by(|node| node.is_focused()).last();
    let name = node.and_then(|node| node.accesskit_node().label());
    name.unwrap_or_default()
}

/// Focuses a control and presses Enter on it.
fn enter(window: &mut Harness<'_>, role: Role, label: &str) {
    window.get_by_role_and_label(role, label).focus();
    window.run_steps(3);
    press_key(window, Modifiers::NONE, Key::Enter);
    window.run();
}

#[test]
fn list_by_keyboard_closes_with_a_choice_and_returns_the_focus() {
    let fixture = EditorFixture::new();
    let mut window = fixture.design_window();
    enter(&mut window, Role::ComboBox, "Delivery");
    assert!(has_label(&window, "Spotify"));
    press_key(&mut window, Modifiers::NONE, Key::Tab);
    press_key(&mut window, Modifiers::NONE, Key::Tab);
    let chosen = focused(&window);
    press_key(&mut window, Modifiers::NONE, Key::Enter);
    window.run();
    assert!(!has_label(&window, "Spotify"), "the list is open");
    assert_eq!(fixture.text("deliv"), chosen);
    assert_eq!(focused(&window), "Delivery");
}

#[test]
fn menu_of_a_knob_by_keyboard_closes_and_returns_the_focus() {
    let fixture = EditorFixture::new();
    fixture.set(&[("fldep", "50 %")]);
    let mut window = fixture.design_window();
    let knob = window.get_by_role_and_label(Role::Slider, "Depth");
    knob.focus();
    window.run_steps(3);
    for keys in [&[Key::Tab, Key::Enter][..], &[Key::Escape]] {
        press_key(&mut window, Modifiers::SHIFT, Key::Enter);
        window.run();
        assert!(has_label(&window, "Reset to 0.0 %"));
        for key in keys {
            press_key(&mut window, Modifiers::NONE, *key);
        }
        window.run();
        assert!(!has_label(&window, "Reset to 0.0 %"), "{keys:?}");
        assert_eq!(focused(&window), "Depth", "{keys:?}");
    }
    assert_eq!(fixture.text("fldep"), "0.0 %");
}

#[test]
fn escape_in_a_value_field_returns_the_focus_to_the_value() {
    let fixture = EditorFixture::new();
    let mut window = fixture.design_window();
    enter(&mut window, Role::Slider, "Depth");
    assert_eq!(focused(&window), "Depth text");
    press_key(&mut window, Modifiers::NONE, Key::Escape);
    window.run();
    assert_eq!(focused(&window), "Depth value");
}

#[test]
fn details_by_keyboard_take_the_focus_and_return_it_with_one_escape() {
    let fixture = EditorFixture::new();
    let mut window = fixture.design_window();
    for (opener, first) in [
        ("Velvet Floor details", "Velvet Floor"),
        ("Assistant details", "Proposals"),
    ] {
        enter(&mut window, Role::Button, opener);
        assert_eq!(focused(&window), first);
        press_key(&mut window, Modifiers::NONE, Key::Escape);
        window.run();
        assert!(window.query_by_label("Back").is_none(), "{opener}");
        assert_eq!(focused(&window), opener);
        // *Back* does the same.
        enter(&mut window, Role::Button, opener);
        enter(&mut window, Role::Button, "Back");
        assert_eq!(focused(&window), opener);
    }
}

#[test]
fn details_by_pointer_take_no_focus() {
    let fixture = EditorFixture::new();
    let mut window = fixture.design_window();
    for label in ["Velvet Floor details", "Back", "Presets"] {
        press(&mut window, label);
        window.run();
        assert_eq!(focused(&window), "", "{label}");
    }
}

#[test]
fn preset_dialogs_and_pages_by_keyboard_return_the_focus_to_the_presets() {
    let fixture = EditorFixture::new();
    let mut window = fixture.design_window();
    enter(&mut window, Role::ComboBox, "Presets");
    check_tab_order(&mut window, "preset browser");
    press_key(&mut window, Modifiers::NONE, Key::Escape);
    window.run();
    assert_eq!(focused(&window), "Presets");
    for (button, title) in [("Save as…", "Save preset"), ("Import…", "path")] {
        enter(&mut window, Role::ComboBox, "Presets");
        enter(&mut window, Role::Button, button);
        window.run();
        assert!(has_label(&window, title));
        assert_ne!(focused(&window), "");
        press_key(&mut window, Modifiers::NONE, Key::Escape);
        window.run();
        assert!(!has_label(&window, title));
        assert_eq!(focused(&window), "Presets", "{button}");
    }
}

#[test]
fn focus_of_a_control_that_disappears_goes_to_the_one_in_its_place() {
    let fixture = EditorFixture::new();
    let mut window = fixture.design_window();
    enter(&mut window, Role::Button, "Listen");
    assert_eq!(focused(&window), "Stop");
    press_key(&mut window, Modifiers::NONE, Key::Enter);
    window.run();
    assert_eq!(focused(&window), "Listen");

    let references = &fixture.shared.params.references;
    for name in ["Day", "Dusk", "Night"] {
        assert!(references.add(bright(name, 4.0)));
    }
    open_references(&mut window);
    window.run();
    for (removed, next) in [("2: Dusk", "2: Night"), ("2: Night", "1: Day")] {
        let label = |name| format!("remove reference {name}");
        enter(&mut window, Role::Button, &label(removed));
        assert_eq!(focused(&window), label(next));
    }
}

#[test]
fn tab_reaches_each_control_of_the_menus() {
    let fixture = EditorFixture::new();
    for menu in [
        "More",
        "Spectrum view",
        "Session statistics",
        "History range",
    ] {
        let mut window = fixture.design_window();
        window.get_by_label(menu).focus();
        window.run_steps(3);
        press_key(&mut window, Modifiers::NONE, Key::Enter);
        window.run();
        check_tab_order(&mut window, menu);
    }
}
