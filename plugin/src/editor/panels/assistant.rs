//! The assistant's panel: how far it is with listening, what it heard, and the first of what it proposes. Nothing moves until
//! a proposal, or all of them, is pressed; then ordinary parameters move with gestures, as one step that can be undone.

use egui::{Align2, Rect, Role, Sense, Ui, WidgetInfo, pos2, vec2};
use flow_analysis::report::{Analysis, Finding, Proposal};

use crate::editor::model::listening_state::{ListeningState, is_single};
use crate::editor::model::proposals::ProposalDecisions;
use crate::editor::model::tonal_balance::TonalBalance;
use crate::editor::panels::proposal_row::{self, ProposalRow};
use crate::editor::widgets::param_ui::{Label, ParamUi};
use crate::editor::widgets::theme::{
    LINE, OUTPUT, REDUCTION, SECONDARY, TERTIARY, TEXT, Theme, Weight,
};
use crate::params::FlowParams;

/// Findings and proposals that find room; the details have all of them.
const LINES: usize = 3;
const LINE_TOPS: [f32; LINES] = [67.0, 99.0, 131.0];

/// What the user did here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum AssistantAction {
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
pub(crate) struct AssistantView<'a> {
    pub(crate) hearing: &'a ListeningState<'a>,
    /// The user wants it to listen.
    pub(crate) is_listening: bool,
    pub(crate) balance: &'a TonalBalance,
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
    controls: &mut ParamUi<'_>,
    params: &FlowParams,
    view: &AssistantView<'_>,
    decisions: &mut ProposalDecisions,
) -> AssistantAction {
    let theme = controls.theme;
    let painter = ui.painter().clone();
    theme.panel(&painter, rect);
    let at = |x: f32, y: f32| rect.min + theme.vec(x, y);
    let title = (11.5, Weight::Bold, SECONDARY);
    theme.text(
        &painter,
        at(14.0, 18.0),
        Align2::LEFT_CENTER,
        "ASSISTANT",
        title,
    );
    let ready = view.hearing.ready();
    let mut action = AssistantAction::Nothing;
    if ready.is_some_and(|_| !view.proposals.is_empty()) {
        let field = Rect::from_min_size(at(104.0, 8.0), theme.vec(52.0, 20.0));
        proposal_row::amount(ui, field, theme, &mut decisions.overall, "amount");
    }
    let heading = view.hearing.heading(view.style_name);
    let bold = (12.0, Weight::Bold, TEXT);
    let room = theme.px(142.0);
    theme.line(
        &painter,
        at(14.0, 40.0),
        Align2::LEFT_CENTER,
        &heading,
        room,
        bold,
    );
    in_words(ui, rect, view);

    let mut chosen: Vec<&Proposal> = Vec::new();
    match ready {
        Some(analysis) => {
            let line = view.hearing.line();
            let quiet = (10.5, Weight::Regular, TERTIARY);
            theme.text(&painter, at(14.0, 56.0), Align2::LEFT_CENTER, &line, quiet);
            if view.has_more {
                let more = Rect::from_min_size(at(112.0, 48.0), theme.vec(44.0, 17.0));
                let label = Label {
                    name: "more",
                    tip: "Clearly more was heard by now: judge all of it. Proposals may change",
                };
                if controls.button(ui, more, label, false) {
                    action = AssistantAction::GoOn;
                }
            }
            chosen = lines(
                ui,
                rect,
                controls,
                params,
                (analysis, view.proposals),
                decisions,
            );
        }
        None => explanation(ui, rect, theme, view.hearing),
    }

    let row = |x: f32, width: f32| Rect::from_min_size(at(x, 170.0), theme.vec(width, 26.0));
    let place = row(14.0, 48.0);
    if view.is_listening && ready.is_none() {
        let stop = Label {
            name: "Stop",
            tip: "Listen no more",
        };
        if controls.button(ui, place, stop, false) {
            action = AssistantAction::Stop;
        }
    } else {
        let listen = Label {
            name: "Listen",
            tip: "Forget what was heard and listen anew: play the loud part",
        };
        if controls.button(ui, place, listen, ready.is_none()) {
            action = AssistantAction::Listen;
        }
    }
    let open = view.proposals.iter().filter(|p| !p.is_empty()).count();
    let all = match open {
        0 => "Apply all".to_owned(),
        open => format!("Apply all {open}"),
    };
    let apply = Label {
        name: &all,
        tip: "Set all proposals; one undo takes them back",
    };
    if controls.button(ui, row(66.0, 64.0), apply, open > 0) {
        chosen = view.proposals.iter().collect();
    }
    if details_button(ui, row(134.0, 22.0), theme) {
        action = AssistantAction::Details;
    }
    decisions.take(&chosen, params, controls.history);
    action
}

fn details_button(ui: &mut Ui, rect: Rect, theme: Theme) -> bool {
    let response = ui.interact(rect, ui.scope_id().with("details"), Sense::click());
    response.widget_info(|| WidgetInfo::labeled(Role::Button, true, "Assistant details"));
    theme.more(ui.painter(), rect, &response);
    let tip = "What was heard and found, all proposals with what they do, and references";
    response.on_hover_text(tip).clicked()
}

/// What is to be done or known, and how far listening is.
fn explanation(ui: &Ui, rect: Rect, theme: Theme, hearing: &ListeningState<'_>) {
    let painter = ui.painter();
    let at = |x: f32, y: f32| rect.min + theme.vec(x, y);
    let mut top = 52.0;
    if let Some(progress) = hearing.progress() {
        let bar = Rect::from_min_size(at(14.0, 56.0), theme.vec(142.0, 5.0));
        painter.rect_filled(bar, theme.radius(2.0), LINE);
        let heard = Rect::from_min_size(bar.min, vec2(bar.width() * progress, bar.height()));
        painter.rect_filled(heard, theme.radius(2.0), OUTPUT);
        top = 72.0;
    }
    let font = theme.font(10.5, Weight::Regular);
    let lines = painter.layout(hearing.line(), font, SECONDARY, theme.px(142.0));
    painter.galley(at(14.0, top), lines, SECONDARY);
}

/// Damage first, then what is proposed; those that were pressed.
fn lines<'p>(
    ui: &mut Ui,
    rect: Rect,
    controls: &mut ParamUi<'_>,
    params: &FlowParams,
    (analysis, proposals): (&Analysis, &'p [Proposal]),
    decisions: &mut ProposalDecisions,
) -> Vec<&'p Proposal> {
    let theme = controls.theme;
    let place =
        |top: f32| Rect::from_min_size(rect.min + theme.vec(8.0, top), theme.vec(154.0, 29.0));
    let mut tops = LINE_TOPS.into_iter();
    if let Some(damage) = damage(analysis).next() {
        let place = place(tops.next().unwrap_or_default());
        finding(ui, place, theme, damage);
    }
    let mut chosen = Vec::new();
    if proposals.is_empty() {
        let font = theme.font(10.5, Weight::Regular);
        let said = match analysis.proposals.len() {
            0 if analysis.reference_match.is_some() => {
                "Nothing to change: it is as near as it can be, or what would lead there is off."
            }
            0 if is_single(analysis) => {
                "It isn't compared with mixes: play all of the song together."
            }
            0 => "Nothing to change: it is as it should be, or too little is off to be sure.",
            _ => "Nothing more to decide.",
        };
        let room = theme.px(142.0);
        let text = ui.painter().layout(said.into(), font, SECONDARY, room);
        let at = rect.min + theme.vec(14.0, tops.next().unwrap_or_default() + 4.0);
        ui.painter().galley(at, text, SECONDARY);
        return chosen;
    }
    for (proposal, top) in proposals.iter().zip(tops) {
        let row = ProposalRow {
            proposal,
            params,
            theme,
        };
        if row.small(ui, place(top), decisions) {
            chosen.push(proposal);
        }
    }
    chosen
}

/// What no setting undoes.
pub(crate) fn damage(analysis: &Analysis) -> impl Iterator<Item = &Finding> {
    analysis.findings.iter().filter(|f| f.is_irreversible)
}

/// In two lines at most, the rest under the pointer.
fn finding(ui: &mut Ui, rect: Rect, theme: Theme, finding: &Finding) {
    let painter = ui.painter();
    let mark = pos2(rect.left() + theme.px(10.0), rect.top() + theme.px(9.0));
    theme.text(
        painter,
        mark,
        Align2::CENTER_CENTER,
        "!",
        (11.5, Weight::Bold, REDUCTION),
    );
    let font = theme.font(10.5, Weight::Regular);
    let mut job = egui::text::LayoutJob::simple(
        finding.text.clone(),
        font,
        REDUCTION,
        rect.width() - theme.px(24.0),
    );
    job.wrap.max_rows = 2;
    let text = painter.layout_job(job);
    painter.galley(rect.min + theme.vec(20.0, 2.0), text, REDUCTION);
    ui.interact(rect, ui.scope_id().with("damage"), Sense::hover())
        .on_hover_text(format!("{} No setting brings it back.", finding.text))
        .widget_info(|| {
            WidgetInfo::labeled(Role::Label, true, format!("damage: {}", finding.text))
        });
}

/// For those who don't see it.
fn in_words(ui: &Ui, rect: Rect, view: &AssistantView<'_>) {
    let heading = view.hearing.heading(view.style_name);
    let reasons: Vec<&str> = view.proposals.iter().map(|p| p.reason.as_str()).collect();
    let said = format!(
        "assistant: {heading}. {} {} tonal balance: {}",
        view.hearing.line(),
        reasons.join(" "),
        view.balance.in_words()
    );
    let title = Rect::from_min_size(rect.min, vec2(rect.width() * 0.6, rect.height() * 0.15));
    ui.interact(title, ui.scope_id().with("assistant"), Sense::hover())
        .widget_info(|| WidgetInfo::labeled(Role::Label, true, said.clone()));
}
