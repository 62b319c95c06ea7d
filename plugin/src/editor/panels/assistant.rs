//! The assistant's panel: the progress of listening and the first proposals.
//!
//! Proposals change nothing until they are applied. Applying moves ordinary parameters with gestures, as one undo step.

use egui::{Align2, Color32, Rect, Role, Sense, Ui, WidgetInfo, pos2, vec2};
use flow_analysis::report::{Finding, Grade, Proposal};

use crate::editor::model::editor_model::{AssistantView, EditorView};
use crate::editor::model::listening_state::{ListeningState, part_text};
use crate::editor::model::proposals::ProposalDecisions;
use crate::editor::model::verdict_texts::{damage, empty_text, fine_text, first_without_proposal};
use crate::editor::panels::proposal_row::ProposalRow;
use crate::editor::widgets::amount_field;
use crate::editor::widgets::button::ActionState;
use crate::editor::widgets::param_ui::ParamUi;
use crate::editor::widgets::theme::{POLL_INTERVAL, Theme, bold, regular};

/// Tops of the rows for damage, proposals and findings. The details show all of them.
const ROW_TOPS: [f32; 3] = [67.0, 99.0, 131.0];
/// Width of texts.
const TEXT_WIDTH: f32 = 142.0;

/// A request by the user.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum AssistantAction {
    None,
    /// Discard the collected audio and listen again.
    Listen,
    Stop,
    /// Analyze all audio that has arrived.
    Reanalyze,
    /// Open or close the details.
    ToggleDetails,
}

/// Draws the panel.
pub(crate) fn show(
    ui: &mut Ui,
    rect: Rect,
    controls: &mut ParamUi<'_>,
    view: &EditorView<'_>,
    decisions: &mut ProposalDecisions,
) -> AssistantAction {
    let theme = controls.theme;
    let assistant = &view.assistant;
    let proposals = &assistant.proposals;
    let painter = ui.painter().clone();
    theme.panel(&painter, rect);
    let left = Align2::LEFT_CENTER;
    let at = |x: f32, y: f32| rect.min + theme.vec(x, y);
    let title = bold(11.5, theme.color.secondary);
    theme.text(&painter, at(14.0, 18.0), left, "ASSISTANT", title);
    let mut action = AssistantAction::None;
    if !proposals.is_empty() {
        let field = Rect::from_min_size(at(104.0, 8.0), theme.vec(52.0, 20.0));
        amount_field::show(ui, field, theme, &mut decisions.overall, "amount");
    }
    let heading = assistant.heading();
    let width = theme.px(TEXT_WIDTH);
    theme.line(
        &painter,
        at(14.0, 40.0),
        left,
        &heading,
        width,
        bold(12.0, theme.color.text),
    );
    describe(ui, rect, view);
    if assistant.is_trying {
        // It ends without audio too, which would draw the next frame.
        ui.ctx().request_repaint_after(POLL_INTERVAL);
    }

    let mut chosen: Vec<&Proposal> = Vec::new();
    let analysis = assistant.listening.analysis();
    if let Some(analysis) = analysis {
        let mut line = assistant.listening.explanation();
        if assistant.is_trying {
            "Trying again…".clone_into(&mut line);
        } else if assistant.has_more {
            // The button leaves room for the duration alone.
            line = part_text(analysis);
            let place = Rect::from_min_size(at(88.0, 47.0), theme.vec(68.0, 18.0));
            let tip = if assistant.has_louder_part {
                "A louder part was heard since. Analyzes it, so that proposals may change"
            } else {
                "Analyzes the loudest part since Listen, and the loudness of all of it. Proposals may change"
            };
            if controls.button(ui, place, "Re-analyze", tip, assistant.has_louder_part) {
                action = AssistantAction::Reanalyze;
            }
        }
        let style = regular(10.5, theme.color.tertiary);
        let width = theme.px(TEXT_WIDTH);
        theme.line(&painter, at(14.0, 56.0), left, &line, width, style);
        chosen = rows(ui, rect, theme, view, decisions);
    } else {
        progress(ui, rect, theme, &assistant.listening);
    }

    let row = |x: f32, width: f32| Rect::from_min_size(at(x, 170.0), theme.vec(width, 26.0));
    let place = row(14.0, 48.0);
    if assistant.is_listening && analysis.is_none() {
        let tip = "Stops listening";
        if controls.button(ui, place, "Stop", tip, false) {
            action = AssistantAction::Stop;
        }
    } else {
        let tip = "Starts a new analysis: play the loud part of the song";
        if controls.button(ui, place, "Listen", tip, analysis.is_none()) {
            action = AssistantAction::Listen;
        }
    }
    let open = assistant.recommended().count();
    let name = match open {
        0 => "Apply all".to_owned(),
        open => format!("Apply all {open}"),
    };
    let tip = apply_all_tip(assistant);
    let state = match open {
        0 => ActionState::Impossible,
        _ => ActionState::Recommended,
    };
    let names = ["apply all", &name];
    if controls.action(ui, row(66.0, 64.0), names, &tip, state) {
        chosen = assistant.recommended().collect();
    }
    if details_button(ui, row(134.0, 22.0), theme) {
        action = AssistantAction::ToggleDetails;
    }
    decisions.apply(&chosen, &view.shared.params, controls.history);
    action
}

/// The effect of *Apply all*, or why there is none.
fn apply_all_tip(assistant: &AssistantView) -> String {
    let names: Vec<&str> = assistant.recommended().map(|p| p.id.name()).collect();
    match &names[..] {
        [] if assistant.proposals.is_empty() => "There is nothing to apply".to_owned(),
        [] => "None of the proposals is recommended. Click a possible one to apply it".to_owned(),
        names => format!("Applies as one undo step: {}", names.join(", ")),
    }
}

fn details_button(ui: &mut Ui, rect: Rect, theme: Theme) -> bool {
    let response = ui.interact(rect, ui.scope_id().with("details"), Sense::click());
    response.widget_info(|| WidgetInfo::labeled(Role::Button, true, "Assistant details"));
    theme.more(ui.painter(), rect, &response);
    let tip = "All findings and proposals with their effects, and the references";
    response.on_hover_text(tip).clicked()
}

/// The instruction, and a bar with the collected share of the audio.
fn progress(ui: &Ui, rect: Rect, theme: Theme, listening: &ListeningState) {
    let painter = ui.painter();
    let at = |x: f32, y: f32| rect.min + theme.vec(x, y);
    let mut top = 52.0;
    if let Some(progress) = listening.progress() {
        let track = Rect::from_min_size(at(14.0, 56.0), theme.vec(TEXT_WIDTH, 5.0));
        painter.rect_filled(track, theme.radius(2.0), theme.color.line);
        let bar = Rect::from_min_size(track.min, vec2(track.width() * progress, track.height()));
        painter.rect_filled(bar, theme.radius(2.0), theme.color.output);
        top = 72.0;
    }
    let (text, style) = (
        listening.explanation(),
        regular(10.5, theme.color.secondary),
    );
    theme.paragraph(painter, at(14.0, top), text, TEXT_WIDTH, style);
}

/// Draws the first damage, the first proposals, and in the free rows the first finding without a proposal and what is in
/// order. Returns the proposals that were clicked.
fn rows<'p>(
    ui: &mut Ui,
    rect: Rect,
    theme: Theme,
    view: &'p EditorView<'_>,
    decisions: &mut ProposalDecisions,
) -> Vec<&'p Proposal> {
    let Some(analysis) = view.assistant.listening.analysis() else {
        return Vec::new();
    };
    let proposals = &view.assistant.proposals;
    let place =
        |top: f32| Rect::from_min_size(rect.min + theme.vec(8.0, top), theme.vec(154.0, 29.0));
    let mut tops = ROW_TOPS.into_iter();
    if let Some((damage, top)) = damage(analysis).zip(&mut tops).next() {
        finding_row(ui, place(top), theme, damage);
    }
    let mut chosen = Vec::new();
    for (proposal, top) in proposals.iter().zip(&mut tops) {
        let row = ProposalRow {
            proposal,
            params: &view.shared.params,
            theme,
        };
        if row.compact(ui, place(top), decisions) {
            chosen.push(proposal);
        }
    }
    if let Some((finding, top)) = first_without_proposal(analysis)
        .into_iter()
        .zip(&mut tops)
        .next()
    {
        finding_row(ui, place(top), theme, finding);
    }
    let has_repairs = proposals.iter().any(|p| p.grade != Grade::Taste);
    let empty = empty_text(analysis).filter(|_| !has_repairs);
    let texts = empty
        .map(str::to_owned)
        .into_iter()
        .chain(fine_text(analysis));
    let text = texts.collect::<Vec<_>>().join("\n");
    let free = tops.len();
    if let Some(top) = tops.next() {
        let style = regular(10.5, theme.color.secondary);
        let size = (theme.px(TEXT_WIDTH), 2 * free + free / 2);
        let text = theme.lines(ui.painter(), &text, size, style);
        let at = rect.min + theme.vec(14.0, top + 4.0);
        ui.painter().galley(at, text, theme.color.secondary);
    }
    chosen
}

/// Draws a finding in at most two lines; the tooltip has the whole text.
fn finding_row(ui: &mut Ui, rect: Rect, theme: Theme, finding: &Finding) {
    let (mark, color, name): (_, Color32, _) = if finding.is_irreversible {
        ("!", theme.color.reduction, "damage")
    } else {
        ("i", theme.color.secondary, "finding")
    };
    let painter = ui.painter();
    let at = pos2(rect.left() + theme.px(10.0), rect.top() + theme.px(9.0));
    theme.text(painter, at, Align2::CENTER_CENTER, mark, bold(11.5, color));
    let size = (rect.width() - theme.px(24.0), 2);
    let text = theme.lines(painter, &finding.text, size, regular(10.5, color));
    painter.galley(rect.min + theme.vec(20.0, 2.0), text, color);
    ui.interact(rect, ui.scope_id().with(name), Sense::hover())
        .on_hover_text(&finding.text)
        .widget_info(|| {
            WidgetInfo::labeled(Role::Label, true, format!("{name}: {}", finding.text))
        });
}

/// Describes the panel for screen readers.
fn describe(ui: &Ui, rect: Rect, view: &EditorView<'_>) {
    let assistant = &view.assistant;
    let reasons = assistant.proposals.iter().map(|p| p.reason.as_str());
    let fine = assistant.listening.analysis().and_then(fine_text);
    let text = format!(
        "assistant: {}. {} {} {} tonal balance: {}",
        assistant.heading(),
        assistant.listening.explanation(),
        reasons.collect::<Vec<_>>().join(" "),
        fine.unwrap_or_default(),
        view.balance.describe()
    );
    let title = Rect::from_min_size(rect.min, vec2(rect.width() * 0.6, rect.height() * 0.15));
    ui.interact(title, ui.scope_id().with("assistant"), Sense::hover())
        .widget_info(|| WidgetInfo::labeled(Role::Label, true, text.clone()));
}
