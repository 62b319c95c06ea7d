//! Stereo: goniometer and correlation.

use std::f32::consts::FRAC_1_SQRT_2;

use egui::{
    Align2, Mesh, Painter, Pos2, Rect, Role, Sense, Shape, Stroke, Ui, WidgetInfo, pos2, remap,
    vec2,
};
use flow_dsp::ABSOLUTE_GATE_LUFS;
use flow_dsp::math::{count, narrow};

use crate::editor::language::text;
use crate::editor::model::analyzers::{Analyzers, GONIOMETER_POINTS};
use crate::editor::model::editor_model::EditorView;
use crate::editor::model::number_text::{NOT_MEASURED, format_level};
use crate::editor::widgets::theme::{Theme, bold, regular};

/// Peak amplitude below which the goniometer is not enlarged further: −30 dBFS.
const MIN_GONIOMETER_PEAK: f32 = 0.03;

/// Draws the panel.
pub(crate) fn show(ui: &mut Ui, rect: Rect, theme: Theme, view: &EditorView<'_>) {
    let painter = ui.painter().clone();
    theme.panel(&painter, rect);
    let text = |at, align, text: &str, style| {
        theme.text(&painter, at, align, text, style);
    };
    let title = rect.min + theme.vec(14.0, 16.0);
    text(
        title,
        Align2::LEFT_CENTER,
        text!("STEREO"),
        bold(11.5, theme.color.secondary),
    );
    let radius = theme.px(46.0);
    let center = pos2(rect.right() - theme.px(62.0), rect.center().y);
    let line = Stroke::new(theme.px(1.0), theme.color.line);
    let scale = regular(10.5, theme.color.tertiary);
    painter.circle_stroke(center, radius, line);
    for (direction, name) in [(vec2(-1.0, -1.0), "L"), (vec2(1.0, -1.0), "R")] {
        let reach = radius * FRAC_1_SQRT_2;
        let end = direction * reach;
        painter.line_segment([center + end, center - end], line);
        let at = center + direction * (reach + theme.px(7.0));
        text(at, Align2::CENTER_CENTER, name, scale);
    }
    goniometer(&painter, center, radius, theme, view.analyzers);

    let output = &view.readings.output;
    let correlation = output.correlation;
    let is_audible = f64::from(output.momentary_lufs) > ABSOLUTE_GATE_LUFS;
    // The correlation is below the title, the image at the right.
    let left = rect.left() + theme.px(14.0);
    let track = Rect::from_min_size(
        pos2(left, rect.top() + theme.px(59.0)),
        theme.vec(56.0, 6.0),
    );
    painter.rect_filled(track, theme.radius(4.0), theme.color.well);
    let x = |c: f32| remap(c, -1.0..=1.0, track.x_range());
    if is_audible {
        let color = if correlation < 0.0 {
            theme.color.over
        } else {
            theme.color.output
        };
        let ends = [
            pos2(x(0.0), track.top()),
            pos2(x(correlation), track.bottom()),
        ];
        painter.rect_filled(
            Rect::from_two_pos(ends[0], ends[1]),
            theme.radius(3.0),
            color,
        );
    }
    let sign = if correlation >= 0.0 { "+" } else { "" };
    let number = if is_audible {
        format!("{sign}{}", format_level(correlation, 2))
    } else {
        NOT_MEASURED.to_owned()
    };
    let at = |y: f32| pos2(left, rect.top() + theme.px(y));
    let label = regular(10.5, theme.color.secondary);
    text(at(33.0), Align2::LEFT_CENTER, text!("correlation"), label);
    let style = bold(13.5, theme.color.text);
    text(at(48.0), Align2::LEFT_CENTER, &number, style);
    let rows = Rect::from_min_size(
        pos2(left, rect.top() + theme.px(70.0)),
        theme.vec(56.0, 36.0),
    );
    let bands = bands(&painter, rows, theme, is_audible.then_some(view.analyzers));
    let summary = text!("correlation {number}, {bands}", number, bands);
    let tip = text!(
        "Goniometer, and correlation of three bands and of all. Below 0, a mono speaker loses level"
    );
    ui.interact(rect, ui.scope_id().with("stereo"), Sense::hover())
        .on_hover_text(format!("{tip}\n{bands}"))
        .widget_info(|| WidgetInfo::labeled(Role::Label, true, &summary));
}

/// Draws the correlation below 250 Hz, to 2.5 kHz and above. Returns it in words.
fn bands(painter: &Painter, rows: Rect, theme: Theme, analyzers: Option<&Analyzers>) -> String {
    let height = rows.height() / 3.0;
    let mut texts = Vec::new();
    let mut top = rows.top();
    let correlations = analyzers.map_or([None; 3], |analyzers| analyzers.correlations);
    let names = [text!("low"), text!("mid"), text!("high")];
    let style = regular(10.5, theme.color.secondary);
    let widths = names.map(|name| theme.text_width(painter, name, style));
    let widest = widths.into_iter().fold(theme.px(22.0), f32::max);
    for (correlation, name) in correlations.into_iter().zip(names) {
        let row = Rect::from_min_size(pos2(rows.left(), top), vec2(rows.width(), height));
        top = row.bottom();
        theme.text(painter, row.left_center(), Align2::LEFT_CENTER, name, style);
        let track = Rect::from_min_max(
            pos2(
                row.left() + widest + theme.px(4.0),
                row.center().y - theme.px(2.5),
            ),
            pos2(row.right(), row.center().y + theme.px(2.5)),
        );
        painter.rect_filled(track, theme.radius(2.0), theme.color.well);
        let text = correlation.map_or_else(|| NOT_MEASURED.to_owned(), |c| format_level(c, 2));
        texts.push(format!("{name} {text}"));
        let Some(correlation) = correlation else {
            continue;
        };
        let x = |c: f32| remap(c, -1.0..=1.0, track.x_range());
        let color = if correlation < 0.0 {
            theme.color.over
        } else {
            theme.color.output
        };
        let end = x(correlation);
        let span = x(0.0).min(end)..=x(0.0).max(end);
        let bar = Rect::from_x_y_ranges(span, track.y_range());
        painter.rect_filled(bar, theme.radius(2.0), color);
    }
    texts.join(", ")
}

/// Draws the newest samples as dots, scaled so that the loudest one touches the circle.
fn goniometer(painter: &Painter, center: Pos2, radius: f32, theme: Theme, analyzers: &Analyzers) {
    let samples = &analyzers.goniometer;
    let peak = samples
        .iter()
        .flatten()
        .fold(0.0_f32, |a, b| a.max(b.abs()));
    let gain = radius / peak.max(MIN_GONIOMETER_PEAK) / 1.2;
    let size = theme.px(1.3);
    let mut mesh = Mesh::default();
    for (i, [left, right]) in samples.iter().enumerate() {
        let side = (right - left) * FRAC_1_SQRT_2;
        let mid = (left + right) * FRAC_1_SQRT_2;
        let at = vec2(side, -mid) * gain;
        let at = at * (radius / at.length().max(radius));
        let age = narrow(count(i) / count(GONIOMETER_POINTS));
        let color = theme.color.output.gamma_multiply(0.15 + 0.6 * age);
        mesh.add_colored_rect(Rect::from_center_size(center + at, vec2(size, size)), color);
    }
    painter.add(Shape::mesh(mesh));
}
