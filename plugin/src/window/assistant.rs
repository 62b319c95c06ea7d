//! The assistant: what it heard, what it proposes and why. Nothing moves until a proposal, or all of them, is pressed; then
//! ordinary parameters move with gestures, as one step that can be undone.

use egui::{Align2, Rect, Sense, Ui, WidgetInfo};
use flow_inference::analysis::{Analysis, Heard, Pillar, Proposal};
use flow_inference::service::Report;

use super::balance::Balance;
use super::controls::{Desk, Label};
use super::hand::Hand;
use super::look::{ANCHORS, OUTPUT, SECONDARY, TERTIARY, TEXT, Weight};
use crate::gestures::Gestures;
use crate::params::{AnyParam, FlowParams};

/// Proposals that find room; *Apply all* means all of them, and says how many that are.
const LINES: usize = 3;

/// What the user did here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Asked {
    /// Nothing.
    Nothing,
    /// To listen anew.
    Listen,
}

/// Proposals if there are any; until then the balance in words.
pub(crate) fn show(
    ui: &mut Ui,
    rect: Rect,
    desk: &mut Desk<'_>,
    params: &FlowParams,
    (balance, style_name): (&Balance, &str),
    report: Option<&Report>,
) -> Asked {
    let analysis = report.and_then(|report| report.analysis.as_deref());
    let proposing = analysis.filter(|a| a.heard == Heard::Music && !a.proposals.is_empty());
    let Some(analysis) = proposing else {
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

    let mut y = 76.0;
    let mut chosen: Vec<&Proposal> = Vec::new();
    for proposal in analysis.proposals.iter().take(LINES) {
        let Some(param) = param_of(params, proposal) else {
            continue;
        };
        let line = Rect::from_min_size(at(8.0, y - 9.0), look.vec(154.0, 27.0));
        let name = format!("apply {}", param.name());
        let response = ui.interact(line, ui.scope_id().with(&name), Sense::click());
        let told = format!(
            "{} {} → {}. {}",
            param.name(),
            proposal.from,
            proposal.to,
            proposal.reason
        );
        response.widget_info(|| {
            WidgetInfo::labeled(egui::Role::Button, true, format!("{name}: {told}"))
        });
        if response.hovered() || response.has_focus() {
            painter.rect_filled(line, look.radius(4.0), super::look::WELL);
        }
        painter.circle_filled(at(18.0, y), look.px(3.5), color_of(proposal));
        let change = format!("{}  {}", param.name(), proposal.to);
        look.text(
            &painter,
            at(28.0, y),
            left,
            &change,
            (11.5, Weight::Regular, TEXT),
        );
        let sure = format!("from {}  {}", proposal.from, dots(proposal.confidence));
        look.text(
            &painter,
            at(28.0, y + 12.0),
            left,
            &sure,
            (10.5, Weight::Regular, SECONDARY),
        );
        if response.on_hover_text(told).clicked() {
            chosen.push(proposal);
        }
        y += 30.0;
    }

    let row = |x: f32, width: f32| Rect::from_min_size(at(x, 168.0), look.vec(width, 26.0));
    let listen = Label {
        name: "Listen",
        tip: "Forget what was heard and listen anew: play the loud part",
    };
    let asked = if desk.button(ui, row(14.0, 56.0), listen, false) {
        Asked::Listen
    } else {
        Asked::Nothing
    };
    let all = format!("Apply all {}", analysis.proposals.len());
    let apply = Label {
        name: &all,
        tip: "Set all proposals; one undo takes them back",
    };
    if desk.button(ui, row(76.0, 80.0), apply, true) {
        chosen = analysis.proposals.iter().collect();
    }
    apply_all(&chosen, params, desk.hand);
    told_in_words(ui, rect, analysis, balance);
    asked
}

/// Sets parameters to what is proposed, as one step.
fn apply_all(proposals: &[&Proposal], params: &FlowParams, hand: &mut Hand) {
    if proposals.is_empty() {
        return;
    }
    hand.together(|hand| {
        for proposal in proposals {
            let param = param_of(params, proposal);
            let wanted = param.and_then(|p| Some((p, p.parse(&proposal.to.to_string())?)));
            if let Some((param, normalised)) = wanted {
                hand.set(param, normalised);
            }
        }
    });
}

fn param_of<'p>(params: &'p FlowParams, proposal: &Proposal) -> Option<AnyParam<'p>> {
    params
        .each()
        .find_map(|(id, param)| (id == proposal.id).then_some(param))
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
fn told_in_words(ui: &Ui, rect: Rect, analysis: &Analysis, balance: &Balance) {
    let reasons: Vec<&str> = analysis
        .proposals
        .iter()
        .map(|p| p.reason.as_str())
        .collect();
    let said = format!(
        "assistant: {} tonal balance: {}",
        reasons.join(" "),
        balance.in_words()
    );
    let title = Rect::from_min_size(rect.min, egui::vec2(rect.width(), rect.height() * 0.15));
    ui.interact(title, ui.scope_id().with("assistant"), Sense::hover())
        .widget_info(|| WidgetInfo::labeled(egui::Role::Label, true, said.clone()));
}
