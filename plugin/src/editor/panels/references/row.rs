//! A reference in the list: a button that plays it, its name, and a cross.

use egui::{Align2, Rect, Role, Sense, Shape, Ui, WidgetInfo, vec2};

use crate::editor::language::text;
use crate::editor::widgets::theme::{Theme, regular};
use crate::plugin_shared::PluginShared;
use crate::references::ReferenceStatus;

/// A choice in the list.
pub(super) enum RowChoice {
    Hear,
    Remove,
}

/// Draws a reference. Returns the choice that was clicked.
pub(super) fn show(
    ui: &Ui,
    row: Rect,
    theme: Theme,
    (index, ReferenceStatus { name, fault, path }): (usize, &ReferenceStatus),
    shared: &PluginShared,
) -> Option<RowChoice> {
    let painter = ui.painter();
    let (description, text, color) = match fault {
        None => (
            text!("reference {name}", name),
            name.clone(),
            theme.color.text,
        ),
        Some(fault) => (
            text!("reference {name}: {fault}", name, fault),
            format!("{name} ({fault})"),
            theme.color.tertiary,
        ),
    };
    let number = index + 1;
    let mut choice = None;
    let is_open = path
        .as_deref()
        .is_some_and(|path| shared.reference.has(path));
    let is_heard = is_open && shared.monitor.get().reference;
    let (play, rest) = row.split_left_right_at_x(row.left() + theme.px(22.0));
    let response = ui.interact(play, ui.scope_id().with(("hear", index)), Sense::click());
    response.widget_info(|| {
        let name = text!("hear reference {number}: {name}", number, name);
        WidgetInfo::selected(Role::Button, path.is_some(), is_heard, name)
    });
    let color_of_play = match (is_heard, path.is_some()) {
        (true, _) => theme.color.output,
        (false, true) => theme.color.text,
        (false, false) => theme.color.disabled(),
    };
    let center = play.left_center() + theme.vec(6.0, 0.0);
    let half = theme.px(4.0);
    let shape = if is_heard {
        let square = Rect::from_center_size(center, vec2(2.0 * half, 2.0 * half));
        Shape::rect_filled(square, 0.0, color_of_play)
    } else {
        let triangle = [[-0.8, -1.0], [1.0, 0.0], [-0.8, 1.0]];
        let points = triangle.map(|[x, y]| center + half * vec2(x, y));
        Shape::convex_polygon(points.to_vec(), color_of_play, egui::Stroke::NONE)
    };
    painter.add(shape);
    theme.focus(
        painter,
        play.with_max_x(play.left() + theme.px(14.0)),
        &response,
    );
    let tip = match (is_heard, path) {
        (true, _) => text!("Ends the reference: you hear the master again"),
        (false, Some(_)) => text!("Plays this song in place of the master, as loud as the master"),
        (false, None) => {
            text!("Its file isn't known on this computer: add the song again to hear it")
        }
    };
    if response.gained_focus() {
        response.scroll_to_me(None);
    }
    if response.on_hover_text(tip).clicked() && path.is_some() {
        choice = Some(RowChoice::Hear);
    }
    let width = rest.width() - theme.px(24.0);
    let left = Align2::LEFT_CENTER;
    let style = regular(11.5, if is_open { theme.color.output } else { color });
    theme.line(painter, rest.left_center(), left, &text, width, style);
    let label = rest.with_max_x(rest.right() - theme.px(24.0));
    let response = ui.interact(label, ui.scope_id().with(("name", index)), Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(Role::Label, true, &description));
    response.on_hover_text(fault.as_deref().unwrap_or(name));
    let cross = row.with_min_x(row.right() - theme.px(20.0));
    let id = ui.scope_id().with(("remove", index));
    let remove = ui.interact(cross, id, Sense::click());
    remove.widget_info(|| {
        WidgetInfo::labeled(
            Role::Button,
            true,
            text!("remove reference {number}: {name}", number, name),
        )
    });
    theme.cross(painter, cross, &remove);
    if remove
        .on_hover_text(text!("Removes this reference"))
        .clicked()
    {
        choice = Some(RowChoice::Remove);
    }
    choice
}
