//! One proposal as a row: what was found, the move, how sure that is, and how much of it is wanted. Small in the assistant's
//! panel, wide in its details.

use egui::{Align2, Color32, Key, Rect, Response, Role, Sense, Ui, WidgetInfo, pos2, vec2};
use flow_analysis::report::{Proposal, Value};
use flow_params::ParameterId;

use crate::editor::model::proposals::{Amount, MOST, ProposalDecisions};
use crate::editor::widgets::param_ui::{Label, ParamUi, keep_arrows};
use crate::editor::widgets::theme::{
    ANCHORS, OUTPUT, PILLARS, SECONDARY, TERTIARY, TEXT, Theme, WELL, Weight,
};
use crate::editor::widgets::value_entry::short;
use crate::params::FlowParams;

/// Pixels at 100 % that an amount is dragged from 0 to 100 %.
const DRAG: f32 = 120.0;

/// A proposal and what is needed to write it.
pub(crate) struct ProposalRow<'a> {
    pub(crate) proposal: &'a Proposal,
    pub(crate) params: &'a FlowParams,
    pub(crate) theme: Theme,
}

impl ProposalRow<'_> {
    /// The name of the parameter in hosts.
    fn name(&self) -> &'static str {
        self.proposal.id.name()
    }

    /// A value as its parameter writes it, with its sign where that says in which direction.
    fn value(&self, value: Value) -> String {
        let param = self.params.get(self.proposal.id);
        let text = value.to_string();
        let written = param.parse(&text).map(|normalized| param.text(normalized));
        let sign = match value {
            Value::Decibels(db) if db > 0.0 => "+",
            _ => "",
        };
        format!("{sign}{}", short(&written.unwrap_or(text)))
    }

    /// All of it, for people who ask.
    fn told(&self) -> String {
        let Proposal {
            from, to, reason, ..
        } = self.proposal;
        let mut told = format!(
            "{} {} → {}. {reason}",
            self.name(),
            self.value(*from),
            self.value(*to)
        );
        for change in &self.proposal.linked {
            let name = change.id.name();
            told += &format!("\nWith it {name} {} → {}.", change.from, change.to);
        }
        let does = self.proposal.effect.descriptions();
        if !does.is_empty() {
            told += &format!("\nExpected: {}.", does.join(", "));
        }
        told
    }

    /// In two lines; true if it was pressed.
    pub(crate) fn small(&self, ui: &mut Ui, rect: Rect, decisions: &mut ProposalDecisions) -> bool {
        let Self {
            proposal, theme, ..
        } = *self;
        let painter = ui.painter().clone();
        let name = format!("apply {}", self.name());
        let response = ui.interact(rect, ui.scope_id().with(&name), Sense::click_and_drag());
        let told = self.told();
        response.widget_info(|| WidgetInfo::labeled(Role::Button, true, format!("{name}: {told}")));
        let looked_at = response.hovered() || response.has_focus() || response.dragged();
        if looked_at {
            painter.rect_filled(rect, theme.radius(4.0), WELL);
        }
        let at = |x: f32, y: f32| rect.min + theme.vec(x, y);
        let (left, right) = (Align2::LEFT_CENTER, Align2::RIGHT_CENTER);
        painter.circle_filled(at(10.0, 9.0), theme.px(3.5), color_of(proposal));
        let strong = (11.0, Weight::Regular, TEXT);
        let room = theme.px(if looked_at { 116.0 } else { 130.0 });
        theme.line(
            &painter,
            at(20.0, 8.0),
            left,
            &proposal.finding,
            room,
            strong,
        );

        let amount = decisions.amount_of(proposal.id);
        turn(ui, &response, theme, amount);
        let here = amount.get();
        let shows_amount = looked_at || here != 1.0;
        let quiet = (10.5, Weight::Regular, SECONDARY);
        let dots = dots(proposal.confidence);
        let room = theme.px(if shows_amount { 96.0 } else { 130.0 });
        // Where there is no room for both, the name gives way to the value.
        let to = self.value(self.proposal.to);
        let end = at(20.0, 21.0) + vec2(room, 0.0);
        let written = theme.text(&painter, end, right, &to, quiet);
        let room = written.left() - theme.px(6.0) - at(20.0, 0.0).x;
        let step = format!("{dots}  {}", self.name());
        theme.line(&painter, at(20.0, 21.0), left, &step, room, quiet);
        if shows_amount {
            let here = format!("{:.0} %", 100.0 * here);
            theme.text(&painter, at(150.0, 21.0), right, &here, quiet);
        }
        let cross = Rect::from_min_size(at(138.0, 0.0), theme.vec(16.0, 15.0));
        if self.discard(ui, cross, "discard", looked_at) {
            decisions.discard(proposal.id);
            return false;
        }
        let told = format!("{told}\nClick to set it; drag to have more or less of it.");
        response.on_hover_text(told).clicked()
    }

    /// In one broad line; true if it shall be set.
    pub(crate) fn wide(
        &self,
        ui: &mut Ui,
        rect: Rect,
        controls: &mut ParamUi<'_>,
        decisions: &mut ProposalDecisions,
    ) -> bool {
        let Self {
            proposal, theme, ..
        } = *self;
        let painter = ui.painter().clone();
        let left = Align2::LEFT_CENTER;
        let at = |x: f32, y: f32| rect.min + theme.vec(x, y);
        let from_right = |x: f32, y: f32| pos2(rect.right() - theme.px(x), at(0.0, y).y);
        // What stands at the right has its width; the reason gets the rest.
        let room = rect.width() - theme.px(20.0 + 398.0);
        painter.circle_filled(at(8.0, 11.0), theme.px(3.5), color_of(proposal));
        let strong = (11.5, Weight::Bold, TEXT);
        theme.line(
            &painter,
            at(20.0, 10.0),
            left,
            &proposal.finding,
            room,
            strong,
        );
        let quiet = (10.5, Weight::Regular, SECONDARY);
        theme.line(
            &painter,
            at(20.0, 26.0),
            left,
            &proposal.reason,
            room,
            quiet,
        );
        let values = format!(
            "{} {} → {}",
            self.name(),
            self.value(proposal.from),
            self.value(proposal.to)
        );
        let normal = (11.5, Weight::Regular, TEXT);
        let room = theme.px(232.0);
        theme.line(
            &painter,
            from_right(390.0, 10.0),
            left,
            &values,
            room,
            normal,
        );
        let does = proposal.effect.descriptions().join(", ");
        let sure = format!("{}  {does}", dots(proposal.confidence));
        theme.line(&painter, from_right(390.0, 26.0), left, &sure, room, quiet);

        let control =
            |x: f32, width: f32| Rect::from_min_size(from_right(x, 7.0), theme.vec(width, 22.0));
        let name = self.name().to_owned();
        let amount_name = format!("amount of {name}");
        amount(
            ui,
            control(148.0, 52.0),
            theme,
            decisions.amount_of(proposal.id),
            &amount_name,
        );
        let label = Label {
            name: "Apply",
            tip: "Set this one",
        };
        let applied = ui
            .push_id(proposal.id, |ui| {
                controls.button(ui, control(90.0, 54.0), label, !proposal.is_empty())
            })
            .inner;
        if self.discard(ui, control(28.0, 22.0), "drop", true) {
            decisions.discard(proposal.id);
            return false;
        }
        let text = Rect::from_min_max(rect.min, pos2(control(148.0, 0.0).left(), rect.bottom()));
        let told = self.told();
        ui.interact(text, ui.scope_id().with((&name, "told")), Sense::hover())
            .on_hover_text(&told)
            .widget_info(|| WidgetInfo::labeled(Role::Label, true, format!("proposal: {told}")));
        applied
    }

    /// A cross; true if it was pressed.
    fn discard(&self, ui: &mut Ui, rect: Rect, word: &str, is_shown: bool) -> bool {
        let name = format!("{word} {}", self.name());
        let away = ui.interact(rect, ui.scope_id().with(&name), Sense::click());
        away.widget_info(|| WidgetInfo::labeled(Role::Button, true, &name));
        if is_shown || away.hovered() || away.has_focus() {
            let color = if away.hovered() { TEXT } else { TERTIARY };
            let style = (11.5, Weight::Bold, color);
            let theme = self.theme;
            theme.text(
                ui.painter(),
                rect.center(),
                Align2::CENTER_CENTER,
                "×",
                style,
            );
            theme.focus(ui.painter(), rect, &away);
        }
        away.on_hover_text("Not this one").clicked()
    }
}

/// A field with an amount.
pub(crate) fn amount(ui: &mut Ui, rect: Rect, theme: Theme, amount: &mut Amount, name: &str) {
    let response = ui.interact(rect, ui.scope_id().with(name), Sense::click_and_drag());
    response.widget_info(|| WidgetInfo::slider(true, f64::from(amount.get()), name));
    turn(ui, &response, theme, amount);
    theme.button(ui.painter(), rect, &response, false);
    // How much, seen at a glance.
    let share = amount.get() / MOST;
    let filled = Rect::from_min_size(rect.min, vec2(rect.width() * share, rect.height()));
    let tint = OUTPUT.gamma_multiply(0.14);
    ui.painter()
        .rect_filled(filled.shrink(theme.px(1.0)), theme.radius(5.0), tint);
    let text = format!("{:.0} %", 100.0 * amount.get());
    let style = (11.0, Weight::Regular, TEXT);
    let middle = Align2::CENTER_CENTER;
    theme.text(ui.painter(), rect.center(), middle, text, style);
    let most = 100.0 * MOST;
    response.on_hover_text(format!(
        "How much of what is proposed, 0 to {most:.0} %: drag, or arrow keys; double-click for 100 %"
    ));
}

/// Dragging and arrow keys change an amount; a double click brings it back.
fn turn(ui: &Ui, response: &Response, theme: Theme, amount: &mut Amount) {
    if response.dragged() {
        let moved = response.drag_delta();
        amount.change((moved.x - moved.y) / theme.px(DRAG));
    }
    keep_arrows(ui, response);
    if response.has_focus() {
        let pressed = |key| ui.input(|i| i.key_pressed(key));
        if pressed(Key::ArrowUp) || pressed(Key::ArrowRight) {
            amount.step(true);
        }
        if pressed(Key::ArrowDown) || pressed(Key::ArrowLeft) {
            amount.step(false);
        }
    }
    if response.double_clicked() {
        *amount = Amount::default();
    }
}

/// Three of them are as sure as can be.
fn dots(confidence: f32) -> &'static str {
    match confidence {
        c if c < 0.7 => "●○○",
        c if c < 0.9 => "●●○",
        _ => "●●●",
    }
}

/// An anchor's, or its pillar's.
fn color_of(proposal: &Proposal) -> Color32 {
    match proposal.id {
        ParameterId::Body => ANCHORS[0],
        ParameterId::Soul => ANCHORS[1],
        ParameterId::Silk => ANCHORS[2],
        id => PILLARS[id.pillar() as usize],
    }
}
