//! The assistant's panel: the progress of listening, and then all proposals and findings with their reasons and effects.
//!
//! Proposals change nothing until they are applied. Applying moves ordinary parameters with gestures, as one undo step.

mod conversation;
mod heading;

use egui::{Align2, Rect, Role, Sense, Ui, WidgetInfo, pos2, vec2};
use flow_analysis::report::{Intensity, Proposal, capitalize};

use self::conversation::Conversation;

use crate::editor::language::{plural, text, translate, translate_message};
use crate::editor::model::editor_model::{AssistantView, EditorView};
use crate::editor::model::proposals::ProposalDecisions;
use crate::editor::model::verdict_texts::fine_text;
use crate::editor::panels::monitoring;
use crate::editor::widgets::amount_field;
use crate::editor::widgets::button::ActionState;
use crate::editor::widgets::param_ui::ParamUi;
use crate::editor::widgets::theme::{POLL_INTERVAL, Theme, bold, regular};

/// Space at the left and right, pixels at 100 %.
const MARGIN: f32 = 14.0;
/// Top of the conversation, pixels at 100 %.
const LIST_TOP: f32 = 58.0;
/// Height of the buttons with the space around them, pixels at 100 %.
const BUTTONS_HEIGHT: f32 = 37.0;

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

/// The panel's state.
#[derive(Default)]
pub(crate) struct AssistantPanel {
    conversation: Conversation,
}

impl AssistantPanel {
    /// Draws the panel.
    pub(crate) fn show(
        &mut self,
        ui: &mut Ui,
        rect: Rect,
        controls: &mut ParamUi<'_>,
        view: &EditorView<'_>,
        decisions: &mut ProposalDecisions,
    ) -> AssistantAction {
        let theme = controls.theme;
        let assistant = &view.assistant;
        theme.panel(ui.painter(), rect);
        let at = |x: f32, y: f32| rect.min + theme.vec(x, y);
        let title = bold(11.5, theme.color.secondary);
        let left = Align2::LEFT_CENTER;
        theme.text(
            ui.painter(),
            at(MARGIN, 18.0),
            left,
            text!("ASSISTANT"),
            title,
        );
        if !assistant.proposals.is_empty() {
            let field = Rect::from_min_size(at(92.0, 8.0), theme.vec(48.0, 20.0));
            amount_field::show(ui, field, theme, &mut decisions.overall, text!("amount"));
        }
        let place = Rect::from_min_size(
            pos2(rect.right() - theme.px(MARGIN + 172.0), at(0.0, 8.0).y),
            theme.vec(172.0, 20.0),
        );
        intensity(ui, place, controls, &mut decisions.intensity);
        describe(ui, rect, view);
        if assistant.is_trying {
            // It ends without audio too, which would draw the next frame.
            ui.ctx().request_repaint_after(POLL_INTERVAL);
        }
        let row = Rect::from_min_max(
            at(MARGIN, 32.0),
            pos2(rect.right() - theme.px(MARGIN), at(0.0, 52.0).y),
        );
        let mut action = listening_row(ui, row, controls, view);

        let list = Rect::from_min_max(
            at(MARGIN, LIST_TOP),
            pos2(row.right(), rect.bottom() - theme.px(BUTTONS_HEIGHT)),
        );
        let mut chosen: Vec<&Proposal> = Vec::new();
        if let Some(analysis) = assistant.listening.analysis() {
            let shown = (view, analysis);
            let conversation = &mut self.conversation;
            chosen = conversation.show(ui, list, controls, shown, decisions);
        } else {
            progress(ui, list, theme, assistant);
        }

        let buttons = Rect::from_min_max(
            pos2(row.left(), rect.bottom() - theme.px(34.0)),
            pos2(row.right(), rect.bottom() - theme.px(8.0)),
        );
        let (has_applied, is_toggled) = action_row(ui, buttons, controls, view);
        if has_applied {
            chosen = assistant.recommended().collect();
        }
        if is_toggled {
            action = AssistantAction::ToggleDetails;
        }
        if decisions.apply(&chosen, &view.shared.params, controls.history) {
            view.shared.restart_figures();
        }
        action
    }
}

/// A button for each intensity.
fn intensity(ui: &mut Ui, rect: Rect, controls: &ParamUi<'_>, chosen: &mut Intensity) {
    let tips = [
        text!("Intensity: proposals change the balance six tenths as far. Default: Normal"),
        text!("Intensity: proposals change the balance as far as helps most songs. Default"),
        text!(
            "Intensity: possible proposals change the balance further; recommended ones stay. Default: Normal"
        ),
    ];
    let (width, step) = (controls.theme.px(56.0), controls.theme.px(58.0));
    let mut left = rect.left();
    for (intensity, tip) in Intensity::ALL.into_iter().zip(tips) {
        let place = Rect::from_min_size(pos2(left, rect.top()), vec2(width, rect.height()));
        let name = capitalize(translate(intensity.name()));
        if controls.button(ui, place, &name, tip, *chosen == intensity) {
            *chosen = intensity;
        }
        left += step;
    }
}

/// The state of listening in some words, and the buttons that begin and end it.
fn listening_row(
    ui: &mut Ui,
    rect: Rect,
    controls: &ParamUi<'_>,
    view: &EditorView<'_>,
) -> AssistantAction {
    let theme = controls.theme;
    let assistant = &view.assistant;
    let has_analysis = assistant.listening.analysis().is_some();
    let mut action = AssistantAction::None;
    let listen = rect.with_min_x(rect.right() - theme.px(50.0));
    let mut heading = rect.with_max_x(listen.left() - theme.px(6.0));
    if assistant.is_listening && !has_analysis {
        let tip = text!("Stops listening");
        if controls.button(ui, listen, text!("Stop"), tip, false) {
            action = AssistantAction::Stop;
        }
    } else {
        let (tip, state) = match assistant.listening.can_listen() {
            false => (
                text!("There is nothing to analyze"),
                ActionState::Impossible,
            ),
            true => (
                text!("Starts a new analysis: play the loud part of the song"),
                if has_analysis {
                    ActionState::Possible
                } else {
                    ActionState::Recommended
                },
            ),
        };
        if controls.action(ui, listen, ["listen", text!("Listen")], tip, state) {
            action = AssistantAction::Listen;
        }
    }
    if has_analysis && assistant.has_more && !assistant.is_trying {
        let place = heading.with_min_x(heading.right() - theme.px(70.0));
        heading.max.x = place.left() - theme.px(6.0);
        let tip = if assistant.has_louder_part {
            text!("A louder part was heard since. Analyzes it, so that proposals may change")
        } else {
            text!(
                "Analyzes the loudest part since Listen, and the loudness of all of it. Proposals may change"
            )
        };
        if controls.button(
            ui,
            place,
            text!("Re-analyze"),
            tip,
            assistant.has_louder_part,
        ) {
            action = AssistantAction::Reanalyze;
        }
    }
    heading::show(ui, heading, theme, assistant);
    action
}

/// *Apply all*, *Undo*, *Compare* and the details. Returns whether all were applied, and whether the details were toggled.
fn action_row(
    ui: &mut Ui,
    rect: Rect,
    controls: &mut ParamUi<'_>,
    view: &EditorView<'_>,
) -> (bool, bool) {
    let theme = controls.theme;
    let assistant = &view.assistant;
    let open = assistant.recommended().count();
    let (name, state) = match open {
        0 => (text!("Apply all").to_owned(), ActionState::Impossible),
        open => (
            plural!("Apply {count}", "Apply all {count}", count = open),
            ActionState::Recommended,
        ),
    };
    let (apply, rest) = take_button(ui, rect, theme, (&name, 78.0));
    let (rest, details) = rest.split_left_right_at_x(rest.right() - theme.px(26.0));
    let rest = rest.with_max_x(rest.right() - theme.px(4.0));
    let (undo, compare) = take_button(ui, rest, theme, (text!("Undo"), 48.0));
    let needed = monitoring::comparison_width(ui, theme, view.shared);
    // The header has *Undo* too.
    let has_undo = needed.is_none_or(|needed| needed <= compare.width());
    let compare = if has_undo { compare } else { rest };
    let tip = apply_all_tip(assistant);
    let names = ["apply all", &name];
    let has_applied = controls.action(ui, apply, names, &tip, state);
    let undone = controls.history.undo_name();
    let (tip, state) = match &undone {
        Some(name) => (
            text!("Undoes the last change: {name}", name),
            ActionState::Possible,
        ),
        None => (text!("Nothing to undo").to_owned(), ActionState::Impossible),
    };
    let names = ["undo beside the proposals", text!("Undo")];
    if has_undo && controls.action(ui, undo, names, &tip, state) {
        controls.history.undo();
    }
    monitoring::compare(ui, compare, controls, view.shared);
    (has_applied, details_button(ui, details, theme))
}

/// Takes the place of a button from the left end of a row: its usual width, or as much as its name needs. Returns the rest, too.
fn take_button(ui: &Ui, row: Rect, theme: Theme, (name, width): (&str, f32)) -> (Rect, Rect) {
    let style = regular(11.5, theme.color.text);
    let needed = theme.text_width(ui.painter(), name, style) + theme.px(8.0);
    let width = theme.px(width).max(needed);
    let (button, rest) = row.split_left_right_at_x(row.left() + width);
    (button, rest.with_min_x(rest.left() + theme.px(4.0)))
}

/// The effect of *Apply all*, or why there is none.
fn apply_all_tip(assistant: &AssistantView) -> String {
    let names: Vec<&str> = {
        let names = assistant.recommended();
        names.map(|p| translate(p.id.name())).collect()
    };
    match &names[..] {
        [] if assistant.proposals.is_empty() => text!("There is nothing to apply").to_owned(),
        [] => text!("None of the proposals is recommended. Press Apply beside a possible one")
            .to_owned(),
        names => text!(
            "Applies as one undo step: {names}",
            names = names.join(", ")
        ),
    }
}

fn details_button(ui: &mut Ui, rect: Rect, theme: Theme) -> bool {
    let response = ui.interact(rect, ui.scope_id().with("details"), Sense::click());
    response.widget_info(|| WidgetInfo::labeled(Role::Button, true, text!("Assistant details")));
    theme.more(ui.painter(), rect, &response);
    let tip = text!("All findings and proposals with their effects, and the references");
    response.on_hover_text(tip).clicked()
}

/// The instruction, and a bar with the collected share of the audio.
fn progress(ui: &Ui, rect: Rect, theme: Theme, assistant: &AssistantView) {
    let painter = ui.painter();
    let width = rect.width() / theme.scale();
    let mut at = rect.min + theme.vec(0.0, 2.0);
    if let Some(progress) = assistant.listening.progress() {
        let track = Rect::from_min_size(at, theme.vec(width, 5.0));
        painter.rect_filled(track, theme.radius(2.0), theme.color.line);
        let bar = Rect::from_min_size(track.min, vec2(track.width() * progress, track.height()));
        painter.rect_filled(bar, theme.radius(2.0), theme.color.output);
        at.y += theme.px(14.0);
    }
    let (text, style) = (
        assistant.explanation(),
        regular(11.5, theme.color.secondary),
    );
    theme.paragraph(painter, at, text, width, style);
}

/// Describes the panel for screen readers.
fn describe(ui: &Ui, rect: Rect, view: &EditorView<'_>) {
    let assistant = &view.assistant;
    let reasons = assistant
        .proposals
        .iter()
        .map(|p| translate_message(&p.reason));
    let fine = assistant.listening.analysis().and_then(fine_text);
    let text = text!(
        "assistant: {state} {reasons} {fine} tonal balance: {balance}",
        state = assistant.description(),
        reasons = reasons.collect::<Vec<_>>().join(" "),
        fine = fine.unwrap_or_default(),
        balance = view.balance.describe()
    );
    let title = Rect::from_min_size(rect.min, vec2(rect.width() * 0.6, rect.height() * 0.15));
    ui.interact(title, ui.scope_id().with("assistant"), Sense::hover())
        .widget_info(|| WidgetInfo::labeled(Role::Label, true, text.clone()));
}
