//! Values as text, which turn into text fields on a click.

use egui::{Align2, Id, Key, Rect, Role, Sense, Stroke, Ui, WidgetInfo, vec2};
use flow_params::Kind;

use crate::editor::language::text;
use crate::editor::model::number_text::shorten;
use crate::editor::widgets::param_ui::{ParamUi, param_id};
use crate::editor::widgets::theme::regular;
use crate::gestures::Gestures;
use crate::params::AnyParam;

impl ParamUi<'_> {
    /// A value as text. A click turns it into a text field.
    pub(crate) fn value(
        &mut self,
        ui: &mut Ui,
        rect: Rect,
        param: AnyParam<'_>,
        name: &str,
        align: Align2,
    ) {
        let theme = self.theme;
        let id = param_id(param).with("value");
        let mut entry: Option<ValueEntry> = ui.data(|d| d.get_temp(id));
        let value = self.shown_value(param);
        if let Some(entry) = &mut entry {
            let is_done = self.edit(ui, rect.expand(theme.px(3.0)), param, (name, id), entry);
            if is_done {
                ui.data_mut(|d| d.remove::<ValueEntry>(id));
            } else {
                ui.data_mut(|d| d.insert_temp(id, entry.clone()));
            }
            return;
        }
        let response = ui.interact(rect, id, Sense::click());
        response
            .widget_info(|| WidgetInfo::labeled(Role::Button, true, text!("{name} value", name)));
        if response.hovered() {
            theme.well(ui.painter(), rect);
        }
        theme.focus(ui.painter(), rect, &response);
        theme.text(
            ui.painter(),
            align.pos_in_rect(&rect),
            align,
            shorten(&param.text(value)),
            regular(11.5, theme.color.text),
        );
        if response.clicked() {
            self.begin_entry(ui, param);
        }
        response.on_hover_text(text!("Click to type a value"));
    }

    /// Turns the value of a parameter into a text field.
    pub(crate) fn begin_entry(&self, ui: &Ui, param: AnyParam<'_>) {
        let entry = ValueEntry {
            text: param.text(self.shown_value(param)),
            is_invalid: false,
            is_new: true,
        };
        ui.data_mut(|d| d.insert_temp(param_id(param).with("value"), entry));
    }

    /// Draws the text field. Returns whether the entry has ended.
    fn edit(
        &mut self,
        ui: &mut Ui,
        rect: Rect,
        param: AnyParam<'_>,
        (name, id): (&str, Id),
        entry: &mut ValueEntry,
    ) -> bool {
        let theme = self.theme;
        let edit = egui::TextEdit::singleline(&mut entry.text)
            .id(id.with("edit"))
            .font(theme.font(regular(11.5, theme.color.text)))
            .margin(vec2(theme.px(3.0), 0.0))
            .align(Align2::CENTER_CENTER)
            .desired_width(rect.width());
        let response = ui.put(rect, edit);
        response
            .widget_info(|| WidgetInfo::labeled(Role::TextInput, true, text!("{name} text", name)));
        if entry.is_new {
            entry.is_new = false;
            response.request_focus();
            let mut state = egui::TextEdit::load_state(ui.ctx(), response.id).unwrap_or_default();
            state
                .cursor
                .set_char_range(Some(egui::text::CCursorRange::two(
                    egui::text::CCursor::new(0),
                    egui::text::CCursor::new(entry.text.chars().count()),
                )));
            state.store(ui.ctx(), response.id);
            return false;
        }
        if response.changed() {
            entry.is_invalid = false;
        }
        if ui.input(|i| i.key_pressed(Key::Escape)) {
            ui.memory_mut(|memory| memory.request_focus(id));
            return true;
        }
        if entry.is_invalid {
            ui.painter().rect_stroke(
                rect,
                theme.radius(4.0),
                Stroke::new(theme.px(1.5), theme.color.over),
                egui::StrokeKind::Outside,
            );
            theme.text(
                ui.painter(),
                rect.center_bottom() + theme.vec(0.0, 3.0),
                Align2::CENTER_TOP,
                text!("not a value"),
                regular(10.5, theme.color.over),
            );
        }
        if response.lost_focus() && ui.input(|i| i.key_pressed(Key::Enter)) {
            if let Some(normalized) = parse_in_range(param, &entry.text) {
                self.history.set(param, normalized);
                // The keyboard goes on where the entry began.
                ui.memory_mut(|memory| memory.request_focus(id));
                return true;
            }
            entry.is_invalid = true;
            response.request_focus();
            return false;
        }
        response.lost_focus() || response.clicked_elsewhere()
    }
}

/// A value that is being typed.
#[derive(Clone, Debug)]
struct ValueEntry {
    text: String,
    is_invalid: bool,
    /// The field has no focus and no selection yet.
    is_new: bool,
}

/// Parses a text to a normalized value. A number beyond the range gives `None`; the parameter itself would clamp it.
fn parse_in_range(param: AnyParam<'_>, text: &str) -> Option<f32> {
    match param.id().kind() {
        Kind::Number(number) => {
            let value = number.parse(text)?;
            number.has(value).then(|| param.normalized_from(value))
        }
        Kind::Choice(_) | Kind::Switch(_) => param.parse(text),
    }
}
