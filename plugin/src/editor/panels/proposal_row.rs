//! One proposal: finding, changes, reason, effect and amount. A line and a paragraph in the assistant's panel, a wide row in its
//! details.

use std::sync::Arc;

use egui::text::{LayoutJob, TextFormat};
use egui::{
    Align2, Color32, Galley, Painter, Pos2, Rect, Response, Role, Sense, Stroke, Ui, WidgetInfo,
    pos2, vec2,
};
use flow_analysis::report::{Grade, ParameterChange, Proposal, Value};
use flow_params::{MATCH_BANDS, ParameterId};

use crate::editor::language::{text, translate, translate_message};
use crate::editor::model::number_text::{shorten, value_text};
use crate::editor::model::proposals::ProposalDecisions;
use crate::editor::widgets::amount_field;
use crate::editor::widgets::param_ui::ParamUi;
use crate::editor::widgets::theme::{POLL_INTERVAL, TextStyle, Theme, bold, regular};
use crate::params::FlowParams;

/// Least height of a wide row, pixels at 100 %.
const WIDE_HEIGHT: f32 = 54.0;
/// Width of the controls and of the changes at the right of a wide row, pixels at 100 %.
const WIDE_RIGHT: f32 = 390.0;
/// The bands of Match that are named in words. The curve has them all.
const NAMED_BANDS: usize = 4;

/// A pointer that is slower rests, pixels at 100 % in a second.
const MAX_POINTER_SPEED: f32 = 250.0;
/// So long after its last movement a pointer that rests gives way to the keyboard's focus, s.
const POINTER_MEMORY_S: f32 = 0.5;

/// A proposal with the parameters that format it.
pub(crate) struct ProposalRow<'a> {
    pub(crate) proposal: &'a Proposal,
    pub(crate) params: &'a FlowParams,
    pub(crate) theme: Theme,
}

impl ProposalRow<'_> {
    fn name(&self) -> &'static str {
        translate(self.proposal.id.name())
    }

    /// A value in the parameter's format, with a plus sign for a positive level.
    fn value(&self, id: ParameterId, value: Value) -> String {
        let param = self.params.get(id);
        let text = value.to_string();
        let formatted = param.parse(&text).map(|value| value_text(param, value));
        let sign = match value {
            Value::Decibels(db) if db > 0.0 => "+",
            _ => "",
        };
        format!("{sign}{}", shorten(&formatted.unwrap_or(text)))
    }

    /// The changes that the amount scales, its own first; its own alone at an amount of 0.
    fn changes(&self) -> Vec<ParameterChange> {
        let Proposal { id, from, to, .. } = *self.proposal;
        let own = ParameterChange { id, from, to };
        if self.proposal.is_empty() {
            return vec![own];
        }
        let all = self.proposal.scaled_changes();
        // The linked changes of a starting point are its content; those of others are their details.
        let is_taste = self.proposal.grade == Grade::Taste;
        let linked = self.proposal.linked.iter().filter(|_| is_taste).copied();
        let all = all.chain(linked);
        all.filter(|change| !change.is_empty()).collect()
    }

    /// "Silk 0.0 → −2.1, Air 0.0 → −1.4 dB".
    fn change_text(&self) -> String {
        let change = |c: &ParameterChange| {
            let [from, to] = [c.from, c.to].map(|value| self.value(c.id, value));
            let from = without_unit_of(&from, &to).to_owned();
            [translate(c.id.name()).to_owned() + " " + &from + " → ", to]
        };
        join(&self.changes().iter().map(change).collect::<Vec<_>>())
    }

    /// The reason, how far it may go, and the details that it sets too: one sentence each.
    fn sentences(&self) -> Vec<String> {
        let proposal = self.proposal;
        let mut sentences = vec![translate_message(&proposal.reason)];
        if proposal.grade == Grade::Possible {
            let text = text!(
                "Possible: it helps less often than recommended proposals and is not taken by Apply all."
            );
            sentences.push(text.to_owned());
        }
        if goes_further(proposal) {
            let percent = 100.0 * proposal.further;
            sentences.push(text!(
                "Up to {percent} % of it may help.",
                percent = format!("{percent:.0}")
            ));
        }
        if proposal.grade != Grade::Taste {
            sentences.extend(self.linked_bands());
            sentences.extend(self.linked_changes());
        }
        sentences
    }

    /// The details that change, with their values before and after as texts. Those that look equal are left out.
    fn linked(&self, is_band: bool) -> impl Iterator<Item = (ParameterChange, [String; 2])> {
        let linked = self.proposal.linked.iter().copied();
        let linked = linked.filter(move |change| MATCH_BANDS.contains(&change.id) == is_band);
        let linked = linked.map(|change| {
            let texts = [change.from, change.to].map(|value| self.value(change.id, value));
            (change, texts)
        });
        linked.filter(|(_, [from, to])| from != to)
    }

    /// The details in one sentence, other than the bands of Match.
    fn linked_changes(&self) -> Option<String> {
        let change = |(change, [from, to]): (ParameterChange, [String; 2])| {
            let from = without_unit_of(&from, &to).to_owned();
            [
                translate(change.id.name()).to_owned() + " " + &from + " → ",
                to,
            ]
        };
        let changes: Vec<_> = self.linked(false).map(change).collect();
        (!changes.is_empty()).then(|| text!("Also {changes}.", changes = join(&changes)))
    }

    /// The largest gains of Match in one sentence.
    fn linked_bands(&self) -> Option<String> {
        let size = |change: &ParameterChange| match (change.from, change.to) {
            (Value::Decibels(from), Value::Decibels(to)) => (to - from).abs(),
            _ => 0.0,
        };
        let mut bands: Vec<_> = self.linked(true).collect();
        bands.sort_by(|(a, _), (b, _)| size(b).total_cmp(&size(a)));
        bands.truncate(NAMED_BANDS);
        bands.sort_by_key(|(change, _)| change.id);
        let band = |(change, [_, to]): (ParameterChange, [String; 2])| {
            // "Match 60 Hz" without the name that the change itself has.
            let name = change.id.name();
            let hz = name.split_once(' ').map_or(name, |(_, hz)| hz);
            [format!("{hz} "), to]
        };
        let bands: Vec<_> = bands.into_iter().map(band).collect();
        (!bands.is_empty()).then(|| text!("Largest bands: {bands}.", bands = join(&bands)))
    }

    /// The effect on the sound that was heard, measured or estimated from a measurement at 100 %; `None` if nothing of it is
    /// audible.
    fn effect_text(&self, decisions: &ProposalDecisions) -> Option<String> {
        let effects = self.effects();
        if effects.is_empty() {
            return None;
        }
        let effects = effects.join(", ");
        Some(if decisions.is_whole(self.proposal) {
            text!("Measured: {effects}.", effects)
        } else {
            text!("Estimated: {effects}.", effects)
        })
    }

    /// The audible changes, such as "Silk −1.2 dB".
    fn effects(&self) -> Vec<String> {
        let effects = self.proposal.effect.descriptions();
        effects.iter().map(translate_message).collect()
    }

    /// The whole proposal in words.
    fn description(&self, decisions: &ProposalDecisions) -> String {
        let mut text = format!("{}. {}", self.change_text(), self.sentences().join("\n"));
        if let Some(effect) = self.effect_text(decisions) {
            text += &format!("\n{effect}");
        }
        text
    }

    /// Changes, reason and effect, as a paragraph of a width in scaled pixels.
    pub(crate) fn words(
        &self,
        painter: &Painter,
        width: f32,
        decisions: &ProposalDecisions,
    ) -> Arc<Galley> {
        let theme = self.theme;
        let mut job = LayoutJob::default();
        job.wrap.max_width = width;
        let mut add = |text: &str, style: TextStyle| {
            job.append(
                text,
                0.0,
                TextFormat::simple(theme.font(style), style.color),
            );
        };
        add(&self.change_text(), regular(11.0, theme.color.text));
        let plain = regular(10.5, theme.color.secondary);
        add(&format!("\n{}", self.sentences().join(" ")), plain);
        if let Some(effect) = self.effect_text(decisions) {
            let effect = format!("  {} {effect}", confidence_dots(self.proposal));
            add(&effect, plain);
        }
        painter.layout_job(job)
    }

    /// Draws the proposal in one line: its largest effect, or the amount if it is open, stands beside its finding.
    pub(crate) fn line(
        &self,
        ui: &mut Ui,
        rect: Rect,
        controls: &ParamUi<'_>,
        decisions: &mut ProposalDecisions,
        is_open: bool,
    ) -> LineResponse {
        let Self {
            proposal, theme, ..
        } = *self;
        let painter = ui.painter().clone();
        if is_open {
            theme.well(&painter, rect);
        }
        let control = |from_right: f32, width: f32| {
            let at = pos2(
                rect.right() - theme.px(from_right),
                rect.top() + theme.px(1.0),
            );
            Rect::from_min_size(at, vec2(theme.px(width), rect.height() - theme.px(2.0)))
        };
        let apply_width = self.apply_width(&painter).max(42.0);
        let apply_place = control(16.0 + apply_width, apply_width);
        let amount_place = control(60.0 + apply_width, 42.0);
        let description = self.description(decisions);
        let name = self.name();
        let words = rect.with_max_x(match is_open {
            true => amount_place.left(),
            false => apply_place.left(),
        });
        let row = ui.interact(words, ui.scope_id().with((name, "row")), Sense::click());
        row.widget_info(|| {
            let label = text!("proposed: {description}", description);
            WidgetInfo::selected(Role::Button, true, is_open, label)
        });
        self.mark(&painter, rect.left_center() + theme.vec(6.0, 0.0));
        let style = bold(11.0, theme.color.text);
        let start = rect.left_center() + theme.vec(14.0, 0.0);
        let room = words.right() - start.x - theme.px(4.0);
        let left = Align2::LEFT_CENTER;
        let finding = translate_message(&proposal.finding);
        theme.line(&painter, start, left, &finding, room, style);
        if is_open {
            let name = text!("{name} amount", name);
            let amount = decisions.amount_mut(proposal);
            amount_field::show(ui, amount_place, theme, amount, &name);
        } else if let Some(effect) = proposal.effect.largest_change() {
            let effect = translate_message(&effect);
            let used = theme.text_width(&painter, &finding, style) + theme.px(8.0);
            let style = regular(10.5, theme.color.secondary);
            // The words below have it too, where a long finding leaves no room for it.
            if used + theme.text_width(&painter, &effect, style) <= room {
                let end = start + vec2(room, 0.0);
                theme.text(&painter, end, Align2::RIGHT_CENTER, effect, style);
            }
        }
        theme.focus(&painter, rect.shrink(theme.px(2.0)), &row);
        let is_lit = proposal.grade == Grade::Recommended && !proposal.is_empty();
        let full_name = text!("apply {name}: {description}", name, description);
        // The description changes with the amount, and the button keeps the focus.
        let id = ui.scope_id().with(("apply", name));
        let apply =
            controls.draw_button(ui, apply_place, (id, [text!("Apply"), &full_name]), is_lit);
        let cross = self.discard_button(ui, control(15.0, 15.0), text!("discard {name}", name));
        let controls = [&row, &apply, &cross];
        let focused = controls.iter().find(|control| control.gained_focus());
        if let Some(focused) = focused {
            focused.scroll_to_me(None);
        }
        let is_chosen = focused.is_some() || row.clicked() || is_pointed_at(ui, theme, rect);
        let is_applied = apply
            .on_hover_text(text!("Applies this proposal"))
            .clicked();
        if cross.clicked() {
            decisions.discard(proposal);
        }
        LineResponse {
            is_applied: is_applied && !cross.clicked(),
            is_chosen,
        }
    }

    /// The texts of a wide row: the finding over the reason, and the changes over their effects.
    fn wide_texts(&self, painter: &Painter, width: f32) -> [[Arc<Galley>; 2]; 2] {
        let theme = self.theme;
        let small = regular(10.5, theme.color.secondary);
        // The columns at the right have fixed widths; finding and reason get the rest.
        let left = width - theme.px(20.0 + WIDE_RIGHT + 8.0);
        let right = theme.px(232.0);
        let finding = translate_message(&self.proposal.finding);
        let style = bold(11.5, theme.color.text);
        let finding = theme.lines(painter, &finding, (left, 1), style);
        let all = usize::MAX;
        let reason = theme.lines(painter, &self.sentences().join(" "), (left, all), small);
        let style = regular(11.5, theme.color.text);
        let changes = theme.lines(painter, &self.change_text(), (right, all), style);
        let effects = self.effects().join(", ");
        let effects = format!("{}  {effects}", confidence_dots(self.proposal));
        let effects = theme.lines(painter, &effects, (right, all), small);
        [[finding, reason], [changes, effects]]
    }

    /// The height of a wide row, in which all texts are whole, pixels.
    pub(crate) fn wide_height(&self, painter: &Painter, width: f32) -> f32 {
        let texts = self.wide_texts(painter, width);
        let heights = texts.map(|[upper, lower]| upper.size().y + lower.size().y);
        let gaps = self.theme.px(14.0);
        (heights[0].max(heights[1]) + gaps).max(self.theme.px(WIDE_HEIGHT))
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
        self.mark(&painter, at(8.0, 11.0));
        let starts = [at(20.0, 3.0), from_right(WIDE_RIGHT, 3.0)];
        for (start, [upper, lower]) in starts
            .into_iter()
            .zip(self.wide_texts(&painter, rect.width()))
        {
            let below = start + vec2(0.0, upper.size().y + theme.px(1.0));
            painter.galley(start, upper, theme.color.text);
            painter.galley(below, lower, theme.color.secondary);
        }
        let control =
            |x: f32, width: f32| Rect::from_min_size(from_right(x, 7.0), theme.vec(width, 22.0));
        let name = text!("amount of {name}", name = self.name());
        let amount = decisions.amount_mut(proposal);
        amount_field::show(ui, control(148.0, 52.0), theme, amount, &name);
        if goes_further(proposal) {
            let text = text!(
                "up to {percent} %",
                percent = format!("{:.0}", 100.0 * proposal.further)
            );
            let is_there = amount.get() >= proposal.further - 0.03;
            let tip = text!("Sets the largest amount that may help; less is recommended");
            let place = Rect::from_min_size(from_right(148.0, 32.0), theme.vec(112.0, 18.0));
            let full_name = format!("{} {text}", self.name());
            if controls.named_button(ui, place, [&text, &full_name], tip, is_there) {
                amount.set(if is_there { 1.0 } else { proposal.further });
            }
        }
        let tip = text!("Applies this proposal");
        let is_lit = proposal.grade == Grade::Recommended && !proposal.is_empty();
        let full_name = text!("Apply {name}", name = self.name());
        let names = [text!("Apply"), &full_name];
        let apply = control(90.0, self.apply_width(&painter).max(54.0));
        let is_applied = controls.named_button(ui, apply, names, tip, is_lit);
        let cross = self.discard_button(
            ui,
            control(28.0, 22.0),
            text!("Discard {name}", name = self.name()),
        );
        if cross.clicked() {
            decisions.discard(proposal);
            return false;
        }
        let text = Rect::from_min_max(rect.min, pos2(control(148.0, 0.0).left(), rect.bottom()));
        let description = self.description(decisions);
        ui.interact(text, ui.scope_id().with((name, "text")), Sense::hover())
            .on_hover_text(&description)
            .widget_info(|| {
                WidgetInfo::labeled(
                    Role::Label,
                    true,
                    text!("proposal: {description}", description),
                )
            });
        is_applied
    }

    /// The width of *Apply*, pixels at 100 %.
    fn apply_width(&self, painter: &Painter) -> f32 {
        let style = regular(11.5, self.theme.color.text);
        let name = self.theme.text_width(painter, text!("Apply"), style);
        name / self.theme.scale() + 7.0
    }

    /// Draws a dot for a recommended proposal, and a ring for another.
    fn mark(&self, painter: &Painter, at: Pos2) {
        let (theme, color) = (self.theme, color(self.theme, self.proposal));
        if self.proposal.grade == Grade::Recommended {
            painter.circle_filled(at, theme.px(3.5), color);
        } else {
            painter.circle_stroke(at, theme.px(3.0), Stroke::new(theme.px(1.2), color));
        }
    }

    /// Draws a cross that discards the proposal.
    fn discard_button(&self, ui: &mut Ui, rect: Rect, name: String) -> Response {
        let theme = self.theme;
        let response = ui.interact(rect, ui.scope_id().with(&name), Sense::click());
        response.widget_info(|| WidgetInfo::labeled(Role::Button, true, &name));
        theme.cross(ui.painter(), rect, &response);
        response.on_hover_text(text!("Discards this proposal"))
    }
}

/// The user's answer to a line.
pub(crate) struct LineResponse {
    pub(crate) is_applied: bool,
    /// The line has got the focus, a click or the pointer.
    pub(crate) is_chosen: bool,
}

/// Whether the pointer has come to a rectangle and rests there. A pointer that passes on its way elsewhere doesn't count.
fn is_pointed_at(ui: &Ui, theme: Theme, rect: Rect) -> bool {
    if !ui.rect_contains_pointer(rect) {
        return false;
    }
    let (is_slow, is_recent) = ui.input(|i| {
        let speed = i.pointer.velocity().length();
        let is_recent = i.pointer.time_since_last_movement() < POINTER_MEMORY_S;
        (speed < theme.px(MAX_POINTER_SPEED), is_recent)
    });
    if is_recent && !is_slow {
        ui.ctx().request_repaint_after(POLL_INTERVAL);
    }
    is_slow && is_recent
}

/// Joins parts of a text and a value each. A unit that the next value has too is left out.
fn join(parts: &[[String; 2]]) -> String {
    let mut text = String::new();
    for (i, [start, value]) in parts.iter().enumerate() {
        let value = match parts.get(i + 1) {
            Some([_, next]) => format!("{}, ", without_unit_of(value, next)),
            None => value.clone(),
        };
        text += &format!("{start}{value}");
    }
    text
}

/// A value without its unit, if another value has the same unit.
fn without_unit_of<'a>(value: &'a str, other: &str) -> &'a str {
    let unit = other.find(' ').map_or("", |at| &other[at..]);
    value.strip_suffix(unit).unwrap_or(value)
}

/// Whether more than the recommended amount may help, by a step that is worth a button.
fn goes_further(proposal: &Proposal) -> bool {
    proposal.grade == Grade::Recommended && proposal.further >= 1.2
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
fn color(theme: Theme, proposal: &Proposal) -> Color32 {
    let anchor = flow_params::ANCHORS
        .iter()
        .position(|id| *id == proposal.id);
    anchor.map_or(theme.color.pillar(proposal.id.pillar()), |anchor| {
        theme.color.anchors[anchor]
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn join_of_values_with_one_unit_names_it_once() {
        let part = |name: &str, value: &str| [format!("{name} "), value.to_owned()];
        let tone = [part("Silk", "−2.1 dB"), part("Air", "−1.4 dB")];
        assert_eq!(join(&tone), "Silk −2.1, Air −1.4 dB");
        let floor = [part("Depth", "40 %"), part("Body", "+2.0 dB")];
        assert_eq!(join(&floor), "Depth 40 %, Body +2.0 dB");
        assert_eq!(join(&tone[..1]), "Silk −2.1 dB");
    }
}
