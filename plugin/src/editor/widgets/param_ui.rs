//! The shared behavior of all controls of parameters.
//!
//! Drag up and down or along an axis (with Shift ten times finer), wheel, arrow keys, double click, Ctrl-click or Ctrl-Enter for the default,
//! a click on the value or Enter to type one, and a right click or Shift-Enter for a menu of these.

use egui::{
    Button, Color32, Event, EventFilter, Id, InputState, Key, Modifiers, Popup, Rect, Response,
    RichText, Sense, SetOpenCommand, Stroke, Ui, Vec2, WidgetInfo, vec2,
};

use flow_dsp::ChainSettings;
use flow_dsp::math::{count, narrow};
use flow_params::number::with_true_minus;
use flow_params::{Kind, ParameterId, Switch};

use crate::editor::host_menu::MenuItem;
use crate::editor::language::{text, translate};
use crate::editor::model::number_text::value_text;
use crate::editor::model::undo::EditHistory;
use crate::editor::widgets::theme::{Theme, scale_widgets};
use crate::gestures::Gestures;
use crate::host_connection::HostConnection;
use crate::indications::{Automation, Indications};
use crate::params::AnyParam;

/// Draws controls of parameters and edits the parameters through the undo history.
pub(crate) struct ParamUi<'a> {
    pub(crate) history: &'a mut EditHistory,
    pub(crate) theme: Theme,
    /// The host's automation and mapping indications.
    pub(crate) indications: &'a Indications,
    /// The host, for its entries in menus.
    pub(crate) host: &'a HostConnection,
    /// The key of menus was pressed in this frame.
    pub(crate) is_menu_key: bool,
    /// The system has a dialog for files.
    pub(crate) has_file_dialog: bool,
}

/// Drag distance for the whole range, pixels at 100 %.
const DRAG_LENGTH: f32 = 220.0;
/// Normalized change of one wheel notch or arrow key.
pub(crate) const NOTCH: f32 = 0.01;

/// The effect of a drag on a value.
enum DragMode<'a> {
    /// Up and to the right raise it; [`DRAG_LENGTH`] is the whole range.
    Length,
    /// From the number at the beginning and the way of the pointer.
    OnAxis(&'a dyn Fn(f32, Vec2) -> f32),
}

/// The share of a movement that counts: a tenth with Shift.
pub(crate) fn fine_share(ui: &Ui) -> f32 {
    if ui.input(|i| i.modifiers.shift) {
        0.1
    } else {
        1.0
    }
}

/// The presses of a key in this frame that have Shift, or have not. A frame may have several, and Shift may be released in it.
pub(crate) fn presses(input: &InputState, pressed_key: Key, has_shift: bool) -> f32 {
    let events = input.events.iter().filter(|event| match event {
        Event::Key {
            key,
            pressed: true,
            modifiers,
            ..
        } => *key == pressed_key && modifiers.shift == has_shift,
        _ => false,
    });
    narrow(count(events.count()))
}

/// The steps of the arrow keys up and right against down and left; with Shift a step is a tenth.
pub(crate) fn arrow_steps(input: &InputState) -> f32 {
    let arrows = [
        (Key::ArrowUp, 1.0),
        (Key::ArrowRight, 1.0),
        (Key::ArrowDown, -1.0),
        (Key::ArrowLeft, -1.0),
    ];
    let steps = arrows
        .into_iter()
        .map(|(key, sign)| sign * (presses(input, key, false) + 0.1 * presses(input, key, true)));
    steps.sum()
}

/// Notches of the wheel over a control.
pub(crate) fn wheel_notches(input: &InputState, response: &Response) -> f32 {
    if response.hovered() {
        input.smooth_scroll_delta().y / 25.0
    } else {
        0.0
    }
}

/// The way of the pointer since the button was pressed, pixels.
pub(crate) fn way(ui: &Ui, response: &Response) -> Vec2 {
    let id = response.id.with("way");
    let way = if response.drag_started() {
        // A drag begins some pixels after the press.
        let pressed = ui.input(|i| i.pointer.press_origin());
        let ends = pressed.zip(response.interact_pointer_pos());
        ends.map_or(Vec2::ZERO, |(from, to)| to - from) * fine_share(ui)
    } else {
        let before: Option<Vec2> = ui.data(|d| d.get_temp(id));
        before.unwrap_or(Vec2::ZERO) + response.drag_delta() * fine_share(ui)
    };
    ui.data_mut(|d| d.insert_temp(id, way));
    way
}

/// Lets arrow keys change the focused control instead of moving the focus.
pub(crate) fn lock_arrow_keys(ui: &Ui, response: &Response) {
    let filter = EventFilter {
        horizontal_arrows: true,
        vertical_arrows: true,
        ..EventFilter::default()
    };
    ui.memory_mut(|memory| memory.set_focus_lock_filter(response.id, filter));
}

/// Whether the control was double-clicked or Ctrl-clicked, which resets it.
pub(crate) fn is_reset_click(ui: &Ui, response: &Response) -> bool {
    let ctrl = ui.input(|i| i.modifiers.command);
    response.double_clicked() || (response.clicked() && ctrl)
}

/// Whether Enter was pressed on the focused control, without a modifier.
fn is_entered(ui: &Ui, response: &Response) -> bool {
    response.has_focus() && ui.input(|i| i.key_pressed(Key::Enter) && i.modifiers.is_none())
}

/// Takes the key of menus, Shift-Enter, so that it doesn't press a button. Returns whether it was pressed.
pub(crate) fn take_menu_key(ui: &Ui) -> bool {
    !ui.ctx().text_edit_focused()
        && ui.input_mut(|input| input.consume_key(Modifiers::SHIFT, Key::Enter))
}

/// The menu of a right click on a control, or of the key of menus while it has the focus.
pub(crate) fn context_menu(
    ui: &Ui,
    response: &Response,
    is_menu_key: bool,
    add_contents: impl FnOnce(&mut Ui),
) {
    let is_key = is_menu_key && response.has_focus();
    let id = response.id.with("menu by key");
    if is_key || response.secondary_clicked() {
        ui.data_mut(|d| d.insert_temp(id, is_key));
    }
    // A field has another menu for a click.
    let mut menu = Popup::context_menu(response).id(response.id.with("context menu"));
    if is_key {
        menu = menu.open_memory(Some(SetOpenCommand::Bool(true)));
    }
    if ui.data(|d| d.get_temp(id)).unwrap_or(false) {
        // There may be no pointer.
        menu = menu.at_position(response.rect.left_bottom());
    }
    menu.show(add_contents);
}

/// The egui id of a parameter's main control.
pub(crate) fn param_id(param: AnyParam<'_>) -> Id {
    Id::unique(param.id().name())
}

/// The effect of a parameter in one sentence, its range and its default.
fn tooltip(id: ParameterId) -> String {
    let effect = translate(id.effect());
    let default = id.text(&ChainSettings::default());
    let [range, default] = match id.kind() {
        Kind::Number(number) => {
            let [low, high] = number
                .range
                .map(|end| number.text(end) + number.unit.label());
            [text!("{low} to {high}", low, high), default]
        }
        Kind::Choice(choice) => {
            let names: Vec<&str> = choice.names.iter().map(|name| translate(name)).collect();
            [names.join(", "), translate(&default).to_owned()]
        }
        Kind::Switch(_) => {
            let names = [false, true].map(|is_on| translate(Switch::text(is_on)));
            [names.join(", "), translate(&default).to_owned()]
        }
    };
    let values = text!("{range}; default {default}", range, default);
    format!("{effect}\n{}", with_true_minus(&values))
}

/// Draws the host's entries, and notes a chosen one.
fn host_items(ui: &mut Ui, theme: Theme, items: &[MenuItem], action: &mut Option<u32>) {
    for item in items {
        match item {
            MenuItem::Entry {
                label,
                is_enabled,
                is_checked,
                action: chosen,
            } => {
                let button = Button::selectable(*is_checked, label);
                if ui.add_enabled(*is_enabled, button).clicked() {
                    *action = Some(*chosen);
                }
            }
            MenuItem::Separator => drop(ui.separator()),
            MenuItem::Title(title) => {
                ui.label(RichText::new(title).small().color(theme.color.secondary));
            }
            MenuItem::Submenu {
                label,
                is_enabled,
                items,
            } => {
                ui.add_enabled_ui(*is_enabled, |ui| {
                    ui.menu_button(label, |ui| host_items(ui, theme, items, action));
                });
            }
        }
    }
}

impl ParamUi<'_> {
    /// The value to show: the gesture's, which may be ahead of the parameter's.
    pub(crate) fn shown_value(&self, param: AnyParam<'_>) -> f32 {
        self.history.held(param).unwrap_or(param.normalized())
    }

    /// Handles drag, wheel, keys and reset in a rectangle. The caller draws the control.
    pub(crate) fn continuous(
        &mut self,
        ui: &mut Ui,
        rect: Rect,
        param: AnyParam<'_>,
        name: &str,
    ) -> Response {
        self.draggable(ui, rect, (param, name), &DragMode::Length)
    }

    /// As [`continuous`](Self::continuous), for a control in a picture: it stays under the pointer. `moved` gives the number
    /// in the unit of the parameter's texts, from that at the beginning of the drag and the way of the pointer in pixels.
    pub(crate) fn on_axis(
        &mut self,
        ui: &mut Ui,
        rect: Rect,
        (param, name): (AnyParam<'_>, &str),
        moved: &dyn Fn(f32, Vec2) -> f32,
    ) -> Response {
        self.draggable(ui, rect, (param, name), &DragMode::OnAxis(moved))
    }

    fn draggable(
        &mut self,
        ui: &mut Ui,
        rect: Rect,
        (param, name): (AnyParam<'_>, &str),
        mode: &DragMode<'_>,
    ) -> Response {
        // The id includes the name, as a parameter can have several controls.
        let response = ui.interact(rect, param_id(param).with(name), Sense::click_and_drag());
        let value = self.shown_value(param);
        response.widget_info(|| {
            let mut info = WidgetInfo::slider(true, f64::from(value), name);
            info.current_text_value = Some(param.text(value));
            info
        });
        // `input` holds the context's lock, so the focus is read before it.
        lock_arrow_keys(ui, &response);
        let has_focus = response.has_focus();
        let (time_s, keys, notches) = ui.input(|i| {
            let keys = if has_focus { arrow_steps(i) } else { 0.0 };
            (i.time, keys, wheel_notches(i, &response))
        });
        self.draw_indication(ui, rect, param);
        self.context_menu(ui, &response, param);
        if self.reset_on_click(ui, &response, param) {
            return response;
        }
        if is_entered(ui, &response) {
            self.begin_entry(ui, param);
        }
        let fine = fine_share(ui);
        if response.drag_started() {
            response.request_focus();
            self.history.begin(param);
        }
        if response.dragged() {
            let to = match mode {
                DragMode::Length => {
                    let delta = response.drag_delta();
                    value + (delta.x - delta.y) / self.theme.px(DRAG_LENGTH) * fine
                }
                DragMode::OnAxis(moved) => {
                    let before = self.history.held_before(param).unwrap_or(value);
                    let to = moved(param.plain(before), way(ui, &response));
                    param.normalized_from(to)
                }
            };
            if to != value {
                self.history.turn(param, to);
            }
        }
        if response.drag_stopped() {
            self.history.release();
        }
        let steps = keys + notches * fine;
        if steps != 0.0 && !response.dragged() {
            self.history.nudge(param, steps * NOTCH, time_s);
        }
        if response.dragged() {
            response.show_tooltip_text(param.text(value));
            response
        } else {
            response.on_hover_ui(|ui| self.show_tooltip(ui, param))
        }
    }

    /// The menu of a right click: default, typing and copying, and the host's entries.
    pub(super) fn context_menu(&mut self, ui: &Ui, response: &Response, param: AnyParam<'_>) {
        let theme = self.theme;
        let value = self.shown_value(param);
        let (mut is_reset, mut is_typed) = (false, false);
        let mut action = None;
        if response.secondary_clicked() || (self.is_menu_key && response.has_focus()) {
            self.host.request_menu(param.id());
        }
        context_menu(ui, response, self.is_menu_key, |menu| {
            scale_widgets(menu, theme);
            let default = value_text(param, param.default_normalized());
            is_reset = menu.button(text!("Reset to {default}", default)).clicked();
            if matches!(param.id().kind(), Kind::Number(_)) {
                is_typed = menu.button(text!("Type a value")).clicked();
            }
            let is_copied = menu
                .button(text!("Copy {value}", value = value_text(param, value)))
                .clicked();
            if is_copied {
                menu.copy_text(param.text(value));
            }
            let items = self.host.menu.items(param.id());
            if !items.is_empty() {
                menu.separator();
                host_items(menu, theme, &items, &mut action);
            }
            if is_reset || is_typed || is_copied || action.is_some() {
                // Only clicks of the pointer close it by themselves.
                menu.close();
            }
        });
        if let Some(action) = action {
            self.host.perform_menu(param.id(), action);
        }
        if is_reset {
            self.history.set(param, param.default_normalized());
        }
        if is_typed {
            self.begin_entry(ui, param);
        }
    }

    /// Shows the parameter's effect and range, and the host's indication.
    pub(crate) fn show_tooltip(&self, ui: &mut Ui, param: AnyParam<'_>) {
        ui.label(tooltip(param.id()));
        let indication = self.indications.of(param.id());
        if let Some(text) = indication.and_then(|indication| indication.text()) {
            ui.label(text);
        }
    }

    /// Draws a dot in the corner of a control that the host automates or has mapped: filled while automation plays or is
    /// recorded, otherwise a ring.
    fn draw_indication(&self, ui: &Ui, rect: Rect, param: AnyParam<'_>) {
        let Some(indication) = self.indications.of(param.id()) else {
            return;
        };
        let color = indication
            .color()
            .map_or(self.theme.color.secondary, |[r, g, b]| {
                Color32::from_rgb(r, g, b)
            });
        let at = rect.right_top() + vec2(-self.theme.px(3.0), self.theme.px(3.0));
        let radius = self.theme.px(2.5);
        let is_moving = indication.automation.is_some_and(|(automation, _)| {
            matches!(automation, Automation::Playing | Automation::Recording)
        });
        if is_moving {
            ui.painter().circle_filled(at, radius, color);
        } else {
            let stroke = Stroke::new(self.theme.px(1.0), color);
            ui.painter().circle_stroke(at, radius, stroke);
        }
    }

    /// Resets the parameter on a double click or Ctrl-click, and returns whether it did.
    pub(crate) fn reset_on_click(
        &mut self,
        ui: &Ui,
        response: &Response,
        param: AnyParam<'_>,
    ) -> bool {
        let is_reset = is_reset_click(ui, response);
        if is_reset {
            self.history.set(param, param.default_normalized());
        }
        is_reset
    }
}
