//! A picture over frequency: axes, grid and curves.

use egui::{Align2, Painter, Pos2, Rect, Stroke, Vec2, lerp, pos2, remap};

use crate::editor::model::analyzers::{MAX_HZ, MIN_HZ, POINTS, point_hz};
use crate::editor::widgets::theme::{Theme, regular};

/// Maps frequencies and values to points.
pub(crate) struct FrequencyPlot {
    pub(crate) plot: Rect,
    /// The values at the bottom and at the top.
    pub(crate) values: [f32; 2],
}

impl FrequencyPlot {
    /// Draws the ground, and leaves room for a title above the plot and for the scales.
    pub(crate) fn new(painter: &Painter, theme: Theme, rect: Rect, values: [f32; 2]) -> Self {
        painter.rect_filled(rect, theme.radius(6.0), theme.color.well);
        let plot = Rect::from_min_max(
            rect.min + theme.vec(32.0, 24.0),
            rect.max - theme.vec(12.0, 18.0),
        );
        Self { plot, values }
    }

    pub(crate) fn x(&self, hz: f32) -> f32 {
        let share = (hz / MIN_HZ).ln() / (MAX_HZ / MIN_HZ).ln();
        lerp(self.plot.x_range(), share)
    }

    /// The height of a value, within the plot.
    pub(crate) fn y(&self, value: f32) -> f32 {
        let [low, high] = self.values;
        let value = value.clamp(low, high);
        remap(value, low..=high, self.plot.bottom()..=self.plot.top())
    }

    pub(crate) fn at(&self, hz: f32, value: f32) -> Pos2 {
        pos2(self.x(hz), self.y(value))
    }

    /// A line through the values at the points of all curves.
    pub(crate) fn line(&self, value: impl Fn(usize) -> f32) -> Vec<Pos2> {
        let points = (0..POINTS).map(|point| self.at(point_hz(point), value(point)));
        points.collect()
    }

    /// The change of a value for a way of the pointer.
    pub(crate) fn value_of(&self, way: Vec2) -> f32 {
        let [low, high] = self.values;
        -way.y * (high - low) / self.plot.height()
    }

    /// The factor of a frequency for a way of the pointer.
    pub(crate) fn factor_of(&self, way: Vec2) -> f32 {
        (MAX_HZ / MIN_HZ).powf(way.x / self.plot.width())
    }

    /// Draws the scale of values to the left, and the frequencies below.
    pub(crate) fn grid(&self, painter: &Painter, theme: Theme, labels: &[(f32, String)]) {
        let stroke = Stroke::new(theme.px(1.0), theme.color.line);
        let style = regular(10.5, theme.color.secondary);
        for (value, text) in labels {
            let y = self.y(*value);
            painter.hline(self.plot.x_range(), y, stroke);
            let at = pos2(self.plot.left() - theme.px(5.0), y);
            theme.text(painter, at, Align2::RIGHT_CENTER, text, style);
        }
        for (hz, text) in [
            (20.0, "20"),
            (100.0, "100"),
            (1000.0, "1k"),
            (10_000.0, "10k"),
        ] {
            painter.vline(self.x(hz), self.plot.y_range(), stroke);
            let at = pos2(self.x(hz), self.plot.bottom() + theme.px(9.0));
            theme.text(painter, at, Align2::CENTER_CENTER, text, style);
        }
    }
}
