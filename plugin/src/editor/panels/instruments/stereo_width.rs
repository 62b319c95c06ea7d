//! Phase Weave over frequency: the width of input and output, the setting with its lines to drag, and the correlation.

use egui::{Align2, Color32, Painter, Rect, Shape, Stroke, Ui, Vec2, pos2, vec2};
use flow_params::ParameterId::{MonoBelowFrequency, Width};
use flow_params::Pillar;

use super::frequency_plot::FrequencyPlot;
use crate::editor::language::text;
use crate::editor::model::analyzers::{Curve, MIN_HZ, STEREO_BANDS_HZ, nearest_point, point_hz};
use crate::editor::model::editor_model::EditorView;
use crate::editor::model::number_text::{NOT_MEASURED, format_level};
use crate::editor::widgets::param_ui::ParamUi;
use crate::editor::widgets::plot::{area, band};
use crate::editor::widgets::theme::{Theme, regular};

/// Ends of the axis of width, shares of the mid.
const WIDTHS: [f32; 2] = [0.0, 2.0];
/// Frequency of the ring that drags the width, Hz.
const RING_HZ: f32 = 4000.0;

/// Draws the width, with the setting's response of the side in dB.
pub(super) fn show(
    ui: &mut Ui,
    rect: Rect,
    controls: &mut ParamUi<'_>,
    view: &EditorView<'_>,
    side_db: &Curve,
) {
    let theme = controls.theme;
    let painter = ui.painter().clone();
    let axes = FrequencyPlot::new(&painter, theme, rect, WIDTHS);
    let labels = [0.0, 0.5, 1.0, 1.5, 2.0_f32].map(|width| (width, format_level(100.0 * width, 0)));
    axes.grid(&painter, theme, &labels);
    let clip = painter.with_clip_rect(axes.plot);
    let setting = |point: usize| 10.0_f32.powf(side_db[point] / 20.0);
    let gains_db = view.readings.activity.weave_side_gains_db;
    let held =
        |point: usize| setting(point) * 10.0_f32.powf(safety_db(gains_db, point_hz(point)) / 20.0);
    let upper = axes.line(setting);
    let edges = upper.iter().copied().zip(axes.line(held));
    clip.add(band(
        edges,
        theme.color.reduction.gamma_multiply(0.25),
        theme.color.reduction.gamma_multiply(0.25),
    ));
    let analyzers = view.analyzers;
    for (analyzer, color, thickness) in [
        (&analyzers.input, theme.color.input, 1.2),
        (&analyzers.output, theme.color.output, 2.0),
    ] {
        let width = |point: usize| analyzer.width(point).unwrap_or(0.0);
        let stroke = Stroke::new(theme.px(thickness), color);
        clip.add(Shape::line(axes.line(width), stroke));
    }
    let stroke = Stroke::new(theme.px(1.5), theme.color.text);
    let (dash, gap) = (theme.px(5.0), theme.px(4.0));
    clip.extend(Shape::dashed_line(&upper, stroke, dash, gap));
    corner(ui, controls, view, &axes);
    ring(ui, controls, view, &axes, setting(nearest_point(RING_HZ)));
    legend(&painter, theme, axes.plot);
}

/// The gain of Mono safety at a frequency, dB, with slopes between the bands.
fn safety_db([low, mid, high]: [f32; 3], hz: f32) -> f32 {
    let share = |edge_hz: f32| 1.0 / (1.0 + (edge_hz / hz).powi(4));
    let [above_low, above_mid] = [share(STEREO_BANDS_HZ[1]), share(STEREO_BANDS_HZ[2])];
    low + (mid - low) * above_low + (high - mid) * above_mid
}

/// The line of Mono below with its frequency.
fn corner(ui: &mut Ui, controls: &mut ParamUi<'_>, view: &EditorView<'_>, axes: &FrequencyPlot) {
    let theme = controls.theme;
    let param = view.shared.params.get(MonoBelowFrequency);
    let hz = param.plain(controls.shown_value(param));
    let (x, reach) = (axes.x(hz), theme.px(6.0));
    let place = Rect::from_x_y_ranges(x - reach..=x + reach, axes.plot.y_range());
    let moved = |before_hz: f32, way: Vec2| before_hz * axes.factor_of(way);
    let response = controls.on_axis(ui, place, (param, text!("Mono below line")), &moved);
    let is_on = view.settings.weave.on && view.settings.weave.mono_below;
    let color = match (response.hovered(), is_on) {
        (true, _) => theme.color.text,
        (false, true) => theme.color.pillar(Pillar::PhaseWeave),
        (false, false) => theme.color.tertiary,
    };
    let painter = ui.painter();
    painter.vline(x, axes.plot.y_range(), Stroke::new(theme.px(1.5), color));
    theme.focus(painter, place, &response);
    let at = pos2(x + theme.px(5.0), axes.plot.top() + theme.px(9.0));
    let text = if is_on {
        text!("mono below")
    } else {
        text!("mono below: off")
    };
    theme.text(painter, at, Align2::LEFT_CENTER, text, regular(10.5, color));
}

/// A ring on the setting that drags the width.
fn ring(
    ui: &mut Ui,
    controls: &mut ParamUi<'_>,
    view: &EditorView<'_>,
    axes: &FrequencyPlot,
    width: f32,
) {
    let theme = controls.theme;
    let param = view.shared.params.get(Width);
    let at = axes.at(RING_HZ, width);
    let place = Rect::from_center_size(at, theme.vec(22.0, 22.0));
    let moved = |before: f32, way: Vec2| before + 100.0 * axes.value_of(way);
    let response = controls.on_axis(ui, place, (param, text!("Width handle")), &moved);
    let radius = theme.px(if response.hovered() { 7.0 } else { 5.5 });
    let stroke = Stroke::new(theme.px(2.0), theme.color.pillar(Pillar::PhaseWeave));
    ui.painter()
        .circle(at, radius, theme.color.background, stroke);
    theme.focus(ui.painter(), place, &response);
}

fn legend(painter: &Painter, theme: Theme, plot: Rect) {
    let y = plot.top() - theme.px(12.0);
    let mut x = plot.left();
    for (name, color) in [
        (text!("side against mid, %: input"), theme.color.input),
        (text!("output"), theme.color.output),
        (text!("setting"), theme.color.text),
        (text!("Mono safety"), theme.color.reduction),
    ] {
        let line = [pos2(x, y), pos2(x + theme.px(12.0), y)];
        painter.line_segment(line, Stroke::new(theme.px(2.0), color));
        let at = pos2(x + theme.px(17.0), y);
        let style = regular(10.5, theme.color.secondary);
        let text = theme.text(painter, at, Align2::LEFT_CENTER, name, style);
        x = text.right() + theme.px(12.0);
    }
}

/// Draws the correlation of the output over frequency, and of each band of Mono safety.
pub(super) fn correlation(painter: &Painter, theme: Theme, rect: Rect, view: &EditorView<'_>) {
    let axes = FrequencyPlot::new(painter, theme, rect, [-1.0, 1.0]);
    let labels = [(1.0, "+1"), (0.0, "0"), (-1.0, "−1")].map(|(c, text)| (c, text.to_owned()));
    axes.grid(painter, theme, &labels);
    let output = &view.analyzers.output;
    let value = |point: usize| output.correlation([point_hz(point); 2]).unwrap_or(0.0);
    let fill = |color: Color32, part: &dyn Fn(f32) -> f32| {
        let line = axes.line(|point| part(value(point)));
        painter.add(area(&line, axes.y(0.0), color.gamma_multiply(0.35)));
    };
    fill(theme.color.output, &|c| c.max(0.0));
    fill(theme.color.over, &|c| c.min(0.0));
    let stroke = Stroke::new(theme.px(1.2), theme.color.output);
    painter.add(Shape::line(axes.line(value), stroke));

    let y = axes.plot.top() - theme.px(12.0);
    for (ends, name) in STEREO_BANDS_HZ
        .windows(2)
        .zip([text!("low"), text!("mid"), text!("high")])
    {
        let [from_hz, to_hz] = [ends[0], ends[1]];
        if from_hz > MIN_HZ {
            let stroke = Stroke::new(theme.px(1.5), theme.color.line);
            painter.vline(axes.x(from_hz), axes.plot.y_range(), stroke);
        }
        let (text, color) = match output.correlation([from_hz, to_hz]) {
            Some(c) => {
                let sign = if c >= 0.0 { "+" } else { "" };
                let color = if c < 0.0 {
                    theme.color.over
                } else {
                    theme.color.text
                };
                (format!("{name} {sign}{}", format_level(c, 2)), color)
            }
            None => (format!("{name} {NOT_MEASURED}"), theme.color.secondary),
        };
        let x = 0.5 * (axes.x(from_hz) + axes.x(to_hz));
        let style = regular(10.5, color);
        theme.text(painter, pos2(x, y), Align2::CENTER_CENTER, text, style);
    }
    let at = axes.plot.left_bottom() + vec2(theme.px(4.0), -theme.px(8.0));
    let style = regular(10.5, theme.color.tertiary);
    theme.text(
        painter,
        at,
        Align2::LEFT_CENTER,
        text!("correlation of the output"),
        style,
    );
}
