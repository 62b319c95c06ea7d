//! Charts as SVG: axes, grid, lines and areas. Colors and fonts come from a style sheet by class.

use std::fmt::Write;

/// The position of an axis and its range of values.
#[derive(Clone, Copy, Debug)]
pub struct Axis {
    /// The position of `min` in pixels.
    pub from: f64,
    /// The position of `max` in pixels.
    pub to: f64,
    /// The value at `from`.
    pub min: f64,
    /// The value at `to`.
    pub max: f64,
    /// Whether the scale is logarithmic.
    pub logarithmic: bool,
}

impl Axis {
    /// An axis with a linear scale.
    #[must_use]
    pub fn linear(from: f64, to: f64, min: f64, max: f64) -> Self {
        Self {
            from,
            to,
            min,
            max,
            logarithmic: false,
        }
    }

    /// An axis with a logarithmic scale. `min` and `max` are above 0.
    #[must_use]
    pub fn logarithmic(from: f64, to: f64, min: f64, max: f64) -> Self {
        Self {
            from,
            to,
            min,
            max,
            logarithmic: true,
        }
    }

    /// The position of a value, clamped to the axis.
    pub fn at(&self, value: f64) -> f64 {
        let value = value.clamp(self.min.min(self.max), self.min.max(self.max));
        let share = if self.logarithmic {
            (value / self.min).ln() / (self.max / self.min).ln()
        } else {
            (value - self.min) / (self.max - self.min)
        };
        self.from + share * (self.to - self.from)
    }
}

/// An SVG drawing, to which elements are added.
pub struct SvgDrawing {
    width: f64,
    height: f64,
    body: String,
}

impl SvgDrawing {
    /// An empty drawing of this size in pixels.
    #[must_use]
    pub fn new(width: f64, height: f64) -> Self {
        Self {
            width,
            height,
            body: String::new(),
        }
    }

    /// The SVG element, which stretches to the size of its container without keeping its proportions. `label` is its
    /// accessible name.
    pub fn finish_stretched(self, label: &str) -> String {
        self.element(label, " preserveAspectRatio=\"none\"")
    }

    fn element(self, label: &str, attributes: &str) -> String {
        let Self {
            width,
            height,
            body,
        } = self;
        format!(
            "<svg viewBox=\"0 0 {width} {height}\" role=\"img\" aria-label=\"{}\"{attributes}>{body}</svg>",
            escape(label)
        )
    }

    /// The contents of an SVG file with its style sheet.
    pub fn finish_file(self, label: &str, style: &str) -> String {
        let size = format!("width=\"{}\" height=\"{}\"", self.width, self.height);
        let drawing = self.element(label, "");
        let (tag, rest) = drawing.split_once('>').unwrap_or_default();
        format!(
            "{tag} xmlns=\"http://www.w3.org/2000/svg\" {size}><style>{style}</style>{}\n",
            // Each element has its own line, so that differences are readable.
            rest.replace("><", ">\n<")
        )
    }

    /// Text with its anchor at a point.
    pub fn text(&mut self, x: f64, y: f64, class: &str, text: &str) {
        self.push(&format!(
            "<text x=\"{x:.1}\" y=\"{y:.1}\" class=\"{class}\">{}</text>",
            escape(text)
        ));
    }

    /// A straight line between two points.
    pub fn segment(&mut self, class: &str, (x1, y1): (f64, f64), (x2, y2): (f64, f64)) {
        self.push(&format!(
            "<path class=\"{class}\" d=\"M{x1:.1} {y1:.1}L{x2:.1} {y2:.1}\"/>"
        ));
    }

    /// A rectangle with rounded corners between two opposite corners.
    pub fn rectangle(&mut self, class: &str, (x1, y1): (f64, f64), (x2, y2): (f64, f64)) {
        let (width, height) = (x2 - x1, y2 - y1);
        self.push(&format!(
            "<rect class=\"{class}\" x=\"{x1:.1}\" y=\"{y1:.1}\" width=\"{width:.1}\" height=\"{height:.1}\" rx=\"6\"/>"
        ));
    }

    /// A dot at a point.
    pub fn dot(&mut self, class: &str, (x, y): (f64, f64)) {
        self.push(&format!(
            "<circle class=\"{class}\" cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"4\"/>"
        ));
    }

    /// A line through these points.
    pub fn line(&mut self, class: &str, points: impl IntoIterator<Item = (f64, f64)>) {
        let path = path(points);
        self.push(&format!("<path class=\"{class}\" d=\"{path}\"/>"));
    }

    /// The area between the points and the height `base`.
    pub fn area(&mut self, class: &str, points: &[(f64, f64)], base: f64) {
        let (Some(first), Some(last)) = (points.first(), points.last()) else {
            return;
        };
        let outline = points
            .iter()
            .copied()
            .chain([(last.0, base), (first.0, base)]);
        let path = path(outline);
        self.push(&format!("<path class=\"{class}\" d=\"{path}Z\"/>"));
    }

    /// The area between an upper and a lower edge.
    pub fn band(&mut self, class: &str, upper: &[(f64, f64)], lower: &[(f64, f64)]) {
        let path = path(upper.iter().copied().chain(lower.iter().rev().copied()));
        self.push(&format!("<path class=\"{class}\" d=\"{path}Z\"/>"));
    }

    /// Horizontal grid lines from `left` to `right`, with labels on their left.
    pub fn rows(
        &mut self,
        y: Axis,
        left: f64,
        right: f64,
        values: &[f64],
        label: impl Fn(f64) -> String,
    ) {
        for value in values {
            let at = y.at(*value);
            self.segment("grid", (left, at), (right, at));
            self.text(left - 8.0, at + 3.5, "tick end", &label(*value));
        }
    }

    /// Vertical grid lines from `top` to `bottom`, with their labels below.
    pub fn columns(
        &mut self,
        x: Axis,
        top: f64,
        bottom: f64,
        values: &[f64],
        label: impl Fn(f64) -> String,
    ) {
        for value in values {
            let at = x.at(*value);
            self.segment("grid", (at, top), (at, bottom));
            let label = label(*value);
            if !label.is_empty() {
                self.text(at, bottom + 15.0, "tick middle", &label);
            }
        }
    }

    fn push(&mut self, element: &str) {
        self.body.push_str(element);
    }
}

/// A path through the points, rounded to a tenth of a pixel.
fn path(points: impl IntoIterator<Item = (f64, f64)>) -> String {
    let mut path = String::new();
    for (x, y) in points {
        let command = if path.is_empty() { 'M' } else { 'L' };
        // Writing to a string cannot fail.
        let _ = write!(path, "{command}{x:.1} {y:.1}");
    }
    path
}

/// Escapes text for SVG.
fn escape(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}

/// Multiples of one of the `steps` between `min` and `max`, at most `most` of them.
pub fn ticks(min: f64, max: f64, most: usize, steps: &[f64]) -> Vec<f64> {
    let fits = |step: &&f64| (max - min) / **step <= most as f64;
    let step = steps
        .iter()
        .find(fits)
        .or(steps.last())
        .copied()
        .unwrap_or(1.0);
    let first = (min / step).ceil();
    (0..)
        .map(|i| (first + f64::from(i)) * step)
        .take_while(|tick| *tick <= max + 1e-9)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn axis_maps_values_to_positions_and_clamps_them() {
        let db = Axis::linear(100.0, 0.0, -60.0, 0.0);
        assert_eq!(
            (db.at(-60.0), db.at(-30.0), db.at(0.0), db.at(9.0)),
            (100.0, 50.0, 0.0, 0.0)
        );
        let hz = Axis::logarithmic(0.0, 300.0, 20.0, 20_000.0);
        assert!((hz.at(200.0) - 100.0).abs() < 1e-9);
        assert_eq!(
            ticks(0.0, 61.0, 6, &[1.0, 5.0, 10.0, 15.0, 30.0]),
            [0.0, 15.0, 30.0, 45.0, 60.0]
        );
    }

    #[test]
    fn text_with_markup_is_escaped() {
        assert_eq!(escape("<a & \"b\">"), "&lt;a &amp; &quot;b&quot;&gt;");
    }
}
