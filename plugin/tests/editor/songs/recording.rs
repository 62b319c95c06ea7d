//! The page that records the heard audio.

use std::time::Duration;

use egui::{Key, Modifiers, pos2};
use egui_kittest::kittest::{NodeT, Queryable};

use super::{APP_SIZE, AppFixture};
use crate::fixture::{has_label, press, wait_for_label};
use crate::snapshots::compare;

/// The field with a temporary path.
const FILE_FIELD: [f32; 4] = [90.0, 640.0, 806.0, 668.0];
/// All but the strip and the page.
const BESIDE_PAGE: [[f32; 4]; 2] = [[20.0, 128.0, -20.0, 548.0], [20.0, 836.0, -20.0, 868.0]];

fn field(app: &AppFixture) -> String {
    let node = app.window.get_by_label("file to write");
    node.accesskit_node().value().unwrap_or_default()
}

/// Opens the page and types a name in the fixture's folder.
fn open_page(app: &mut AppFixture, name: &str) -> std::path::PathBuf {
    press(&mut app.window, "Record…");
    let path = app.fixture.folder.path().join(name);
    app.window.get_by_label("file to write").focus();
    app.window.run_steps(2);
    app.window.key_press_modifiers(Modifiers::COMMAND, Key::A);
    app.window.run_steps(2);
    let typed = path.display().to_string();
    app.window.get_by_label("file to write").type_text(&typed);
    app.window.run_steps(2);
    path
}

#[test]
fn recording_of_a_song_is_ended_from_the_strip() {
    let mut app = AppFixture::playing_demo(APP_SIZE);
    let path = open_page(&mut app, "Take.wav");
    press(&mut app.window, "Play");
    press(&mut app.window, "Record");
    press(&mut app.window, "Back");
    app.play_until(|app| has_label(&app.window, "Recording Take.wav 0:02"));
    assert!(!path.exists(), "a half file");
    press(&mut app.window, "Stop");
    app.play_until(|app| has_label(&app.window, "Saved Take.wav: 0:02"));
    let audio = flow_audio_file::read(&path).unwrap().audio;
    assert_eq!(audio.sample_rate_hz, 48_000);
    let frames = audio.channels[0].len();
    assert!((96_000..150_000).contains(&frames), "{frames}");
    assert!(audio.channels[0].iter().any(|sample| sample.abs() > 0.05));
    // A click hides the line.
    app.window.get_by_label_contains("Saved ").click();
    app.window.run_steps(2);
    assert!(!has_label(&app.window, "Saved "));
    // The next recording has another name.
    press(&mut app.window, "Record…");
    assert!(
        field(&app).ends_with("Flow recording 1.wav"),
        "{}",
        field(&app)
    );
    press(&mut app.window, "FLAC 24 bit");
    assert!(
        field(&app).ends_with("Flow recording 1.flac"),
        "{}",
        field(&app)
    );
}

#[test]
fn recording_into_an_existing_file_or_an_odd_path_is_refused() {
    let mut app = AppFixture::new(APP_SIZE);
    app.play();
    let path = open_page(&mut app, "Take.wav");
    std::fs::write(&path, "a song").unwrap();
    press(&mut app.window, "Record");
    wait_for_label(&mut app.window, "Take.wav: it exists already");
    press(&mut app.window, "WAV 32 bit float");
    press(&mut app.window, "Record");
    wait_for_label(&mut app.window, "Take.wav: it exists already");
    assert_eq!(std::fs::read(&path).unwrap(), b"a song");
    press(&mut app.window, "Back");
    open_page(&mut app, "missing/Take.wav");
    press(&mut app.window, "Record");
    wait_for_label(&mut app.window, "Take.wav: its folder doesn't exist.");
    press(&mut app.window, "Back");
    open_page(&mut app, "Take.mp3");
    press(&mut app.window, "Record");
    wait_for_label(&mut app.window, "it needs a full path that ends in .wav");
}

#[test]
fn recording_without_audio_is_refused() {
    let mut app = AppFixture::new(APP_SIZE);
    open_page(&mut app, "Take.wav");
    press(&mut app.window, "Record");
    wait_for_label(&mut app.window, "Take.wav: no audio is running.");
}

fn picture(name: &str, size: [f32; 2]) {
    let mut app = AppFixture::new(size);
    app.play();
    let path = open_page(&mut app, "Take.wav");
    press(&mut app.window, "Record");
    // As slow as in real time, so that a late writer skips no second.
    app.play_until(|app| {
        std::thread::sleep(Duration::from_millis(100));
        has_label(&app.window, "Recording Take.wav 0:01")
    });
    app.window.hover_at(pos2(1.0, 1.0));
    app.window.run_steps(2);
    let scale = size[0] / APP_SIZE[0];
    let scaled = |region: [f32; 4]| region.map(|at| at * scale);
    let [above, below] = BESIDE_PAGE.map(scaled);
    compare(&mut app.window, name, &[scaled(FILE_FIELD), above, below]);
    assert!(!path.exists());
}

#[test]
fn picture_of_the_recording_page_matches() {
    picture("app_record", APP_SIZE);
}

#[test]
fn picture_of_the_recording_page_at_200_percent_matches() {
    picture("app_record_200", [2480.0, 1736.0]);
}
