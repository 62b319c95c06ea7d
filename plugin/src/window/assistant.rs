//! The assistant's panel: how far it is with listening, what it heard, and the first of what it proposes. Nothing moves until
//! a proposal, or all of them, is pressed; then ordinary parameters move with gestures, as one step that can be undone.

use egui::{Align2, Rect, Role, Sense, Ui, WidgetInfo, pos2, vec2};
use flow_analysis::analysis::{Analysis, Finding, Proposal};

use super::balance::Balance;
use super::controls::{Desk, Label};
use super::decisions::Decisions;
use super::hearing::{Hearing, is_single};
use super::look::{LINE, Look, OUTPUT, REDUCTION, SECONDARY, TERTIARY, TEXT, Weight};
use super::proposals::{self, Row};
use crate::params::FlowParams;

/// Findings and proposals that find room; the details have all of them.
const LINES: usize = 3;
const LINE_TOPS: [f32; LINES] = [67.0, 99.0, 131.0];

/// What the user did here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Asked {
    /// Nothing.
    Nothing,
    /// To listen anew.
    Listen,
    /// To listen no more.
    Stop,
    /// To judge all that was heard.
    GoOn,
    /// To see everything.
    Details,
}

/// What the panel shows.
pub(crate) struct Told<'a> {
    pub(crate) hearing: &'a Hearing<'a>,
    /// The user wants it to listen.
    pub(crate) is_listening: bool,
    pub(crate) balance: &'a Balance,
    pub(crate) style_name: &'a str,
    /// Clearly more was heard than was judged.
    pub(crate) has_more: bool,
    /// What there is to decide.
    pub(crate) proposals: &'a [Proposal],
}

/// Draws the panel.
pub(crate) fn show(
    ui: &mut Ui,
    rect: Rect,
    desk: &mut Desk<'_>,
    params: &FlowParams,
    told: &Told<'_>,
    decisions: &mut Decisions,
) -> Asked {
    let look = desk.look;
    let painter = ui.painter().clone();
    look.panel(&painter, rect);
    let at = |x: f32, y: f32| rect.min + look.vec(x, y);
    let title = (11.5, Weight::Bold, SECONDARY);
    look.text(
        &painter,
        at(14.0, 18.0),
        Align2::LEFT_CENTER,
        "ASSISTANT",
        title,
    );
    let ready = told.hearing.ready();
    let mut asked = Asked::Nothing;
    if ready.is_some_and(|_| !told.proposals.is_empty()) {
        let field = Rect::from_min_size(at(104.0, 8.0), look.vec(52.0, 20.0));
        proposals::amount(ui, field, look, &mut decisions.overall, "amount");
    }
    let heading = told.hearing.heading(told.style_name);
    let bold = (12.0, Weight::Bold, TEXT);
    let room = look.px(142.0);
    look.line(
        &painter,
        at(14.0, 40.0),
        Align2::LEFT_CENTER,
        &heading,
        room,
        bold,
    );
    in_words(ui, rect, told);

    let mut chosen: Vec<&Proposal> = Vec::new();
    match ready {
        Some(analysis) => {
            let line = told.hearing.line();
            let quiet = (10.5, Weight::Regular, TERTIARY);
            look.text(&painter, at(14.0, 56.0), Align2::LEFT_CENTER, &line, quiet);
            if told.has_more {
                let more = Rect::from_min_size(at(112.0, 48.0), look.vec(44.0, 17.0));
                let label = Label {
                    name: "more",
                    tip: "Clearly more was heard by now: judge all of it. Proposals may change",
                };
                if desk.button(ui, more, label, false) {
                    asked = Asked::GoOn;
                }
            }
            chosen = lines(
                ui,
                rect,
                desk,
                params,
                (analysis, told.proposals),
                decisions,
            );
        }
        None => explanation(ui, rect, look, told.hearing),
    }

    let row = |x: f32, width: f32| Rect::from_min_size(at(x, 170.0), look.vec(width, 26.0));
    let place = row(14.0, 48.0);
    if told.is_listening && ready.is_none() {
        let stop = Label {
            name: "Stop",
            tip: "Listen no more",
        };
        if desk.button(ui, place, stop, false) {
            asked = Asked::Stop;
        }
    } else {
        let listen = Label {
            name: "Listen",
            tip: "Forget what was heard and listen anew: play the loud part",
        };
        if desk.button(ui, place, listen, ready.is_none()) {
            asked = Asked::Listen;
        }
    }
    let open = told.proposals.iter().filter(|p| !p.is_nothing()).count();
    let all = match open {
        0 => "Apply all".to_owned(),
        open => format!("Apply all {open}"),
    };
    let apply = Label {
        name: &all,
        tip: "Set all proposals; one undo takes them back",
    };
    if desk.button(ui, row(66.0, 64.0), apply, open > 0) {
        chosen = told.proposals.iter().collect();
    }
    if details_button(ui, row(134.0, 22.0), look) {
        asked = Asked::Details;
    }
    decisions.take(&chosen, params, desk.hand);
    asked
}

fn details_button(ui: &mut Ui, rect: Rect, look: Look) -> bool {
    let response = ui.interact(rect, ui.scope_id().with("details"), Sense::click());
    response.widget_info(|| WidgetInfo::labeled(Role::Button, true, "Assistant details"));
    look.more(ui.painter(), rect, &response);
    let tip = "What was heard and found, all proposals with what they do, and references";
    response.on_hover_text(tip).clicked()
}

/// What is to be done or known, and how far listening is.
fn explanation(ui: &Ui, rect: Rect, look: Look, hearing: &Hearing<'_>) {
    let painter = ui.painter();
    let at = |x: f32, y: f32| rect.min + look.vec(x, y);
    let mut top = 52.0;
    if let Some(progress) = hearing.progress() {
        let bar = Rect::from_min_size(at(14.0, 56.0), look.vec(142.0, 5.0));
        painter.rect_filled(bar, look.radius(2.0), LINE);
        let heard = Rect::from_min_size(bar.min, vec2(bar.width() * progress, bar.height()));
        painter.rect_filled(heard, look.radius(2.0), OUTPUT);
        top = 72.0;
    }
    let font = look.font(10.5, Weight::Regular);
    let lines = painter.layout(hearing.line(), font, SECONDARY, look.px(142.0));
    painter.galley(at(14.0, top), lines, SECONDARY);
}

/// Damage first, then what is proposed; those that were pressed.
fn lines<'p>(
    ui: &mut Ui,
    rect: Rect,
    desk: &mut Desk<'_>,
    params: &FlowParams,
    (analysis, proposals): (&Analysis, &'p [Proposal]),
    decisions: &mut Decisions,
) -> Vec<&'p Proposal> {
    let look = desk.look;
    let place =
        |top: f32| Rect::from_min_size(rect.min + look.vec(8.0, top), look.vec(154.0, 29.0));
    let mut tops = LINE_TOPS.into_iter();
    if let Some(damage) = damage(analysis).next() {
        let place = place(tops.next().unwrap_or_default());
        finding(ui, place, look, damage);
    }
    let mut chosen = Vec::new();
    if proposals.is_empty() {
        let font = look.font(10.5, Weight::Regular);
        let said = match analysis.proposals.len() {
            0 if analysis.led.is_some() => {
                "Nothing to change: it is as near as it can be, or what would lead there is off."
            }
            0 if is_single(analysis) => {
                "It isn't compared with mixes: play all of the song together."
            }
            0 => "Nothing to change: it is as it should be, or too little is off to be sure.",
            _ => "Nothing more to decide.",
        };
        let room = look.px(142.0);
        let text = ui.painter().layout(said.into(), font, SECONDARY, room);
        let at = rect.min + look.vec(14.0, tops.next().unwrap_or_default() + 4.0);
        ui.painter().galley(at, text, SECONDARY);
        return chosen;
    }
    for (proposal, top) in proposals.iter().zip(tops) {
        let row = Row {
            proposal,
            params,
            look,
        };
        if row.small(ui, place(top), decisions) {
            chosen.push(proposal);
        }
    }
    chosen
}

/// What no setting undoes.
pub(crate) fn damage(analysis: &Analysis) -> impl Iterator<Item = &Finding> {
    analysis.findings.iter().filter(|f| f.cannot_be_undone)
}

/// In two lines at most, the rest under the pointer.
fn finding(ui: &mut Ui, rect: Rect, look: Look, finding: &Finding) {
    let painter = ui.painter();
    let mark = pos2(rect.left() + look.px(10.0), rect.top() + look.px(9.0));
    look.text(
        painter,
        mark,
        Align2::CENTER_CENTER,
        "!",
        (11.5, Weight::Bold, REDUCTION),
    );
    let font = look.font(10.5, Weight::Regular);
    let mut job = egui::text::LayoutJob::simple(
        finding.text.clone(),
        font,
        REDUCTION,
        rect.width() - look.px(24.0),
    );
    job.wrap.max_rows = 2;
    let text = painter.layout_job(job);
    painter.galley(rect.min + look.vec(20.0, 2.0), text, REDUCTION);
    ui.interact(rect, ui.scope_id().with("damage"), Sense::hover())
        .on_hover_text(format!("{} No setting brings it back.", finding.text))
        .widget_info(|| {
            WidgetInfo::labeled(Role::Label, true, format!("damage: {}", finding.text))
        });
}

/// For those who don't see it.
fn in_words(ui: &Ui, rect: Rect, told: &Told<'_>) {
    let heading = told.hearing.heading(told.style_name);
    let reasons: Vec<&str> = told.proposals.iter().map(|p| p.reason.as_str()).collect();
    let said = format!(
        "assistant: {heading}. {} {} tonal balance: {}",
        told.hearing.line(),
        reasons.join(" "),
        told.balance.in_words()
    );
    let title = Rect::from_min_size(rect.min, vec2(rect.width() * 0.6, rect.height() * 0.15));
    ui.interact(title, ui.scope_id().with("assistant"), Sense::hover())
        .widget_info(|| WidgetInfo::labeled(Role::Label, true, said.clone()));
}
