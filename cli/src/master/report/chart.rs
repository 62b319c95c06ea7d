//! Charts that stretch to the width of the page: the curves are SVG, and the texts of the axes are HTML beside them, so
//! that they keep their size on narrow screens.

use crate::svg::{Axis, SvgDrawing};
use maud::{Markup, PreEscaped, html};

/// The width of a drawing in its own units. The page stretches it.
const WIDTH: f64 = 1000.0;

/// A tick with its position along the axis in per cent.
struct Tick {
    percent: f64,
    text: String,
    /// Whether narrow screens leave it out.
    is_minor: bool,
}

/// A chart under construction.
pub(super) struct Chart {
    pub(super) x: Axis,
    pub(super) y: Axis,
    height: f64,
    drawing: SvgDrawing,
    x_ticks: Vec<Tick>,
    y_ticks: Vec<Tick>,
    has_playhead: bool,
}

impl Chart {
    /// An empty chart of this height in pixels with a linear axis of time and values from `low` to `high`.
    pub(super) fn over_time(height: f64, seconds: f64, (low, high): (f64, f64)) -> Self {
        Self {
            has_playhead: true,
            ..Self::new(height, Axis::linear(0.0, WIDTH, 0.0, seconds), (low, high))
        }
    }

    /// An empty chart of this height in pixels over the audible frequencies.
    pub(super) fn over_frequency(height: f64, (low, high): (f64, f64)) -> Self {
        Self::new(
            height,
            Axis::logarithmic(0.0, WIDTH, 20.0, 20_000.0),
            (low, high),
        )
    }

    fn new(height: f64, x: Axis, (low, high): (f64, f64)) -> Self {
        Self {
            x,
            y: Axis::linear(height, 0.0, low, high),
            height,
            drawing: SvgDrawing::new(WIDTH, height),
            x_ticks: Vec::new(),
            y_ticks: Vec::new(),
            has_playhead: false,
        }
    }

    /// Vertical grid lines with labels below. Narrow screens leave out those for which `is_minor` holds.
    pub(super) fn columns(
        &mut self,
        values: &[f64],
        label: impl Fn(f64) -> String,
        is_minor: impl Fn(usize) -> bool,
    ) {
        for (index, value) in values.iter().enumerate() {
            let x = self.x.at(*value);
            self.drawing.segment("grid", (x, 0.0), (x, self.height));
            self.x_ticks.push(Tick {
                percent: 100.0 * x / WIDTH,
                text: label(*value),
                is_minor: is_minor(index),
            });
        }
    }

    /// Vertical grid lines without labels.
    pub(super) fn bare_columns(&mut self, values: &[f64]) {
        for value in values {
            let x = self.x.at(*value);
            self.drawing.segment("grid", (x, 0.0), (x, self.height));
        }
    }

    /// Horizontal grid lines with labels on their left.
    pub(super) fn rows(&mut self, values: &[f64], label: impl Fn(f64) -> String) {
        for value in values {
            let y = self.y.at(*value);
            self.drawing.segment("grid", (0.0, y), (WIDTH, y));
            self.y_ticks.push(Tick {
                percent: 100.0 * y / self.height,
                text: label(*value),
                is_minor: false,
            });
        }
    }

    /// A horizontal line over the whole width.
    pub(super) fn level(&mut self, class: &str, value: f64) {
        let y = self.y.at(value);
        self.drawing.segment(class, (0.0, y), (WIDTH, y));
    }

    /// A line through points in the units of the axes.
    pub(super) fn line(&mut self, class: &str, points: &[(f64, f64)]) {
        let points = self.pixels(points);
        self.drawing.line(class, points);
    }

    /// The area between points in the units of the axes and a value.
    pub(super) fn area(&mut self, class: &str, points: &[(f64, f64)], base: f64) {
        let points = self.pixels(points);
        self.drawing.area(class, &points, self.y.at(base));
    }

    /// The area between two curves in the units of the axes.
    pub(super) fn band(&mut self, class: &str, upper: &[(f64, f64)], lower: &[(f64, f64)]) {
        let (upper, lower) = (self.pixels(upper), self.pixels(lower));
        self.drawing.band(class, &upper, &lower);
    }

    fn pixels(&self, points: &[(f64, f64)]) -> Vec<(f64, f64)> {
        let pixel = |(x, y): &(f64, f64)| (self.x.at(*x), self.y.at(*y));
        points.iter().map(pixel).collect()
    }

    /// The chart with its accessible name.
    pub(super) fn finish(self, label: &str) -> Markup {
        let svg = self.drawing.finish_stretched(label);
        html! {
            div.chart style=(format!("height:{}px", self.height)) {
                (PreEscaped(svg))
                @for tick in &self.y_ticks {
                    span.y aria-hidden="true" style=(format!("top:{:.2}%", tick.percent)) { (tick.text) }
                }
                @if self.has_playhead {
                    div.excerpt {}
                    div.playhead {}
                }
            }
            @if !self.x_ticks.is_empty() {
                div.axis aria-hidden="true" {
                    @for tick in &self.x_ticks {
                        span.minor[tick.is_minor].end[tick.percent > 99.0] style=(format!("left:{:.2}%", tick.percent)) { (tick.text) }
                    }
                }
            }
        }
    }
}
