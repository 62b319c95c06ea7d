//! The zoom of the frequency axis: wheel with Ctrl or a pinch, a drag with the middle button, and keys.

use egui::{Key, PointerButton, Rect, Response, Sense, Ui, WidgetInfo, pos2};

use super::axes::Axes;
use super::frequency_range::FrequencyRange;
use super::view_menu;
use crate::editor::language::text;
use crate::editor::model::number_text::format_frequency;
use crate::editor::widgets::param_ui::{ParamUi, is_reset_click, lock_arrow_keys, presses};
use crate::editor::widgets::theme::Theme;

/// The factor of an arrow key.
const KEY_ZOOM: f32 = 1.25;
/// The share of the range that an arrow key moves it by.
const KEY_PAN: f32 = 0.1;

/// Handles pointer and keys on the plot. Returns its response, and the range after them.
pub(super) fn show(ui: &Ui, axes: &Axes, theme: Theme) -> (Response, FrequencyRange) {
    let (plot, mut range) = (axes.plot, axes.range);
    let id = ui.scope_id().with("spectrum plot");
    let response = ui.interact(plot, id, Sense::click_and_drag());
    theme.focus(ui.painter(), plot, &response);
    lock_arrow_keys(ui, &response);
    if is_reset_click(ui, &response) {
        return (response, FrequencyRange::default());
    }
    if response.dragged_by(PointerButton::Middle) {
        range.pan(-response.drag_delta().x / plot.width());
    }
    // A handle under the pointer doesn't keep the wheel from zooming.
    let pointer = ui
        .input(|i| i.pointer.hover_pos())
        .filter(|_| ui.rect_contains_pointer(plot));
    if let Some(pointer) = pointer {
        let factor = ui.input(egui::InputState::zoom_delta);
        if factor != 1.0 {
            range.zoom(factor, (pointer.x - plot.left()) / plot.width());
        }
    }
    if response.has_focus() {
        let pressed = |key| ui.input(|i| presses(i, key, false));
        range.pan(KEY_PAN * (pressed(Key::ArrowRight) - pressed(Key::ArrowLeft)));
        let steps = pressed(Key::ArrowUp) - pressed(Key::ArrowDown);
        if steps != 0.0 {
            range.zoom(KEY_ZOOM.powf(steps), 0.5);
        }
    }
    (response, range)
}

/// Tells screen readers the range and the readout.
pub(super) fn describe(response: &Response, range: FrequencyRange, readout: String) {
    response.widget_info(|| {
        let [low, high] = range.ends_hz();
        let mut info = WidgetInfo::slider(true, f64::from(low), text!("Frequency range"));
        let [low, high] = [low, high].map(format_frequency);
        let range = text!("{low} to {high}", low, high);
        info.current_text_value = Some(format!("{range}; {readout}"));
        info
    });
}

/// The semitones by which the keys move the readout on the focused plot: left and right with Shift.
pub(super) fn readout_steps(ui: &Ui, response: &Response) -> f32 {
    if !response.has_focus() {
        return 0.0;
    }
    let pressed = |key| ui.input(|i| presses(i, key, true));
    pressed(Key::ArrowRight) - pressed(Key::ArrowLeft)
}

/// Draws the button that shows the whole axis, while a part of it is shown. Returns the width of the buttons above the plot,
/// pixels at 100 % from its left end, and whether the button was clicked.
pub(super) fn whole_range_button(ui: &mut Ui, axes: &Axes, controls: &ParamUi<'_>) -> (f32, bool) {
    let theme = controls.theme;
    let end = view_menu::buttons_end(ui, theme);
    if axes.range.is_whole() {
        return (end, false);
    }
    let width = 84.0;
    let corner = pos2(
        axes.plot.left() + theme.px(end + 6.0),
        axes.plot.top() - theme.px(22.0),
    );
    let place = Rect::from_min_size(corner, theme.vec(width, 18.0));
    let tip = text!("Shows all frequencies again, as a double click into the spectrum does");
    let is_clicked = controls.button(ui, place, text!("Whole range"), tip, true);
    (end + 6.0 + width, is_clicked)
}
