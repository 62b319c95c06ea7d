//! A chart: axes with units, series that differ by color and dash, and a legend.

use anyhow::Result;
use flow_cli::svg::{Axis, SvgDrawing, ticks};
use flow_params::number::number;

const WIDTH: f64 = 720.0;
const LEFT: f64 = 52.0;
const RIGHT: f64 = WIDTH - 18.0;
const HEIGHT: f64 = 240.0;
const LEGEND_ROW: f64 = 19.0;
/// The height of the labels below the axis.
const BELOW: f64 = 42.0;
const STYLE: &str = include_str!("chart.css");

/// The colors of the window: output, input, and the four anchors. Each has its own dash.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ink {
    Output,
    Input,
    Body,
    Soul,
    Silk,
    Air,
}

/// The order in which series get their colors.
pub(crate) const INKS: [Ink; 6] = [
    Ink::Output,
    Ink::Body,
    Ink::Air,
    Ink::Silk,
    Ink::Soul,
    Ink::Input,
];

impl Ink {
    fn class(self) -> &'static str {
        match self {
            Self::Output => "output",
            Self::Input => "input",
            Self::Body => "body",
            Self::Soul => "soul",
            Self::Silk => "silk",
            Self::Air => "air",
        }
    }
}

/// Points in the units of the axes.
pub(crate) type Points = Vec<(f64, f64)>;

/// The label, range and ticks of an axis.
pub(crate) struct Scale {
    label: String,
    min: f64,
    max: f64,
    ticks: Vec<(f64, String)>,
    logarithmic: bool,
}

impl Scale {
    /// A linear scale with a tick each `step`.
    pub(crate) fn linear(label: &str, min: f64, max: f64, step: f64) -> Self {
        let decimals = if step < 1.0 { 1 } else { 0 };
        let tick = |value: f64| (value, number(value, decimals));
        Self {
            label: label.to_owned(),
            min,
            max,
            ticks: ticks(min, max, usize::MAX, &[step])
                .into_iter()
                .map(tick)
                .collect(),
            logarithmic: false,
        }
    }

    /// A logarithmic scale of frequencies.
    pub(crate) fn hertz(min: f64, max: f64) -> Self {
        const DECADES: [f64; 4] = [1.0, 10.0, 100.0, 1000.0];
        let round = DECADES
            .iter()
            .flat_map(|d| [1.0, 2.0, 5.0].map(|n| 10.0 * n * d));
        let text = |hz: f64| {
            if hz < 1000.0 {
                number(hz, 0)
            } else {
                format!("{}k", number(hz / 1000.0, 0))
            }
        };
        let shown = [5.0]
            .into_iter()
            .chain(round)
            .filter(|hz| (min..=max).contains(hz));
        Self {
            label: "Frequency, Hz".to_owned(),
            min,
            max,
            ticks: shown.map(|hz| (hz, text(hz))).collect(),
            logarithmic: true,
        }
    }

    /// A scale with names at 0, 1, 2 and so on, for bars.
    pub(crate) fn names(label: &str, names: &[&str]) -> Self {
        let names = names.iter().enumerate();
        let ticks: Vec<_> = names
            .map(|(i, name)| (i as f64, (*name).to_owned()))
            .collect();
        Self {
            label: label.to_owned(),
            min: -0.6,
            max: ticks.len() as f64 - 0.4,
            ticks,
            logarithmic: false,
        }
    }

    /// The first ten harmonics of a tone.
    pub(crate) fn harmonics() -> Self {
        Self::names(
            "Harmonic",
            &["1", "2", "3", "4", "5", "6", "7", "8", "9", "10"],
        )
    }

    fn axis(&self, from: f64, to: f64) -> Axis {
        if self.logarithmic {
            Axis::logarithmic(from, to, self.min, self.max)
        } else {
            Axis::linear(from, to, self.min, self.max)
        }
    }

    /// Whether a value is on the axis, with a tolerance for rounding.
    fn has(&self, value: f64) -> bool {
        let rounding = 0.002 * (self.max - self.min);
        (self.min - rounding..=self.max + rounding).contains(&value)
    }

    fn values(&self) -> Vec<f64> {
        self.ticks.iter().map(|tick| tick.0).collect()
    }

    fn text(&self, value: f64) -> String {
        let tick = self.ticks.iter().find(|tick| tick.0 == value);
        tick.map_or_else(String::new, |tick| tick.1.clone())
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Shape {
    Line,
    Bars,
    Dots,
    /// The area inside an outline.
    Band,
}

struct Series {
    label: String,
    shape: Shape,
    ink: Ink,
    points: Points,
}

/// A chart and the name of its file, without the extension.
pub(crate) type Plot = (&'static str, Chart);

/// A chart.
pub(crate) struct Chart {
    title: String,
    x: Scale,
    y: Scale,
    series: Vec<Series>,
}

impl Chart {
    pub(crate) fn new(title: &str, x: Scale, y: Scale) -> Self {
        Self {
            title: title.to_owned(),
            x,
            y,
            series: Vec::new(),
        }
    }

    pub(crate) fn line(&mut self, label: &str, ink: Ink, points: Points) {
        self.push(label, Shape::Line, ink, points);
    }

    /// A line of a family. The legend lists only one of the family.
    pub(crate) fn unlisted_line(&mut self, label: &str, is_listed: bool, ink: Ink, points: Points) {
        self.push(if is_listed { label } else { "" }, Shape::Line, ink, points);
    }

    /// The gain of linear stages over frequency. `range_db` has both ends and the distance of the ticks.
    pub(crate) fn response(title: &str, range_hz: [f64; 2], range_db: [f64; 3]) -> Self {
        let [least_hz, most_hz] = range_hz;
        let [least_db, most_db, step_db] = range_db;
        let y = Scale::linear("Gain, dB", least_db, most_db, step_db);
        Self::new(title, Scale::hertz(least_hz, most_hz), y)
    }

    /// A measured line for each member of a family, with its label, in the order of colors.
    pub(crate) fn family<T>(
        &mut self,
        members: impl IntoIterator<Item = (&'static str, T)>,
        mut measure: impl FnMut(T) -> Result<Points>,
    ) -> Result<()> {
        for ((label, member), ink) in members.into_iter().zip(INKS) {
            self.line(label, ink, measure(member)?);
        }
        Ok(())
    }

    /// Bars from the lower end of the axis, side by side with those of other series.
    pub(crate) fn bars(&mut self, label: &str, ink: Ink, values: &[f64]) {
        let points = values
            .iter()
            .enumerate()
            .map(|(i, value)| (i as f64, *value));
        self.push(label, Shape::Bars, ink, points.collect());
    }

    pub(crate) fn dots(&mut self, label: &str, ink: Ink, points: Points) {
        self.push(label, Shape::Dots, ink, points);
    }

    /// The area between two edges.
    pub(crate) fn band(
        &mut self,
        label: &str,
        ink: Ink,
        lower: &[(f64, f64)],
        upper: &[(f64, f64)],
    ) {
        let outline = lower.iter().chain(upper.iter().rev()).copied();
        self.push(label, Shape::Band, ink, outline.collect());
    }

    fn push(&mut self, label: &str, shape: Shape, ink: Ink, points: Points) {
        self.series.push(Series {
            label: label.to_owned(),
            shape,
            ink,
            points,
        });
    }

    pub(crate) fn svg(&self) -> String {
        let legend = self.legend();
        let rows = legend.last().map_or(0.0, |entry| entry.1 + 1.0);
        let top = 52.0 + rows * LEGEND_ROW;
        let bottom = top + HEIGHT;
        let height = bottom + BELOW;
        let (x, y) = (self.x.axis(LEFT, RIGHT), self.y.axis(bottom, top));
        let mut drawing = SvgDrawing::new(WIDTH, height);
        drawing.rectangle("ground", (0.0, 0.0), (WIDTH, height));
        drawing.rectangle("well", (LEFT, top), (RIGHT, bottom));
        drawing.text(14.0, 22.0, "title", &self.title);
        drawing.text(14.0, top - 9.0, "", &self.y.label);
        drawing.text(0.5 * (LEFT + RIGHT), height - 8.0, "middle", &self.x.label);
        drawing.rows(y, LEFT, RIGHT, &self.y.values(), |value| self.y.text(value));
        drawing.columns(x, top, bottom, &self.x.values(), |value| self.x.text(value));
        let entries = self.series.iter().zip(&legend);
        for (entry, at) in entries.filter(|(series, _)| !series.label.is_empty()) {
            Self::draw_legend(&mut drawing, entry, *at);
        }
        for series in &self.series {
            self.draw(&mut drawing, series, x, y, bottom);
        }
        drawing.finish_file(&self.title, STYLE)
    }

    fn draw(&self, drawing: &mut SvgDrawing, series: &Series, x: Axis, y: Axis, bottom: f64) {
        // Lines end at the edge of the axis; other shapes are clamped to it.
        let is_shown = |p: &&(f64, f64)| series.shape != Shape::Line || self.y.has(p.1);
        let shown = series.points.iter().filter(is_shown);
        let points: Points = shown.map(|p| (x.at(p.0), y.at(p.1))).collect();
        let class = Self::class(series);
        match series.shape {
            Shape::Line => drawing.line(&class, points),
            Shape::Band => drawing.area(&class, &points, points.first().map_or(bottom, |p| p.1)),
            Shape::Dots => points
                .into_iter()
                .for_each(|point| drawing.dot(&class, point)),
            Shape::Bars => {
                let (index, count) = self.bar_position(series);
                let slot = 0.8 * (x.at(1.0) - x.at(0.0)) / count;
                for (at, value) in points {
                    let left = at + slot * (index - 0.5 * count);
                    let corners = [(left, value), (left + slot - 1.0, value)];
                    drawing.area(&class, &corners, bottom);
                }
            }
        }
    }

    fn draw_legend(drawing: &mut SvgDrawing, series: &Series, (x, row): (f64, f64)) {
        let y = 42.0 + row * LEGEND_ROW;
        let class = Self::class(series);
        match series.shape {
            Shape::Line => drawing.segment(&class, (x, y - 4.0), (x + 26.0, y - 4.0)),
            Shape::Dots => drawing.dot(&class, (x + 13.0, y - 4.0)),
            Shape::Bars | Shape::Band => {
                drawing.area(&class, &[(x + 6.0, y - 9.0), (x + 22.0, y - 9.0)], y + 1.0);
            }
        }
        drawing.text(x + 33.0, y, "", &series.label);
    }

    /// The position and the row of each legend entry.
    fn legend(&self) -> Vec<(f64, f64)> {
        let (mut x, mut row) = (14.0, 0.0);
        let mut places = Vec::new();
        for series in &self.series {
            if series.label.is_empty() {
                places.push((x, row));
                continue;
            }
            // An upper bound for the widths of common fonts.
            let width = 56.0 + 6.7 * series.label.chars().count() as f64;
            if x + width > WIDTH && x > 14.0 {
                (x, row) = (14.0, row + 1.0);
            }
            places.push((x, row));
            x += width;
        }
        places
    }

    fn class(series: &Series) -> String {
        let ink = series.ink.class();
        match series.shape {
            Shape::Line => format!("curve {ink}"),
            Shape::Bars => format!("bar {ink}"),
            Shape::Dots => format!("dot {ink}"),
            Shape::Band => format!("band {ink}"),
        }
    }

    /// The index of a series among those with bars, and their number.
    fn bar_position(&self, series: &Series) -> (f64, f64) {
        let bars = || {
            self.series
                .iter()
                .filter(|other| other.shape == Shape::Bars)
        };
        let index = bars().position(|other| std::ptr::eq(other, series));
        (index.unwrap_or(0) as f64, bars().count() as f64)
    }
}
