//! The keyboard focus when menus, dialogs and pages open and close, and when its control disappears.
//!
//! egui gives up the focus when its control is gone or Escape is pressed. Tab would then begin at the first control of the window.

use egui::{Context, FocusDirection, Id, Key, Modifiers, Rect, WidgetRect};

/// Leads the focus into a page that is opened by keyboard, and returns it to the control that opened a page, a menu or a dialog.
/// The focus of another control that disappears goes to the nearest one. `P` names a page.
pub(crate) struct FocusReturn<P> {
    /// The control with the focus at the end of the last frame.
    last: Option<Id>,
    /// Whether that control is a text field.
    was_typing: bool,
    /// The opener of the open menu or dialog. It is `None` if the pointer has opened it.
    menu: Option<Option<Id>>,
    /// The shown page and its opener.
    page: Option<(P, Option<Id>)>,
    /// The control that got the focus back in the last frame. A dialog still keeps it off in this one.
    returned: Option<Id>,
}

impl<P> Default for FocusReturn<P> {
    fn default() -> Self {
        Self {
            last: None,
            was_typing: false,
            menu: None,
            page: None,
            returned: None,
        }
    }
}

impl<P: Copy + PartialEq> FocusReturn<P> {
    /// Whether a text field had the focus. A key that ends a text does nothing else.
    pub(crate) fn was_typing(&self) -> bool {
        self.was_typing
    }

    /// Gives the focus to the first control of a page that was opened by keyboard. Called before the page is drawn.
    pub(crate) fn enter_page(&mut self, ctx: &Context, page: Option<P>) {
        let Some(page) = page.filter(|page| self.page.is_none_or(|(shown, _)| shown != *page))
        else {
            return;
        };
        let opener = self.menu.take().flatten().or(self.last);
        let opener = opener.filter(|_| !has_click(ctx));
        self.page = Some((page, opener));
        if opener.is_some() {
            // The key that opens the page presses nothing on it.
            ctx.input_mut(|input| {
                for key in [Key::Enter, Key::Space] {
                    input.consume_key(Modifiers::NONE, key);
                }
            });
            ctx.memory_mut(|memory| {
                if let Some(focused) = memory.focused() {
                    memory.surrender_focus(focused);
                }
                memory.move_focus(FocusDirection::Next);
            });
        }
    }

    /// Returns the focus to the opener of what was closed by keyboard. Called at the end of every frame.
    pub(crate) fn end_frame(&mut self, ctx: &Context, is_menu_open: bool, page: Option<P>) {
        let is_by_key = !has_click(ctx);
        let mut returned = None;
        if !is_menu_open {
            returned = self.menu.take().flatten();
        } else if self.menu.is_none() {
            self.menu = Some(self.last.filter(|_| is_by_key));
        }
        if page.is_none()
            && let Some((_, opener)) = self.page.take()
        {
            returned = opener.or(returned);
        }
        let returned = returned.filter(|_| is_by_key);
        let retried = std::mem::replace(&mut self.returned, returned);
        let is_free = ctx.memory(|memory| memory.focused().is_none());
        let next = returned.or(retried.filter(|_| is_free));
        if let Some(id) = next.or_else(|| neighbor_of_lost_focus(ctx)) {
            ctx.memory_mut(|memory| memory.request_focus(id));
            ctx.request_repaint();
        }
        self.last = ctx.memory(egui::Memory::focused);
        self.was_typing = ctx.text_edit_focused();
    }
}

/// Whether a button of the pointer was clicked in this frame.
fn has_click(ctx: &Context) -> bool {
    ctx.input(|input| input.pointer.any_click())
}

/// The control nearest to the place of a focused control that was drawn in the last frame and not in this one: *Stop* in the place
/// of *Listen*, the next row in the place of a removed one.
fn neighbor_of_lost_focus(ctx: &Context) -> Option<Id> {
    let focused = ctx.memory(egui::Memory::focused)?;
    ctx.viewport(|viewport| {
        let shown = &viewport.this_pass.widgets;
        let lost = viewport.prev_pass.widgets.get(focused)?;
        if shown.contains(focused) {
            return None;
        }
        let is_possible = |control: &&WidgetRect| {
            control.sense.is_focusable() && control.enabled && control.rect.is_positive()
        };
        let controls = shown.get_layer(lost.layer_id).filter(is_possible);
        let distance = |control: &WidgetRect| distance(control.rect, lost.rect);
        let nearest = controls.min_by(|a, b| distance(a).total_cmp(&distance(b)));
        nearest.map(|control| control.id)
    })
}

/// The distance between the centers of two controls.
fn distance(a: Rect, b: Rect) -> f32 {
    a.center().distance(b.center())
}
