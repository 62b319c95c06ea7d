//! A list of devices.

use egui::{Align2, Rect, Role, ScrollArea, Sense, Ui, UiBuilder, WidgetInfo, vec2};

use crate::editor::language::text;
use crate::editor::widgets::theme::{Theme, bold, regular, scale_widgets};

/// Height of a row, pixels at 100 %.
const ROW_HEIGHT: f32 = 20.0;

/// A list of devices, of which one or none is chosen.
pub(super) struct Devices<'a> {
    pub(super) title: &'a str,
    /// The row without a device.
    pub(super) none: &'a str,
    pub(super) names: &'a [String],
}

impl Devices<'_> {
    /// Draws the list. Returns the row that was clicked.
    pub(super) fn show(
        &self,
        ui: &mut Ui,
        rect: Rect,
        theme: Theme,
        chosen: &Option<String>,
    ) -> Option<Option<String>> {
        let style = bold(11.5, theme.color.secondary);
        let at = rect.min + theme.vec(0.0, 6.0);
        theme.text(ui.painter(), at, Align2::LEFT_CENTER, self.title, style);
        let rows = rect.with_min_y(rect.top() + theme.px(18.0));
        let mut names: Vec<Option<&str>> = vec![None];
        names.extend(self.names.iter().map(|name| Some(name.as_str())));
        // A device that is gone stays visible as the choice.
        let missing = chosen
            .as_deref()
            .filter(|name| !names.contains(&Some(name)));
        names.extend(missing.map(Some));
        let mut clicked = None;
        let builder = UiBuilder::new().id_salt(self.title).max_rect(rows);
        ui.scope_builder(builder, |ui| {
            scale_widgets(ui, theme);
            ui.spacing_mut().item_spacing = vec2(0.0, 0.0);
            ScrollArea::vertical().auto_shrink(false).show(ui, |ui| {
                for name in names {
                    let size = vec2(ui.available_width() - theme.px(10.0), theme.px(ROW_HEIGHT));
                    let (row, response) = ui.allocate_exact_size(size, Sense::click());
                    let is_chosen = chosen.as_deref() == name;
                    let text = name.unwrap_or(self.none);
                    response.widget_info(|| {
                        let label = format!("{}: {text}", self.title);
                        WidgetInfo::selected(Role::RadioButton, true, is_chosen, label)
                    });
                    let painter = ui.painter();
                    if response.hovered() || response.has_focus() {
                        painter.rect_filled(row, theme.radius(4.0), theme.color.well);
                    }
                    let dot = row.left_center() + theme.vec(8.0, 0.0);
                    let stroke = egui::Stroke::new(theme.px(1.2), theme.color.edge);
                    painter.circle_stroke(dot, theme.px(4.5), stroke);
                    if is_chosen {
                        painter.circle_filled(dot, theme.px(2.8), theme.color.output);
                    }
                    let at = row.left_center() + theme.vec(20.0, 0.0);
                    let width = row.width() - theme.px(24.0);
                    let is_missing = Some(text) == missing;
                    let color = match is_missing {
                        true => theme.color.reduction,
                        false => theme.color.text,
                    };
                    let shown = match is_missing {
                        true => text!("{name} (not found)", name = text),
                        false => text.to_owned(),
                    };
                    let style = regular(11.5, color);
                    theme.line(painter, at, Align2::LEFT_CENTER, &shown, width, style);
                    theme.focus(painter, row.shrink(theme.px(2.0)), &response);
                    if response.on_hover_text(text).clicked() {
                        clicked = Some(name.map(str::to_owned));
                    }
                }
            });
        });
        clicked
    }
}
