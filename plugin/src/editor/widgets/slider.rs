//! Horizontal sliders.

use egui::{Align2, Color32, Rect, Stroke, Ui, pos2};

use crate::editor::language::translate;
use crate::editor::widgets::param_ui::ParamUi;
use crate::editor::widgets::theme::regular;
use crate::params::AnyParam;

impl ParamUi<'_> {
    /// A horizontal slider, its name to the left and its value to the right.
    pub(crate) fn slider(
        &mut self,
        ui: &mut Ui,
        rect: Rect,
        param: AnyParam<'_>,
        name: &str,
        color: Color32,
    ) {
        let theme = self.theme;
        theme.text(
            ui.painter(),
            rect.left_center(),
            Align2::LEFT_CENTER,
            name,
            regular(10.5, theme.color.secondary),
        );
        let track = Rect::from_min_max(
            pos2(rect.left() + theme.px(58.0), rect.top()),
            pos2(rect.right() - theme.px(46.0), rect.bottom()),
        );
        let full_name = translate(param.id().name());
        let response = self.continuous(ui, track, param, full_name);
        let y = track.center().y;
        let x = egui::lerp(track.x_range(), self.shown_value(param));
        let painter = ui.painter();
        let line = |to: f32, color| {
            let ends = [pos2(track.left(), y), pos2(to, y)];
            painter.line_segment(ends, Stroke::new(theme.px(4.0), color));
        };
        line(track.right(), theme.color.line);
        line(x, color);
        painter.circle_filled(pos2(x, y), theme.px(6.0), theme.color.text);
        theme.focus(painter, track, &response);
        let field = Rect::from_min_max(
            pos2(track.right() + theme.px(2.0), rect.top()),
            rect.right_bottom(),
        );
        self.value(ui, field, param, full_name, Align2::RIGHT_CENTER);
    }
}
