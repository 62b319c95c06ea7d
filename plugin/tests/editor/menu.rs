//! The menu at the end of the header.

use std::fs;
use std::time::{Duration, Instant};

use egui::Key;
use egui_kittest::Harness;
use egui_kittest::kittest::{NodeT, Queryable};
use flow_analysis::report::Context;
use flow_platform::flags::{FLAGS, Flag};
use flow_service::probe::Trace;

use crate::fixture::{EditorFixture, has_label, press, wait_for_label};

#[test]
fn menu_opened_by_keyboard_closes_with_escape() {
    let fixture = EditorFixture::new();
    let mut window = fixture.design_window();
    assert!(window.query_by_label("Session Probe").is_none());
    window.get_by_label("More").focus();
    window.run();
    window.key_press(Key::Enter);
    window.run();
    window.get_by_label("Analysis");
    window.get_by_label("Session Probe");
    let save = window.get_by_label("Save trace");
    assert!(save.accesskit_node().is_disabled(), "there is no trace");
    window.key_press(Key::Escape);
    window.run();
    assert!(window.query_by_label("Session Probe").is_none());
}

#[test]
fn analysis_switched_off_stops_and_starts_again_when_on() {
    let mut fixture = EditorFixture::new();
    fixture.shared.analysis.restart();
    let mut window = fixture.design_window();
    let progress = |fixture: &EditorFixture| {
        let report = fixture.shared.analysis.latest_report(&Context::default());
        report.unwrap().0.progress
    };
    let play_until = |fixture: &mut EditorFixture,
                      window: &mut Harness<'_>,
                      is_reached: &dyn Fn(f32) -> bool| {
        let begin = Instant::now();
        while !is_reached(progress(fixture)) {
            assert!(begin.elapsed() < Duration::from_secs(240));
            fixture.play(window, 20.0, 0.2);
        }
    };
    play_until(&mut fixture, &mut window, &|progress| progress > 0.1);

    press(&mut window, "More");
    press(&mut window, "Analysis");
    assert!(!FLAGS.is_on(Flag::Assistant));
    wait_for_label(&mut window, "Analysis is off");
    // A slice of work that has begun still ends.
    fixture.wait_for_service_rounds();
    let before = progress(&fixture);
    fixture.play(&mut window, 20.0, 2.0);
    fixture.wait_for_service_rounds();
    assert_eq!(progress(&fixture), before);

    press(&mut window, "Analysis");
    assert!(FLAGS.is_on(Flag::Assistant));
    assert!(!has_label(&window, "Analysis is off"));
    // The analysis begins anew.
    play_until(&mut fixture, &mut window, &|progress| progress < before);
    play_until(&mut fixture, &mut window, &|progress| progress > before);
    wait_for_label(&mut window, "analysis slice");
}

#[test]
fn save_trace_twice_writes_two_readable_files() {
    let mut fixture = EditorFixture::new();
    let mut window = fixture.design_window();
    press(&mut window, "More");
    press(&mut window, "Session Probe");
    assert!(FLAGS.is_on(Flag::Probe));
    fixture.play(&mut window, 20.0, 0.5);
    for files in 1..=2 {
        press(&mut window, "Save trace");
        let text = wait_for_label(&mut window, "Saved ");
        let entries = fs::read_dir(fixture.trace_folder()).unwrap();
        let paths: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
        assert_eq!(paths.len(), files, "no file is overwritten");
        let newest = paths
            .iter()
            .find(|path| text.contains(path.file_name().unwrap().to_str().unwrap()));
        let trace = Trace::read(newest.expect("the named file")).unwrap();
        for name in ["Block", "Draw", "Flags"] {
            assert!(trace.trace_events.iter().any(|e| e.name == name), "{name}");
        }
    }

    press(&mut window, "Session Probe");
    assert!(!FLAGS.is_on(Flag::Probe));
    let save = window.get_by_label("Save trace");
    assert!(!save.accesskit_node().is_disabled(), "the trace stays");
}

#[test]
fn save_trace_into_an_unwritable_folder_shows_an_error() {
    let fixture = EditorFixture::new();
    fs::write(fixture.trace_folder(), "a file").unwrap();
    let mut window = fixture.design_window();
    FLAGS.set(Flag::Probe, true);
    press(&mut window, "More");
    press(&mut window, "Save trace");
    let text = wait_for_label(&mut window, "Can't save");
    FLAGS.set(Flag::Probe, false);
    assert!(!text.contains('\n'), "{text}");
    let entries = fs::read_dir(fixture.folder.path()).unwrap();
    assert_eq!(entries.count(), 1, "no file is left");
}

#[test]
fn window_of_any_size_is_drawn_without_a_panic() {
    let fixture = EditorFixture::new();
    for side in [1.0, 16.0, 33.0, 100.0, 180.0, 250.0, 400.0] {
        for size in [[side, side], [side, 600.0], [930.0, side]] {
            let mut window = fixture.window(size, 1.0);
            window.run_steps(3);
        }
    }
}
