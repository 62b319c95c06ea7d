//! Rows of knobs beside a picture.

use egui::{Align2, Color32, Rect, Ui, pos2, vec2};
use flow_analysis::report::capitalize;
use flow_dsp::math::{count, narrow};
use flow_params::{Kind, ParameterId};

use crate::editor::language::translate;
use crate::editor::widgets::knob::Knob;
use crate::editor::widgets::param_ui::ParamUi;
use crate::editor::widgets::theme::{Theme, bold};
use crate::params::FlowParams;

/// Knobs beside a heading.
pub(super) type Row = (&'static str, &'static [ParameterId]);

/// Draws rows of knobs. Choices and switches are fields of the same size.
pub(super) fn show(
    ui: &mut Ui,
    rect: Rect,
    controls: &mut ParamUi<'_>,
    (rows, params): (&[Row], &FlowParams),
) {
    let theme = controls.theme;
    let style = bold(11.5, theme.color.secondary);
    // The bands have names that stand inside of texts, too.
    let headings: Vec<String> = rows
        .iter()
        .map(|(key, _)| capitalize(translate(key)))
        .collect();
    let widths = headings
        .iter()
        .map(|heading| theme.text_width(ui.painter(), heading, style));
    let heading_width = widths.fold(0.0, f32::max);
    let gap = theme.px(if heading_width > 0.0 { 12.0 } else { 0.0 });
    let left = rect.left() + heading_width + gap;
    let columns = rows.iter().map(|(_, ids)| ids.len()).max().unwrap_or(1);
    let width = (rect.right() - left) / narrow(count(columns));
    let height = rect.height() / narrow(count(rows.len()));
    // Below a knob stand its name and its value.
    let radius = (0.5 * (height / theme.scale() - 36.0)).min(26.0);
    for (row, (heading, (_, ids))) in headings.iter().zip(rows).enumerate() {
        let top = rect.top() + height * narrow(count(row));
        let center_y = top + theme.px(radius + 2.0);
        let at = pos2(rect.left(), center_y);
        theme.text(ui.painter(), at, Align2::LEFT_CENTER, heading, style);
        for (column, id) in ids.iter().enumerate() {
            let center = pos2(left + width * (narrow(count(column)) + 0.5), center_y);
            let (param, name) = (params.get(*id), translate(id.label()));
            let field = Rect::from_center_size(center, vec2(width - theme.px(8.0), theme.px(26.0)));
            match id.kind() {
                Kind::Number(_) => {
                    let knob = Knob {
                        name,
                        center,
                        radius,
                        color: color(theme, *id),
                    };
                    controls.knob(ui, param, &knob);
                }
                Kind::Choice(_) => {
                    // A narrow field has no room for its name.
                    let prefix = if width > theme.px(105.0) { name } else { "" };
                    controls.choice(ui, field, param, translate(id.name()), prefix);
                }
                Kind::Switch(_) => controls.toggle(ui, field, param, name),
            }
        }
    }
}

/// The color of a knob: that of its anchor or of its pillar.
fn color(theme: Theme, id: ParameterId) -> Color32 {
    let anchor = flow_params::ANCHORS.iter().position(|anchor| *anchor == id);
    anchor.map_or_else(
        || theme.color.pillar(id.pillar()),
        |anchor| theme.color.anchors[anchor],
    )
}
