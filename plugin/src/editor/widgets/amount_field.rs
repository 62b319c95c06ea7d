//! Fields for the amount of a proposal.

use egui::{Align2, Key, Rect, Response, Sense, Ui, WidgetInfo, vec2};

use crate::editor::language::text;
use crate::editor::model::proposals::Amount;
use crate::editor::widgets::param_ui::lock_arrow_keys;
use crate::editor::widgets::theme::{Theme, regular};

/// Drag distance from 0 to 100 %, pixels at 100 %.
const DRAG_LENGTH: f32 = 120.0;

/// Draws a field with an amount.
pub(crate) fn show(ui: &mut Ui, rect: Rect, theme: Theme, amount: &mut Amount, name: &str) {
    let response = ui.interact(rect, ui.scope_id().with(name), Sense::click_and_drag());
    response.widget_info(|| WidgetInfo::slider(true, f64::from(amount.get()), name));
    edit(ui, &response, theme, amount);
    if response.gained_focus() {
        response.scroll_to_me(None);
    }
    theme.button(ui.painter(), rect, &response, false);
    let share = amount.get() / amount.max();
    let bar = Rect::from_min_size(rect.min, vec2(rect.width() * share, rect.height()));
    let tint = theme.color.output.gamma_multiply(0.14);
    ui.painter()
        .rect_filled(bar.shrink(theme.px(1.0)), theme.radius(5.0), tint);
    let text = format!("{:.0} %", 100.0 * amount.get());
    let center = Align2::CENTER_CENTER;
    theme.text(
        ui.painter(),
        rect.center(),
        center,
        text,
        regular(11.0, theme.color.text),
    );
    let max = 100.0 * amount.max();
    response.on_hover_text(text!(
        "Share of the proposal, 0 to {max} %: drag or use the arrow keys; double-click for 100 %",
        max = format!("{max:.0}")
    ));
}

/// Drags and arrow keys change an amount; a double click resets it.
fn edit(ui: &Ui, response: &Response, theme: Theme, amount: &mut Amount) {
    if response.dragged() {
        let delta = response.drag_delta();
        amount.change((delta.x - delta.y) / theme.px(DRAG_LENGTH));
    }
    lock_arrow_keys(ui, response);
    if response.has_focus() {
        let is_pressed = |key| ui.input(|i| i.key_pressed(key));
        if is_pressed(Key::ArrowUp) || is_pressed(Key::ArrowRight) {
            amount.step(true);
        }
        if is_pressed(Key::ArrowDown) || is_pressed(Key::ArrowLeft) {
            amount.step(false);
        }
    }
    if response.double_clicked() {
        *amount = Amount::default();
    }
}
