//! Listening when it is asked for, and songs that the assistant leads to.

use std::fs;
use std::path::Path;
use std::thread::sleep;
use std::time::{Duration, Instant};

use egui::Key;
use egui_kittest::Harness;
use egui_kittest::kittest::{NodeT, Queryable};
use flow_analysis::features::AnalysisWindow;
use flow_analysis::reference::Reference;
use flow_audio_file::wav::write_wav_24;
use flow_demo_song::demo_excerpt;
use flow_dsp::{ChainSettings, Spec};

use crate::fixture::EditorFixture;

const PATIENCE: Duration = Duration::from_secs(60);

/// A song like the demo, with some decibels more from 2 to 8 kHz, some less in the bass, and wider.
pub(crate) fn bright(name: &str, db: f32) -> Reference {
    let song = demo_excerpt(48_000, 20.0, 12.0).channels;
    let window = AnalysisWindow::of(Spec::default(), &song[0], &song[1]);
    let mut json = serde_json::to_value(Reference::new(name, &window).unwrap()).unwrap();
    let summary = &mut json["summary"];
    let mut add = |what: &str, places: std::ops::Range<usize>, db: f32| {
        for place in places {
            let value = &mut summary[what][place];
            *value = (value.as_f64().unwrap() + f64::from(db)).into();
        }
    };
    add("third_octaves_db", 19..25, db);
    add("third_octaves_db", 0..9, -0.5 * db);
    add("anchors_db", 2..3, db);
    add("anchors_db", 0..1, -0.5 * db);
    add("anchor_side_db", 0..4, 2.0);
    serde_json::from_value(json).unwrap()
}

/// Plays until the window says something; what it says.
pub(crate) fn play_until(fixture: &mut EditorFixture, window: &mut Harness<'_>, text: &str) {
    let begin = Instant::now();
    let mut from_s = 20.0;
    while window.query_all_by_label_contains(text).next().is_none() {
        fixture.play(window, from_s, 0.2);
        from_s = if from_s > 35.0 { 20.0 } else { from_s + 0.2 };
        sleep(Duration::from_millis(20));
        assert!(begin.elapsed() < PATIENCE, "nobody says {text}");
    }
}

/// Waits without sound.
pub(crate) fn wait_for(window: &mut Harness<'_>, text: &str) -> String {
    let begin = Instant::now();
    loop {
        window.step();
        if let Some(node) = window.query_all_by_label_contains(text).next() {
            let node = node.accesskit_node();
            return node.value().or(node.label()).unwrap_or_default();
        }
        assert!(begin.elapsed() < PATIENCE, "nobody says {text}");
        sleep(Duration::from_millis(5));
    }
}

fn press(window: &mut Harness<'_>, label: &str) {
    window.get_by_label(label).click();
    window.run_steps(2);
}

pub(crate) fn open_references(window: &mut Harness<'_>) {
    press(window, "Assistant details");
    press(window, "References");
}

/// Types a path, once the folder of the user's music was looked at.
pub(crate) fn choose(window: &mut Harness<'_>, path: &Path) {
    wait_while(window, "Looking…");
    window.get_by_label("path").focus();
    window.run_steps(2);
    window.key_press_modifiers(egui::Modifiers::COMMAND, Key::A);
    window.run_steps(2);
    let typed = path.display().to_string();
    window.get_by_label("path").type_text(&typed);
    window.run_steps(2);
    window.key_press(Key::Enter);
    window.run_steps(2);
}

fn wait_while(window: &mut Harness<'_>, text: &str) {
    let begin = Instant::now();
    while window.query_all_by_label_contains(text).next().is_some() {
        window.step();
        assert!(begin.elapsed() < PATIENCE, "still {text}");
        sleep(Duration::from_millis(5));
    }
}

/// What Match does at 4.1 kHz, dB.
fn silk_db(settings: &ChainSettings) -> f32 {
    settings.curve.match_gains_db()[12]
}

/// What is proposed, in words.
fn told(window: &Harness<'_>) -> Vec<String> {
    let lines = window.query_all_by_label_contains("apply ");
    let lines = lines.filter_map(|line| line.accesskit_node().label());
    lines.collect()
}

#[test]
fn nothing_is_heard_before_listen_is_pressed() {
    let mut fixture = EditorFixture::new();
    let mut window = fixture.window([1240.0, 800.0], 1.0);
    fixture.play(&mut window, 20.0, 3.0);
    sleep(Duration::from_millis(200));
    window.run();
    window.get_by_label_contains("assistant: Play the loud part");
    assert_eq!(fixture.shared.analysis.counts().slices, 0);

    // And there is a way back.
    press(&mut window, "Listen");
    window.get_by_label_contains("assistant: Waiting for sound");
    play_until(&mut fixture, &mut window, "assistant: Listening");
    press(&mut window, "Stop");
    window.get_by_label_contains("assistant: Play the loud part");
    assert!(!fixture.shared.analysis.is_listening());
    press(&mut window, "Listen");
    wait_for(&mut window, "assistant: Waiting for sound");
}

#[test]
fn a_closed_window_pauses_and_the_next_one_shows_what_was_heard() {
    let mut fixture = EditorFixture::new();
    let mut window = fixture.window([1240.0, 800.0], 1.0);
    press(&mut window, "Listen");
    play_until(&mut fixture, &mut window, "Apply all ");
    drop(window);
    fixture.shared.set_editor_open(false);
    assert!(
        fixture.shared.analysis.is_listening(),
        "when a window looks again"
    );
    fixture.shared.set_editor_open(true);
    let mut window = fixture.window([1240.0, 800.0], 1.0);
    window.run();
    window.get_by_label_contains(" · 10 s");
    window.get_by_label_contains("Apply all ");
}

#[test]
fn files_are_chosen_in_the_window_and_bad_ones_get_a_line() {
    let fixture = EditorFixture::new();
    let files = tempfile::tempdir().unwrap();
    fs::create_dir(files.path().join("Songs")).unwrap();
    let at = |name: &str| files.path().join("Songs").join(name);
    write_wav_24(&at("Night.wav"), &demo_excerpt(48_000, 20.0, 11.0)).unwrap();
    fs::write(at("Empty.wav"), "").unwrap();
    let mut window = fixture.window([1240.0, 800.0], 1.0);
    window.run();
    open_references(&mut window);
    press(&mut window, "Add…");
    choose(&mut window, files.path());
    wait_for(&mut window, "Songs");
    press(&mut window, "Songs");
    wait_for(&mut window, "Night.wav");
    press(&mut window, "Night.wav");
    wait_for(&mut window, "reference Night");
    wait_for(&mut window, "Loudness: yours —, references −");
    // It may go now.
    fs::remove_file(at("Night.wav")).unwrap();
    press(&mut window, "Night.wav");
    let said = wait_for(&mut window, "no such file");
    assert!(said.contains("Night.wav") && !said.contains('\n'), "{said}");
    press(&mut window, "Empty.wav");
    wait_for(&mut window, "Empty.wav: the file is empty");
    assert_eq!(fixture.shared.params.references.list().len(), 1);

    press(&mut window, "Done");
    press(&mut window, "remove Night");
    assert!(fixture.shared.params.references.target().is_empty());
    wait_for(&mut window, "Loudness: yours —, references —");
    assert!(
        fixture.host_events.lock().unwrap().is_empty(),
        "no parameter moved"
    );
}

/// Two songs lead, and enough was heard of the demo.
fn led() -> (EditorFixture, Harness<'static>) {
    let mut fixture = EditorFixture::new();
    let references = &fixture.shared.params.references;
    assert!(references.add(bright("Night", 4.0)) && references.add(bright("Day", 5.0)));
    let mut window = fixture.window([1240.0, 800.0], 1.0);
    window.run();
    press(&mut window, "Listen");
    play_until(&mut fixture, &mut window, "assistant: Towards Night +1");
    (fixture, window)
}

/// Draws until what is proposed is as wanted.
fn draw_until(window: &mut Harness<'_>, what: impl Fn(&[String]) -> bool) {
    let begin = Instant::now();
    while !what(&told(window)) {
        window.step();
        sleep(Duration::from_millis(5));
        assert!(begin.elapsed() < PATIENCE, "{:?}", told(window));
    }
}

#[test]
fn the_same_playback_and_references_give_the_same_proposals() {
    let mut runs = Vec::new();
    // On a busy machine some of the playback isn't heard, which makes it another.
    for _ in 0..10 {
        let (fixture, window) = led();
        if fixture.shared.analysis.dropped_frames() == 0 {
            runs.push(told(&window));
        }
        if let [first, second] = &runs[..] {
            assert_eq!(first, second);
            return;
        }
    }
    panic!("the machine is too busy to tell");
}

#[test]
fn references_lead_by_an_amount_and_what_is_applied_is_one_step() {
    let (fixture, mut window) = led();
    let references = &fixture.shared.params.references;
    let all = told(&window);
    let balance = all.iter().find(|line| line.contains("apply Match"));
    let balance = balance.unwrap_or_else(|| panic!("{all:?}"));
    assert!(balance.contains("the mean of 2 references"), "{balance}");
    // Half of the way, without sound: what was heard is enough.
    references.set_amount(0.5);
    draw_until(&mut window, |told| told != all);
    references.set_amount(1.0);
    draw_until(&mut window, |told| told == all);

    let before = fixture.shared.params.chain_settings();
    assert!(
        fixture.host_events.lock().unwrap().is_empty(),
        "nothing moved yet"
    );
    window.get_by_label_contains("Apply all").click();
    window.run();
    let applied = fixture.shared.params.chain_settings();
    assert!(silk_db(&applied) > 1.0, "{:?}", applied.curve);
    press(&mut window, "↩");
    assert_eq!(fixture.shared.params.chain_settings(), before, "one step");
    // Nobody to follow: what the assistant thinks.
    (0..2).for_each(|_| references.remove(0));
    draw_until(&mut window, |told| {
        told.iter().all(|line| !line.contains("references"))
    });
    assert!(
        window
            .query_by_label_contains("assistant: Towards")
            .is_none()
    );
}

#[test]
fn how_much_of_the_way_is_turned_like_every_amount() {
    let fixture = EditorFixture::new();
    let references = &fixture.shared.params.references;
    references.add(bright("Night", 4.0));
    references.set_amount(0.8);
    let mut window = fixture.window([1240.0, 800.0], 1.0);
    window.run();
    open_references(&mut window);
    window.run();
    window.get_by_label("amount towards references").focus();
    window.run();
    for _ in 0..3 {
        window.key_press(Key::ArrowDown);
        window.run();
    }
    let amount = references.target().amount;
    assert!((amount - 0.65).abs() < 1e-3, "{amount}");
    window.get_by_label_contains("proposed towards Night");
    assert!(
        fixture.host_events.lock().unwrap().is_empty(),
        "no parameter moved"
    );
}

/// What was taken is proposed anew when the goal is another.
#[test]
fn another_goal_proposes_from_where_the_last_one_led() {
    let mut fixture = EditorFixture::new();
    fixture.shared.params.references.add(bright("Night", 4.0));
    let mut window = fixture.window([1240.0, 800.0], 1.0);
    window.run();
    press(&mut window, "Listen");
    play_until(&mut fixture, &mut window, "assistant: Towards Night");
    window.get_by_label_contains("Apply all").click();
    window.run();
    assert!(told(&window).iter().all(|line| !line.contains("Match")));
    let silk = |fixture: &EditorFixture| silk_db(&fixture.shared.params.chain_settings());
    let taken_db = silk(&fixture);
    fixture.shared.params.references.set_amount(0.2);
    wait_for(&mut window, "apply Match");
    window.get_by_label_contains("Apply all").click();
    window.run();
    assert!(
        silk(&fixture) < taken_db - 0.5,
        "{} {taken_db}",
        silk(&fixture)
    );
}
