//! Buttons and switches.

use egui::{Align2, Color32, Id, Rect, Response, Role, Sense, Ui, WidgetInfo};

use crate::editor::widgets::param_ui::{ParamUi, param_id};
use crate::editor::widgets::theme::{OUTPUT, TERTIARY, TEXT, regular};
use crate::gestures::Gestures;
use crate::params::AnyParam;

impl ParamUi<'_> {
    /// A pillar's switch.
    pub(crate) fn switch(
        &mut self,
        ui: &mut Ui,
        rect: Rect,
        param: AnyParam<'_>,
        name: &str,
        color: Color32,
    ) {
        let on = param.normalized() > 0.5;
        let response = ui
            .interact(rect, param_id(param), Sense::click())
            .on_hover_ui(|ui| self.show_tooltip(ui, param));
        response.widget_info(|| WidgetInfo::selected(Role::Switch, true, on, name));
        if response.clicked() {
            self.history.set(param, if on { 0.0 } else { 1.0 });
        }
        self.theme.switch(ui.painter(), rect, on, color);
        self.theme.focus(ui.painter(), rect, &response);
    }

    /// A button that switches a parameter.
    pub(crate) fn toggle(&mut self, ui: &mut Ui, rect: Rect, param: AnyParam<'_>, name: &str) {
        let on = param.normalized() > 0.5;
        let response = self.draw_button(ui, rect, (param_id(param), name), on);
        let response = response.on_hover_ui(|ui| self.show_tooltip(ui, param));
        if response.clicked() {
            self.history.set(param, if on { 0.0 } else { 1.0 });
        }
    }

    /// A button with its tooltip. Returns whether it was clicked.
    pub(crate) fn button(
        &self,
        ui: &mut Ui,
        rect: Rect,
        name: &str,
        tip: &str,
        is_lit: bool,
    ) -> bool {
        let id = ui.scope_id().with(name);
        let response = self.draw_button(ui, rect, (id, name), is_lit);
        response.on_hover_text(tip).clicked()
    }

    /// A button for an action that may be impossible at present. It keeps its `id`, and so the keyboard focus, when its name
    /// changes. Returns whether it was clicked while possible.
    pub(crate) fn action(
        &self,
        ui: &mut Ui,
        rect: Rect,
        [id, name]: [&str; 2],
        tip: &str,
        is_possible: bool,
    ) -> bool {
        let theme = self.theme;
        let response = ui.interact(rect, ui.scope_id().with(id), Sense::click());
        response.widget_info(|| WidgetInfo::labeled(Role::Button, is_possible, name));
        theme.button(ui.painter(), rect, &response, false);
        let color = if is_possible {
            TEXT
        } else {
            TERTIARY.gamma_multiply(0.6)
        };
        let (center, style) = (Align2::CENTER_CENTER, regular(11.5, color));
        theme.text(ui.painter(), rect.center(), center, name, style);
        response.on_hover_text(tip).clicked() && is_possible
    }

    fn draw_button(
        &self,
        ui: &mut Ui,
        rect: Rect,
        (id, name): (Id, &str),
        is_lit: bool,
    ) -> Response {
        let theme = self.theme;
        let response = ui.interact(rect, id, Sense::click());
        response.widget_info(|| WidgetInfo::selected(Role::Button, true, is_lit, name));
        theme.button(ui.painter(), rect, &response, is_lit);
        theme.line(
            ui.painter(),
            rect.center(),
            Align2::CENTER_CENTER,
            name,
            rect.width() - theme.px(6.0),
            regular(11.5, if is_lit { OUTPUT } else { TEXT }),
        );
        response
    }
}
