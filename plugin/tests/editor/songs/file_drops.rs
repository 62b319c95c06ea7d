//! Files that are dragged onto the window from another program.

use std::path::PathBuf;

use egui::{Pos2, pos2};
use egui_kittest::Harness;
use egui_kittest::kittest::{NodeT, Queryable};
use flow_audio_file::OutputFormat;
use flow_plugin::editor::file_drop::{DraggedFiles, FileDropInbox};

use super::{APP_SIZE, AppFixture, write_song};
use crate::fixture::{DESIGN_SIZE, EditorFixture, harness, has_label, press, wait_for_label};
use crate::snapshots::compare;

/// The left and the right half of the window.
const LEFT: Pos2 = pos2(200.0, 400.0);
const RIGHT: Pos2 = pos2(1000.0, 400.0);

/// The plug-in's window, and the way to drag files onto it.
fn plugin(fixture: &EditorFixture) -> (Harness<'static>, FileDropInbox) {
    let inbox = FileDropInbox::default();
    let screen = fixture.screen().with_file_drops(inbox.clone());
    let mut window = harness(screen, DESIGN_SIZE, 1.0);
    window.step();
    (window, inbox)
}

fn dragged(paths: &[PathBuf], at: Pos2) -> DraggedFiles {
    let paths = paths.to_vec();
    DraggedFiles { paths, at }
}

fn reference(fixture: &EditorFixture, name: &str) -> PathBuf {
    let path = fixture.folder.path().join(name);
    let from_s = 20.0 + name.len() as f64 / 10.0;
    let song = flow_demo_song::demo_excerpt(48_000, from_s, 11.0);
    flow_audio_file::write(&path, &OutputFormat::WAV_24, &song).unwrap();
    path
}

fn preset(fixture: &EditorFixture, name: &str) -> PathBuf {
    let folder = fixture.folder.path().join("elsewhere");
    std::fs::create_dir_all(&folder).unwrap();
    let path = folder.join(format!("{name}.json"));
    let preset = flow_params::Preset {
        name: name.to_owned(),
        ..flow_params::presets::all()[0].clone()
    };
    std::fs::write(&path, serde_json::to_string(&preset).unwrap()).unwrap();
    path
}

#[test]
fn songs_dropped_on_the_plugin_become_references() {
    let fixture = EditorFixture::new();
    let (mut window, inbox) = plugin(&fixture);
    let songs = ["Night.wav", "Morning.wav"].map(|name| reference(&fixture, name));
    inbox.hover(dragged(&songs, LEFT));
    window.step();
    window.get_by_label_contains("Add 2 references: Night.wav, Morning.wav, chosen");
    inbox.drop_files(dragged(&songs, LEFT));
    wait_for_label(&mut window, "reference Night");
    wait_for_label(&mut window, "reference Morning");
    assert!(!has_label(&window, "Add 2 references"));
    assert_eq!(fixture.shared.params.references.list().len(), 2);
}

#[test]
fn song_dropped_on_the_app_opens_and_more_are_named() {
    let mut app = AppFixture::new(APP_SIZE);
    let songs =
        ["Dawn.wav", "Dusk.wav", "Night.wav"].map(|name| write_song(&app.fixture, name, 2.0));
    // A drop closes the page that opens songs.
    press(&mut app.window, "Open…");
    app.drops.hover(dragged(&songs, LEFT));
    app.window.step();
    app.window
        .get_by_label_contains("Open the song: Dawn.wav, chosen");
    app.window
        .get_by_label_contains("Add 3 references: Dawn.wav, Dusk.wav, Night.wav");
    app.drops.drop_files(dragged(&songs, LEFT));
    app.play_until(|app| app.source() == "source: Dawn.wav, 0:00 / 0:02");
    app.window.get_by_label("Velvet Curve details");
    let notice = "Flow opens one song at a time: 2 others were left out.";
    app.window.get_by_label(notice).click();
    app.window.run_steps(2);
    assert!(!has_label(&app.window, notice));
}

#[test]
fn more_songs_and_other_files_are_both_named() {
    let mut app = AppFixture::new(APP_SIZE);
    let [dawn, dusk] = ["Dawn.wav", "Dusk.wav"].map(|name| write_song(&app.fixture, name, 2.0));
    let notes = app.fixture.folder.path().join("notes.txt");
    app.drops.drop_files(dragged(&[dawn, notes, dusk], LEFT));
    let notice = "Flow opens one song at a time: 1 other was left out. \
                  notes.txt is neither a song nor a preset: it was left out.";
    wait_for_label(&mut app.window, notice);
    app.play_until(|app| app.source() == "source: Dawn.wav, 0:00 / 0:02");
}

#[test]
fn songs_dropped_on_the_right_of_the_app_become_references() {
    let mut app = AppFixture::playing_demo(APP_SIZE);
    let song = reference(&app.fixture, "Night.wav");
    app.drops.hover(dragged(std::slice::from_ref(&song), RIGHT));
    app.window.step();
    app.window
        .get_by_label_contains("Add as a reference: Night.wav, chosen");
    app.drops.drop_files(dragged(&[song], RIGHT));
    wait_for_label(&mut app.window, "reference Night");
    assert!(app.source().contains("Dawn chorus.wav"), "the song stays");
}

#[test]
fn presets_are_imported_beside_songs() {
    let fixture = EditorFixture::new();
    let (mut window, inbox) = plugin(&fixture);
    let presets = ["Warm club", "Thin club"].map(|name| preset(&fixture, name));
    inbox.hover(dragged(&presets, LEFT));
    window.step();
    window.get_by_label_contains("Import 2 presets: Warm club.json, Thin club.json, chosen");
    let [first, second] = presets;
    let files = [first, reference(&fixture, "Night.wav"), second];
    inbox.drop_files(dragged(&files, LEFT));
    for name in ["Warm club", "Thin club"] {
        wait_for_label(&mut window, &format!("imported as “{name}”"));
    }
    let references = &fixture.shared.params.references;
    crate::fixture::draw_until(&mut window, "a reference", |_| references.list().len() == 1);
}

#[test]
fn files_of_no_use_give_one_line_and_change_nothing() {
    let mut app = AppFixture::playing_demo(APP_SIZE);
    let path = |name: &str| app.fixture.folder.path().join(name);
    let files = [path("notes.txt"), path("Album"), path("cover.png")];
    app.drops.hover(dragged(&files, LEFT));
    app.window.step();
    app.window
        .get_by_label_contains("Flow takes songs and presets: WAV, AIFF");
    app.drops.drop_files(dragged(&files, LEFT));
    let line = wait_for_label(&mut app.window, "notes.txt");
    let expected = "notes.txt and 2 other files are neither songs nor presets";
    assert!(line.starts_with(expected), "{line}");
    assert!(app.source().contains("Dawn chorus.wav"));
    assert_eq!(app.fixture.shared.params.references.list(), []);
    // A song that can't be read is named by the strip, and the present one stays.
    let damaged = path_with_text(&app.fixture, "damaged.wav");
    app.drops.drop_files(dragged(&[damaged], LEFT));
    let line = wait_for_label(&mut app.window, "damaged.wav: ");
    assert_eq!(line.lines().count(), 1);
    assert!(app.source().contains("Dawn chorus.wav"));
}

fn path_with_text(fixture: &EditorFixture, name: &str) -> PathBuf {
    let path = fixture.folder.path().join(name);
    std::fs::write(&path, "no song").unwrap();
    path
}

#[test]
fn files_that_leave_change_nothing() {
    let fixture = EditorFixture::new();
    let (mut window, inbox) = plugin(&fixture);
    inbox.hover(dragged(&[reference(&fixture, "Night.wav")], LEFT));
    window.step();
    window.get_by_label_contains("Add as a reference");
    inbox.leave();
    window.run();
    assert!(!has_label(&window, "Add as a reference"));
    let pillar = window.get_by_label("Velvet Curve details");
    assert!(pillar.accesskit_node().role() == egui::accesskit::Role::Button);
    assert_eq!(fixture.shared.params.references.list(), []);
}

fn picture(name: &str, size: [f32; 2]) {
    let mut app = AppFixture::new(size);
    let songs = [
        "Dawn.wav",
        "Dusk.wav",
        "Night.wav",
        "Noon.flac",
        "Rain.mp3",
        "Snow.wav",
    ];
    let songs = songs.map(|name| app.fixture.folder.path().join(name));
    app.drops.hover(dragged(&songs, LEFT));
    app.window.run();
    compare(&mut app.window, name, &[]);
}

#[test]
fn picture_of_the_drop_targets_matches() {
    picture("app_drop", APP_SIZE);
}

#[test]
fn picture_of_the_drop_targets_at_200_percent_matches() {
    picture("app_drop_200", [2480.0, 1736.0]);
}

#[test]
fn picture_of_a_drop_of_no_use_matches() {
    let fixture = EditorFixture::new();
    let (mut window, inbox) = plugin(&fixture);
    inbox.drop_files(dragged(&[fixture.folder.path().join("notes.txt")], LEFT));
    window.run_steps(3);
    compare(&mut window, "drop_notice", &[]);
}
