//! Comparison of pictures region by region and label by label, so that a lost label counts.

use egui::epaint::ClippedShape;
use egui::{Pos2, Rect, Shape, Vec2, pos2, vec2};
use egui_kittest::Harness;
use image::{Rgba, RgbaImage};

use crate::fixture::{DESIGN_SIZE, EditorFixture, press};

/// Size of a region, pixels at 100 %. Regions overlap by half, so a short label lies within one of them.
const REGION: [f32; 2] = [64.0, 32.0];
/// A pixel differs if its red, green and blue differ by more than this in sum. Edges vary less between rasterizers.
const PIXEL_TOLERANCE: u32 = 90;
/// Differing pixels of a region that count as equal, at 100 %.
const TOLERANCE: f32 = 14.0;
/// The same for displays: levels vary in the last bits between instruction sets.
const DISPLAY_TOLERANCE: f32 = 250.0;

/// The displays of levels: left, top, right, bottom in pixels at 100 %. Negative values count from the right end.
const DISPLAYS: [[f32; 4]; 10] = [
    // The plots of spectrum and history.
    [60.0, 82.0, -372.0, 302.0],
    [30.0, 390.0, -564.0, 476.0],
    // The anchors' tonal balance.
    [60.0, 336.0, -372.0, 352.0],
    // Loudness: numbers and bars.
    [-340.0, 86.0, -196.0, 144.0],
    [-340.0, 160.0, -196.0, 177.0],
    [-160.0, 74.0, -30.0, 159.0],
    [-340.0, 196.0, -22.0, 214.0],
    // Goniometer and correlation.
    [-546.0, 372.0, -364.0, 476.0],
    // The pillars' activity.
    [20.0, 530.0, -20.0, 596.0],
    // The status bar, which names the instruction set.
    [20.0, 768.0, -20.0, 800.0],
];
/// The number of displays that every picture has.
pub(crate) const FIXED_DISPLAYS: usize = DISPLAYS.len();
/// The panels above the pillars, which depend on the audio that a busy machine analyzes.
pub(crate) const PANELS: [f32; 4] = [20.0, 60.0, -20.0, 484.0];
/// The status bar, which names dropped audio.
pub(crate) const STATUS_BAR: [f32; 4] = [20.0, 768.0, -20.0, 800.0];
/// The details in place of the pillars.
pub(crate) const DETAILS: [f32; 4] = [20.0, 490.0, -20.0, 760.0];

/// The scale of a window of some size in points.
pub(crate) fn design_scale(size: Vec2) -> f32 {
    (size.x / DESIGN_SIZE[0]).min(size.y / DESIGN_SIZE[1])
}

/// The displays of a window with a width in pixels at 100 %.
pub(crate) fn displays(width: f32, dynamic: &[[f32; 4]]) -> Vec<Rect> {
    let x = |x: f32| if x < 0.0 { width + x } else { x };
    let displays = DISPLAYS.iter().chain(dynamic);
    let rect = |[left, top, right, bottom]: &[f32; 4]| {
        Rect::from_min_max(pos2(x(*left), *top), pos2(x(*right), *bottom))
    };
    displays.map(rect).collect()
}

/// The regions that differ between two pictures of a window of some size in points.
pub(crate) fn changed_regions(
    stored: &RgbaImage,
    drawn: &RgbaImage,
    size: Vec2,
    dynamic: &[[f32; 4]],
) -> Vec<Rect> {
    assert_eq!(stored.dimensions(), drawn.dimensions());
    let design = design_scale(size);
    // Pixels of the picture for each pixel at 100 %.
    let scale = drawn.width() as f32 / size.x * design;
    let displays = displays(size.x / design, dynamic);
    let changed = changed_pixels(stored, drawn, scale);
    let [w, h] = REGION;
    let (width, height) = (size.x / design, size.y / design);
    let corners =
        steps(height - h, h / 2.0).flat_map(|y| steps(width - w, w / 2.0).map(move |x| pos2(x, y)));
    let exceeds = |pixels: usize, limit: f32| pixels as f32 > limit * scale * scale;
    let regions = corners.map(|corner| Rect::from_min_size(corner, vec2(w, h)));
    let is_changed = |region: &Rect| {
        let pixels = changed.iter().filter(|pixel| region.contains(**pixel));
        let (inside, outside): (Vec<&Pos2>, Vec<&Pos2>) =
            pixels.partition(|pixel| displays.iter().any(|d| d.contains(**pixel)));
        exceeds(outside.len(), TOLERANCE) || exceeds(inside.len(), DISPLAY_TOLERANCE)
    };
    regions.filter(is_changed).collect()
}

/// Multiples of `step` up to the first one at or above `end`.
fn steps(end: f32, step: f32) -> impl Iterator<Item = f32> {
    let mut last = false;
    (0_u16..)
        .map(move |i| f32::from(i) * step)
        .take_while(move |x| !std::mem::replace(&mut last, *x >= end))
}

/// The positions of differing pixels, in pixels at 100 %.
fn changed_pixels(a: &RgbaImage, b: &RgbaImage, scale: f32) -> Vec<Pos2> {
    let pixels = a.enumerate_pixels().zip(b.pixels());
    let differs = |a: &Rgba<u8>, b: &Rgba<u8>| {
        let sum: u32 = (0..3).map(|c| u32::from(a[c].abs_diff(b[c]))).sum();
        sum > PIXEL_TOLERANCE
    };
    let changed = pixels.filter(|((_, _, a), b)| differs(a, b));
    changed
        .map(|((x, y, _), _)| pos2(x as f32 / scale, y as f32 / scale))
        .collect()
}

/// The labels of a window in alphabetical order, without paths. Numbers are written as 0, because levels vary in the last bits
/// between instruction sets. In the status bar and in `dynamic` regions labels with numbers depend on the machine, and are left
/// out.
pub(crate) fn labels(window: &Harness<'_>, dynamic: &[[f32; 4]]) -> Vec<String> {
    let size = window.ctx.content_rect().size();
    let design = design_scale(size);
    let machine = displays(size.x / design, &[dynamic, &[STATUS_BAR]].concat());
    let machine = &machine[FIXED_DISPLAYS..];
    let is_kept = |(text, rect): &(String, Rect)| {
        let has_number = text.contains(|c: char| c.is_ascii_digit());
        text.chars().any(char::is_alphanumeric)
            && !text.contains(['/', '…'])
            && !(has_number && machine.iter().any(|d| d.intersects(*rect / design)))
    };
    let texts = texts(&window.output().shapes).into_iter().filter(is_kept);
    let mut labels: Vec<String> = texts.map(|(text, _)| with_equal_numbers(&text)).collect();
    labels.sort();
    labels
}

/// A text in which each row of digits is one 0.
fn with_equal_numbers(text: &str) -> String {
    let mut chars: Vec<char> = text.chars().collect();
    chars
        .iter_mut()
        .filter(|c| c.is_ascii_digit())
        .for_each(|c| *c = '0');
    chars.dedup_by(|a, b| *a == '0' && *b == '0');
    chars.into_iter().collect()
}

/// The stored labels that are not among the drawn ones.
pub(crate) fn lost_labels<'a>(stored: &'a str, drawn: &[String]) -> Vec<&'a str> {
    let mut drawn = drawn.to_vec();
    let is_lost = |label: &&str| match drawn.iter().position(|other| other == label) {
        Some(at) => {
            drawn.swap_remove(at);
            false
        }
        None => true,
    };
    stored.lines().filter(is_lost).collect()
}

/// The rectangles of all texts with at least three characters.
pub(crate) fn texts(shapes: &[ClippedShape]) -> Vec<(String, Rect)> {
    fn collect(shape: &Shape, texts: &mut Vec<(String, Rect)>) {
        match shape {
            Shape::Vec(shapes) => shapes.iter().for_each(|shape| collect(shape, texts)),
            Shape::Text(text) if text.galley.text().chars().count() >= 3 => {
                texts.push((text.galley.text().to_owned(), text.visual_bounding_rect()));
            }
            _ => {}
        }
    }
    let mut all = Vec::new();
    for clipped in shapes {
        collect(&clipped.shape, &mut all);
    }
    all
}

#[test]
fn changed_regions_without_one_label_are_not_empty() {
    let fixture = EditorFixture::new();
    let mut window = fixture.design_window();
    let drawn = window.render().unwrap();
    let size = Vec2::from(DESIGN_SIZE);
    assert!(changed_regions(&drawn, &drawn, size, &[]).is_empty());
    let texts = texts(&window.output().shapes);
    let displays = displays(size.x, &[]);
    let is_label =
        |(_, rect): &&(String, Rect)| !displays.iter().any(|display| display.intersects(*rect));
    let labels: Vec<_> = texts.iter().filter(is_label).collect();
    assert!(labels.len() > 60, "{} labels", labels.len());
    for (text, rect) in labels {
        let mut without = drawn.clone();
        erase(&mut without, *rect);
        let changed = changed_regions(&drawn, &without, size, &[]);
        assert!(!changed.is_empty(), "{text} can be lost unseen");
    }
}

#[test]
fn lost_labels_without_one_label_names_it() {
    let fixture = EditorFixture::new();
    let mut window = fixture.design_window();
    press(&mut window, "Assistant details");
    window.run();
    let stored = labels(&window, &[]);
    assert!(stored.len() > 30, "{} labels", stored.len());
    for at in 0..stored.len() {
        let mut drawn = stored.clone();
        let label = drawn.remove(at);
        assert_eq!(lost_labels(&stored.join("\n"), &drawn), [label]);
    }
}

/// Fills a rectangle with the color of its first pixel.
fn erase(picture: &mut RgbaImage, rect: Rect) {
    let mut background = None;
    for (x, y, pixel) in picture.enumerate_pixels_mut() {
        if rect.contains(pos2(x as f32, y as f32)) {
            *pixel = *background.get_or_insert(*pixel);
        }
    }
}
