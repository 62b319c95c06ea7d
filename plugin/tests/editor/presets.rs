//! The preset browser and its dialogs.

mod preset_files;

use egui::Key;
use egui::accesskit::Role;
use egui_kittest::Harness;
use egui_kittest::kittest::{NodeT, Queryable};
use nice_plug::params::Params;

use crate::fixture::{EditorFixture, has_label, press};

/// The name in the preset field.
pub(crate) fn shown(window: &Harness<'_>) -> String {
    let field = window.get_by_role_and_label(Role::ComboBox, "Presets");
    field.accesskit_node().value().unwrap()
}

pub(crate) fn open_browser(window: &mut Harness<'_>) {
    window
        .get_by_role_and_label(Role::ComboBox, "Presets")
        .click();
    window.run();
}

/// Types a name into the open dialog and confirms it.
fn enter_name(window: &mut Harness<'_>, name: &str) {
    window.run();
    window.key_press_modifiers(egui::Modifiers::COMMAND, Key::A);
    window.run();
    let field = window.get_by(|node| node.role() == Role::TextInput && node.is_focused());
    field.type_text(name);
    window.run();
    window.key_press(Key::Enter);
    window.run();
}

pub(crate) fn save_as(window: &mut Harness<'_>, name: &str) {
    open_browser(window);
    press(window, "Save as…");
    enter_name(window, name);
}

fn is_dialog_open(window: &Harness<'_>) -> bool {
    window.query_by_label("Cancel").is_some()
}

#[test]
fn preset_dialog_after_success_closes_although_another_file_is_damaged() {
    let fixture = EditorFixture::new();
    std::fs::write(fixture.folder.path().join("bad.json"), "{").unwrap();
    let mut window = fixture.design_window();
    save_as(&mut window, "Mine");
    assert!(!is_dialog_open(&window));
    assert_eq!(shown(&window), "Mine");
    open_browser(&mut window);
    assert!(has_label(&window, "skipped bad.json"));
}

#[test]
fn preset_dialog_after_failure_stays_with_the_reason() {
    let fixture = EditorFixture::new();
    let mut window = fixture.design_window();
    save_as(&mut window, "Club");
    assert!(is_dialog_open(&window));
    assert!(has_label(
        &window,
        "is a factory preset: choose another name"
    ));
    enter_name(&mut window, "My club");
    assert!(!is_dialog_open(&window));
    assert_eq!(shown(&window), "My club");
}

#[test]
fn another_project_forgets_the_steps_and_the_preset_of_the_last_one() {
    let fixture = EditorFixture::new();
    let mut window = fixture.design_window();
    press(&mut window, "Next preset");
    press(&mut window, "Next preset");
    assert_ne!(shown(&window), "Presets");
    let can_undo = |window: &Harness<'_>| {
        let undo = window.get_by_label("Undo last change");
        !undo.accesskit_node().is_disabled()
    };
    assert!(can_undo(&window));
    let params = &fixture.shared.params;
    params.deserialize_fields(&params.serialize_fields());
    window.run_steps(2);
    assert!(!can_undo(&window));
    assert_eq!(shown(&window), "Presets");
}

#[test]
fn save_of_a_changed_factory_preset_offers_a_free_name() {
    let fixture = EditorFixture::new();
    let mut window = fixture.design_window();
    press(&mut window, "Next preset");
    let factory = shown(&window);
    open_browser(&mut window);
    press(&mut window, "Save as…");
    window.run();
    window.key_press(Key::Enter);
    window.run();
    assert!(!is_dialog_open(&window));
    assert_eq!(shown(&window), format!("{factory} 2"));
}

#[test]
fn save_over_another_preset_of_the_user_says_that_it_replaces_it() {
    let fixture = EditorFixture::new();
    let mut window = fixture.design_window();
    save_as(&mut window, "First");
    save_as(&mut window, "Second");
    open_browser(&mut window);
    press(&mut window, "Save as…");
    window.run();
    assert!(!has_label(&window, "This replaces"), "its own name");
    window.key_press_modifiers(egui::Modifiers::COMMAND, Key::A);
    window.run();
    let field = window.get_by(|node| node.role() == Role::TextInput && node.is_focused());
    field.type_text("First");
    window.run();
    assert!(has_label(&window, "This replaces your preset “First”"));
    window.key_press(Key::Escape);
    window.run();
    assert!(!is_dialog_open(&window));
    assert_eq!(shown(&window), "Second");
}

#[test]
fn delete_asks_and_rename_keeps_the_favorite() {
    let fixture = EditorFixture::new();
    let mut window = fixture.design_window();
    save_as(&mut window, "Mine");
    open_browser(&mut window);
    // Without a search the user's presets lie below the end of the list.
    press(&mut window, "Search presets");
    window.get_by_label("Search presets").type_text("Mine");
    window.run();
    press(&mut window, "Favorite Mine");
    window.run();
    press(&mut window, "Rename “Mine”…");
    enter_name(&mut window, "Yours");
    assert_eq!(shown(&window), "Yours");
    open_browser(&mut window);
    assert!(has_label(&window, "Favorite Yours among the favorites"));

    press(&mut window, "Delete “Yours”…");
    window.run();
    press(&mut window, "Cancel");
    window.run();
    assert_eq!(shown(&window), "Yours");
    open_browser(&mut window);
    press(&mut window, "Delete “Yours”…");
    window.run();
    press(&mut window, "Delete");
    window.run();
    assert!(!is_dialog_open(&window));
    assert_eq!(shown(&window), "Presets");
    open_browser(&mut window);
    assert!(!has_label(&window, "Yours"));
}

#[test]
fn delete_of_a_preset_whose_file_is_gone_stays_with_the_reason() {
    let fixture = EditorFixture::new();
    let mut window = fixture.design_window();
    save_as(&mut window, "Mine");
    open_browser(&mut window);
    press(&mut window, "Delete “Mine”…");
    window.run();
    std::fs::remove_file(fixture.folder.path().join("mine.json")).unwrap();
    press(&mut window, "Delete");
    window.run();
    assert!(has_label(&window, "Can't delete “Mine”"));
    window.key_press(Key::Escape);
    window.run();
    assert!(!is_dialog_open(&window));
}

#[test]
fn preset_browser_finds_by_words_and_applies_with_enter() {
    let fixture = EditorFixture::new();
    let mut window = fixture.design_window();
    press(&mut window, "Presets");
    window.run();
    press(&mut window, "Favorite Gentle glue");
    window.run();
    window
        .get_by_role_and_label(Role::TextInput, "Search presets")
        .click();
    window.run();
    let search = window.get_by_role_and_label(Role::TextInput, "Search presets");
    search.type_text("glue gentle");
    window.run();
    window.get_by_label("Favorites");
    assert!(window.query_by_label("Club").is_none());
    window.key_press(Key::Enter);
    window.run();
    assert_eq!(shown(&window), "Gentle glue");
}

#[test]
fn preset_field_marks_changes_and_outlives_the_window() {
    let fixture = EditorFixture::new();
    let mut window = fixture.design_window();
    press(&mut window, "Next preset");
    press(&mut window, "Next preset");
    let name = shown(&window);
    assert_ne!(name, "Presets");
    fixture.set(&[("fldep", "77 %")]);
    window.run();
    assert_eq!(shown(&window), format!("{name} *"));
    drop(window);
    assert_eq!(shown(&fixture.design_window()), format!("{name} *"));
}

#[test]
fn enter_key_on_button_opens_the_dialog_and_confirms_nothing() {
    let fixture = EditorFixture::new();
    let mut window = fixture.design_window();
    save_as(&mut window, "Mine");
    open_browser(&mut window);
    window.get_by_label("Delete \u{201c}Mine\u{201d}…").focus();
    window.run();
    window.key_press(Key::Enter);
    window.run();
    assert!(is_dialog_open(&window));
    assert!(fixture.folder.path().join("mine.json").exists());
    window.key_press(Key::Enter);
    window.run();
    assert!(!is_dialog_open(&window));
    assert!(!fixture.folder.path().join("mine.json").exists());
}

#[test]
fn enter_and_escape_keys_outside_of_an_open_dialog_confirm_and_cancel_nothing() {
    let fixture = EditorFixture::new();
    let mut window = fixture.design_window();
    save_as(&mut window, "Mine");
    let file = fixture.folder.path().join("mine.json");
    let depth = fixture.text("fldep");
    for dialog in ["Delete “Mine”…", "Rename “Mine”…", "Save as…"] {
        let before = std::fs::metadata(&file).unwrap().modified().unwrap();
        open_browser(&mut window);
        press(&mut window, dialog);
        window.run();
        press(&mut window, "Depth value");
        window.run();
        window.event(egui::Event::Text("40".to_owned()));
        window.run();
        window.key_press(Key::Enter);
        window.run();
        assert!(is_dialog_open(&window), "{dialog}");
        let after = std::fs::metadata(&file).unwrap().modified().unwrap();
        assert_eq!(after, before, "{dialog}");
        assert_eq!(fixture.text("fldep"), depth, "{dialog}");
        press(&mut window, "Cancel");
        window.run();
        assert!(!is_dialog_open(&window), "{dialog}");
    }
}

#[test]
fn keyboard_confirms_and_cancels_a_dialog_by_its_own_controls() {
    let fixture = EditorFixture::new();
    let mut window = fixture.design_window();
    save_as(&mut window, "Mine");
    open_browser(&mut window);
    press(&mut window, "Rename “Mine”…");
    window.run();
    window.get_by_label("Cancel").focus();
    window.run();
    window.key_press(Key::Enter);
    window.run();
    assert!(!is_dialog_open(&window));
    assert_eq!(shown(&window), "Mine");
    open_browser(&mut window);
    press(&mut window, "Rename “Mine”…");
    enter_name(&mut window, "Yours");
    assert_eq!(shown(&window), "Yours");
}
