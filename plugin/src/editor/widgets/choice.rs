//! Fields with a list of choices.

use egui::{
    Align2, Key, Painter, Popup, Rect, Response, RichText, Role, Sense, Shape, Stroke, Ui,
    WidgetInfo, pos2, vec2,
};
use flow_dsp::math::{count, narrow};

use crate::editor::language::translate;
use crate::editor::model::number_text::value_text;
use crate::editor::widgets::param_ui::{ParamUi, lock_arrow_keys, param_id};
use crate::editor::widgets::theme::{Theme, regular, scale_widgets};
use crate::gestures::Gestures;
use crate::params::AnyParam;

impl ParamUi<'_> {
    /// A field that opens the list of a parameter's choices.
    pub(crate) fn choice(
        &mut self,
        ui: &mut Ui,
        rect: Rect,
        param: AnyParam<'_>,
        name: &str,
        prefix: &str,
    ) {
        let response = ui
            .interact(rect, param_id(param), Sense::click())
            .on_hover_ui(|ui| self.show_tooltip(ui, param));
        let value = param.normalized();
        let text = value_text(param, value);
        response.widget_info(|| {
            let mut info = WidgetInfo::labeled(Role::ComboBox, true, name);
            info.current_text_value = Some(text.clone());
            info
        });
        let theme = self.theme;
        draw_field(theme, ui.painter(), rect, &response, [prefix, &text]);
        let steps = param.steps();
        let normalized = |step: usize| narrow(count(step) / count(steps));
        lock_arrow_keys(ui, &response);
        if response.has_focus() {
            let up = ui.input(|i| i.key_pressed(Key::ArrowUp));
            let down = ui.input(|i| i.key_pressed(Key::ArrowDown));
            let by = f32::from(i8::from(down) - i8::from(up)) * normalized(1);
            if by != 0.0 && (0.0..=1.0).contains(&(value + by)) {
                self.history.set(param, value + by);
            }
        }
        self.reset_on_click(ui, &response, param);
        self.context_menu(ui, &response, param);
        Popup::menu(&response)
            .width(rect.width())
            .gap(theme.px(3.0))
            .show(|ui| {
                scale_widgets(ui, theme);
                for normalized in (0..=steps).map(normalized) {
                    let is_chosen = (normalized - value).abs() < 1e-4;
                    let label = ui.selectable_label(is_chosen, value_text(param, normalized));
                    if label.clicked() {
                        self.history.set(param, normalized);
                        ui.close();
                    }
                }
            });
    }
}

/// Draws a field with a prefix, a text and the arrow of a list.
pub(crate) fn draw_field(
    theme: Theme,
    painter: &Painter,
    rect: Rect,
    response: &Response,
    [prefix, text]: [&str; 2],
) {
    theme.button(painter, rect, response, false);
    let left = Align2::LEFT_CENTER;
    let y = rect.center().y;
    let mut x = rect.left() + theme.px(10.0);
    let arrow = pos2(rect.right() - theme.px(13.0), y);
    if !prefix.is_empty() {
        let style = regular(10.5, theme.color.tertiary);
        let prefix_rect = theme.text(painter, pos2(x, y), left, prefix, style);
        // A long name comes closer, so that the text has room.
        let text_width = theme.text_width(painter, text, regular(11.5, theme.color.text));
        let free = arrow.x - theme.px(8.0) - text_width - prefix_rect.right();
        x = prefix_rect.right() + free.clamp(theme.px(4.0), theme.px(7.0));
    }
    let width = arrow.x - theme.px(8.0) - x;
    theme.line(
        painter,
        pos2(x, y),
        left,
        text,
        width,
        regular(11.5, theme.color.text),
    );
    let (w, h) = (theme.px(3.5), theme.px(2.0));
    let corners = [vec2(-w, -h), vec2(0.0, h), vec2(w, -h)];
    let stroke = Stroke::new(theme.px(1.4), theme.color.secondary);
    painter.add(Shape::line(corners.map(|c| arrow + c).to_vec(), stroke));
}

/// A heading in a menu.
pub(crate) fn heading(ui: &mut Ui, theme: Theme, name: &str) {
    ui.label(RichText::new(name).small().color(theme.color.secondary));
}

/// A row of choices, named by keys of the catalogs, under a heading.
pub(crate) fn choices<T: Copy + PartialEq>(
    ui: &mut Ui,
    theme: Theme,
    name: &str,
    all: &[(T, &str)],
    chosen: &mut T,
) {
    heading(ui, theme, name);
    ui.horizontal(|ui| {
        for (choice, text) in all {
            if ui
                .selectable_label(chosen == choice, translate(text))
                .clicked()
            {
                *chosen = *choice;
            }
        }
    });
}
