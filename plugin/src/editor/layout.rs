//! The places of the panels. A wider window gives its width to the spectrum and the pillars.

use egui::{Rect, pos2, vec2};

use crate::editor::widgets::theme::{DESIGN, Theme};

/// Gap between panels, pixels at 100 %.
const GAP: f32 = 10.0;
/// Margin of the window, pixels at 100 %.
const MARGIN: f32 = 20.0;

/// Rectangles of the panels.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Layout {
    /// Presets, slots, delivery and monitoring.
    pub(crate) header: Rect,
    /// The button of the menu.
    pub(crate) menu: Rect,
    /// The spectrum.
    pub(crate) spectrum: Rect,
    /// Loudness and gain reduction over the last minutes.
    pub(crate) history: Rect,
    /// Loudness and peaks.
    pub(crate) loudness: Rect,
    /// Goniometer and correlation.
    pub(crate) stereo: Rect,
    /// The assistant.
    pub(crate) assistant: Rect,
    /// The five pillars.
    pub(crate) pillars: [Rect; 5],
    /// The status bar, as wide as the window.
    pub(crate) status: Rect,
}

impl Layout {
    /// Arranges the panels in a window.
    #[must_use]
    pub(crate) fn new(window: Rect, theme: Theme) -> Self {
        let px = |length: f32| theme.px(length);
        // Excess over the design's size, pixels at 100 %.
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
            status: rect(MARGIN, pillars_y + pillars_h + GAP, inner, 24.0),
        }
    }

    /// The rectangle around all pillars.
    #[must_use]
    pub(crate) fn pillar_row(&self) -> Rect {
        self.pillars[0].union(self.pillars[4])
    }
}
