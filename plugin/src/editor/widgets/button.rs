//! Buttons and switches.

use egui::{Align2, Color32, Id, Rect, Response, Role, Sense, Ui, WidgetInfo};

use crate::editor::language::translate;
use crate::editor::widgets::param_ui::{ParamUi, param_id};
use crate::editor::widgets::theme::regular;
use crate::gestures::Gestures;
use crate::params::AnyParam;

/// The state of a button for an action.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ActionState {
    /// The action would do nothing.
    Impossible,
    Possible,
    /// The next step that most users take.
    Recommended,
}

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
        self.context_menu(ui, &response, param);
        self.theme.switch(ui.painter(), rect, on, color);
        self.theme.focus(ui.painter(), rect, &response);
    }

    /// A button that switches a parameter. Screen readers get the parameter's full name.
    pub(crate) fn toggle(&mut self, ui: &mut Ui, rect: Rect, param: AnyParam<'_>, name: &str) {
        let on = param.normalized() > 0.5;
        let names = [name, translate(param.id().name())];
        let response = self.draw_button(ui, rect, (param_id(param), names), on);
        let response = response.on_hover_ui(|ui| self.show_tooltip(ui, param));
        self.context_menu(ui, &response, param);
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
        self.named_button(ui, rect, [name, name], tip, is_lit)
    }

    /// A button of which the window has several: its second name is for screen readers, and its own.
    pub(crate) fn named_button(
        &self,
        ui: &mut Ui,
        rect: Rect,
        [name, full_name]: [&str; 2],
        tip: &str,
        is_lit: bool,
    ) -> bool {
        let id = ui.scope_id().with(full_name);
        let response = self.draw_button(ui, rect, (id, [name, full_name]), is_lit);
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
        state: ActionState,
    ) -> bool {
        self.named_action(ui, rect, [id, name, name], tip, state)
    }

    /// Such a button of which the window has several: its last name is for screen readers.
    pub(crate) fn named_action(
        &self,
        ui: &mut Ui,
        rect: Rect,
        [id, name, full_name]: [&str; 3],
        tip: &str,
        state: ActionState,
    ) -> bool {
        let theme = self.theme;
        let response = ui.interact(rect, ui.scope_id().with(id), Sense::click());
        let is_possible = state != ActionState::Impossible;
        response.widget_info(|| WidgetInfo::labeled(Role::Button, is_possible, full_name));
        let is_lit = state == ActionState::Recommended;
        if is_possible {
            theme.button(ui.painter(), rect, &response, is_lit);
        } else {
            theme.disabled_button(ui.painter(), rect, &response);
        }
        let color = match state {
            ActionState::Impossible => theme.color.disabled(),
            ActionState::Possible => theme.color.text,
            ActionState::Recommended => theme.color.output,
        };
        let (center, style) = (Align2::CENTER_CENTER, regular(11.5, color));
        theme.text(ui.painter(), rect.center(), center, name, style);
        response.on_hover_text(tip).clicked() && is_possible
    }

    /// Draws a button with an id of its own. Returns its response, without a tooltip.
    pub(crate) fn draw_button(
        &self,
        ui: &mut Ui,
        rect: Rect,
        (id, [name, full_name]): (Id, [&str; 2]),
        is_lit: bool,
    ) -> Response {
        let theme = self.theme;
        let response = ui.interact(rect, id, Sense::click());
        response.widget_info(|| WidgetInfo::selected(Role::Button, true, is_lit, full_name));
        theme.button(ui.painter(), rect, &response, is_lit);
        theme.line(
            ui.painter(),
            rect.center(),
            Align2::CENTER_CENTER,
            name,
            rect.width() - theme.px(6.0),
            regular(
                11.5,
                if is_lit {
                    theme.color.output
                } else {
                    theme.color.text
                },
            ),
        );
        response
    }
}
