//! The assistant: what it heard, what it proposes and why. Nothing moves until a proposal, or all of them, is pressed; then
//! ordinary parameters move with gestures, as one step that can be undone.

use egui::{Align2, Key, Rect, Response, Role, Sense, Ui, WidgetInfo};
use flow_inference::analysis::{Analysis, Pillar, Proposal};
use flow_inference::service::Report;

use super::balance::Balance;
use super::controls::{Desk, Label, keep_arrows};
use super::decisions::{Amount, Decisions, MOST, param_of};
use super::look::{ANCHORS, Look, OUTPUT, SECONDARY, TERTIARY, TEXT, WELL, Weight};
use crate::params::FlowParams;

/// Proposals that find room; *Apply all* means all of them, and says how many that are.
const LINES: usize = 3;

/// Pixels at 100 % that an amount is dragged from 0 to 100 %.
const DRAG: f32 = 120.0;

/// What the user did here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Asked {
    /// Nothing.
    Nothing,
    /// To listen anew.
    Listen,
}

/// What the panel shows.
pub(crate) struct Told<'a> {
    pub(crate) balance: &'a Balance,
    pub(crate) style_name: &'a str,
    pub(crate) report: Option<&'a Report>,
    /// What there is to decide.
    pub(crate) proposals: &'a [Proposal],
}

/// Proposals if there are any; until then the balance in words.
pub(crate) fn show(
    ui: &mut Ui,
    rect: Rect,
    desk: &mut Desk<'_>,
    params: &FlowParams,
    told: &Told<'_>,
    decisions: &mut Decisions,
) -> Asked {
    let Told {
        balance,
        style_name,
        report,
        proposals,
    } = *told;
    let analysis = report.and_then(|report| report.analysis.as_deref());
    let Some(analysis) = analysis.filter(|_| !proposals.is_empty()) else {
        balance.panel(ui, rect, desk.look, style_name, report);
        return Asked::Nothing;
    };
    let look = desk.look;
    let painter = ui.painter().clone();
    look.panel(&painter, rect);
    let at = |x: f32, y: f32| rect.min + look.vec(x, y);
    let left = Align2::LEFT_CENTER;
    let title = (11.5, Weight::Bold, SECONDARY);
    look.text(&painter, at(14.0, 18.0), left, "ASSISTANT", title);
    let field = Rect::from_min_size(at(104.0, 8.0), look.vec(52.0, 20.0));
    overall(ui, field, look, &mut decisions.overall);
    let [style, movement] = heard(analysis, style_name);
    look.text(
        &painter,
        at(14.0, 40.0),
        left,
        &style,
        (12.0, Weight::Bold, TEXT),
    );
    look.text(
        &painter,
        at(14.0, 56.0),
        left,
        &movement,
        (10.5, Weight::Regular, TERTIARY),
    );

    let mut chosen: Vec<&Proposal> = Vec::new();
    let lines = proposals.iter().take(LINES).zip([76.0, 106.0, 136.0]);
    for (proposal, y) in lines {
        let place = Rect::from_min_size(at(8.0, y - 9.0), look.vec(154.0, 27.0));
        if line(ui, place, look, params, (proposal, decisions)) {
            chosen.push(proposal);
        }
    }

    let row = |x: f32, width: f32| Rect::from_min_size(at(x, 168.0), look.vec(width, 26.0));
    let listen = Label {
        name: "Listen",
        tip: "Forget what was heard and listen anew: play the loud part",
    };
    let asked = if desk.button(ui, row(14.0, 56.0), listen, false) {
        decisions.forget();
        Asked::Listen
    } else {
        Asked::Nothing
    };
    let all = format!("Apply all {}", proposals.len());
    let apply = Label {
        name: &all,
        tip: "Set all proposals; one undo takes them back",
    };
    if desk.button(ui, row(76.0, 80.0), apply, true) {
        chosen = proposals.iter().collect();
    }
    decisions.take(&chosen, params, desk.hand);
    told_in_words(ui, rect, proposals, balance);
    asked
}

/// One proposal; true if it was pressed.
fn line(
    ui: &mut Ui,
    rect: Rect,
    look: Look,
    params: &FlowParams,
    (proposal, decisions): (&Proposal, &mut Decisions),
) -> bool {
    let Some(param) = param_of(params, proposal.id) else {
        return false;
    };
    let painter = ui.painter().clone();
    let name = format!("apply {}", param.name());
    let response = ui.interact(rect, ui.scope_id().with(&name), Sense::click_and_drag());
    let told = format!(
        "{} {} → {}. {}",
        param.name(),
        proposal.from,
        proposal.to,
        proposal.reason
    );
    response.widget_info(|| WidgetInfo::labeled(Role::Button, true, format!("{name}: {told}")));
    let looked_at = response.hovered() || response.has_focus() || response.dragged();
    if looked_at {
        painter.rect_filled(rect, look.radius(4.0), WELL);
    }
    let at = |x: f32, y: f32| rect.min + look.vec(x, y);
    let (left, right) = (Align2::LEFT_CENTER, Align2::RIGHT_CENTER);
    painter.circle_filled(at(10.0, 9.0), look.px(3.5), color_of(proposal));
    let change = format!("{}  {}", param.name(), proposal.to);
    let strong = (11.5, Weight::Regular, TEXT);
    look.text(&painter, at(20.0, 9.0), left, &change, strong);
    let quiet = (10.5, Weight::Regular, SECONDARY);
    let sure = format!("from {}  {}", proposal.from, dots(proposal.confidence));
    look.text(&painter, at(20.0, 21.0), left, &sure, quiet);

    let amount = decisions.amount_of(proposal.id);
    turn(ui, &response, look, amount);
    let here = amount.get();
    if looked_at || here != 1.0 {
        let here = format!("{:.0} %", 100.0 * here);
        look.text(&painter, at(150.0, 21.0), right, &here, quiet);
    }
    let cross = Rect::from_min_size(at(138.0, 0.0), look.vec(16.0, 15.0));
    let away = ui.interact(cross, ui.scope_id().with((&name, "away")), Sense::click());
    away.widget_info(|| {
        WidgetInfo::labeled(Role::Button, true, format!("discard {}", param.name()))
    });
    if looked_at || away.hovered() || away.has_focus() {
        let style = (
            11.5,
            Weight::Bold,
            if away.hovered() { TEXT } else { TERTIARY },
        );
        look.text(&painter, cross.center(), Align2::CENTER_CENTER, "×", style);
    }
    if away.on_hover_text("Not this one").clicked() {
        decisions.discard(proposal.id);
        return false;
    }
    let told = format!("{told}\nClick to set it; drag to have more or less of it.");
    response.on_hover_text(told).clicked()
}

/// How much of all proposals.
fn overall(ui: &mut Ui, rect: Rect, look: Look, amount: &mut Amount) {
    let response = ui.interact(rect, ui.scope_id().with("amount"), Sense::click_and_drag());
    response.widget_info(|| WidgetInfo::slider(true, f64::from(amount.get()), "amount"));
    turn(ui, &response, look, amount);
    look.button(ui.painter(), rect, &response, false);
    let text = format!("{:.0} %", 100.0 * amount.get());
    let style = (11.0, Weight::Regular, TEXT);
    look.text(
        ui.painter(),
        rect.center(),
        Align2::CENTER_CENTER,
        text,
        style,
    );
    let most = 100.0 * MOST;
    response.on_hover_text(format!(
        "How much of all proposals, 0 to {most:.0} %: drag, or arrow keys; double-click for 100 %"
    ));
}

/// Dragging and arrow keys change an amount; a double click brings it back.
fn turn(ui: &Ui, response: &Response, look: Look, amount: &mut Amount) {
    if response.dragged() {
        let moved = response.drag_delta();
        amount.change((moved.x - moved.y) / look.px(DRAG));
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

/// The style with its probability, and how the music moves.
fn heard(analysis: &Analysis, style_name: &str) -> [String; 2] {
    let seconds = format!("heard {:.0} s", analysis.summary.seconds);
    let Some(opinion) = &analysis.opinion else {
        return [format!("against {style_name}"), seconds];
    };
    let style = match opinion.likely_style() {
        Some((name, probability)) => {
            let mut letters = name.chars();
            let first = letters.next().map(|c| c.to_ascii_uppercase());
            let name: String = first.into_iter().chain(letters).collect();
            format!("{name} {probability:.2}")
        }
        None => "Style: unsure".to_owned(),
    };
    [style, format!("{} · {seconds}", opinion.energy_word())]
}

/// Three of them are as sure as can be.
fn dots(confidence: f32) -> &'static str {
    match confidence {
        c if c < 0.7 => "●○○",
        c if c < 0.9 => "●●○",
        _ => "●●●",
    }
}

fn color_of(proposal: &Proposal) -> egui::Color32 {
    match (proposal.pillar, proposal.id) {
        (Pillar::VelvetFloor, _) | (_, "crbod") => ANCHORS[0],
        (_, "crsou") => ANCHORS[1],
        (Pillar::PhaseWeave | Pillar::HarmonicLattice, _) | (_, "crsil") => ANCHORS[2],
        (Pillar::VelvetCurve, _) => ANCHORS[3],
        (Pillar::MasterChain, _) => OUTPUT,
    }
}

/// For those who don't see it.
fn told_in_words(ui: &Ui, rect: Rect, proposals: &[Proposal], balance: &Balance) {
    let reasons: Vec<&str> = proposals.iter().map(|p| p.reason.as_str()).collect();
    let said = format!(
        "assistant: {} tonal balance: {}",
        reasons.join(" "),
        balance.in_words()
    );
    let title = Rect::from_min_size(
        rect.min,
        egui::vec2(rect.width() * 0.6, rect.height() * 0.15),
    );
    ui.interact(title, ui.scope_id().with("assistant"), Sense::hover())
        .widget_info(|| WidgetInfo::labeled(egui::Role::Label, true, said.clone()));
}
