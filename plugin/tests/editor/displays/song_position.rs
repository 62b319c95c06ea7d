//! The host's song position in the history.

use egui::accesskit::Role;
use egui::{Key, Modifiers};
use egui_kittest::Harness;
use egui_kittest::kittest::{NodeT, Queryable};

use crate::fixture::{DESIGN_SIZE, EditorFixture, HostSong, press};
use crate::picture_regions::texts;
use crate::snapshots::{WARM_AND_WIDE, compare};

fn readout(window: &Harness<'_>) -> String {
    let plot = window.get_by_role_and_label(Role::Slider, "History readout");
    plot.accesskit_node().value().unwrap_or_default()
}

fn has_text(window: &Harness<'_>, text: &str) -> bool {
    let texts = texts(&window.output().shapes);
    texts.iter().any(|(shown, _)| shown == text)
}

/// Plays some seconds of the host's song.
fn play_song(fixture: &mut EditorFixture, window: &mut Harness<'_>, song: HostSong, seconds: f64) {
    fixture.host_song = Some(song);
    fixture.play(window, 20.0, seconds);
}

#[test]
fn history_readout_names_the_bar_beside_the_time() {
    let mut fixture = EditorFixture::new();
    let mut window = fixture.design_window();
    let song = HostSong {
        seconds: 64.25,
        has_bars: true,
    };
    play_song(&mut fixture, &mut window, song, 8.0);
    let plot = window.get_by_role_and_label(Role::Slider, "History readout");
    plot.focus();
    window.run_steps(3);
    let newest = readout(&window);
    assert!(
        newest.starts_with("0:00 ago, bar 37, beat 1: short-term −"),
        "{newest}"
    );
    // A sixtieth of two minutes is a bar.
    window.key_press_modifiers(Modifiers::NONE, Key::ArrowLeft);
    window.run_steps(2);
    let earlier = readout(&window);
    assert!(
        earlier.starts_with("0:02 ago, bar 36, beat 1: "),
        "{earlier}"
    );
}

#[test]
fn history_of_a_host_that_tells_no_bars_has_times() {
    let mut fixture = EditorFixture::new();
    let mut window = fixture.design_window();
    let song = HostSong {
        seconds: -3.0,
        has_bars: false,
    };
    play_song(&mut fixture, &mut window, song, 12.0);
    assert!(has_text(&window, "song") && !has_text(&window, "bar"));
    assert!(has_text(&window, "−0:03"), "the count-in");
    let newest = readout(&window);
    assert!(newest.starts_with("0:00 ago, song at 0:0"), "{newest}");
}

#[test]
fn history_of_a_host_that_tells_nothing_has_no_marks() {
    let mut fixture = EditorFixture::new();
    let mut window = fixture.design_window();
    fixture.play(&mut window, 20.0, 4.0);
    assert!(!has_text(&window, "song") && !has_text(&window, "bar"));
    assert!(readout(&window).starts_with("0:00 ago: "));
}

/// A loop of bars 33 to 36, and a jump to bar 65.
fn marks(name: &str, size: [f32; 2]) {
    let mut fixture = EditorFixture::new();
    fixture.set(&WARM_AND_WIDE);
    let mut window = fixture.window(size, 1.0);
    window.run();
    press(&mut window, "History range");
    window.run();
    press(&mut window, "last 30 s");
    window.run();
    for (seconds, played_s) in [(64.0, 8.0), (64.0, 6.0), (128.0, 6.0)] {
        let song = HostSong {
            seconds,
            has_bars: true,
        };
        play_song(&mut fixture, &mut window, song, played_s);
    }
    // No readout covers the marks.
    window.remove_cursor();
    window.run();
    compare(&mut window, name, &[]);
}

#[test]
fn picture_of_song_marks_matches() {
    marks("history_song", DESIGN_SIZE);
}

#[test]
fn picture_of_song_marks_at_200_percent_matches() {
    marks("history_song_200", [2480.0, 1600.0]);
}
