//! Everything that the assistant heard, found and proposes, and whom it leads to, in the pillars' place.

use egui::{Align2, Rect, ScrollArea, Sense, Ui, UiBuilder, pos2, vec2};
use flow_analysis::prediction::STYLES;
use flow_analysis::report::{Analysis, Proposal, Severity};

use crate::editor::model::listening_state::{capital, is_single};
use crate::editor::model::proposals::ProposalDecisions;
use crate::editor::panels::assistant::{AssistantView, damage};
use crate::editor::panels::proposal_row::ProposalRow;
use crate::editor::panels::reference_comparison::ComparisonView;
use crate::editor::panels::references::ReferencesPanel;
use crate::editor::widgets::param_ui::{Label, ParamUi};
use crate::editor::widgets::theme::{
    LINE, OUTPUT, REDUCTION, SECONDARY, TERTIARY, TEXT, Theme, Weight,
};
use crate::params::FlowParams;

/// Widths of what was heard, and of what was found.
const HEARD: f32 = 226.0;
const FOUND: f32 = 232.0;
/// From one proposal to the next.
const PITCH: f32 = 38.0;

/// What the details show.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum Page {
    /// What was heard, all proposals, and what was found.
    #[default]
    Proposals,
    /// Whom they lead to.
    References,
}

/// The details, and what they remember.
#[derive(Default)]
pub(crate) struct AssistantDetails {
    page: Page,
    pub(crate) references: ReferencesPanel,
}

impl AssistantDetails {
    /// Draws them; true when they shall be closed.
    pub(crate) fn show(
        &mut self,
        ui: &mut Ui,
        rect: Rect,
        controls: &mut ParamUi<'_>,
        params: &FlowParams,
        view: &AssistantView<'_>,
        decisions: &mut ProposalDecisions,
    ) -> bool {
        let theme = controls.theme;
        let painter = ui.painter().clone();
        theme.panel(&painter, rect);
        let line = Rect::from_min_size(rect.min, vec2(rect.width(), theme.px(3.0)));
        painter.rect_filled(line, theme.radius(1.0), OUTPUT);
        let at = |x: f32, y: f32| rect.min + theme.vec(x, y);
        let title = (13.5, Weight::Bold, TEXT);
        let left = Align2::LEFT_CENTER;
        theme.text(&painter, at(14.0, 23.0), left, "Assistant", title);
        let mut tab = |page, x: f32, name, tip| {
            let place = Rect::from_min_size(at(x, 11.0), theme.vec(84.0, 24.0));
            if controls.button(ui, place, Label { name, tip }, self.page == page) {
                self.page = page;
            }
        };
        let tip = "What was heard and found, and all proposals with what they do";
        tab(Page::Proposals, 100.0, "Proposals", tip);
        let tip = "Songs that yours shall sound like, and their figures beside yours";
        tab(Page::References, 188.0, "References", tip);
        let back = Rect::from_min_size(
            pos2(rect.right() - theme.px(82.0), rect.top() + theme.px(11.0)),
            theme.vec(68.0, 24.0),
        );
        let label = Label {
            name: "Back",
            tip: "All five pillars again",
        };
        let close = controls.button(ui, back, label, false);
        let content = Rect::from_min_max(
            at(14.0, 46.0),
            pos2(
                rect.right() - theme.px(14.0),
                rect.bottom() - theme.px(10.0),
            ),
        );
        match self.page {
            Page::Proposals => all(ui, content, controls, params, view, decisions),
            Page::References => {
                let compared = ComparisonView {
                    analysis: view.hearing.ready(),
                    settings: &params.chain_settings(),
                    delivery: params.delivery(),
                };
                let references = &params.references;
                self.references
                    .show(ui, content, controls, references, &compared);
            }
        }
        close
    }
}

/// What was heard, all proposals, and what was found.
fn all(
    ui: &mut Ui,
    rect: Rect,
    controls: &mut ParamUi<'_>,
    params: &FlowParams,
    view: &AssistantView<'_>,
    decisions: &mut ProposalDecisions,
) {
    let theme = controls.theme;
    let column = |left: f32, width: f32| Rect::from_x_y_ranges(left..=left + width, rect.y_range());
    let heard = column(rect.left(), theme.px(HEARD));
    let found = column(rect.right() - theme.px(FOUND), theme.px(FOUND));
    let gap = theme.px(20.0);
    let middle = Rect::from_x_y_ranges(heard.right() + gap..=found.left() - gap, rect.y_range());
    match view.hearing.ready() {
        Some(analysis) => {
            what_was_heard(ui, heard, controls, analysis, view, decisions);
            proposals(ui, middle, controls, params, view.proposals, decisions);
            findings(ui, found, theme, analysis);
        }
        None => {
            let said = format!(
                "{}. {}",
                view.hearing.heading(view.style_name),
                view.hearing.line()
            );
            let font = theme.font(11.5, Weight::Regular);
            let text = ui.painter().layout(said, font, SECONDARY, theme.px(500.0));
            ui.painter().galley(heard.min, text, SECONDARY);
        }
    }
}

/// Style, movement and loudness.
fn what_was_heard(
    ui: &mut Ui,
    rect: Rect,
    controls: &mut ParamUi<'_>,
    analysis: &Analysis,
    view: &AssistantView<'_>,
    decisions: &mut ProposalDecisions,
) {
    let theme = controls.theme;
    let painter = ui.painter().clone();
    let mut y = rect.top() + theme.px(6.0);
    let mut next = |height: f32| {
        let here = y;
        y += theme.px(height);
        pos2(rect.left(), here)
    };
    let heading = format!("Heard {:.0} s", analysis.summary.seconds);
    let title = (11.5, Weight::Bold, SECONDARY);
    theme.text(&painter, next(18.0), Align2::LEFT_CENTER, heading, title);
    if let Some(opinion) = &analysis.prediction {
        for (name, share) in STYLES.iter().zip(opinion.style) {
            let percent = format!("{:.0} %", 100.0 * share);
            bar(&painter, theme, next(15.0), &capital(name), share, &percent);
        }
        let pattern = opinion.activity;
        for (name, share) in [("Energy", pattern.energy), ("Density", pattern.density)] {
            let percent = format!("{:.0} %", 100.0 * share);
            bar(&painter, theme, next(15.0), name, share, &percent);
        }
    } else {
        let said = if analysis.reference_match.is_some() {
            [
                "Balance and width follow the references,",
                "by their figures alone.",
            ]
        } else if is_single(analysis) {
            [
                "A single instrument: balance and width",
                "aren't compared with those of mixes.",
            ]
        } else {
            [
                "Rules only: the network is missing, damaged or busy.",
                "Balance is held against the style target.",
            ]
        };
        for line in said {
            let quiet = (10.5, Weight::Regular, TERTIARY);
            theme.line(
                &painter,
                next(15.0),
                Align2::LEFT_CENTER,
                line,
                rect.width(),
                quiet,
            );
        }
    }
    let Some(song) = &analysis.song else {
        return;
    };
    let quiet = (10.5, Weight::Regular, SECONDARY);
    let _ = next(4.0);
    let lines = [
        format!("This part {} LUFS", minus(song.measured_lufs)),
        format!(
            "Whole song about {} ({} to {})",
            minus(song.lufs),
            minus(song.low_lufs),
            minus(song.high_lufs)
        ),
    ];
    for line in lines {
        theme.line(
            &painter,
            next(15.0),
            Align2::LEFT_CENTER,
            &line,
            rect.width(),
            quiet,
        );
    }
    let place = Rect::from_min_size(next(0.0) - theme.vec(0.0, 4.0), theme.vec(104.0, 20.0));
    let label = Label {
        name: "Turn down too",
        tip: "What is louder than the delivery profile asks for is left alone, unless this is on",
    };
    if controls.button(ui, place, label, decisions.turn_down) {
        decisions.turn_down = !decisions.turn_down;
    }
    let said = format!(
        "heard: {}. {} {}",
        view.hearing.heading(view.style_name),
        view.hearing.line(),
        analysis.song.map_or_else(String::new, |song| format!(
            "whole song {:.1} LUFS",
            song.lufs
        ))
    );
    ui.interact(rect, ui.scope_id().with("heard"), Sense::hover())
        .widget_info(|| egui::WidgetInfo::labeled(egui::Role::Label, true, &said));
}

fn minus(value: f32) -> String {
    format!("{value:.1}").replace('-', "−")
}

/// A name, a bar from 0 to 1, and its value.
fn bar(painter: &egui::Painter, theme: Theme, at: egui::Pos2, name: &str, share: f32, value: &str) {
    let style = (10.5, Weight::Regular, SECONDARY);
    theme.text(painter, at, Align2::LEFT_CENTER, name, style);
    let track = Rect::from_min_size(at + theme.vec(76.0, -2.5), theme.vec(104.0, 5.0));
    painter.rect_filled(track, theme.radius(2.0), LINE);
    let filled = vec2(track.width() * share.clamp(0.0, 1.0), track.height());
    let filled = Rect::from_min_size(track.min, filled);
    painter.rect_filled(filled, theme.radius(2.0), OUTPUT);
    let end = at + theme.vec(HEARD - 4.0, 0.0);
    theme.text(painter, end, Align2::RIGHT_CENTER, value, style);
}

/// All proposals, each with its amount.
fn proposals(
    ui: &mut Ui,
    rect: Rect,
    controls: &mut ParamUi<'_>,
    params: &FlowParams,
    proposals: &[Proposal],
    decisions: &mut ProposalDecisions,
) {
    let theme = controls.theme;
    let title = (11.5, Weight::Bold, SECONDARY);
    let heading = match proposals.len() {
        0 => "Nothing to decide".to_owned(),
        1 => "1 proposal".to_owned(),
        several => format!("{several} proposals"),
    };
    let at = rect.min + theme.vec(0.0, 6.0);
    theme.text(ui.painter(), at, Align2::LEFT_CENTER, heading, title);
    let list = Rect::from_min_max(rect.min + theme.vec(0.0, 16.0), rect.max);
    let mut chosen = Vec::new();
    ui.scope_builder(UiBuilder::new().max_rect(list), |ui| {
        ui.spacing_mut().item_spacing = vec2(0.0, 0.0);
        ScrollArea::vertical().auto_shrink(false).show(ui, |ui| {
            for proposal in proposals {
                let size = vec2(ui.available_width() - theme.px(10.0), theme.px(PITCH));
                let (place, _) = ui.allocate_exact_size(size, Sense::hover());
                let row = ProposalRow {
                    proposal,
                    params,
                    theme,
                };
                if row.wide(ui, place, controls, decisions) {
                    chosen.push(proposal);
                }
            }
        });
    });
    decisions.take(&chosen, params, controls.history);
}

/// What was found, damage first.
fn findings(ui: &mut Ui, rect: Rect, theme: Theme, analysis: &Analysis) {
    let title = (11.5, Weight::Bold, SECONDARY);
    let at = rect.min + theme.vec(0.0, 6.0);
    theme.text(ui.painter(), at, Align2::LEFT_CENTER, "Found", title);
    let list = Rect::from_min_max(rect.min + theme.vec(0.0, 16.0), rect.max);
    let other = analysis.findings.iter().filter(|f| !f.is_irreversible);
    let is_worse = |severity| severity != Severity::Info;
    ui.scope_builder(UiBuilder::new().max_rect(list), |ui| {
        crate::editor::widgets::theme::scale_widgets(ui, theme);
        ScrollArea::vertical()
            .id_salt("found")
            .auto_shrink(false)
            .show(ui, |ui| {
                for finding in damage(analysis) {
                    let said = format!("{} No setting brings it back.", finding.text);
                    ui.label(egui::RichText::new(said).small().color(REDUCTION));
                }
                for finding in other {
                    let color = if is_worse(finding.severity) {
                        TEXT
                    } else {
                        SECONDARY
                    };
                    ui.label(egui::RichText::new(&finding.text).small().color(color));
                }
                if analysis.findings.is_empty() {
                    ui.label(
                        egui::RichText::new("Nothing stands out.")
                            .small()
                            .color(SECONDARY),
                    );
                }
            });
    });
}
