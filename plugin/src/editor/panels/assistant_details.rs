//! The assistant's details in place of the pillars: the analysis, all proposals and findings, and the references.

use egui::{
    Align2, Pos2, Rect, RichText, ScrollArea, Sense, Ui, UiBuilder, WidgetInfo, pos2, vec2,
};
use flow_analysis::prediction::STYLES;
use flow_analysis::report::{Analysis, Severity};

use crate::editor::model::editor_model::EditorView;
use crate::editor::model::listening_state::{capitalize, is_single};
use crate::editor::model::number_text::format_level;
use crate::editor::model::proposals::ProposalDecisions;
use crate::editor::panels::assistant::damage;
use crate::editor::panels::proposal_row::ProposalRow;
use crate::editor::panels::references::ReferencesPanel;
use crate::editor::widgets::param_ui::ParamUi;
use crate::editor::widgets::theme::{
    LINE, OUTPUT, REDUCTION, SECONDARY, TERTIARY, TEXT, Theme, bold, regular, scale_widgets,
};

/// Width of the analysis column.
const ANALYSIS_WIDTH: f32 = 226.0;
/// Width of the findings column.
const FINDINGS_WIDTH: f32 = 232.0;
/// Height of a proposal.
const ROW_HEIGHT: f32 = 38.0;

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
        painter.rect_filled(line, theme.radius(1.0), OUTPUT);
        let at = |x: f32, y: f32| rect.min + theme.vec(x, y);
        let title = bold(13.5, TEXT);
        let left = Align2::LEFT_CENTER;
        theme.text(&painter, at(14.0, 23.0), left, "Assistant", title);
        let mut tab = |page, x: f32, name, tip| {
            let place = Rect::from_min_size(at(x, 11.0), theme.vec(84.0, 24.0));
            if controls.button(ui, place, name, tip, self.page == page) {
                self.page = page;
            }
        };
        let tip = "The analysis, the findings, and all proposals with their effects";
        tab(Page::Proposals, 100.0, "Proposals", tip);
        let tip = "Reference songs, and their figures beside yours";
        tab(Page::References, 188.0, "References", tip);
        let back = Rect::from_min_size(
            pos2(rect.right() - theme.px(82.0), rect.top() + theme.px(11.0)),
            theme.vec(68.0, 24.0),
        );
        let tip = "Shows the five pillars again";
        let is_closed = controls.button(ui, back, "Back", tip, false);
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

fn proposals_page(
    ui: &mut Ui,
    rect: Rect,
    controls: &mut ParamUi<'_>,
    view: &EditorView<'_>,
    decisions: &mut ProposalDecisions,
) {
    let theme = controls.theme;
    let Some(analysis) = view.assistant.listening.analysis() else {
        let heading = view.assistant.heading();
        let text = format!("{heading}. {}", view.assistant.listening.explanation());
        theme.paragraph(
            ui.painter(),
            rect.min,
            text,
            500.0,
            regular(11.5, SECONDARY),
        );
        return;
    };
    let column = |left: f32, right: f32| Rect::from_x_y_ranges(left..=right, rect.y_range());
    let first = column(rect.left(), rect.left() + theme.px(ANALYSIS_WIDTH));
    let last = column(rect.right() - theme.px(FINDINGS_WIDTH), rect.right());
    let gap = theme.px(20.0);
    let middle = column(first.right() + gap, last.left() - gap);
    analysis_column(ui, first, controls, analysis, view, decisions);
    proposals_column(ui, middle, controls, view, decisions);
    findings_column(ui, last, theme, analysis);
}

/// Style, energy and loudness.
fn analysis_column(
    ui: &mut Ui,
    rect: Rect,
    controls: &ParamUi<'_>,
    analysis: &Analysis,
    view: &EditorView<'_>,
    decisions: &mut ProposalDecisions,
) {
    let theme = controls.theme;
    let painter = ui.painter().clone();
    let left = Align2::LEFT_CENTER;
    let mut y = rect.top() + theme.px(6.0);
    let mut next = |height: f32| {
        let here = y;
        y += theme.px(height);
        pos2(rect.left(), here)
    };
    let heading = format!("Analyzed {:.0} s", analysis.summary.seconds);
    theme.text(&painter, next(18.0), left, heading, bold(11.5, SECONDARY));
    let width = rect.width();
    if let Some(opinion) = &analysis.prediction {
        for (name, share) in STYLES.iter().zip(opinion.style) {
            bar(&painter, theme, next(15.0), &capitalize(name), share);
        }
        bar(
            &painter,
            theme,
            next(15.0),
            "Energy",
            opinion.activity.energy,
        );
        bar(
            &painter,
            theme,
            next(15.0),
            "Density",
            opinion.activity.density,
        );
    } else {
        let lines = if analysis.reference_match.is_some() {
            [
                "Balance and width follow the references'",
                "figures, without the network.",
            ]
        } else if is_single(analysis) {
            [
                "A single instrument: balance and width",
                "aren't compared with those of mixes.",
            ]
        } else {
            [
                "Rules only: the network is missing, damaged or busy.",
                "Balance is compared with the style target.",
            ]
        };
        for line in lines {
            let style = regular(10.5, TERTIARY);
            theme.line(&painter, next(15.0), left, line, width, style);
        }
    }
    let Some(song) = &analysis.song else {
        return;
    };
    let _ = next(4.0);
    let lufs = |value| format_level(value, 1);
    let part = format!("This part {} LUFS", lufs(song.measured_lufs));
    let (low, high) = (lufs(song.low_lufs), lufs(song.high_lufs));
    let whole = format!("Whole song about {} ({low} to {high})", lufs(song.lufs));
    for line in [part, whole] {
        let style = regular(10.5, SECONDARY);
        theme.line(&painter, next(15.0), left, &line, width, style);
    }
    let place = Rect::from_min_size(next(0.0) - theme.vec(0.0, 4.0), theme.vec(142.0, 20.0));
    let tip =
        "Lets proposals turn down a song that is louder than its delivery profile. Default: off";
    if controls.button(
        ui,
        place,
        "Allow gain reduction",
        tip,
        decisions.allow_gain_reduction,
    ) {
        decisions.allow_gain_reduction = !decisions.allow_gain_reduction;
    }
    let text = format!(
        "analysis: {}. {} whole song {:.1} LUFS",
        view.assistant.heading(),
        view.assistant.listening.explanation(),
        song.lufs
    );
    ui.interact(rect, ui.scope_id().with("analysis"), Sense::hover())
        .widget_info(|| WidgetInfo::labeled(egui::Role::Label, true, &text));
}

/// A name, a bar from 0 to 1, and the value in percent.
fn bar(painter: &egui::Painter, theme: Theme, at: Pos2, name: &str, share: f32) {
    let style = regular(10.5, SECONDARY);
    theme.text(painter, at, Align2::LEFT_CENTER, name, style);
    let track = Rect::from_min_size(at + theme.vec(76.0, -2.5), theme.vec(104.0, 5.0));
    painter.rect_filled(track, theme.radius(2.0), LINE);
    let size = vec2(track.width() * share.clamp(0.0, 1.0), track.height());
    let bar = Rect::from_min_size(track.min, size);
    painter.rect_filled(bar, theme.radius(2.0), OUTPUT);
    let end = at + theme.vec(ANALYSIS_WIDTH - 4.0, 0.0);
    let percent = format!("{:.0} %", 100.0 * share);
    theme.text(painter, end, Align2::RIGHT_CENTER, percent, style);
}

/// All proposals, each with its amount.
fn proposals_column(
    ui: &mut Ui,
    rect: Rect,
    controls: &mut ParamUi<'_>,
    view: &EditorView<'_>,
    decisions: &mut ProposalDecisions,
) {
    let theme = controls.theme;
    let proposals = &view.assistant.proposals;
    let heading = match proposals.len() {
        0 => "No open proposals".to_owned(),
        1 => "1 proposal".to_owned(),
        count => format!("{count} proposals"),
    };
    let list = column_list(ui, rect, theme, &heading);
    let mut chosen = Vec::new();
    ui.scope_builder(UiBuilder::new().max_rect(list), |ui| {
        ui.spacing_mut().item_spacing = vec2(0.0, 0.0);
        ScrollArea::vertical().auto_shrink(false).show(ui, |ui| {
            for proposal in proposals {
                let size = vec2(ui.available_width() - theme.px(10.0), theme.px(ROW_HEIGHT));
                let (place, _) = ui.allocate_exact_size(size, Sense::hover());
                let row = ProposalRow {
                    proposal,
                    params: &view.shared.params,
                    theme,
                };
                if row.wide(ui, place, controls, decisions) {
                    chosen.push(proposal);
                }
            }
        });
    });
    decisions.apply(&chosen, &view.shared.params, controls.history);
}

/// All findings, damage first.
fn findings_column(ui: &mut Ui, rect: Rect, theme: Theme, analysis: &Analysis) {
    let list = column_list(ui, rect, theme, "Findings");
    let others = analysis.findings.iter().filter(|f| !f.is_irreversible);
    ui.scope_builder(UiBuilder::new().max_rect(list), |ui| {
        scale_widgets(ui, theme);
        ScrollArea::vertical()
            .id_salt("findings")
            .auto_shrink(false)
            .show(ui, |ui| {
                let mut label = |text: &str, color| {
                    ui.label(RichText::new(text).small().color(color));
                };
                for finding in damage(analysis) {
                    let text = format!("{} No setting repairs it.", finding.text);
                    label(&text, REDUCTION);
                }
                for finding in others {
                    let color = match finding.severity {
                        Severity::Info => SECONDARY,
                        _ => TEXT,
                    };
                    label(&finding.text, color);
                }
                if analysis.findings.is_empty() {
                    label("No deviations.", SECONDARY);
                }
            });
    });
}

/// Draws the heading of a column. Returns the rest of the column.
fn column_list(ui: &Ui, rect: Rect, theme: Theme, heading: &str) -> Rect {
    let at = rect.min + theme.vec(0.0, 6.0);
    let style = bold(11.5, SECONDARY);
    theme.text(ui.painter(), at, Align2::LEFT_CENTER, heading, style);
    Rect::from_min_max(rect.min + theme.vec(0.0, 16.0), rect.max)
}
