//! Names for screen readers: each control has one, and no other control of its kind has the same.

mod languages;
pub(crate) mod text_room;

use std::collections::BTreeMap;

use egui::accesskit::Role;
use egui_kittest::Harness;
use egui_kittest::kittest::{NodeT, Queryable};
use flow_params::Pillar;

use crate::fixture::{EditorFixture, press, wait_for_label, with_proposals};
use crate::references::{bright, open_references};

/// Roles of controls that take clicks or keys.
pub(crate) const INTERACTIVE: [Role; 11] = [
    Role::Button,
    Role::CheckBox,
    Role::ComboBox,
    Role::Link,
    Role::MenuItem,
    Role::RadioButton,
    Role::Slider,
    Role::SpinButton,
    Role::Switch,
    Role::Tab,
    Role::TextInput,
];

/// Fails for a control without a name, and for two of one role and name.
fn check_names(window: &Harness<'_>, state: &str) {
    let mut counts: BTreeMap<(String, String), usize> = BTreeMap::new();
    for node in window.query_all_by(|node| INTERACTIVE.contains(&node.role())) {
        let node = node.accesskit_node();
        let role = format!("{:?}", node.role());
        let label = node.label().unwrap_or_default();
        *counts.entry((role, label)).or_default() += 1;
    }
    assert!(counts.len() > 10, "{state}: {} controls", counts.len());
    let faulty =
        |((_, label), count): &(&(String, String), &usize)| label.is_empty() || **count > 1;
    let faults: Vec<_> = counts.iter().filter(faulty).collect();
    assert!(faults.is_empty(), "{state}: {faults:?}");
}

#[test]
fn names_of_controls_in_the_pillars_and_their_details_are_unique() {
    let fixture = EditorFixture::new();
    let mut window = fixture.design_window();
    check_names(&window, "pillars");
    for pillar in Pillar::ALL {
        press(&mut window, &format!("{} details", pillar.name()));
        window.run();
        check_names(&window, pillar.name());
        let stages: &[&str] = match pillar {
            Pillar::VelvetCurve => &["Equalizer", "Match", "Comfort"],
            Pillar::MasterChain => &["Mid/side", "Multiband", "Glue", "Limiter"],
            _ => &[],
        };
        for stage in stages {
            window.get_by_role_and_label(Role::Button, stage).click();
            window.run();
            check_names(&window, stage);
        }
        press(&mut window, "Back");
        window.run();
    }
}

#[test]
fn names_of_controls_in_menus_and_dialogs_are_unique() {
    let fixture = EditorFixture::new();
    let mut window = fixture.design_window();
    press(&mut window, "Compare");
    window.run();
    check_names(&window, "comparison");
    press(&mut window, "Depth value");
    window.run();
    check_names(&window, "value entry");
    window.key_press(egui::Key::Escape);
    window.run();
    let knob = window.get_by_role_and_label(Role::Slider, "Depth");
    knob.click_secondary();
    window.run();
    check_names(&window, "menu of a knob");
    window.key_press(egui::Key::Escape);
    window.run();
    for field in [
        "Delivery",
        "Style target",
        "More",
        "Spectrum view",
        "History range",
        "Session statistics",
        "Presets",
    ] {
        press(&mut window, field);
        window.run();
        check_names(&window, field);
        if field == "Presets" {
            press(&mut window, "Favorite Club");
            window.run();
            check_names(&window, "presets with a favorite");
            press(&mut window, "Save as…");
        } else {
            window.key_press(egui::Key::Escape);
        }
        window.run();
    }
    check_names(&window, "dialog");
}

#[test]
fn names_of_controls_of_proposals_and_references_are_unique() {
    let (fixture, mut window) = with_proposals();
    check_names(&window, "proposals");
    press(&mut window, "Assistant details");
    window.run();
    check_names(&window, "assistant details");
    press(&mut window, "Back");
    window.run();
    let references = &fixture.shared.params.references;
    assert!(references.add(bright("Night", 4.0)));
    assert!(
        references.add(bright("Night", 3.0)),
        "another song of this name"
    );
    open_references(&mut window);
    window.run();
    check_names(&window, "references");
    press(&mut window, "Add…");
    wait_for_label(&mut window, "path");
    window.run();
    check_names(&window, "file browser");
}
