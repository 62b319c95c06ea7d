//! The heading of the assistant's panel: the state, or how the mix sounds, beside the buttons.

use egui::{Align2, Rect, Sense, Ui, pos2};
use flow_analysis::report::Analysis;
use flow_analysis::sound_text::SoundText;

use crate::editor::language::{text, translate_message};
use crate::editor::model::editor_model::AssistantView;
use crate::editor::model::listening_state::{basis_lines, judged_text};
use crate::editor::widgets::theme::{Theme, bold, regular};

/// Draws the state, or how the mix sounds with the measure and the part of the analysis below it. A long sentence has no room
/// beside the buttons: its most severe words are drawn, and the pointer, the details and screen readers have it in full.
pub(super) fn show(ui: &Ui, rect: Rect, theme: Theme, assistant: &AssistantView) {
    let painter = ui.painter();
    let line = |y: f32, text: &str, style| {
        let at = pos2(rect.left(), rect.top() + theme.px(y));
        theme.line(painter, at, Align2::LEFT_CENTER, text, rect.width(), style);
    };
    let (large, small) = (
        bold(12.0, theme.color.text),
        regular(10.5, theme.color.secondary),
    );
    let Some(analysis) = assistant.listening.analysis() else {
        line(10.0, &assistant.heading(), large);
        return;
    };
    let fits = |text: &str, style| theme.text_width(painter, text, style) <= rect.width();
    let sound = assistant.listening.sound(&assistant.proposals);
    if let Some(sound) = sound {
        line(
            4.0,
            &fitting_sentence(&sound, |text| fits(text, large)),
            large,
        );
    }
    let basis = match assistant.is_trying {
        true => vec![text!("Trying again…").to_owned()],
        false => basis_lines(analysis, &assistant.style_name),
    };
    let fitting = basis.iter().find(|text| fits(text, small));
    line(
        18.0,
        fitting.or(basis.last()).map_or("", String::as_str),
        small,
    );
    ui.interact(rect, ui.scope_id().with("heading"), Sense::hover())
        .on_hover_text(heading_tip(assistant, analysis));
}

/// The longest sentence about the sound that fits.
fn fitting_sentence(sound: &SoundText, fits: impl Fn(&str) -> bool) -> String {
    let shortened = (1..=sound.word_count()).rev();
    let shortened = shortened.map(|count| sound.shortened(count));
    let sentences = std::iter::once(sound.sentence()).chain(shortened);
    let mut sentences = sentences.map(|sentence| translate_message(&sentence));
    let fitting = sentences.find(|sentence| fits(sentence));
    fitting.unwrap_or_else(|| translate_message(&sound.shortened(1)))
}

fn heading_tip(assistant: &AssistantView, analysis: &Analysis) -> String {
    let judged = judged_text(analysis);
    let lines = [
        Some(assistant.heading()),
        Some(assistant.explanation()),
        judged,
    ];
    lines.into_iter().flatten().collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use egui::{Context, RawInput, vec2};
    use flow_analysis::correction::Correction;
    use flow_analysis::features::AnalysisWindow;
    use flow_analysis::pipeline::analyze;
    use flow_analysis::report::{
        ContentClass, Effect, Finding, FindingKind, Grade, Message, NoProposal, Proposal,
        ReferenceMatch, Remedy, Severity, Value,
    };
    use flow_params::{Kind, ParameterId};

    use super::*;
    use crate::editor::language::Language;
    use crate::editor::model::listening_state::ListeningState;
    use crate::editor::model::preferences_file::display_options::ColorTheme;
    use crate::editor::widgets::theme::{self, palette::Palette};

    /// The room beside *Re-analyze* and *Listen*, pixels at 100 %.
    const ROOM: f32 = 170.0;

    fn proposal(id: ParameterId, [from, to]: [f32; 2]) -> Proposal {
        let value = |number: f32| match id.kind() {
            Kind::Switch(_) => Value::Switch(number > 0.0),
            _ => Value::Percent(number),
        };
        Proposal {
            pillar: id.pillar(),
            id,
            from: value(from),
            to: value(to),
            joint: Vec::new(),
            linked: Vec::new(),
            grade: Grade::Recommended,
            further: 1.0,
            finding: Message::default(),
            reason: Message::default(),
            confidence: 1.0,
            effect: Effect {
                anchors_db: [2.0 * (to - from), 0.0, 0.0, 0.0],
                ..Effect::default()
            },
        }
    }

    fn music(proposals: Vec<Proposal>) -> Analysis {
        Analysis {
            content: ContentClass::Music,
            proposals,
            ..analyze(&AnalysisWindow::new(1), &Default::default())
        }
    }

    /// Analyses with one word each, with none, and with one that compares with a reference.
    fn analyses() -> Vec<Analysis> {
        let ids = ParameterId::ALL.into_iter();
        let proposals = ids.flat_map(|id| [[0.0, 1.0], [1.0, 0.0]].map(|v| proposal(id, v)));
        let mut all: Vec<Analysis> = proposals.map(|p| music(vec![p])).collect();
        for analysis in all.clone() {
            let correction = Correction::between(&analysis.summary, &analysis.summary);
            let names = vec!["A song with a long name".to_owned()];
            let reference_match = Some(ReferenceMatch { names, correction });
            all.push(Analysis {
                reference_match,
                ..analysis
            });
        }
        for kind in [
            FindingKind::Clipping,
            FindingKind::EmptyChannel,
            FindingKind::EqualChannels,
            FindingKind::MissingTreble,
            FindingKind::Compression,
        ] {
            let finding = Finding {
                kind,
                text: Message::default(),
                severity: Severity::Problem,
                confidence: 1.0,
                is_irreversible: true,
                remedy: Remedy::None(NoProposal::Irreversible),
            };
            let mut analysis = music(Vec::new());
            analysis.findings.push(finding);
            all.push(analysis);
        }
        all.push(music(Vec::new()));
        all
    }

    fn with_painter(run: impl FnMut(&Ui, Theme)) {
        const SIZE: egui::Vec2 = vec2(1240.0, 800.0);
        let ctx = Context::default();
        theme::install(&ctx);
        let mut run = run;
        let _ = ctx.run_ui(RawInput::default(), |ui| {
            run(ui, Theme::fit(SIZE, SIZE, Palette::of(ColorTheme::Dark)));
        });
    }

    #[test]
    fn sentence_of_one_word_and_the_measure_fit_beside_the_buttons_in_every_language() {
        with_painter(|ui, theme| {
            for language in Language::all() {
                let _guard = language.enter();
                let style = bold(12.0, theme.color.text);
                let small = regular(10.5, theme.color.text);
                let width = |text: &str, style| theme.text_width(ui.painter(), text, style);
                for analysis in analyses() {
                    for open in [&analysis.proposals[..], &[]] {
                        let state = ListeningState::Ready(Arc::new(analysis.clone()));
                        let sound = state.sound(open).unwrap();
                        let text = fitting_sentence(&sound, |text| width(text, style) <= ROOM);
                        assert!(width(&text, style) <= ROOM, "{}: {text}", language.name());
                    }
                }
                let single = Analysis {
                    content: ContentClass::SingleInstrument,
                    ..music(Vec::new())
                };
                for analysis in [single, music(Vec::new())] {
                    let lines = basis_lines(&analysis, text!("Electronic"));
                    let text = lines.last().unwrap();
                    assert!(width(text, small) <= ROOM, "{}: {text}", language.name());
                }
            }
        });
    }

    #[test]
    fn sentence_without_room_keeps_its_most_severe_words() {
        let proposals = vec![
            proposal(ParameterId::Body, [0.0, 1.0]),
            proposal(ParameterId::Sheen, [1.0, 0.0]),
            proposal(ParameterId::LoudnessGain, [0.0, 1.0]),
        ];
        let state = ListeningState::Ready(Arc::new(music(proposals.clone())));
        let sound = state.sound(&proposals).unwrap();
        let sentence = |most: usize| fitting_sentence(&sound, |text| text.len() <= most);
        assert_eq!(sentence(40), "Thin, bright and quiet.");
        assert_eq!(sentence(20), "Thin and bright.");
        assert_eq!(sentence(1), "Thin.");
    }
}
