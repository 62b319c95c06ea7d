//! The page of the audio devices.

use egui::pos2;
use egui_kittest::kittest::{NodeT, Queryable};
use flow_plugin::audio::player::{SongPlayer, StartPlace};
use flow_plugin::standalone::audio_page::AudioPage;
use flow_plugin::standalone::audio_settings::{self, AudioSettings, AudioStart, Backend};
use flow_plugin::standalone::session::{RestoredSession, Session};
use flow_plugin::standalone::song_panel::SongPanel;

use super::{APP_SIZE, AppFixture, studio, write_song};
use crate::fixture::{EditorFixture, draw_until, harness, has_label, press, wait_for_label};
use crate::snapshots::compare;

/// All but the strip and the page.
const BESIDE_PAGE: [[f32; 4]; 2] = [[20.0, 128.0, -20.0, 548.0], [20.0, 836.0, -20.0, 868.0]];

fn open_page(app: &mut AppFixture) {
    press(&mut app.window, "Audio…");
    wait_for_label(&mut app.window, "Output: Interface");
}

/// Waits for the devices after another choice. *Restart* is disabled before.
fn wait_until_listed(app: &mut AppFixture) {
    app.window.run_steps(2);
    draw_until(&mut app.window, "the devices", |window| {
        let restart = window.get_by_label("Restart");
        !restart.accesskit_node().is_disabled()
    });
}

fn saved(app: &AppFixture) -> Option<AudioSettings> {
    let path = app.fixture.folder.path().join("standalone-audio.json");
    audio_settings::read(&path).unwrap()
}

#[test]
fn devices_are_listed_chosen_and_saved_for_the_next_start() {
    let mut app = AppFixture::new(APP_SIZE);
    open_page(&mut app);
    assert!(has_label(&app.window, ", default output"));
    assert!(has_label(&app.window, "48 kHz, blocks of 512 frames"));
    assert!(!has_label(&app.window, "96 kHz"));
    press(&mut app.window, "Output: Interface");
    wait_for_label(&mut app.window, "96 kHz");
    press(&mut app.window, "96 kHz");
    press(&mut app.window, "Live input: Built-in microphone");
    wait_until_listed(&mut app);
    press(&mut app.window, "128 frames");
    assert_eq!(saved(&app), None, "nothing is saved before a click");
    press(&mut app.window, "Save");
    wait_for_label(&mut app.window, "Saved for the next start.");
    let expected = AudioSettings {
        backend: Backend::Auto,
        output: Some("Interface".to_owned()),
        input: Some("Built-in microphone".to_owned()),
        rate_hz: 96_000,
        block_frames: 128,
    };
    assert_eq!(saved(&app), Some(expected));
    press(&mut app.window, "Back");
    app.window.get_by_label("Velvet Curve details");
}

#[test]
fn rate_that_the_input_lacks_is_replaced_by_the_nearest_one() {
    let mut app = AppFixture::new(APP_SIZE);
    open_page(&mut app);
    press(&mut app.window, "Output: Interface");
    wait_for_label(&mut app.window, "192 kHz");
    press(&mut app.window, "192 kHz");
    press(&mut app.window, "Live input: Built-in microphone");
    wait_until_listed(&mut app);
    assert!(!has_label(&app.window, "192 kHz"));
    press(&mut app.window, "Save");
    assert_eq!(saved(&app).unwrap().rate_hz, 96_000);
}

#[test]
fn backends_without_devices_have_no_lists() {
    let mut app = AppFixture::new(APP_SIZE);
    open_page(&mut app);
    press(&mut app.window, "JACK");
    assert!(!has_label(&app.window, "Output: Interface"));
    press(&mut app.window, "No sound");
    press(&mut app.window, "Save");
    assert_eq!(saved(&app).unwrap().backend, Backend::Dummy);
    press(&mut app.window, "Automatic");
    wait_for_label(&mut app.window, "Output: Interface");
    let save = app.window.get_by_label("Save");
    assert!(!save.accesskit_node().is_disabled());
}

#[test]
fn choice_that_can_not_be_saved_is_named() {
    let mut app = AppFixture::new(APP_SIZE);
    open_page(&mut app);
    let folder = app.fixture.folder.path().join("standalone-audio.json");
    std::fs::create_dir(&folder).unwrap();
    press(&mut app.window, "Output: Monitor");
    wait_until_listed(&mut app);
    press(&mut app.window, "Restart");
    wait_for_label(&mut app.window, "The choice can't be saved: ");
}

#[test]
fn restart_is_impossible_while_a_song_is_rendered() {
    let mut app = AppFixture::playing_demo(APP_SIZE);
    open_page(&mut app);
    press(&mut app.window, "No sound");
    let is_disabled = |app: &AppFixture| {
        let restart = app.window.get_by_label("Restart");
        restart.accesskit_node().is_disabled()
    };
    assert!(!is_disabled(&app));
    press(&mut app.window, "Render…");
    press(&mut app.window, "Render");
    press(&mut app.window, "Audio…");
    assert!(has_label(&app.window, "Rendering Dawn chorus.flow.wav"));
    assert!(is_disabled(&app));
    wait_for_label(&mut app.window, "Saved Dawn chorus.flow.wav: ");
    assert!(!is_disabled(&app));
}

#[test]
fn lines_about_devices_and_session_stay_when_the_last_song_opens() {
    let fixture = EditorFixture::new();
    let (player, _playback) = SongPlayer::new();
    let note = Some("Interface is gone.".into());
    let start = AudioStart {
        note,
        ..studio::start()
    };
    let restored = RestoredSession {
        song: Some((write_song(&fixture, "Dusk.wav", 2.0), StartPlace::default())),
        message: Some("The last session is not restored.".into()),
        ..Session::restore(None, &fixture.shared)
    };
    let panel = SongPanel::new(player)
        .with_audio(AudioPage::new(start, None, studio::list))
        .with_session(restored, None);
    let mut window = harness(fixture.screen().with_song_panel(panel), APP_SIZE, 1.0);
    wait_for_label(&mut window, "source: Dusk.wav");
    let lines = "Interface is gone. The last session is not restored.";
    wait_for_label(&mut window, lines);
}

fn picture(name: &str, size: [f32; 2]) {
    let mut app = AppFixture::new(size);
    open_page(&mut app);
    press(&mut app.window, "Output: Interface");
    wait_for_label(&mut app.window, "96 kHz");
    app.window.hover_at(pos2(1.0, 1.0));
    app.window.run();
    let scale = size[0] / APP_SIZE[0];
    let scaled = BESIDE_PAGE.map(|region| region.map(|at| at * scale));
    compare(&mut app.window, name, &scaled);
}

#[test]
fn picture_of_the_audio_devices_matches() {
    picture("app_audio", APP_SIZE);
}

#[test]
fn picture_of_the_audio_devices_at_200_percent_matches() {
    picture("app_audio_200", [2480.0, 1736.0]);
}
