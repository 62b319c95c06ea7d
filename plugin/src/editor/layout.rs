//! Where everything is. One grid; a wider window gives its width to the spectrum.

use egui::{Rect, pos2, vec2};

use crate::editor::widgets::theme::{DESIGN, Theme};

/// Between panels.
const GAP: f32 = 10.0;
/// Around all of it.
const MARGIN: f32 = 20.0;

/// The panels' places in the window.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Layout {
    /// Name, presets, slots, delivery, listening.
    pub(crate) header: Rect,
    /// At its end, the menu of what is seldom needed.
    pub(crate) menu: Rect,
    /// The spectrum.
    pub(crate) spectrum: Rect,
    /// The last minutes.
    pub(crate) history: Rect,
    /// Loudness and peaks.
    pub(crate) loudness: Rect,
    /// Goniometer and correlation.
    pub(crate) stereo: Rect,
    /// The assistant's room, where the tonal balance is told as long as there is none.
    pub(crate) assistant: Rect,
    /// The five pillars, or the details of one of them.
    pub(crate) pillars: [Rect; 5],
    /// State of the machine, as wide as the window.
    pub(crate) engine: Rect,
}

impl Layout {
    /// For a window.
    #[must_use]
    pub(crate) fn new(window: Rect, theme: Theme) -> Self {
        let px = |length: f32| theme.px(length);
        // What is beyond the design's proportions, in the design's pixels.
        let width = window.width() / theme.scale();
        let height = window.height() / theme.scale();
        let (more_x, more_y) = (width - DESIGN.x, height - DESIGN.y);
        let rect = |x: f32, y: f32, w: f32, h: f32| {
            Rect::from_min_size(
                pos2(window.left() + px(x), window.top() + px(y)),
                vec2(px(w), px(h)),
            )
        };
        let inner = width - 2.0 * MARGIN;
        let right = 330.0;
        let left = inner - right - GAP;
        let right_x = MARGIN + left + GAP;
        let top = 60.0;
        let spectrum_h = 318.0 + more_y;
        let history_y = top + spectrum_h + GAP;
        let history_h = 92.0;
        let meters_h = spectrum_h + GAP + history_h;
        let loudness_h = 206.0;
        let pillars_y = history_y + history_h + GAP;
        let pillars_h = 270.0;
        let widths = [190.0, 214.0, 190.0, 214.0, 352.0].map(|w| w + more_x * w / 1160.0);
        let mut x = MARGIN;
        let pillars = widths.map(|w| {
            let place = rect(x, pillars_y, w, pillars_h);
            x += w + GAP;
            place
        });
        let lower_y = top + loudness_h + GAP;
        let lower_h = meters_h - loudness_h - GAP;
        Self {
            header: rect(MARGIN, 16.0, inner - 33.0, 28.0),
            menu: rect(MARGIN + inner - 28.0, 16.0, 28.0, 28.0),
            spectrum: rect(MARGIN, top, left, spectrum_h),
            history: rect(MARGIN, history_y, left, history_h),
            loudness: rect(right_x, top, right, loudness_h),
            stereo: rect(right_x, lower_y, 150.0, lower_h),
            assistant: rect(right_x + 160.0, lower_y, right - 160.0, lower_h),
            pillars,
            engine: rect(MARGIN, pillars_y + pillars_h + GAP, inner, 24.0),
        }
    }

    /// All pillars together.
    #[must_use]
    pub(crate) fn row(&self) -> Rect {
        self.pillars[0].union(self.pillars[4])
    }
}
