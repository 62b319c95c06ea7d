//! The axes of the spectrum: frequency, level and response, and the grid.

use egui::{Align2, Painter, Pos2, Rect, Stroke, lerp, pos2, remap};
use flow_params::number::number;

use super::frequency_range::FrequencyRange;
use crate::editor::model::analyzers::{Curve, point_hz};
use crate::editor::widgets::theme::{Theme, regular};

/// The level at the top, dB.
pub(super) const TOP_DB: f32 = 0.0;
/// The response at the top and, with the opposite sign, at the bottom, dB.
const RESPONSE_END_DB: f32 = 15.0;

/// Maps frequencies and levels to points.
pub(super) struct Axes {
    pub(super) plot: Rect,
    /// The frequencies from the left to the right end.
    pub(super) range: FrequencyRange,
    /// The level at the bottom, dB.
    pub(super) bottom_db: f32,
    /// Levels are tilted about 1 kHz by this slope, dB/octave.
    pub(super) tilt_db: f32,
}

impl Axes {
    /// The place of a frequency, which is beside the plot for one outside of the range.
    pub(super) fn x(&self, hz: f32) -> f32 {
        self.plot.left() + self.range.share(hz) * self.plot.width()
    }

    pub(super) fn hz(&self, x: f32) -> f32 {
        self.range.hz((x - self.plot.left()) / self.plot.width())
    }

    /// The ratio of the frequencies at two points with a distance in pixels.
    pub(super) fn ratio(&self, distance: f32) -> f32 {
        (distance / self.plot.width() * self.range.octaves()).exp2()
    }

    pub(super) fn y(&self, db: f32) -> f32 {
        let db = db.clamp(self.bottom_db, TOP_DB);
        let ends = self.plot.bottom()..=self.plot.top();
        remap(db, self.bottom_db..=TOP_DB, ends)
    }

    pub(super) fn level(&self, hz: f32, db: f32) -> Pos2 {
        pos2(self.x(hz), self.y(db + self.tilt_db * (hz / 1000.0).log2()))
    }

    pub(super) fn levels(&self, curve: &Curve) -> Vec<Pos2> {
        let points = curve.iter().enumerate();
        points.map(|(p, db)| self.level(point_hz(p), *db)).collect()
    }

    pub(super) fn gain(&self, hz: f32, db: f32) -> Pos2 {
        let db = db.clamp(-RESPONSE_END_DB, RESPONSE_END_DB);
        let share = 0.5 + 0.5 * db / RESPONSE_END_DB;
        let ends = self.plot.bottom()..=self.plot.top();
        pos2(self.x(hz), lerp(ends, share))
    }

    /// Decibels of the response in a pixel.
    pub(super) fn gain_per_pixel(&self) -> f32 {
        2.0 * RESPONSE_END_DB / self.plot.height()
    }

    pub(super) fn response(&self, gains: &Curve) -> Vec<Pos2> {
        let points = gains.iter().enumerate();
        points.map(|(p, db)| self.gain(point_hz(p), *db)).collect()
    }
}

/// Draws the grid with its labels.
pub(super) fn grid(painter: &Painter, theme: Theme, axes: &Axes) {
    let stroke = Stroke::new(theme.px(1.0), theme.color.line.gamma_multiply(0.6));
    let style = regular(10.5, theme.color.tertiary);
    // Five lines of any range.
    for share in [0.0_f32, 0.2, 0.4, 0.6, 0.8, 1.0] {
        let db = share * axes.bottom_db;
        let y = axes.y(db);
        painter.hline(axes.plot.x_range(), y, stroke);
        let text = number(f64::from(db), 0);
        let at = pos2(axes.plot.left() - theme.px(8.0), y);
        theme.text(painter, at, Align2::RIGHT_CENTER, text, style);
    }
    let mut last = f32::NEG_INFINITY;
    for hz in marks_hz(axes.range) {
        let x = axes.x(hz);
        painter.vline(x, axes.plot.y_range(), stroke);
        let text = mark_text(hz);
        let half = 0.5 * theme.text_width(painter, &text, style);
        // A label that would touch the one before is left out.
        if x - half >= last {
            let at = pos2(x, axes.plot.bottom() + theme.px(10.0));
            theme.text(painter, at, Align2::CENTER_CENTER, text, style);
            last = x + half + theme.px(6.0);
        }
    }
}

/// The frequencies of the grid's lines, Hz: the closer, the narrower the range.
fn marks_hz(range: FrequencyRange) -> Vec<f32> {
    let steps: &[f32] = match range.octaves() {
        octaves if octaves > 5.0 => &[1.0, 2.0, 5.0],
        octaves if octaves > 2.0 => &[1.0, 1.5, 2.0, 3.0, 4.0, 5.0, 6.0, 8.0],
        _ => &[
            1.0, 1.2, 1.4, 1.6, 1.8, 2.0, 2.5, 3.0, 3.5, 4.0, 4.5, 5.0, 5.5, 6.0, 7.0, 8.0, 9.0,
        ],
    };
    let decades = [10.0, 100.0, 1000.0, 10_000.0];
    let all = decades
        .iter()
        .flat_map(|decade| steps.iter().map(move |step| decade * step));
    // The ends themselves are marked, whatever the logarithms are rounded to.
    let is_shown = |hz: &f32| (-1e-4..=1.0 + 1e-4).contains(&range.share(*hz));
    all.filter(is_shown).collect()
}

/// "50", "1k", "1.5k".
fn mark_text(hz: f32) -> String {
    if hz < 1000.0 {
        format!("{hz:.0}")
    } else {
        format!("{}k", hz / 1000.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_of_the_whole_range_are_the_usual_ones_and_those_of_an_octave_are_closer() {
        let texts = |range: FrequencyRange| {
            let marks = marks_hz(range).into_iter().map(mark_text);
            marks.collect::<Vec<_>>().join(" ")
        };
        let mut range = FrequencyRange::default();
        assert_eq!(texts(range), "20 50 100 200 500 1k 2k 5k 10k 20k");
        range.zoom(4.0, 0.5);
        assert_eq!(texts(range), "300 400 500 600 800 1k 1.5k");
        range.zoom(4.0, 0.5);
        assert_eq!(texts(range), "450 500 550 600 700 800");
    }
}
