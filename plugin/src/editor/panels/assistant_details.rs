//! The assistant's details in place of the pillars: the analysis, all proposals and findings, and the references.

use std::path::PathBuf;

use egui::{Align2, Rect, RichText, ScrollArea, Sense, Ui, UiBuilder, pos2, vec2};
use flow_analysis::report::{Analysis, Grade, Proposal, Severity};

use crate::editor::language::{text, translate, translate_message};
use crate::editor::model::editor_model::{AssistantView, EditorView};
use crate::editor::model::proposals::ProposalDecisions;
use crate::editor::model::verdict_texts::{damage, empty_text, unanswered};
use crate::editor::panels::analysis_column;
use crate::editor::panels::proposal_row::ProposalRow;
use crate::editor::panels::references::ReferencesPanel;
use crate::editor::widgets::param_ui::ParamUi;
use crate::editor::widgets::theme::{Theme, bold, regular, scale_widgets};
use crate::plugin_shared::PluginShared;

/// Width of the findings column.
const FINDINGS_WIDTH: f32 = 232.0;

/// The pages of the details.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum Page {
    #[default]
    Proposals,
    References,
}

/// The details' state.
#[derive(Default)]
pub(crate) struct AssistantDetails {
    page: Page,
    pub(crate) references: ReferencesPanel,
}

impl AssistantDetails {
    /// Shows the references when the details are open.
    pub(crate) fn open_references(&mut self) {
        self.page = Page::References;
    }

    /// Adds references from files, and shows them when the details are open.
    pub(crate) fn add_references(&mut self, paths: Vec<PathBuf>, shared: &PluginShared) {
        self.page = Page::References;
        let mut import = shared.reference_import.lock();
        for path in paths {
            import.add(path, &shared.params);
        }
    }

    /// Draws the details. Returns whether they were closed.
    pub(crate) fn show(
        &mut self,
        ui: &mut Ui,
        rect: Rect,
        controls: &mut ParamUi<'_>,
        view: &EditorView<'_>,
        decisions: &mut ProposalDecisions,
    ) -> bool {
        let theme = controls.theme;
        let painter = ui.painter().clone();
        theme.panel(&painter, rect);
        let line = Rect::from_min_size(rect.min, vec2(rect.width(), theme.px(3.0)));
        painter.rect_filled(line, theme.radius(1.0), theme.color.output);
        let at = |x: f32, y: f32| rect.min + theme.vec(x, y);
        let title = bold(13.5, theme.color.text);
        let left = Align2::LEFT_CENTER;
        theme.text(&painter, at(14.0, 23.0), left, text!("Assistant"), title);
        let mut tab = |page, x: f32, name, tip| {
            let place = Rect::from_min_size(at(x, 11.0), theme.vec(84.0, 24.0));
            if controls.button(ui, place, name, tip, self.page == page) {
                self.page = page;
            }
        };
        let tip = text!("The analysis, the findings, and all proposals with their effects");
        tab(Page::Proposals, 100.0, text!("Proposals"), tip);
        let tip = text!("Reference songs, and their figures beside yours");
        tab(Page::References, 188.0, text!("References"), tip);
        let back = Rect::from_min_size(
            pos2(rect.right() - theme.px(82.0), rect.top() + theme.px(11.0)),
            theme.vec(68.0, 24.0),
        );
        let tip = text!("Shows the five pillars again");
        let is_closed = controls.button(ui, back, text!("Back"), tip, false);
        if self.page == Page::Proposals {
            let place =
                Rect::from_min_size(back.min - theme.vec(158.0, 0.0), theme.vec(148.0, 24.0));
            allow_gain_reduction(ui, place, controls, decisions);
            let row = pos2(at(284.0, 0.0).x, place.top());
            let row = Rect::from_min_max(row, pos2(place.left() - theme.px(10.0), place.bottom()));
            sound(ui, row, theme, &view.assistant);
        }
        let content = Rect::from_min_max(
            at(14.0, 46.0),
            pos2(
                rect.right() - theme.px(14.0),
                rect.bottom() - theme.px(10.0),
            ),
        );
        match self.page {
            Page::Proposals => proposals_page(ui, content, controls, view, decisions),
            Page::References => self.references.show(ui, content, controls, view),
        }
        is_closed
    }
}

/// How the mix sounds, in full.
fn sound(ui: &Ui, rect: Rect, theme: Theme, assistant: &AssistantView) {
    if assistant.listening.analysis().is_none() {
        return;
    }
    let style = bold(12.0, theme.color.text);
    let (at, left) = (rect.left_center(), Align2::LEFT_CENTER);
    let heading = assistant.heading();
    theme.line(ui.painter(), at, left, &heading, rect.width(), style);
    ui.interact(rect, ui.scope_id().with("sound"), Sense::hover())
        .on_hover_text(heading);
}

fn allow_gain_reduction(
    ui: &mut Ui,
    rect: Rect,
    controls: &ParamUi<'_>,
    decisions: &mut ProposalDecisions,
) {
    let tip = text!(
        "Lets proposals turn down a song that is louder than its delivery profile. Default: off"
    );
    let is_allowed = &mut decisions.allow_gain_reduction;
    if controls.button(ui, rect, text!("Allow gain reduction"), tip, *is_allowed) {
        *is_allowed = !*is_allowed;
    }
}

fn proposals_page(
    ui: &mut Ui,
    rect: Rect,
    controls: &mut ParamUi<'_>,
    view: &EditorView<'_>,
    decisions: &mut ProposalDecisions,
) {
    let theme = controls.theme;
    let Some(analysis) = view.assistant.listening.analysis() else {
        let text = view.assistant.description();
        theme.paragraph(
            ui.painter(),
            rect.min,
            text,
            500.0,
            regular(11.5, theme.color.secondary),
        );
        return;
    };
    let column = |left: f32, right: f32| Rect::from_x_y_ranges(left..=right, rect.y_range());
    let first = column(rect.left(), rect.left() + theme.px(analysis_column::WIDTH));
    let last = column(rect.right() - theme.px(FINDINGS_WIDTH), rect.right());
    let gap = theme.px(20.0);
    let middle = column(first.right() + gap, last.left() - gap);
    analysis_column::show(ui, first, theme, analysis, view);
    proposals_column(ui, middle, controls, view, decisions);
    findings_column(ui, last, theme, analysis, &view.assistant.proposals);
}

/// All proposals by grade, each with its amount.
fn proposals_column(
    ui: &mut Ui,
    rect: Rect,
    controls: &mut ParamUi<'_>,
    view: &EditorView<'_>,
    decisions: &mut ProposalDecisions,
) {
    let theme = controls.theme;
    let proposals = &view.assistant.proposals;
    let grades = [Grade::Recommended, Grade::Possible, Grade::Taste];
    let groups = grades.map(|grade| {
        let rows: Vec<&Proposal> = proposals.iter().filter(|p| p.grade == grade).collect();
        (group_heading(grade, rows.len()), rows)
    });
    let mut groups = Vec::from(groups);
    groups.retain(|(_, rows)| !rows.is_empty());
    let Some((heading, _)) = groups.first() else {
        let list = column_list(ui, rect, theme, text!("No open proposals"));
        let analysis = view.assistant.listening.analysis();
        let text = analysis.and_then(empty_text).unwrap_or_default();
        let style = regular(10.5, theme.color.secondary);
        theme.paragraph(
            ui.painter(),
            list.min + theme.vec(0.0, 4.0),
            text,
            400.0,
            style,
        );
        return;
    };
    let list = column_list(ui, rect, theme, heading);
    let mut chosen = Vec::new();
    ui.scope_builder(UiBuilder::new().max_rect(list), |ui| {
        ui.spacing_mut().item_spacing = vec2(0.0, 0.0);
        ScrollArea::vertical().auto_shrink(false).show(ui, |ui| {
            let width = ui.available_width() - theme.px(10.0);
            let allocate = |ui: &mut Ui, height: f32| {
                ui.allocate_exact_size(vec2(width, height), Sense::hover())
                    .0
            };
            for (i, (heading, rows)) in groups.iter().enumerate() {
                if i > 0 {
                    let place = allocate(ui, theme.px(18.0));
                    let at = place.left_center() - theme.vec(0.0, 1.0);
                    let style = bold(11.5, theme.color.secondary);
                    theme.text(ui.painter(), at, Align2::LEFT_CENTER, heading, style);
                }
                for proposal in rows {
                    let row = ProposalRow {
                        proposal,
                        params: &view.shared.params,
                        theme,
                    };
                    let height = row.wide_height(ui.painter(), width);
                    let place = allocate(ui, height);
                    if row.wide(ui, place, controls, decisions) {
                        chosen.push(*proposal);
                    }
                }
            }
        });
    });
    if decisions.apply(&chosen, &view.shared.params, controls.history) {
        view.shared.restart_figures();
    }
}

/// The heading of the proposals of a grade.
fn group_heading(grade: Grade, count: usize) -> String {
    match grade {
        Grade::Recommended => text!("{count} recommended", count),
        Grade::Possible => text!("{count} possible, not taken by Apply all", count),
        Grade::Taste => text!("A matter of taste, not taken by Apply all").to_owned(),
    }
}

/// All findings that no row answers, damage first, and below them what is in order.
fn findings_column(
    ui: &mut Ui,
    rect: Rect,
    theme: Theme,
    analysis: &Analysis,
    proposals: &[Proposal],
) {
    let heading = if proposals.is_empty() {
        text!("Findings")
    } else {
        text!("Other findings")
    };
    let list = column_list(ui, rect, theme, heading);
    ui.scope_builder(UiBuilder::new().max_rect(list), |ui| {
        scale_widgets(ui, theme);
        ScrollArea::vertical()
            .id_salt("findings")
            .auto_shrink(false)
            .show(ui, |ui| {
                let label = |ui: &mut Ui, text: &str, color| {
                    ui.label(RichText::new(text).small().color(color));
                };
                let mut is_empty = true;
                for finding in damage(analysis) {
                    label(ui, &translate_message(&finding.text), theme.color.reduction);
                    is_empty = false;
                }
                for finding in unanswered(analysis, proposals) {
                    let color = match finding.severity {
                        Severity::Info => theme.color.secondary,
                        _ => theme.color.text,
                    };
                    label(ui, &translate_message(&finding.text), color);
                    is_empty = false;
                }
                if is_empty {
                    label(ui, text!("None."), theme.color.secondary);
                }
                if !analysis.checks.is_empty() {
                    let font = theme.font(bold(11.5, theme.color.secondary));
                    ui.label(
                        RichText::new(text!("Fine"))
                            .font(font)
                            .color(theme.color.secondary),
                    );
                }
                for check in &analysis.checks {
                    let text = text!(
                        "{name}: {finding}",
                        name = translate(check.name),
                        finding = translate_message(&check.text)
                    );
                    label(ui, &text, theme.color.secondary);
                }
            });
    });
}

/// Draws the heading of a column. Returns the rest of the column.
fn column_list(ui: &Ui, rect: Rect, theme: Theme, heading: &str) -> Rect {
    let at = rect.min + theme.vec(0.0, 6.0);
    let style = bold(11.5, theme.color.secondary);
    theme.text(ui.painter(), at, Align2::LEFT_CENTER, heading, style);
    Rect::from_min_max(rect.min + theme.vec(0.0, 16.0), rect.max)
}
