//! The conversation: damage, a line for each proposal, the other findings, and the words of the open proposal.

use std::sync::Arc;

use egui::{
    Color32, Galley, Label, Rect, RichText, ScrollArea, Sense, Stroke, Ui, UiBuilder, vec2,
};
use flow_analysis::report::{Analysis, Grade, Proposal, Severity};
use flow_params::ParameterId;

use crate::editor::language::translate_message;
use crate::editor::model::editor_model::EditorView;
use crate::editor::model::proposals::ProposalDecisions;
use crate::editor::model::verdict_texts::{damage, empty_text, fine_text, unanswered};
use crate::editor::panels::proposal_row::ProposalRow;
use crate::editor::widgets::param_ui::ParamUi;
use crate::editor::widgets::theme::{Theme, regular};

/// Height of a proposal's line, pixels at 100 %.
const LINE_HEIGHT: f32 = 17.0;
/// The least height of the lines if they need as much, pixels at 100 %: five of them.
const LINES_HEIGHT: f32 = 5.0 * LINE_HEIGHT;
/// Space above and below the words of a proposal, pixels at 100 %.
const WORDS_MARGIN: f32 = 3.0;
/// Room for the bar of a list that scrolls, pixels at 100 %.
const BAR_WIDTH: f32 = 8.0;

/// Height of the shade at the end of a list that goes on, pixels at 100 %.
const FADE_HEIGHT: f32 = 5.0;

/// The state of the list.
#[derive(Default)]
pub(super) struct Conversation {
    /// The proposal whose words are shown, where not all have room for theirs.
    open: Option<ParameterId>,
    /// The height of all lines and findings in the last frame, pixels; none before it.
    lines_height: Option<f32>,
}

/// A proposal with its words.
struct Entry<'p> {
    row: ProposalRow<'p>,
    words: Arc<Galley>,
}

impl Conversation {
    /// Draws the conversation. The words of all proposals stand below their lines if they have room there. Otherwise those of
    /// the open one stand below all lines, so that no line moves when another one opens. Returns the proposals to apply.
    pub(super) fn show<'p>(
        &mut self,
        ui: &mut Ui,
        rect: Rect,
        controls: &ParamUi<'_>,
        (view, analysis): (&'p EditorView<'_>, &Analysis),
        decisions: &mut ProposalDecisions,
    ) -> Vec<&'p Proposal> {
        let theme = controls.theme;
        let width = rect.width() - theme.px(BAR_WIDTH);
        let proposals = &view.assistant.proposals;
        let entry = |proposal| {
            let row = ProposalRow {
                proposal,
                params: &view.shared.params,
                theme,
            };
            let words = row.words(ui.painter(), width, decisions);
            Entry { row, words }
        };
        let entries: Vec<Entry<'p>> = proposals.iter().map(entry).collect();
        let words_height = |entry: &Entry<'_>| entry.words.size().y + theme.px(2.0 * WORDS_MARGIN);
        let line_height = theme.px(LINE_HEIGHT);
        let heights = entries
            .iter()
            .map(|entry| line_height + words_height(entry));
        let is_all_open = heights.sum::<f32>() <= rect.height();
        let is_last = |entry: &&Entry<'_>| Some(entry.row.proposal.id) == self.open;
        let open = entries.iter().find(is_last).or(entries.first());
        let mut list = rect;
        if let Some(open) = open.filter(|_| !is_all_open) {
            let lines_height = theme.px(LINES_HEIGHT);
            let lines_height = self
                .lines_height
                .map_or(lines_height, |h| h.min(lines_height));
            let most = rect.height() - lines_height;
            let place = rect.with_min_y(rect.bottom() - words_height(open).min(most));
            list.max.y = place.top();
            scroll(ui, theme, place, "words", |ui| show_words(ui, theme, open));
        }
        let open = open.map(|entry| entry.row.proposal.id);
        let mut chosen = Vec::new();
        let lines_height = scroll(ui, theme, list, "conversation", |ui| {
            ui.spacing_mut().item_spacing = theme.vec(0.0, 0.0);
            ui.set_max_width(width);
            for finding in damage(analysis) {
                label(
                    ui,
                    theme,
                    &translate_message(&finding.text),
                    theme.color.reduction,
                );
            }
            let mut last_grade = Grade::Recommended;
            for entry in &entries {
                let proposal = entry.row.proposal;
                let (line, _) = ui.allocate_exact_size(vec2(width, line_height), Sense::hover());
                // Above the line is what *Apply all* applies.
                if last_grade == Grade::Recommended && proposal.grade != last_grade {
                    let stroke = Stroke::new(theme.px(1.0), theme.color.line);
                    ui.painter().hline(line.x_range(), line.top(), stroke);
                }
                last_grade = proposal.grade;
                let is_open = is_all_open || open == Some(proposal.id);
                let response = entry.row.line(ui, line, controls, decisions, is_open);
                if response.is_applied {
                    chosen.push(proposal);
                }
                if response.is_chosen && open != Some(proposal.id) {
                    self.open = Some(proposal.id);
                    ui.ctx().request_repaint();
                }
                if is_all_open {
                    show_words(ui, theme, entry);
                }
            }
            other_findings(ui, theme, analysis, proposals);
        });
        if self.lines_height.replace(lines_height) != Some(lines_height) {
            ui.ctx().request_repaint();
        }
        chosen
    }
}

/// Draws the words of a proposal.
fn show_words(ui: &mut Ui, theme: Theme, entry: &Entry<'_>) {
    let margin = theme.px(WORDS_MARGIN);
    let size = entry.words.size() + vec2(0.0, 2.0 * margin);
    let (rect, _) = ui.allocate_exact_size(size, Sense::hover());
    let at = rect.min + vec2(0.0, margin);
    let color = theme.color.secondary;
    ui.painter().galley(at, entry.words.clone(), color);
}

/// Draws why there are no proposals, the findings that none of them answers, and what is in order.
fn other_findings(ui: &mut Ui, theme: Theme, analysis: &Analysis, proposals: &[Proposal]) {
    ui.spacing_mut().item_spacing = theme.vec(0.0, 3.0);
    ui.add_space(theme.px(WORDS_MARGIN));
    let plain = theme.color.secondary;
    let has_repairs = proposals.iter().any(|p| p.grade != Grade::Taste);
    // Where all are decided, the heading says so.
    let was_proposed = analysis.proposals.iter().any(|p| p.grade != Grade::Taste);
    let is_empty = !has_repairs && !was_proposed;
    if let Some(text) = empty_text(analysis).filter(|_| is_empty) {
        label(ui, theme, text, plain);
    }
    for finding in unanswered(analysis, proposals) {
        let color = match finding.severity {
            Severity::Info => plain,
            _ => theme.color.text,
        };
        label(ui, theme, &translate_message(&finding.text), color);
    }
    if let Some(fine) = fine_text(analysis) {
        label(ui, theme, &fine, plain);
    }
}

/// Draws a wrapped text.
fn label(ui: &mut Ui, theme: Theme, text: &str, color: Color32) {
    let font = theme.font(regular(10.5, color));
    let text = RichText::new(text).font(font).color(color);
    ui.add(Label::new(text).wrap());
}

/// Draws content that scrolls in a rectangle. Returns its height, pixels.
fn scroll(ui: &mut Ui, theme: Theme, rect: Rect, name: &str, content: impl FnOnce(&mut Ui)) -> f32 {
    let scope = ui.scope_builder(UiBuilder::new().id_salt(name).max_rect(rect), |ui| {
        // The last line in view is to be read.
        ui.spacing_mut().scroll.fade.size = theme.px(FADE_HEIGHT);
        ScrollArea::vertical()
            .auto_shrink(false)
            // A small window has less room. By default it would go on behind the controls below.
            .min_scrolled_height(0.0)
            .show(ui, content)
    });
    scope.inner.content_size.y
}

#[cfg(test)]
mod tests {
    use egui::{Context, RawInput, pos2};

    use super::*;
    use crate::editor::model::preferences_file::display_options::ColorTheme;
    use crate::editor::widgets::theme::{self, palette::Palette};

    const SIZE: egui::Vec2 = vec2(1240.0, 800.0);

    #[test]
    fn words_in_a_low_place_are_cut_at_its_end() {
        let ctx = Context::default();
        theme::install(&ctx);
        let place = Rect::from_min_max(pos2(10.0, 20.0), pos2(210.0, 50.0));
        let mut clip = Rect::ZERO;
        let _ = ctx.run_ui(RawInput::default(), |ui| {
            let theme = Theme::fit(SIZE, SIZE, Palette::of(ColorTheme::Dark));
            let height = scroll(ui, theme, place, "words", |ui| {
                clip = ui.clip_rect();
                ui.allocate_space(vec2(100.0, 300.0));
            });
            assert!(height >= 300.0, "{height}");
        });
        assert!(clip.bottom() <= place.bottom(), "{clip:?}");
    }
}
