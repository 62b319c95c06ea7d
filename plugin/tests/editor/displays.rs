//! The choices of the displays, and files of their figures.

use egui_kittest::Harness;
use egui_kittest::kittest::Queryable;
use image::RgbaImage;
use serde_json::{Value as Json, json};

use crate::fixture::{EditorFixture, has_label, press};

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
