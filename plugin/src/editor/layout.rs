//! The places of the panels. A wider window gives its width to the spectrum and the pillars.

use egui::{Rect, Vec2, pos2, vec2};

use crate::editor::widgets::theme::{DESIGN, Theme};

/// Gap between panels, pixels at 100 %.
const GAP: f32 = 10.0;
/// Margin of the window, pixels at 100 %.
const MARGIN: f32 = 20.0;
/// Height of the strip for songs, pixels at 100 %.
const STRIP_HEIGHT: f32 = 58.0;

/// The parts of the window that not every window has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum WindowKind {
    /// In a host, or without songs.
    Plugin,
    /// In the app, with a strip for songs.
    App,
}

impl WindowKind {
    /// Size of the window at 100 %.
    pub(crate) const fn design(self) -> Vec2 {
        Vec2::new(DESIGN.x, DESIGN.y + self.strip_height())
    }

    /// Height of the strip with its gap, pixels at 100 %.
    const fn strip_height(self) -> f32 {
        match self {
            Self::Plugin => 0.0,
            Self::App => STRIP_HEIGHT + GAP,
        }
    }
}

/// Rectangles of the panels.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Layout {
    /// Presets, slots, delivery and monitoring.
    pub(crate) header: Rect,
    /// The button of the menu.
    pub(crate) menu: Rect,
    /// The song's transport and waveform; empty in a plug-in.
    pub(crate) strip: Rect,
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
    pub(crate) fn new(window: Rect, theme: Theme, kind: WindowKind) -> Self {
        let px = |length: f32| theme.px(length);
        // Excess over the design's size, pixels at 100 %.
        let width = window.width() / theme.scale();
        let height = window.height() / theme.scale();
        let design = kind.design();
        let (more_x, more_y) = (width - design.x, height - design.y);
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
        let strip_y = 60.0;
        let top = strip_y + kind.strip_height();
        let strip_h = (kind.strip_height() - GAP).max(0.0);
        let spectrum_h = 298.0 + more_y;
        let history_y = top + spectrum_h + GAP;
        let history_h = 112.0;
        let stereo_w = 190.0;
        let meters_h = spectrum_h + GAP + history_h;
        let loudness_h = 160.0;
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
            strip: rect(MARGIN, strip_y, inner, strip_h),
            spectrum: rect(MARGIN, top, left, spectrum_h),
            history: rect(MARGIN, history_y, left - stereo_w - GAP, history_h),
            loudness: rect(right_x, top, right, loudness_h),
            stereo: rect(MARGIN + left - stereo_w, history_y, stereo_w, history_h),
            assistant: rect(right_x, lower_y, right, lower_h),
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
