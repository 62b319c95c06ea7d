//! Horizontal sliders, and rows of a name and a value.

use egui::{Align2, Color32, Rect, Role, Sense, Stroke, Ui, WidgetInfo, pos2};
use flow_dsp::math::{count, narrow};
use flow_params::Kind;

use crate::editor::widgets::param_ui::{ParamUi, param_id};
use crate::editor::widgets::theme::{LINE, OUTPUT, SECONDARY, TEXT, regular};
use crate::gestures::Gestures;
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
            regular(10.5, SECONDARY),
        );
        let track = Rect::from_min_max(
            pos2(rect.left() + theme.px(58.0), rect.top()),
            pos2(rect.right() - theme.px(46.0), rect.bottom()),
        );
        let full_name = param.id().name();
        let response = self.continuous(ui, track, param, full_name);
        let y = track.center().y;
        let x = egui::lerp(track.x_range(), self.shown_value(param));
        let painter = ui.painter();
        let line = |to: f32, color| {
            let ends = [pos2(track.left(), y), pos2(to, y)];
            painter.line_segment(ends, Stroke::new(theme.px(4.0), color));
        };
        line(track.right(), LINE);
        line(x, color);
        painter.circle_filled(pos2(x, y), theme.px(6.0), TEXT);
        theme.focus(painter, track, &response);
        let field = Rect::from_min_max(
            pos2(track.right() + theme.px(2.0), rect.top()),
            rect.right_bottom(),
        );
        self.value(ui, field, param, full_name, Align2::RIGHT_CENTER);
    }

    /// One line with a name to drag on and a value. A click changes choices and switches.
    pub(crate) fn row(&mut self, ui: &mut Ui, rect: Rect, param: AnyParam<'_>, name: &str) {
        let theme = self.theme;
        let full_name = param.id().name();
        let response = match param.id().kind() {
            Kind::Number(_) => {
                let half = Rect::from_min_max(rect.min, pos2(rect.center().x, rect.bottom()));
                let response = self.continuous(ui, half, param, full_name);
                let field = Rect::from_min_max(pos2(rect.center().x, rect.top()), rect.max)
                    .shrink2(theme.vec(2.0, 2.0));
                self.value(ui, field, param, full_name, Align2::RIGHT_CENTER);
                response
            }
            Kind::Choice(_) | Kind::Switch(_) => {
                let response = ui
                    .interact(rect, param_id(param).with(name), Sense::click())
                    .on_hover_ui(|ui| self.show_tooltip(ui, param));
                let value = param.normalized();
                response.widget_info(|| {
                    WidgetInfo::selected(Role::Button, true, value > 0.5, full_name)
                });
                theme.text(
                    ui.painter(),
                    rect.right_center() - theme.vec(2.0, 0.0),
                    Align2::RIGHT_CENTER,
                    param.text(value),
                    regular(11.5, OUTPUT),
                );
                if response.clicked() {
                    let next = value + narrow(1.0 / count(param.steps().max(1)));
                    let next = if next > 1.0 + 1e-4 { 0.0 } else { next };
                    self.history.set(param, next);
                }
                response
            }
        };
        let color = if response.hovered() { TEXT } else { SECONDARY };
        theme.line(
            ui.painter(),
            rect.left_center(),
            Align2::LEFT_CENTER,
            name,
            rect.width() * 0.55,
            regular(10.5, color),
        );
        theme.focus(ui.painter(), rect, &response);
    }
}
