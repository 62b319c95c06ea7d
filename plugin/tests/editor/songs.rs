//! Songs in the app's window: the strip with transport and waveform, and the page that opens a song.

mod audio_devices;
mod file_drops;
mod keyboard;
mod languages;
mod recording;
mod studio;

use std::path::PathBuf;
use std::time::Instant;

use egui::accesskit::Role;
use egui::{Key, Pos2, pos2};
use egui_kittest::Harness;
use egui_kittest::kittest::{NodeT, Queryable};
use flow_audio_file::OutputFormat;
use flow_platform::clock::{Clock, ManualClock};
use flow_plugin::audio::player::{Playback, SongPlayer, SourceChoice};
use flow_plugin::editor::file_drop::FileDropInbox;
use flow_plugin::editor::language::Language;
use flow_plugin::standalone::audio_page::AudioPage;
use flow_plugin::standalone::audio_settings::AudioStart;
use flow_plugin::standalone::recorder::{Recorder, RecordingTap};
use flow_plugin::standalone::song_panel::SongPanel;

use crate::fixture::{EditorFixture, TIMEOUT, harness, has_label, press, wait_for_label};
use crate::references::choose;
use crate::snapshots::{WARM_AND_WIDE, compare};

/// The app's size at 100 %.
const APP_SIZE: [f32; 2] = [1240.0, 868.0];
/// All below the strip, which depends on the machine or is shown by other pictures.
const BELOW_STRIP: [f32; 4] = [20.0, 128.0, -20.0, 868.0];
/// The place of the waveform at 100 %.
const WAVEFORM: [f32; 4] = [288.0, 67.0, 831.0, 111.0];

/// The app with its audio.
struct AppFixture {
    fixture: EditorFixture,
    playback: Playback,
    recording: RecordingTap,
    drops: FileDropInbox,
    window: Harness<'static>,
}

impl AppFixture {
    /// Without a song.
    fn new(size: [f32; 2]) -> Self {
        Self::with_song(size, None)
    }

    /// With a song of 60 s.
    fn playing_demo(size: [f32; 2]) -> Self {
        Self::playing(size, 60.0)
    }

    /// With a song of 6 s, to be rendered.
    fn with_short_song() -> Self {
        Self::playing(APP_SIZE, 6.0)
    }

    fn playing(size: [f32; 2], seconds: f64) -> Self {
        let mut app = Self::with_song(size, Some(("Dawn chorus.wav", seconds)));
        app.play_until(|app| has_label(&app.window, "source: Dawn chorus.wav, 0:00 / "));
        app
    }

    fn with_song(size: [f32; 2], song: Option<(&str, f64)>) -> Self {
        Self::in_language(Language::ENGLISH, size, song)
    }

    fn in_language(language: Language, size: [f32; 2], song: Option<(&str, f64)>) -> Self {
        Self::started(language, size, song, studio::start())
    }

    fn started(
        language: Language,
        size: [f32; 2],
        song: Option<(&str, f64)>,
        start: AudioStart,
    ) -> Self {
        let fixture = EditorFixture::new();
        fixture.set(&WARM_AND_WIDE);
        let (player, playback) = SongPlayer::new();
        let (recorder, recording) = Recorder::new();
        // A slow test is no stopped device.
        let recorder = recorder.with_clock(Clock::Manual(ManualClock::default()));
        let file = Some(fixture.folder.path().join("standalone-audio.json"));
        let audio = AudioPage::new(start, file, studio::list);
        let mut panel = SongPanel::new(player)
            .with_recorder(recorder)
            .with_audio(audio);
        if let Some((name, seconds)) = song {
            panel.open(write_song(&fixture, name, seconds));
        }
        let drops = FileDropInbox::default();
        let screen = fixture.screen().with_song_panel(panel);
        let screen = screen.with_system_language(language);
        let screen = screen.with_file_drops(drops.clone());
        let mut window = harness(screen, size, 1.0);
        window.step();
        Self {
            fixture,
            playback,
            recording,
            drops,
            window,
        }
    }

    /// Plays a part of a second and draws a frame.
    fn play(&mut self) {
        let (mut left, mut right) = ([0.0; 480], [0.0; 480]);
        for _ in 0..10 {
            self.playback
                .process(&mut [&mut left, &mut right], SourceChoice::Song);
            self.fixture.process(&mut [&mut left, &mut right]);
            self.recording.push(&[&mut left, &mut right], 48_000.0);
        }
        self.window.step();
    }

    fn play_until(&mut self, condition: impl Fn(&Self) -> bool) {
        let begin = Instant::now();
        while !condition(self) {
            self.play();
            assert!(begin.elapsed() < TIMEOUT, "not reached");
        }
    }

    /// The text of the source: name and time.
    fn source(&self) -> String {
        let node = self.window.get_by_label_contains("source: ");
        node.accesskit_node().value().unwrap_or_default()
    }

    /// The position that the strip shows, s.
    fn position_s(&self) -> u32 {
        let source = self.source();
        let (_, times) = source.rsplit_once(", ").unwrap();
        let (minutes, seconds) = times.split_once(" /").unwrap().0.split_once(':').unwrap();
        60 * minutes.parse::<u32>().unwrap() + seconds.parse::<u32>().unwrap()
    }

    fn drag(&mut self, from: Pos2, to: Pos2) {
        self.window.drag_at(from);
        self.window.step();
        self.window.hover_at(from.lerp(to, 0.5));
        self.window.step();
        self.window.hover_at(to);
        self.window.step();
        self.window.drop_at(to);
        self.window.step();
        self.play();
    }
}

fn write_song(fixture: &EditorFixture, name: &str, seconds: f64) -> PathBuf {
    let path = fixture.folder.path().join(name);
    let part = flow_demo_song::demo_excerpt(48_000, 20.0, 2.0).gained(10.0);
    let mut song = part.clone();
    while song.seconds() < seconds {
        // No part is as loud as the one before.
        let turn = (song.seconds() * 0.7).sin().abs();
        song.append(&part.clone().gained(-20.0 * turn));
    }
    flow_audio_file::write(&path, &OutputFormat::WAV_24, &song).unwrap();
    path
}

/// A point of the waveform: a share of the song, in the band at the top or below it.
fn waveform_at(share: f32, is_in_band: bool) -> Pos2 {
    let [left, top, right, bottom] = WAVEFORM;
    let y = if is_in_band { top + 4.0 } else { bottom - 10.0 };
    pos2(left + share * (right - left), y)
}

#[test]
fn plugin_window_has_no_strip_for_songs() {
    let window = EditorFixture::new().design_window();
    for label in ["source: ", "Open…", "Loop", "Render"] {
        assert!(!has_label(&window, label), "{label}");
    }
}

#[test]
fn buttons_and_space_bar_play_and_pause() {
    let mut app = AppFixture::playing_demo(APP_SIZE);
    press(&mut app.window, "Play");
    app.play_until(|app| app.position_s() == 1);
    // The focused button doesn't take the space bar, too.
    app.window.get_by_label("Loop").focus();
    app.window.key_press(Key::Space);
    app.play();
    app.window.get_by_label("Play");
    app.play();
    let paused_s = app.position_s();
    (0..30).for_each(|_| app.play());
    assert_eq!(app.position_s(), paused_s);
    app.window.key_press(Key::Space);
    app.play_until(|app| app.position_s() == 2);
    press(&mut app.window, "Pause");
    app.window.get_by_label("Play");
}

#[test]
fn space_bar_in_a_text_field_writes_a_space() {
    let mut app = AppFixture::playing_demo(APP_SIZE);
    press(&mut app.window, "Open…");
    app.window.get_by_label("path").focus();
    app.window.run_steps(2);
    app.window.key_press(Key::Space);
    app.window.event(egui::Event::Text(" ".into()));
    app.window.run_steps(2);
    app.window.get_by_label("Play");
    let field = app.window.get_by_label("path");
    let typed = field.accesskit_node().value().unwrap_or_default();
    assert!(typed.contains(' '), "{typed:?}");
}

#[test]
fn held_space_bar_plays_once() {
    let mut app = AppFixture::playing_demo(APP_SIZE);
    app.window.get_by_label("Play");
    for repeat in [false, true, true] {
        app.window.event(egui::Event::Key {
            key: Key::Space,
            physical_key: None,
            pressed: true,
            repeat,
            modifiers: egui::Modifiers::NONE,
        });
        app.window.run_steps(2);
        app.window.get_by_label("Pause");
    }
}

#[test]
fn clicks_drags_and_arrow_keys_on_the_waveform_seek() {
    let mut app = AppFixture::playing_demo(APP_SIZE);
    let at = waveform_at(0.5, false);
    app.drag(at, at);
    assert_eq!(app.position_s(), 30);
    app.drag(waveform_at(0.2, false), waveform_at(0.75, false));
    assert_eq!(app.position_s(), 45);
    app.window.get_by_label("position").focus();
    app.window.run_steps(2);
    for (key, seconds) in [
        (Key::ArrowRight, 50),
        (Key::ArrowLeft, 45),
        (Key::ArrowLeft, 40),
    ] {
        app.window.key_press(key);
        app.play();
        app.play();
        assert_eq!(app.position_s(), seconds);
    }
}

#[test]
fn loop_is_drawn_moved_and_switched() {
    let mut app = AppFixture::playing_demo(APP_SIZE);
    assert!(!has_label(&app.window, "loop start"));
    app.drag(waveform_at(0.5, true), waveform_at(0.25, true));
    let ends = |app: &AppFixture| {
        ["loop start", "loop end"].map(|name| {
            let node = app.window.get_by_label(name);
            node.accesskit_node().value().unwrap_or_default()
        })
    };
    assert_eq!(ends(&app), ["0:15", "0:30"]);
    app.drag(waveform_at(0.5, false), waveform_at(0.75, false));
    assert_eq!(ends(&app), ["0:15", "0:45"]);
    app.window.get_by_label("loop start").focus();
    app.window.run_steps(2);
    for _ in 0..12 {
        app.window
            .key_press_modifiers(egui::Modifiers::SHIFT, Key::ArrowRight);
        app.play();
    }
    assert_eq!(ends(&app), ["0:16", "0:45"]);
    app.window.get_by_label("loop end").focus();
    app.window.run_steps(2);
    app.window.key_press(Key::ArrowLeft);
    app.play();
    assert_eq!(ends(&app), ["0:16", "0:44"]);
    // Playing stays in it.
    press(&mut app.window, "Loop");
    assert!(!has_label(&app.window, "loop start"));
    press(&mut app.window, "Loop");
    app.play();
    app.play();
    assert_eq!(app.position_s(), 16);
}

#[test]
fn page_opens_a_song_and_closes() {
    let mut app = AppFixture::new(APP_SIZE);
    assert_eq!(app.source(), "source: Live input, of the audio device");
    let path = write_song(&app.fixture, "Dusk.wav", 2.0);
    press(&mut app.window, "Open…");
    choose(&mut app.window, path.parent().unwrap());
    wait_for_label(&mut app.window, "Dusk.wav");
    press(&mut app.window, "Dusk.wav");
    app.play_until(|app| app.source() == "source: Dusk.wav, 0:00 / 0:02");
    // The pillars are back.
    app.window.get_by_label("Velvet Curve details");
    press(&mut app.window, "close song");
    assert_eq!(app.source(), "source: Live input, of the audio device");
}

#[test]
fn file_that_is_no_song_is_named_with_its_reason() {
    let mut app = AppFixture::playing_demo(APP_SIZE);
    let path = app.fixture.folder.path().join("notes.wav");
    std::fs::write(&path, "no song").unwrap();
    press(&mut app.window, "Open…");
    choose(&mut app.window, &path);
    let text = wait_for_label(&mut app.window, "notes.wav: ");
    assert_eq!(text.lines().count(), 1);
    assert!(app.source().contains("Dawn chorus.wav"));
    // A click hides the line.
    let line = app.window.get_by_label_contains("notes.wav: ");
    assert_eq!(line.accesskit_node().role(), Role::Button);
}

/// Opens the page that renders, and renders.
fn render(app: &mut AppFixture) {
    press(&mut app.window, "Render…");
    press(&mut app.window, "Render");
    wait_for_label(&mut app.window, "Saved Dawn chorus.flow.wav: ");
}

#[test]
fn page_renders_the_song_and_asks_before_it_replaces_a_file() {
    let mut app = AppFixture::with_short_song();
    render(&mut app);
    let path = app.fixture.folder.path().join("Dawn chorus.flow.wav");
    let first = std::fs::read(&path).unwrap();
    app.fixture.set(&[("gain", "9 dB")]);
    press(&mut app.window, "Render");
    wait_for_label(&mut app.window, "Dawn chorus.flow.wav exists. Replace it?");
    assert_eq!(std::fs::read(&path).unwrap(), first);
    press(&mut app.window, "Replace");
    wait_for_label(&mut app.window, "Saved Dawn chorus.flow.wav: ");
    assert_ne!(std::fs::read(&path).unwrap(), first);
    // The strip has the outcome once the page is closed, until a click.
    press(&mut app.window, "Back");
    wait_for_label(&mut app.window, "Saved Dawn chorus.flow.wav: ");
    app.window.get_by_label_contains("Saved ").click();
    app.window.run_steps(2);
    assert!(!has_label(&app.window, "Saved "));
}

#[test]
fn page_offers_a_name_for_each_format_and_refuses_the_song_itself() {
    let mut app = AppFixture::with_short_song();
    press(&mut app.window, "Render…");
    press(&mut app.window, "FLAC 16 bit");
    let field = |app: &AppFixture| {
        let node = app.window.get_by_label("file to write");
        node.accesskit_node().value().unwrap_or_default()
    };
    assert!(
        field(&app).ends_with("Dawn chorus.flow.flac"),
        "{}",
        field(&app)
    );
    press(&mut app.window, "WAV 24 bit");
    app.window.get_by_label("file to write").focus();
    app.window.run_steps(2);
    app.window
        .key_press_modifiers(egui::Modifiers::COMMAND, Key::A);
    app.window.run_steps(2);
    let song = app.fixture.folder.path().join("Dawn chorus.wav");
    let typed = song.display().to_string();
    app.window.get_by_label("file to write").type_text(&typed);
    app.window.run_steps(2);
    let before = std::fs::read(&song).unwrap();
    press(&mut app.window, "Render");
    press(&mut app.window, "Replace");
    wait_for_label(
        &mut app.window,
        "it is the song itself; nothing was written",
    );
    assert_eq!(std::fs::read(&song).unwrap(), before);
}

#[test]
fn picture_of_the_render_page_matches() {
    let mut app = AppFixture::with_short_song();
    render(&mut app);
    app.window.hover_at(pos2(1.0, 1.0));
    app.window.run();
    // The path of the file.
    compare(
        &mut app.window,
        "app_render",
        &[
            [90.0, 640.0, 806.0, 668.0],
            [20.0, 128.0, -20.0, 548.0],
            [20.0, 836.0, -20.0, 868.0],
        ],
    );
}

#[test]
fn picture_of_the_live_input_matches() {
    let mut app = AppFixture::new(APP_SIZE);
    app.window.run();
    compare(&mut app.window, "app_live", &[BELOW_STRIP]);
}

/// A song that plays in a loop.
fn looping(name: &str, size: [f32; 2]) {
    let mut app = AppFixture::playing_demo(size);
    let scale = size[0] / APP_SIZE[0];
    let at =
        |share: f32, is_in_band: bool| (waveform_at(share, is_in_band).to_vec2() * scale).to_pos2();
    app.drag(at(0.25, true), at(0.6, true));
    app.drag(at(0.4, false), at(0.4, false));
    press(&mut app.window, "Play");
    app.play_until(|app| app.position_s() == 26);
    press(&mut app.window, "Pause");
    app.window.hover_at(pos2(1.0, 1.0));
    app.window.run();
    compare(&mut app.window, name, &[BELOW_STRIP]);
}

#[test]
fn picture_of_a_song_matches() {
    looping("app_song", APP_SIZE);
}

#[test]
fn picture_of_a_song_at_200_percent_matches() {
    looping("app_song_200", [2480.0, 1736.0]);
}

#[test]
fn figures_begin_anew_with_another_song_and_not_with_the_same() {
    let mut app = AppFixture::playing_demo(APP_SIZE);
    press(&mut app.window, "Play");
    app.play_until(|app| app.position_s() == 5);
    let figures = |app: &AppFixture| app.fixture.shared.meters.read().output;
    let before = figures(&app);
    assert!(before.measured_s > 4.0 && before.true_peak_dbtp > -60.0);
    let open = |app: &mut AppFixture, name: &str, seconds: f64| {
        let path = write_song(&app.fixture, name, seconds);
        press(&mut app.window, "Open…");
        choose(&mut app.window, &path);
    };
    // The same file again goes on with its figures.
    open(&mut app, "Dawn chorus.wav", 60.0);
    app.play_until(|app| !has_label(&app.window, "Opening "));
    (0..10).for_each(|_| app.play());
    assert!(figures(&app).measured_s > before.measured_s);
    press(&mut app.window, "Pause");
    open(&mut app, "Dusk.wav", 10.0);
    app.play_until(|app| app.source().contains("Dusk.wav"));
    (0..5).for_each(|_| app.play());
    let after = figures(&app);
    assert!(after.measured_s < 2.0, "{after:?}");
    // Of the last song, the chain's filters still ring by rounding errors if the new one was opened fast.
    assert!(after.true_peak_dbtp < -120.0, "{after:?}");
    assert_eq!(after.integrated_lufs, f32::NEG_INFINITY);
}
