//! Knobs.

use std::f32::consts::{PI, TAU};

use egui::{Align2, Color32, Pos2, Rect, Shape, Stroke, Ui, Vec2, vec2};
use flow_dsp::math::{count, narrow};

use crate::editor::language::translate;
use crate::editor::widgets::param_ui::ParamUi;
use crate::editor::widgets::theme::regular;
use crate::params::AnyParam;

/// Place and appearance of a knob.
pub(crate) struct Knob<'a> {
    pub(crate) name: &'a str,
    pub(crate) center: Pos2,
    /// Pixels at 100 %.
    pub(crate) radius: f32,
    pub(crate) color: Color32,
}

impl ParamUi<'_> {
    /// A knob with its name and value below it.
    pub(crate) fn knob(&mut self, ui: &mut Ui, param: AnyParam<'_>, knob: &Knob<'_>) {
        let theme = self.theme;
        let Knob {
            name,
            center,
            color,
            ..
        } = *knob;
        let r = theme.px(knob.radius);
        let dial = Rect::from_center_size(center, Vec2::splat(2.0 * r));
        let full_name = translate(param.id().name());
        let response = self.continuous(ui, dial, param, full_name);
        let value = self.shown_value(param);

        let painter = ui.painter();
        let (from, to) = (0.75 * PI, 2.25 * PI);
        let angle = |v: f32| from + (to - from) * v;
        let width = theme.px(4.0);
        let arc = |from, to, color| {
            arc_shape(
                center,
                r - width / 2.0,
                [from, to],
                Stroke::new(width, color),
            )
        };
        painter.circle_filled(center, r - theme.px(9.0), theme.color.well);
        painter.add(arc(from, to, theme.color.line));
        // The arc of a value with two directions begins at the default, that of an amount at the left end.
        let start = if param.is_bipolar() {
            param.default_normalized()
        } else {
            0.0
        };
        if (value - start).abs() > 1e-4 {
            painter.add(arc(angle(start.min(value)), angle(start.max(value)), color));
        }
        let direction = Vec2::angled(angle(value));
        let reach = r - theme.px(11.0);
        painter.line_segment(
            [
                center + direction * reach * 0.45,
                center + direction * reach,
            ],
            Stroke::new(theme.px(2.5), theme.color.text),
        );
        if response.hovered() || response.dragged() {
            let stroke = Stroke::new(theme.px(1.0), color);
            painter.circle_stroke(center, r - theme.px(9.0), stroke);
        }
        theme.focus(painter, dial, &response);
        theme.text(
            painter,
            center + vec2(0.0, r + theme.px(9.0)),
            Align2::CENTER_CENTER,
            name,
            regular(10.5, theme.color.secondary),
        );
        let field = Rect::from_center_size(
            center + vec2(0.0, r + theme.px(24.0)),
            vec2((2.0 * r).max(theme.px(52.0)), theme.px(16.0)),
        );
        self.value(ui, field, param, full_name, Align2::CENTER_CENTER);
    }
}

fn arc_shape(center: Pos2, radius: f32, [from, to]: [f32; 2], stroke: Stroke) -> Shape {
    // One segment for 2°. The angles are below a full circle, so the count is small and positive.
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    let segments = ((to - from) / TAU * 180.0).ceil().max(2.0) as usize;
    let point = |i: usize| {
        let angle = from + (to - from) * narrow(count(i) / count(segments));
        center + Vec2::angled(angle) * radius
    };
    Shape::line((0..=segments).map(point).collect(), stroke)
}
