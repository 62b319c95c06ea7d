//! The stereo picture: goniometer and correlation.

use egui::{Align2, Painter, Rect, Stroke, Ui, WidgetInfo, pos2, remap, vec2};
use flow_dsp::SignalReadings;

use crate::editor::model::analyzers::{Analyzers, DOTS};
use crate::editor::panels::meters::level;
use crate::editor::widgets::theme::{
    LINE, OUTPUT, OVER, SECONDARY, TERTIARY, TEXT, Theme, WELL, Weight,
};

/// Goniometer and correlation.
pub(crate) fn stereo(
    ui: &mut Ui,
    rect: Rect,
    theme: Theme,
    listener: &Analyzers,
    output: &SignalReadings,
) {
    let painter = ui.painter().clone();
    theme.panel(&painter, rect);
    theme.text(
        &painter,
        rect.min + theme.vec(14.0, 18.0),
        Align2::LEFT_CENTER,
        "STEREO",
        (11.5, Weight::Bold, SECONDARY),
    );
    let radius = theme.px(56.0);
    let center = pos2(rect.center().x, rect.top() + theme.px(92.0));
    let line = Stroke::new(theme.px(1.0), LINE);
    painter.circle_stroke(center, radius, line);
    for (x, y, name) in [(-1.0, -1.0, "L"), (1.0, -1.0, "R")] {
        let reach = radius * std::f32::consts::FRAC_1_SQRT_2;
        painter.line_segment(
            [center + vec2(x, y) * reach, center - vec2(x, y) * reach],
            line,
        );
        theme.text(
            &painter,
            center + vec2(x, y) * (reach + theme.px(7.0)),
            Align2::CENTER_CENTER,
            name,
            (10.0, Weight::Regular, TERTIARY),
        );
    }
    dots(&painter, center, radius, theme, listener);

    let correlation = output.correlation;
    let heard = output.momentary_lufs > -70.0;
    let bar = Rect::from_min_max(
        pos2(rect.left() + theme.px(16.0), rect.bottom() - theme.px(32.0)),
        pos2(
            rect.right() - theme.px(16.0),
            rect.bottom() - theme.px(24.0),
        ),
    );
    painter.rect_filled(bar, theme.radius(4.0), WELL);
    let x = |c: f32| remap(c, -1.0..=1.0, bar.x_range());
    if heard {
        let color = if correlation < 0.0 { OVER } else { OUTPUT };
        let span = Rect::from_two_pos(pos2(x(0.0), bar.top()), pos2(x(correlation), bar.bottom()));
        painter.rect_filled(span, theme.radius(3.0), color);
    }
    let y = rect.bottom() - theme.px(14.0);
    let style = (10.0, Weight::Regular, TERTIARY);
    theme.text(
        &painter,
        pos2(bar.left(), y),
        Align2::LEFT_CENTER,
        "−1",
        style,
    );
    theme.text(
        &painter,
        pos2(bar.center().x, y),
        Align2::CENTER_CENTER,
        "0",
        style,
    );
    let sign = if correlation >= 0.0 { "+" } else { "" };
    let number = if heard {
        format!("{sign}{}", level(correlation, 2))
    } else {
        "—".to_owned()
    };
    theme.text(
        &painter,
        pos2(bar.right(), y),
        Align2::RIGHT_CENTER,
        &number,
        (10.5, Weight::Regular, TEXT),
    );
    ui.interact(rect, ui.scope_id().with("stereo"), egui::Sense::hover())
        .on_hover_text("Left and right against each other, and their correlation: below 0, mono speakers lose level")
        .widget_info(|| {
            WidgetInfo::labeled(egui::Role::Label, true, format!("correlation {number}"))
        });
}

fn dots(painter: &Painter, center: egui::Pos2, radius: f32, theme: Theme, listener: &Analyzers) {
    // As loud as the music is: the loudest of the points touches the circle, down to −30 dBFS.
    let loudest = listener
        .dots
        .iter()
        .flatten()
        .fold(0.0_f32, |a, b| a.max(b.abs()));
    let gain = radius / loudest.max(0.03) / 1.2;
    let size = theme.px(1.3);
    let mut mesh = egui::Mesh::default();
    for (i, [left, right]) in listener.dots.iter().enumerate() {
        let side = (right - left) * std::f32::consts::FRAC_1_SQRT_2;
        let mid = (left + right) * std::f32::consts::FRAC_1_SQRT_2;
        let at = vec2(side, -mid) * gain;
        let at = if at.length() > radius {
            at * (radius / at.length())
        } else {
            at
        };
        let age = flow_dsp::math::narrow(flow_dsp::math::count(i) / flow_dsp::math::count(DOTS));
        let color = OUTPUT.gamma_multiply(0.15 + 0.6 * age);
        mesh.add_colored_rect(Rect::from_center_size(center + at, vec2(size, size)), color);
    }
    painter.add(egui::Shape::mesh(mesh));
}
