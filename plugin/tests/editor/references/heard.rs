//! A reference that is heard in place of the master.

use std::fs;
use std::path::PathBuf;
use std::time::Instant;

use egui::Key;
use egui_kittest::Harness;
use egui_kittest::kittest::Queryable;
use flow_audio_file::OutputFormat;
use flow_demo_song::demo_excerpt;
use flow_plugin::references::files::ReferenceFiles;
use nice_plug::params::Params;

use crate::fixture::{
    DESIGN_SIZE, EditorFixture, TIMEOUT, harness, has_label, press, wait_for_label,
};
use crate::references::{bright, choose, open_references};
use crate::snapshots::compare;

/// The editor with a reference whose file is known.
struct ReferenceFixture {
    fixture: EditorFixture,
    window: Harness<'static>,
}

impl ReferenceFixture {
    fn new() -> Self {
        let fixture = EditorFixture::new();
        let path = fixture.folder.path().join("Night.wav");
        let song = demo_excerpt(48_000, 20.0, 12.0).gained(5.0);
        flow_audio_file::write(&path, &OutputFormat::WAV_24, &song).unwrap();
        let window = window_with_files(&fixture);
        Self { fixture, window }
    }

    /// With the reference in the list.
    fn with_reference() -> Self {
        let mut rig = Self::new();
        open_references(&mut rig.window);
        press(&mut rig.window, "Add…");
        choose(
            &mut rig.window,
            &rig.fixture.folder.path().join("Night.wav"),
        );
        wait_for_label(&mut rig.window, "reference Night");
        press(&mut rig.window, "Done");
        rig
    }

    /// Processes half a second of the demo song. Returns what is heard at the left.
    fn play(&mut self, from_s: f64) -> Vec<f32> {
        let mut audio = demo_excerpt(48_000, from_s, 0.5);
        let [left, right] = audio.channels.as_mut_slice() else {
            panic!("stereo")
        };
        for (left, right) in left.chunks_mut(512).zip(right.chunks_mut(512)) {
            self.fixture.process(&mut [left, right]);
        }
        self.window.step();
        audio.channels.swap_remove(0)
    }

    fn play_until(&mut self, text: &str) {
        let begin = Instant::now();
        while !has_label(&self.window, text) {
            self.play(20.0);
            assert!(begin.elapsed() < TIMEOUT, "no {text}");
        }
    }

    fn is_heard(&self) -> bool {
        self.fixture.shared.monitor.get().reference
    }
}

/// The editor, with the user's list of files.
fn window_with_files(fixture: &EditorFixture) -> Harness<'static> {
    let list = fixture.folder.path().join("reference-files.json");
    let files = ReferenceFiles::at_path(Some(list));
    let screen = fixture.screen().with_reference_files(files);
    let mut window = harness(screen, DESIGN_SIZE, 1.0);
    window.run_steps(2);
    window
}

fn rms(samples: &[f32]) -> f32 {
    let sum: f32 = samples.iter().map(|sample| sample * sample).sum();
    (sum / 24_000.0).sqrt()
}

#[test]
fn reference_is_heard_as_loud_as_the_master_until_it_is_ended() {
    let mut rig = ReferenceFixture::with_reference();
    let master: Vec<f32> = (0..8)
        .flat_map(|n| rig.play(20.0 + 0.5 * f64::from(n)))
        .collect();
    press(&mut rig.window, "hear reference 1: Night");
    rig.play_until("Reference: you hear Night.wav · turned down by");
    assert!(rig.is_heard());
    let heard: Vec<f32> = (0..8).flat_map(|_| rig.play(20.0)).collect();
    // It is the same song, 5 dB louder.
    let ratio_db = 20.0 * (rms(&heard) / rms(&master)).log10();
    assert!(ratio_db.abs() < 1.0, "{ratio_db} dB");
    press(&mut rig.window, "End reference");
    assert!(!rig.is_heard());
    assert!(!has_label(&rig.window, "you hear"));
    // The button in the header plays it again, and ends it.
    for is_heard in [true, false] {
        press(&mut rig.window, "Reference playback");
        rig.play(20.0);
        assert_eq!(rig.is_heard(), is_heard);
    }
    assert!(!rig.fixture.has_host_events());
}

fn picture(name: &str, size: [f32; 2]) {
    let mut rig = ReferenceFixture::with_reference();
    let list = rig.fixture.folder.path().join("reference-files.json");
    let screen = rig.fixture.screen();
    let screen = screen.with_reference_files(ReferenceFiles::at_path(Some(list)));
    rig.window = harness(screen, size, 1.0);
    rig.fixture
        .shared
        .params
        .references
        .add(bright("The long way home (2019 remaster, side B)", 3.0));
    rig.window.run_steps(2);
    open_references(&mut rig.window);
    (0..12).for_each(|n| drop(rig.play(20.0 + 0.5 * f64::from(n))));
    press(&mut rig.window, "hear reference 1: Night");
    rig.play_until("Reference: you hear Night.wav · turned down by");
    (0..3).for_each(|n| drop(rig.play(26.0 + 0.5 * f64::from(n))));
    // All below the header depends on the time that decoding takes.
    compare(&mut rig.window, name, &[[20.0, 60.0, -20.0, 800.0]]);
}

#[test]
fn picture_of_a_heard_reference_matches() {
    picture("references_heard", DESIGN_SIZE);
}

#[test]
fn picture_of_a_heard_reference_at_200_percent_matches() {
    picture("references_heard_200", [2480.0, 1600.0]);
}

#[test]
fn reference_and_other_sources_exclude_each_other() {
    let mut rig = ReferenceFixture::with_reference();
    press(&mut rig.window, "hear reference 1: Night");
    rig.play_until("Reference: you hear");
    for button in ["Compare", "Delta", "Bypass"] {
        press(&mut rig.window, button);
        assert!(!rig.is_heard(), "{button}");
        press(&mut rig.window, "Reference playback");
        rig.play(20.0);
        assert!(rig.is_heard(), "{button}");
        let chain = rig.fixture.shared.monitor.get().chain;
        assert_eq!(chain, flow_dsp::Monitor::default(), "{button}");
        assert_eq!(rig.fixture.text("byp"), "Off", "{button}");
    }
}

type Change<'c> = &'c dyn Fn(&mut ReferenceFixture);

#[test]
fn reference_that_is_asked_for_is_not_heard_after_another_choice() {
    let load = |rig: &mut ReferenceFixture| {
        let params = &rig.fixture.shared.params;
        params.deserialize_fields(&params.serialize_fields());
        rig.window.step();
    };
    let changes: [(&str, Change); 5] = [
        ("Compare", &|rig| press(&mut rig.window, "Compare")),
        ("Delta", &|rig| press(&mut rig.window, "Delta")),
        ("Bypass", &|rig| press(&mut rig.window, "Bypass")),
        ("removal", &|rig| {
            press(&mut rig.window, "remove reference 1: Night");
        }),
        ("project", &load),
    ];
    for (name, change) in changes {
        let mut rig = ReferenceFixture::with_reference();
        // Without audio the song can't begin before the change.
        let path = rig.fixture.folder.path().join("Night.wav");
        let shared = rig.fixture.shared.clone();
        shared.reference.play(&path, &shared.monitor);
        change(&mut rig);
        let begin = Instant::now();
        while name != "removal" && !shared.reference.has_song() {
            rig.play(20.0);
            assert!(begin.elapsed() < TIMEOUT, "{name}");
        }
        rig.play(20.0);
        assert!(!rig.is_heard(), "{name}");
        assert!(!shared.monitor.take_reference_request(), "{name}");
    }
}

#[test]
fn heard_reference_ends_with_another_project() {
    let mut rig = ReferenceFixture::with_reference();
    press(&mut rig.window, "hear reference 1: Night");
    rig.play_until("Reference: you hear");
    // The other project has the same reference.
    let params = &rig.fixture.shared.params;
    params.deserialize_fields(&params.serialize_fields());
    rig.play(20.0);
    assert!(!rig.is_heard());
}

#[test]
fn reference_button_without_a_song_opens_the_references() {
    let mut rig = ReferenceFixture::new();
    press(&mut rig.window, "Reference playback");
    rig.window.get_by_label("Add…");
    assert!(!rig.is_heard());
}

#[test]
fn removed_reference_is_not_heard_any_more() {
    let mut rig = ReferenceFixture::with_reference();
    press(&mut rig.window, "hear reference 1: Night");
    rig.play_until("Reference: you hear");
    press(&mut rig.window, "remove reference 1: Night");
    rig.play(20.0);
    assert!(!rig.is_heard() && !rig.fixture.shared.reference.has_song());
}

#[test]
fn closed_reference_is_let_go_and_stays_in_the_list() {
    let mut rig = ReferenceFixture::with_reference();
    press(&mut rig.window, "hear reference 1: Night");
    rig.play_until("Reference: you hear");
    press(&mut rig.window, "Close reference");
    rig.play(20.0);
    assert!(!rig.is_heard() && !rig.fixture.shared.reference.has_song());
    assert!(!has_label(&rig.window, "Close reference"));
    // It is opened anew.
    press(&mut rig.window, "hear reference 1: Night");
    rig.play_until("Reference: you hear");
}

#[test]
fn next_window_finds_the_file_of_a_reference_again_and_says_when_it_is_gone() {
    let mut rig = ReferenceFixture::with_reference();
    // The project as another instance loads it: without paths.
    let references = &rig.fixture.shared.params.references;
    let saved = references.target().references[0].clone();
    references.remove(0);
    references.add(saved);
    assert_eq!(references.list()[0].path, None);
    rig.window = window_with_files(&rig.fixture);
    let path = rig.fixture.folder.path().join("Night.wav");
    assert_eq!(references_path(&rig), Some(path.clone()));
    fs::remove_file(path).unwrap();
    open_references(&mut rig.window);
    press(&mut rig.window, "hear reference 1: Night");
    rig.play_until("Night.wav: there is no such file");
    assert!(!rig.is_heard());
}

fn references_path(rig: &ReferenceFixture) -> Option<PathBuf> {
    rig.fixture.shared.params.references.list()[0].path.clone()
}

#[test]
fn loop_of_a_reference_moves_by_keyboard_and_its_level_follows() {
    let mut rig = ReferenceFixture::with_reference();
    (0..8).for_each(|n| drop(rig.play(20.0 + 0.5 * f64::from(n))));
    press(&mut rig.window, "hear reference 1: Night");
    rig.play_until("Reference: you hear");
    rig.window.get_by_label("reference loop end").focus();
    rig.window.run_steps(3);
    for _ in 0..8 {
        rig.window.key_press(Key::ArrowLeft);
        rig.window.step();
    }
    let section = rig
        .fixture
        .shared
        .reference
        .view(|player| player.song.as_ref().map(|song| song.section_s));
    let [begin, end] = section.flatten().unwrap();
    assert!(begin == 0.0 && (end - 4.0).abs() < 0.2, "{begin} {end}");
}
