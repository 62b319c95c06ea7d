//! The page that imports and exports preset files.

use std::fs;
use std::path::Path;

use egui::Key;
use egui::accesskit::Role;
use egui_kittest::Harness;
use egui_kittest::kittest::Queryable;

use crate::fixture::{EditorFixture, has_label, press, wait_for_label};
use crate::picture_regions::DETAILS;
use crate::presets::{open_browser, save_as, shown};
use crate::references::choose;
use crate::snapshots::compare;

/// Writes a preset file.
fn write(folder: &Path, file: &str, name: &str, depth: &str) {
    let json = format!(
        r#"{{"name": "{name}", "category": "Mixes", "description": "Deep.", "values": {{"fldep": "{depth}"}}}}"#
    );
    fs::write(folder.join(file), json).unwrap();
}

/// Opens a page of preset files at a folder.
fn open_page(window: &mut Harness<'_>, button: &str, folder: &Path, row: &str) {
    open_browser(window);
    press(window, button);
    window.run();
    choose(window, folder);
    wait_for_label(window, row);
    window.run();
}

/// A window whose import page shows a folder with good, bad and clashing files.
fn importing(fixture: &EditorFixture, folder: &Path) -> Harness<'static> {
    write(folder, "deep.json", "Deep mix", "30 %");
    write(folder, "other.json", "Mine", "40 %");
    write(folder, "strange.json", "Deep mix", "very");
    fs::write(folder.join("notes.json"), "[1, 2]").unwrap();
    fs::write(folder.join("song.wav"), "").unwrap();
    let mut window = fixture.design_window();
    save_as(&mut window, "Mine");
    open_page(&mut window, "Import…", folder, "deep.json");
    window
}

#[test]
fn import_of_all_files_of_a_folder_asks_about_a_taken_name_and_refuses_bad_files() {
    let (fixture, folder) = (EditorFixture::new(), tempfile::tempdir().unwrap());
    let mut window = importing(&fixture, folder.path());
    assert!(!has_label(&window, "song.wav"));
    press(&mut window, "Import all 4");
    window.run();
    assert!(has_label(&window, "deep.json: imported as “Deep mix”"));
    assert!(has_label(&window, "notes.json is no preset: "));
    assert!(has_label(
        &window,
        "other.json: “Mine”. Another preset of yours has this name."
    ));
    assert!(has_label(&window, "1 more file waits."));
    compare(&mut window, "preset_import", &[DETAILS]);
    press(&mut window, "Import as “Mine 2”");
    window.run();
    assert!(has_label(
        &window,
        "strange.json is no preset: \"very\" is no value of Depth"
    ));
    press(&mut window, "Done");
    window.run();
    assert!(has_label(&window, "Velvet Floor details"));
    open_browser(&mut window);
    for name in ["Deep mix", "Mine", "Mine 2"] {
        assert!(has_label(&window, &format!("Favorite {name}")));
    }
}

#[test]
fn import_page_that_is_left_during_a_question_comes_back_with_it() {
    let (fixture, folder) = (EditorFixture::new(), tempfile::tempdir().unwrap());
    let mut window = importing(&fixture, folder.path());
    press(&mut window, "Import all 4");
    window.run();
    let question = "other.json: “Mine”. Another preset of yours has this name.";
    assert!(has_label(&window, question));
    window.key_press(Key::Escape);
    window.run();
    assert!(has_label(&window, "Velvet Floor details"));
    // Not even an export in between loses it.
    for button in ["Export “Mine”…", "Import…"] {
        open_browser(&mut window);
        press(&mut window, button);
        window.run();
    }
    assert!(has_label(&window, question));
    assert!(has_label(&window, "1 more file waits."));
    press(&mut window, "The same for all");
    window.run();
    press(&mut window, "Leave out");
    window.run();
    assert!(has_label(&window, "other.json: left out"));
    assert!(has_label(&window, "strange.json is no preset: "));
    press(&mut window, "Done");
    window.run();
    open_browser(&mut window);
    press(&mut window, "Import…");
    window.run();
    assert!(!has_label(&window, "left out"), "a new import");
}

#[test]
fn imported_preset_of_another_category_can_be_applied_renamed_and_deleted() {
    let (fixture, folder) = (EditorFixture::new(), tempfile::tempdir().unwrap());
    let mut window = importing(&fixture, folder.path());
    press(&mut window, "deep.json");
    window.run();
    open_browser(&mut window);
    press(&mut window, "Search presets");
    window
        .get_by_label("Search presets")
        .type_text("mixes deep");
    window.run();
    window.key_press(Key::Enter);
    window.run();
    assert_eq!(shown(&window), "Deep mix");
    assert_eq!(fixture.text("fldep"), "30.0 %");
    open_browser(&mut window);
    window.get_by_label("Rename “Deep mix”…");
    press(&mut window, "Delete “Deep mix”…");
}

#[test]
fn export_of_a_factory_preset_asks_before_it_replaces_a_file() {
    let (fixture, folder) = (EditorFixture::new(), tempfile::tempdir().unwrap());
    fs::write(folder.path().join("neutral.json"), "mine").unwrap();
    let mut window = fixture.design_window();
    press(&mut window, "Next preset");
    fixture.set(&[("fldep", "50 %")]);
    window.run();
    open_page(
        &mut window,
        "Export “Neutral”…",
        folder.path(),
        "neutral.json",
    );
    assert!(has_label(&window, "without your changes since"));
    press(&mut window, "Export");
    window.run();
    assert!(has_label(&window, "neutral.json exists. Replace it?"));
    compare(&mut window, "preset_export", &[DETAILS]);
    let path = folder.path().join("neutral.json");
    assert_eq!(fs::read_to_string(&path).unwrap(), "mine");
    press(&mut window, "Replace");
    window.run();
    assert!(has_label(&window, "Saved neutral.json in "));
    let text = fs::read_to_string(&path).unwrap();
    assert!(text.contains("\"Neutral\""), "{text}");
    type_name(&mut window, "a/b");
    press(&mut window, "Export");
    window.run();
    assert!(has_label(&window, "A file name has none of"));
}

fn type_name(window: &mut Harness<'_>, text: &str) {
    let field = window.get_by_role_and_label(Role::TextInput, "Name of the file");
    field.focus();
    window.run();
    window.key_press_modifiers(egui::Modifiers::COMMAND, Key::A);
    window.run();
    let field = window.get_by_role_and_label(Role::TextInput, "Name of the file");
    field.type_text(text);
    window.run();
}

#[test]
fn escape_closes_the_page_of_preset_files() {
    let (fixture, folder) = (EditorFixture::new(), tempfile::tempdir().unwrap());
    let mut window = importing(&fixture, folder.path());
    window.key_press(Key::Escape);
    window.run();
    assert!(has_label(&window, "Velvet Floor details"));
}
