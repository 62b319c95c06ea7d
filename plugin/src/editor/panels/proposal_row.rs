//! One proposal as a row: finding, change, confidence and amount. Compact in the assistant's panel, wide in its details.

use egui::{Align2, Color32, Rect, Role, Sense, Ui, WidgetInfo, pos2, vec2};
use flow_analysis::report::{Proposal, Value};

use crate::editor::model::number_text::shorten;
use crate::editor::model::proposals::ProposalDecisions;
use crate::editor::widgets::amount_field;
use crate::editor::widgets::param_ui::ParamUi;
use crate::editor::widgets::theme::{
    ANCHORS, SECONDARY, TEXT, Theme, WELL, bold, pillar_color, regular,
};
use crate::params::FlowParams;

/// A proposal with the parameters that format it.
pub(crate) struct ProposalRow<'a> {
    pub(crate) proposal: &'a Proposal,
    pub(crate) params: &'a FlowParams,
    pub(crate) theme: Theme,
}

impl ProposalRow<'_> {
    /// The name of the parameter, as hosts show it.
    fn name(&self) -> &'static str {
        self.proposal.id.name()
    }

    /// A value in the parameter's format, with a plus sign for a positive level.
    fn value(&self, value: Value) -> String {
        let param = self.params.get(self.proposal.id);
        let text = value.to_string();
        let formatted = param.parse(&text).map(|value| param.text(value));
        let sign = match value {
            Value::Decibels(db) if db > 0.0 => "+",
            _ => "",
        };
        format!("{sign}{}", shorten(&formatted.unwrap_or(text)))
    }

    fn change(&self) -> String {
        let Proposal { from, to, .. } = self.proposal;
        format!(
            "{} {} → {}",
            self.name(),
            self.value(*from),
            self.value(*to)
        )
    }

    /// The whole proposal in words.
    fn description(&self) -> String {
        let mut text = format!("{}. {}", self.change(), self.proposal.reason);
        for change in self.proposal.joint.iter().chain(&self.proposal.linked) {
            let name = change.id.name();
            text += &format!("\nAlso {name} {} → {}.", change.from, change.to);
        }
        let effects = self.proposal.effect.descriptions();
        if !effects.is_empty() {
            text += &format!("\nExpected: {}.", effects.join(", "));
        }
        text
    }

    /// Draws two lines. Returns whether the row was clicked.
    pub(crate) fn compact(
        &self,
        ui: &mut Ui,
        rect: Rect,
        decisions: &mut ProposalDecisions,
    ) -> bool {
        let Self {
            proposal, theme, ..
        } = *self;
        let painter = ui.painter().clone();
        let name = format!("apply {}", self.name());
        let response = ui.interact(rect, ui.scope_id().with(&name), Sense::click_and_drag());
        let description = self.description();
        response.widget_info(|| {
            WidgetInfo::labeled(Role::Button, true, format!("{name}: {description}"))
        });
        let is_active = response.hovered() || response.has_focus() || response.dragged();
        if is_active {
            painter.rect_filled(rect, theme.radius(4.0), WELL);
        }
        let at = |x: f32, y: f32| rect.min + theme.vec(x, y);
        let (left, right) = (Align2::LEFT_CENTER, Align2::RIGHT_CENTER);
        painter.circle_filled(at(10.0, 9.0), theme.px(3.5), color(proposal));
        let width = theme.px(if is_active { 116.0 } else { 130.0 });
        let style = regular(11.0, TEXT);
        theme.line(
            &painter,
            at(20.0, 8.0),
            left,
            &proposal.finding,
            width,
            style,
        );

        let amount = decisions.amount_mut(proposal.id);
        amount_field::edit(ui, &response, theme, amount);
        let amount = amount.get();
        let has_amount = is_active || amount != 1.0;
        let style = regular(10.5, SECONDARY);
        // The value keeps its width; the name is cut.
        let width = theme.px(if has_amount { 96.0 } else { 130.0 });
        let end = at(20.0, 21.0) + vec2(width, 0.0);
        let value = theme.text(&painter, end, right, self.value(proposal.to), style);
        let width = value.left() - theme.px(6.0) - at(20.0, 0.0).x;
        let step = format!("{}  {}", confidence_dots(proposal), self.name());
        theme.line(&painter, at(20.0, 21.0), left, &step, width, style);
        if has_amount {
            let percent = format!("{:.0} %", 100.0 * amount);
            theme.text(&painter, at(150.0, 21.0), right, &percent, style);
        }
        let cross = Rect::from_min_size(at(138.0, 0.0), theme.vec(16.0, 15.0));
        if self.discard_button(ui, cross, "discard", is_active) {
            decisions.discard(proposal.id);
            return false;
        }
        let tip = format!("{description}\nClick to apply; drag to change the amount.");
        response.on_hover_text(tip).clicked()
    }

    /// Draws one wide row. Returns whether *Apply* was clicked.
    pub(crate) fn wide(
        &self,
        ui: &mut Ui,
        rect: Rect,
        controls: &ParamUi<'_>,
        decisions: &mut ProposalDecisions,
    ) -> bool {
        let Self {
            proposal, theme, ..
        } = *self;
        let painter = ui.painter().clone();
        let at = |x: f32, y: f32| rect.min + theme.vec(x, y);
        let from_right = |x: f32, y: f32| pos2(rect.right() - theme.px(x), at(0.0, y).y);
        let line = |at, text: &str, width, style| {
            theme.line(&painter, at, Align2::LEFT_CENTER, text, width, style);
        };
        painter.circle_filled(at(8.0, 11.0), theme.px(3.5), color(proposal));
        // The columns at the right have fixed widths; finding and reason get the rest.
        let width = rect.width() - theme.px(20.0 + 398.0);
        line(at(20.0, 10.0), &proposal.finding, width, bold(11.5, TEXT));
        let style = regular(10.5, SECONDARY);
        line(at(20.0, 26.0), &proposal.reason, width, style);
        let width = theme.px(232.0);
        line(
            from_right(390.0, 10.0),
            &self.change(),
            width,
            regular(11.5, TEXT),
        );
        let effects = proposal.effect.descriptions().join(", ");
        let effects = format!("{}  {effects}", confidence_dots(proposal));
        line(from_right(390.0, 26.0), &effects, width, style);

        let control =
            |x: f32, width: f32| Rect::from_min_size(from_right(x, 7.0), theme.vec(width, 22.0));
        let name = format!("amount of {}", self.name());
        let amount = decisions.amount_mut(proposal.id);
        amount_field::show(ui, control(148.0, 52.0), theme, amount, &name);
        let tip = "Applies this proposal";
        let is_applied = ui
            .push_id(proposal.id, |ui| {
                controls.button(ui, control(90.0, 54.0), "Apply", tip, !proposal.is_empty())
            })
            .inner;
        if self.discard_button(ui, control(28.0, 22.0), "drop", true) {
            decisions.discard(proposal.id);
            return false;
        }
        let text = Rect::from_min_max(rect.min, pos2(control(148.0, 0.0).left(), rect.bottom()));
        let description = self.description();
        ui.interact(text, ui.scope_id().with((name, "text")), Sense::hover())
            .on_hover_text(&description)
            .widget_info(|| {
                WidgetInfo::labeled(Role::Label, true, format!("proposal: {description}"))
            });
        is_applied
    }

    /// Draws a cross. Returns whether it was clicked.
    fn discard_button(&self, ui: &mut Ui, rect: Rect, verb: &str, is_shown: bool) -> bool {
        let theme = self.theme;
        let name = format!("{verb} {}", self.name());
        let response = ui.interact(rect, ui.scope_id().with(&name), Sense::click());
        response.widget_info(|| WidgetInfo::labeled(Role::Button, true, &name));
        if is_shown || response.hovered() || response.has_focus() {
            theme.cross(ui.painter(), rect, &response);
        }
        response.on_hover_text("Discards this proposal").clicked()
    }
}

/// One to three filled dots for the confidence.
fn confidence_dots(proposal: &Proposal) -> &'static str {
    match proposal.confidence {
        c if c < 0.7 => "●○○",
        c if c < 0.9 => "●●○",
        _ => "●●●",
    }
}

/// The color of the anchor or of the pillar.
fn color(proposal: &Proposal) -> Color32 {
    let anchor = flow_params::ANCHORS
        .iter()
        .position(|id| *id == proposal.id);
    anchor.map_or(pillar_color(proposal.id.pillar()), |anchor| ANCHORS[anchor])
}
