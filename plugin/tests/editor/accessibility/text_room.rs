//! Texts without room: cut ones, and those that stand on other texts or beyond their controls.

use egui::{Rect, Shape};
use egui_kittest::Harness;
use egui_kittest::kittest::{NodeT, Queryable};

use super::INTERACTIVE;

/// Texts may touch by this much, pixels: their rectangles have the height of a line.
const TOUCH: f32 = 2.0;

/// A text that is in view.
struct VisibleText {
    text: String,
    rect: Rect,
    is_elided: bool,
}

fn collect(shape: &Shape, clip: Rect, all: &mut Vec<VisibleText>) {
    match shape {
        Shape::Vec(shapes) => shapes.iter().for_each(|shape| collect(shape, clip, all)),
        Shape::Text(text) => {
            let rect = text.visual_bounding_rect();
            // Lists scroll, so that a part of them is out of view.
            if rect.is_positive() && clip.contains(rect.center()) {
                all.push(VisibleText {
                    text: text.galley.text().to_owned(),
                    rect,
                    is_elided: text.galley.elided,
                });
            }
        }
        _ => {}
    }
}

/// The texts that are cut, that stand on another text, that leave the window, or that are wider than the button they stand on.
pub(crate) fn crowded_texts(window: &Harness<'_>) -> Vec<String> {
    let mut all = Vec::new();
    for clipped in &window.output().shapes {
        collect(&clipped.shape, clipped.clip_rect, &mut all);
    }
    let screen = window.ctx.content_rect();
    let controls = window.query_all_by(|node| INTERACTIVE.contains(&node.role()));
    let controls: Vec<Rect> = controls
        .filter(|node| node.accesskit_node().role() != egui::accesskit::Role::Slider)
        .map(|node| node.rect())
        .collect();
    let mut faults = Vec::new();
    for (i, shown) in all.iter().enumerate() {
        let VisibleText { text, rect, .. } = shown;
        if shown.is_elided {
            faults.push(format!("cut: {text}"));
        }
        if !screen.expand(0.5).contains_rect(*rect) {
            faults.push(format!("outside of the window: {text}"));
        }
        let control = controls.iter().find(|place| place.contains(rect.center()));
        if control.is_some_and(|place| rect.width() > place.width() + TOUCH) {
            faults.push(format!("wider than its control: {text}"));
        }
        for other in &all[i + 1..] {
            let shared = rect.intersect(other.rect);
            if shared.width() > TOUCH && shared.height() > TOUCH {
                faults.push(format!("on each other: {text} | {}", other.text));
            }
        }
    }
    faults
}
