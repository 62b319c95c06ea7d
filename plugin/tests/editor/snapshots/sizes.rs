//! The window on large and dense screens: pictures, and a check of every text.

use egui::{Rect, Shape};
use egui_kittest::Harness;
use egui_kittest::kittest::Queryable;
use flow_params::Pillar;

use super::{WARM_AND_WIDE, compare, playing};
use crate::fixture::{EditorFixture, open_stage, press};
use crate::picture_regions::DETAILS;
use crate::references::{bright, open_references};

/// The sizes in points, with the pixels of a point: a screen of 3840 × 2160 pixels at 100, 200 and 300 %, and the smallest
/// window.
const SIZES: [([f32; 2], f32); 5] = [
    ([3840.0, 2160.0], 1.0),
    ([1920.0, 1080.0], 2.0),
    ([1280.0, 720.0], 3.0),
    ([930.0, 600.0], 3.0),
    ([930.0, 600.0], 1.0),
];

/// At 200 and 300 % the picture is the same, but for texts that begin a pixel beside.
#[test]
fn picture_on_a_4k_screen_matches() {
    playing("playing_4k", SIZES[0].0, SIZES[0].1);
}

#[test]
fn picture_of_the_smallest_window_at_300_percent_matches() {
    playing("playing_smallest_300", SIZES[3].0, SIZES[3].1);
}

/// A text with its place, the part of the window that it may fill, and the pixels of a point that it was laid out for.
struct PlacedText {
    text: String,
    place: Rect,
    clip: Rect,
    pixels_per_point: f32,
}

fn placed_texts(window: &Harness<'_>) -> Vec<PlacedText> {
    fn collect(shape: &Shape, clip: Rect, texts: &mut Vec<PlacedText>) {
        match shape {
            Shape::Vec(shapes) => shapes.iter().for_each(|shape| collect(shape, clip, texts)),
            Shape::Text(text) if !text.galley.text().trim().is_empty() => {
                texts.push(PlacedText {
                    text: text.galley.text().to_owned(),
                    place: text.visual_bounding_rect(),
                    clip,
                    pixels_per_point: text.galley.pixels_per_point,
                });
            }
            _ => {}
        }
    }
    let mut texts = Vec::new();
    for clipped in &window.output().shapes {
        collect(&clipped.shape, clipped.clip_rect, &mut texts);
    }
    texts
}

/// Fails for a text that is cut, leaves the window, covers another one, or is enlarged after its layout.
fn check_texts(window: &Harness<'_>, pixels_per_point: f32, state: &str) {
    let area = window.ctx.content_rect().expand(1.0);
    let texts = placed_texts(window);
    assert!(texts.len() > 40, "{state}: {} texts", texts.len());
    let mut faults = Vec::new();
    for (number, text) in texts.iter().enumerate() {
        if !area.contains_rect(text.place) || !text.clip.expand(1.5).contains_rect(text.place) {
            faults.push(format!("{:?} is cut: {:?}", text.text, text.place));
        }
        if text.pixels_per_point != pixels_per_point {
            faults.push(format!("{:?} is blurred", text.text));
        }
        // Neighboring lines may touch.
        let body = text
            .place
            .shrink2(egui::vec2(0.5, 0.2 * text.place.height()));
        let later = texts[number + 1..].iter();
        for other in later.filter(|other| other.place.intersects(body)) {
            faults.push(format!("{:?} covers {:?}", other.text, text.text));
        }
    }
    assert!(faults.is_empty(), "{state}: {faults:#?}");
}

#[test]
fn texts_of_the_pillars_and_details_at_all_sizes_are_whole() {
    for (size, pixels_per_point) in SIZES {
        let mut fixture = EditorFixture::new();
        fixture.set(&WARM_AND_WIDE);
        let mut window = fixture.window(size, pixels_per_point);
        fixture.play(&mut window, 20.0, 4.0);
        let at = format!("{size:?} at {pixels_per_point}");
        check_texts(&window, pixels_per_point, &at);
        for pillar in Pillar::ALL {
            press(&mut window, &format!("{} details", pillar.name()));
            window.run();
            let stages: &[&str] = match pillar {
                Pillar::VelvetCurve => &["Equalizer", "Match", "Comfort"],
                Pillar::MasterChain => &["Mid/side", "Multiband", "Glue", "Limiter"],
                _ => &[],
            };
            check_texts(
                &window,
                pixels_per_point,
                &format!("{at}, {}", pillar.name()),
            );
            for stage in stages {
                let button = egui::accesskit::Role::Button;
                window.get_by_role_and_label(button, stage).click();
                window.run();
                check_texts(&window, pixels_per_point, &format!("{at}, {stage}"));
            }
            press(&mut window, "Back");
            window.run();
        }
    }
}

#[test]
fn texts_of_the_references_at_all_sizes_are_whole() {
    for (size, pixels_per_point) in SIZES {
        let mut fixture = EditorFixture::new();
        let references = &fixture.shared.params.references;
        assert!(references.add(bright("Night", 4.0)) && references.add(bright("Day", 3.0)));
        let mut window = fixture.window(size, pixels_per_point);
        fixture.play(&mut window, 20.0, 4.0);
        open_references(&mut window);
        window.run();
        let at = format!("{size:?} at {pixels_per_point}, references");
        check_texts(&window, pixels_per_point, &at);
    }
}

/// Glue's slot B is active, and A has other settings.
#[test]
fn picture_of_a_stage_with_two_settings_at_200_percent_matches() {
    let mut fixture = EditorFixture::new();
    fixture.set(&WARM_AND_WIDE);
    let mut window = fixture.window([2480.0, 1600.0], 1.0);
    window.run();
    open_stage(&mut window, ["Master Chain", "Glue"]);
    press(&mut window, "Stage B");
    fixture.set(&[("glthr", "-30 dB"), ("glmix", "60 %")]);
    fixture.play(&mut window, 20.0, 4.0);
    window.remove_cursor();
    window.run();
    compare(&mut window, "stage_slots_200", &[DETAILS]);
}
