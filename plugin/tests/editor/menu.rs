//! The menu at the end of the header.

use std::fs;
use std::thread::sleep;
use std::time::{Duration, Instant};

use egui::Key;
use egui_kittest::Harness;
use egui_kittest::kittest::{NodeT, Queryable};
use flow_analysis::report::Context;
use flow_platform::flags::{FLAGS, Flag};
use flow_service::probe::Trace;

use crate::fixture::EditorFixture;

const PATIENCE: Duration = Duration::from_secs(60);

fn press(window: &mut Harness<'_>, name: &str) {
    window.get_by_label(name).click();
    window.run();
}

/// Draws pictures until something is said that contains this.
fn wait_for(window: &mut Harness<'_>, text: &str) -> String {
    let begin = Instant::now();
    loop {
        window.step();
        if let Some(node) = window.query_by_label_contains(text) {
            let node = node.accesskit_node();
            return node.value().or(node.label()).unwrap_or_default();
        }
        assert!(begin.elapsed() < PATIENCE, "nobody says {text}");
        sleep(Duration::from_millis(5));
    }
}

#[test]
fn it_opens_and_escape_closes_it() {
    let fixture = EditorFixture::new();
    let mut window = fixture.window([1240.0, 800.0], 1.0);
    window.run();
    assert!(window.query_by_label("Session Probe").is_none());
    window.get_by_label("More").focus();
    window.run();
    window.key_press(Key::Enter);
    window.run();
    window.get_by_label("Analysis");
    window.get_by_label("Session Probe");
    let save = window.get_by_label("Save the probe's recording");
    assert!(save.accesskit_node().is_disabled(), "nothing is recorded");
    window.key_press(Key::Escape);
    window.run();
    assert!(window.query_by_label("Session Probe").is_none());
}

#[test]
fn without_the_analysis_nothing_is_heard_or_said() {
    let mut fixture = EditorFixture::new();
    fixture.shared.analysis.restart();
    let mut window = fixture.window([1240.0, 800.0], 1.0);
    let progress = |fixture: &EditorFixture| {
        let newest = fixture.shared.analysis.latest_report(&Context::default());
        newest.unwrap().0.progress
    };
    let play_until =
        |fixture: &mut EditorFixture, window: &mut Harness<'_>, done: &dyn Fn(f32) -> bool| {
            let begin = Instant::now();
            while !done(progress(fixture)) {
                assert!(begin.elapsed() < PATIENCE);
                fixture.play(window, 20.0, 0.2);
                sleep(Duration::from_millis(20));
            }
        };
    play_until(&mut fixture, &mut window, &|progress| progress > 0.1);

    press(&mut window, "More");
    press(&mut window, "Analysis");
    assert!(!FLAGS.is_on(Flag::Assistant));
    wait_for(&mut window, "Analysis is off");
    // What is under way is finished, then nothing more comes.
    sleep(Duration::from_millis(100));
    let before = progress(&fixture);
    fixture.play(&mut window, 20.0, 2.0);
    sleep(Duration::from_millis(100));
    assert_eq!(progress(&fixture), before);

    press(&mut window, "Analysis");
    assert!(FLAGS.is_on(Flag::Assistant));
    assert!(window.query_by_label_contains("Analysis is off").is_none());
    // From the beginning.
    play_until(&mut fixture, &mut window, &|progress| progress < before);
    play_until(&mut fixture, &mut window, &|progress| progress > before);
    wait_for(&mut window, "slices of analysis");
}

#[test]
fn a_recording_is_saved_and_can_be_read() {
    let mut fixture = EditorFixture::new();
    let mut window = fixture.window([1240.0, 800.0], 1.0);
    window.run();
    press(&mut window, "More");
    press(&mut window, "Session Probe");
    assert!(FLAGS.is_on(Flag::Probe));
    fixture.play(&mut window, 20.0, 0.5);
    for files in 1..=2 {
        press(&mut window, "Save the probe's recording");
        let said = wait_for(&mut window, "Saved ");
        let entries = fs::read_dir(fixture.probe_folder()).unwrap();
        let paths: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
        assert_eq!(paths.len(), files, "none is overwritten");
        let newest = paths
            .iter()
            .find(|path| said.contains(path.file_name().unwrap().to_str().unwrap()));
        let trace = Trace::read(newest.expect("the file that is named")).unwrap();
        for name in ["Block", "Draw", "Flags"] {
            assert!(trace.trace_events.iter().any(|e| e.name == name), "{name}");
        }
    }

    // What is recorded stays when the probe is off.
    press(&mut window, "Session Probe");
    assert!(!FLAGS.is_on(Flag::Probe));
    let save = window.get_by_label("Save the probe's recording");
    assert!(!save.accesskit_node().is_disabled());
}

#[test]
fn a_folder_that_cannot_be_written_gives_a_line() {
    let fixture = EditorFixture::new();
    fs::write(fixture.probe_folder(), "in the way").unwrap();
    let mut window = fixture.window([1240.0, 800.0], 1.0);
    window.run();
    FLAGS.set(Flag::Probe, true);
    press(&mut window, "More");
    press(&mut window, "Save the probe's recording");
    let said = wait_for(&mut window, "Can't save");
    FLAGS.set(Flag::Probe, false);
    assert!(!said.contains('\n'), "{said}");
    let left = fs::read_dir(fixture.folder.path()).unwrap();
    assert_eq!(left.count(), 1, "only what was in the way");
}
