//! The choices of the displays, and files of their figures.

mod song_position;
mod zoom;

use egui::Key;
use egui::accesskit::Role;
use egui_kittest::Harness;
use egui_kittest::kittest::{NodeT, Queryable};
use image::RgbaImage;
use serde_json::{Value as Json, json};

use crate::fixture::{APPLY_ONE, EditorFixture, drag, has_label, press};

/// Opens a menu, presses some of its entries, and closes it.
fn choose(window: &mut Harness<'_>, menu: &str, entries: &[&str]) {
    press(window, menu);
    window.run();
    for entry in entries {
        press(window, entry);
        window.run();
    }
    window.key_press(egui::Key::Escape);
    window.run();
}

#[test]
fn choices_of_spectrum_and_history_are_remembered_for_the_next_window() {
    let fixture = EditorFixture::new();
    let mut window = fixture.personalized_window();
    window.run();
    choose(
        &mut window,
        "Spectrum view",
        &["3 dB", "90 dB", "Slow", "Peaks", "Change"],
    );
    press(&mut window, "History range");
    window.run();
    press(&mut window, "whole song");
    window.run();
    drop(window);
    let text = std::fs::read_to_string(fixture.preferences_path()).unwrap();
    let json: Json = serde_json::from_str(&text).unwrap();
    assert_eq!(json["display"]["history"], json!("song"));
    let spectrum = &json["display"]["spectrum"];
    assert_eq!(spectrum["tilt"], json!("3"));
    assert_eq!(spectrum["range"], json!("90"));
    assert_eq!(spectrum["averaging"], json!("slow"));
    assert_eq!(spectrum["layers"]["peaks"], json!(false));
    assert_eq!(spectrum["layers"]["delta"], json!(true));
    let mut window = fixture.personalized_window();
    window.run();
    assert!(has_label(&window, "History range"));
    // The scale of 90 dB has this line.
    let has_text = |text: &str| {
        let shapes = &window.output().shapes;
        crate::picture_regions::texts(shapes)
            .iter()
            .any(|(shown, _)| shown == text)
    };
    assert!(has_text("−90") && !has_text("peaks") && has_text("whole song"));
}

/// The plot of the spectrum.
fn plot(window: &mut Harness<'_>) -> RgbaImage {
    let picture = window.render().unwrap();
    image::imageops::crop_imm(&picture, 66, 88, 770, 226).to_image()
}

#[test]
fn frozen_spectrum_stays_until_it_goes_on() {
    let mut fixture = EditorFixture::new();
    let mut window = fixture.design_window();
    fixture.play(&mut window, 20.0, 2.0);
    press(&mut window, "Freeze");
    window.run();
    let frozen = plot(&mut window);
    fixture.play(&mut window, 30.0, 2.0);
    assert!(plot(&mut window) == frozen, "frozen");
    press(&mut window, "Freeze");
    window.run();
    assert!(plot(&mut window) != frozen, "goes on");
}

#[test]
fn statistics_of_the_session_are_saved_and_reset() {
    let mut fixture = EditorFixture::new();
    let mut window = fixture.design_window();
    fixture.play(&mut window, 20.0, 5.0);
    press(&mut window, "Session statistics");
    window.run();
    window.get_by_label("measured 0:05");
    for (button, stem) in [
        ("Save statistics (JSON)", "flow-statistics-"),
        ("Save history (CSV)", "flow-history-"),
    ] {
        press(&mut window, button);
        window.run();
        window.get_by_label_contains(&format!("Saved {stem}"));
    }
    let files = std::fs::read_dir(fixture.folder.path().join("statistics")).unwrap();
    let texts: Vec<String> = files
        .map(|file| std::fs::read_to_string(file.unwrap().path()).unwrap())
        .collect();
    let csv = texts
        .iter()
        .find(|text| text.starts_with("second,"))
        .unwrap();
    assert!(csv.lines().count() >= 4, "{csv}");
    let json = texts.iter().find(|text| text.starts_with('{')).unwrap();
    let json: Json = serde_json::from_str(json).unwrap();
    assert!(json["output"]["integrated_lufs"].as_f64().unwrap() < -5.0);
    window.key_press(egui::Key::Escape);
    window.run();
    press(&mut window, "Reset");
    fixture.play(&mut window, 25.0, 0.2);
    assert_eq!(fixture.shared.meter_history.song().points.len(), 0);
    assert!(fixture.shared.meters.read().output.measured_s < 0.3);
}

#[test]
fn applied_proposals_and_presets_begin_the_measures_anew_and_a_single_control_does_not() {
    let mut fixture = EditorFixture::listening_for_club();
    let mut window = fixture.design_window();
    fixture.play_until(&mut window, APPLY_ONE);
    let measured_s = |fixture: &EditorFixture| fixture.shared.meters.read().output.measured_s;
    assert!(measured_s(&fixture) > 5.0);
    for button in [APPLY_ONE, "Next preset"] {
        window.get_by_label_contains(button).click();
        window.run();
        fixture.play(&mut window, 20.0, 1.0);
        let seconds = measured_s(&fixture);
        assert!(seconds < 1.1, "{button}: {seconds}");
        assert!(fixture.shared.meter_history.song().points.len() <= 1);
    }
    let recent = fixture.shared.meter_history.iter().len();
    assert!(recent > 50, "the history of the last minutes goes on");
    fixture.set(&[("crair", "-1 dB")]);
    fixture.play(&mut window, 20.0, 1.0);
    assert!(measured_s(&fixture) > 1.5);
}

/// The value of the target line.
fn target(window: &Harness<'_>) -> String {
    let line = window.get_by_role_and_label(Role::Slider, "Loudness target");
    line.accesskit_node().value().unwrap_or_default()
}

#[test]
fn scale_of_the_level_meter_is_remembered_by_the_next_window() {
    let mut fixture = EditorFixture::new();
    let mut window = fixture.personalized_window();
    fixture.play(&mut window, 20.0, 3.0);
    assert!(has_label(&window, " dBFS, out −"));
    press(&mut window, "Session statistics");
    press(&mut window, "K-14");
    window.run();
    assert!(has_label(&window, " K-14, out "));
    drop(window);
    let mut window = fixture.personalized_window();
    window.run();
    assert!(has_label(&window, " K-14, out "));
}

#[test]
fn target_line_dragged_or_moved_by_keys_is_the_users_own_until_it_is_reset() {
    let fixture = EditorFixture::new();
    fixture.set(&[("deliv", "Spotify")]);
    let mut window = fixture.personalized_window();
    window.run();
    assert_eq!(target(&window), "−14.0 LUFS");
    // 79 pixels are 36 LU.
    drag(
        &mut window,
        "Loudness target",
        egui::vec2(0.0, 79.0 / 36.0 * 6.0),
    );
    assert_eq!(target(&window), "−20.0 LUFS");
    assert_eq!(fixture.text("deliv"), "Spotify");
    drop(window);
    let mut window = fixture.personalized_window();
    window.run();
    assert_eq!(target(&window), "−20.0 LUFS");
    window
        .get_by_role_and_label(Role::Slider, "Loudness target")
        .focus();
    window.run_steps(3);
    window.key_press(Key::ArrowUp);
    window.run_steps(2);
    assert_eq!(target(&window), "−19.5 LUFS");
    window.key_press_modifiers(egui::Modifiers::COMMAND, Key::Enter);
    window.run_steps(2);
    assert_eq!(target(&window), "−14.0 LUFS");
    assert!(!fixture.has_host_events());
}

#[test]
fn delivery_without_a_target_gets_an_own_one_from_the_menu() {
    let fixture = EditorFixture::new();
    fixture.set(&[("deliv", "Keep as is")]);
    let mut window = fixture.design_window();
    assert!(!has_label(&window, "Loudness target"));
    press(&mut window, "Session statistics");
    press(&mut window, "Own loudness target");
    window.run();
    assert_eq!(target(&window), "−14.0 LUFS");
}

#[test]
fn histogram_names_the_loudness_range() {
    let mut fixture = EditorFixture::new();
    let mut window = fixture.design_window();
    press(&mut window, "Session statistics");
    window.run();
    window.get_by_label("histogram of the short-term loudness, range: no sound yet");
    fixture.play(&mut window, 20.0, 12.0);
    window.get_by_label_contains("histogram of the short-term loudness, range ");
    assert!(!has_label(&window, "no sound yet"));
}

#[test]
fn stereo_panel_names_the_correlation_of_three_bands() {
    let mut fixture = EditorFixture::new();
    let mut window = fixture.design_window();
    window.get_by_label("correlation —, low —, mid —, high —");
    fixture.play(&mut window, 20.0, 2.0);
    let label = window.get_by_label_contains("correlation +");
    let text = label.accesskit_node().value().unwrap_or_default();
    assert!(
        text.contains(", low 0.") || text.contains(", low 1."),
        "{text}"
    );
}

#[test]
fn loudness_target_is_written_once_its_drag_ends() {
    let fixture = EditorFixture::new();
    let mut window = fixture.personalized_window();
    window.run();
    choose(&mut window, "Session statistics", &["Own loudness target"]);
    window.run_steps(70);
    let read = || std::fs::read_to_string(fixture.preferences_path()).unwrap();
    let before = read();
    let target = |window: &Harness<'_>| {
        let line = window.get_by_role_and_label(Role::Slider, "Loudness target");
        (line.accesskit_node().value().unwrap(), line.rect().center())
    };
    let (start, at) = target(&window);
    window.drag_at(at);
    window.step();
    for step in 1..=10_u8 {
        window.hover_at(at + egui::vec2(0.0, 4.0 * f32::from(step)));
        window.step();
        assert_eq!(read(), before, "step {step}");
    }
    // The line follows in the next frame.
    window.step();
    let (moved, _) = target(&window);
    assert_ne!(moved, start, "it moves while it is dragged");
    window.drop_at(at + egui::vec2(0.0, 40.0));
    window.run_steps(70);
    assert_ne!(read(), before);
    assert_eq!(target(&window).0, moved);
    drop(window);
    let mut window = fixture.personalized_window();
    window.run();
    assert_eq!(target(&window).0, moved, "the next window");
}

#[test]
fn pause_after_a_song_is_no_fault_of_its_balance() {
    let mut fixture = EditorFixture::new();
    let mut window = fixture.design_window();
    let balance = |window: &Harness<'_>| {
        let node = window.get_by_label_contains("Body against the middle half of ");
        node.accesskit_node().value().unwrap_or_default()
    };
    fixture.play(&mut window, 20.0, 4.0);
    assert!(!balance(&window).ends_with('—'), "{}", balance(&window));
    let silence = flow_audio_file::Audio::silence(48_000, 2, 4 * 48_000);
    fixture.play_audio(&mut window, silence);
    assert!(balance(&window).ends_with('—'), "{}", balance(&window));
}
