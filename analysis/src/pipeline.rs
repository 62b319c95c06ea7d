//! The order of an analysis.

use std::cmp::Reverse;

use crate::correction::BANDS;
use crate::effect_model::{apply, simulate_change};
use crate::features::AnalysisWindow;
use crate::prediction::Predictor;
use crate::reference::matching::match_to_references;
use crate::report::{Analysis, ContentClass, Context};
use crate::rules::notes::Notes;
use crate::rules::{balance, classify, damage, loudness, stereo};
use crate::solver::{self, Solution, TONE_PARAMETERS};
use crate::verdict::proposals;

/// Analyzes a window by rules. Equal windows and contexts give equal results.
#[must_use]
pub fn analyze(window: &AnalysisWindow, context: &Context) -> Analysis {
    let mut analysis = analyze_content(window, context);
    add_loudness_and_effects(&mut analysis, context);
    analysis
}

/// Analyzes a window with the predictions of a network; `None` if it fails now.
pub fn analyze_with(
    window: &AnalysisWindow,
    context: &Context,
    name: &'static str,
    predictor: &mut dyn Predictor,
) -> Option<Analysis> {
    let mut analysis = analyze_content(window, context);
    if analysis.content == ContentClass::Music {
        let prediction = predictor.predict(window)?;
        let thresholds = predictor.thresholds();
        let solution = solver::solve(&prediction.correction, &context.settings, thresholds);
        analysis
            .proposals
            .retain(|p| !TONE_PARAMETERS.contains(&p.id));
        let mut proposals = proposals(
            &solution,
            &prediction.correction,
            "what this music asks for",
        );
        proposals.append(&mut analysis.proposals);
        analysis.proposals = proposals;
        analysis.predicted_db = Some(predicted_db(&solution));
        analysis.prediction = Some(prediction);
    }
    add_loudness_and_effects(&mut analysis, context);
    analysis.analyzer = name;
    Some(analysis)
}

/// Computes the cached responses of the rules ahead of the first analysis.
pub(crate) fn prepare() {
    balance::prepare();
}

/// Everything but loudness, references and effects.
fn analyze_content(window: &AnalysisWindow, context: &Context) -> Analysis {
    let summary = window.summary();
    let content = classify::classify(window, &summary);
    let mut notes = Notes::default();
    let mut anchors = None;
    match content {
        ContentClass::Silence => notes.info("There is nothing to hear: play the loud part.".into()),
        ContentClass::TooShort { seconds, needed } => notes.info(format!(
            "{seconds:.0} s of sound so far; {needed:.0} s make an analysis."
        )),
        ContentClass::TestTone { hz } => notes.info(format!(
            "A steady tone near {hz:.0} Hz: nothing that could be balanced."
        )),
        ContentClass::SteadyNoise => {
            notes.info("Steady noise: nothing that could be balanced.".into());
        }
        ContentClass::Speech => notes.info(describe_solo(
            context,
            "Speech",
            "nothing that could be compared with music",
        )),
        ContentClass::SingleInstrument => {
            let rest = "balance and width are compared with mixes, and so left alone";
            notes.info(describe_solo(context, "A single instrument", rest));
            damage::judge(&summary, context, &mut notes);
        }
        ContentClass::Music => {
            damage::judge(&summary, context, &mut notes);
            stereo::judge(&summary, context, &mut notes);
            anchors = Some(balance::judge(&summary, context, &mut notes));
        }
    }
    Analysis {
        analyzer: "rules",
        content,
        song: window.song().filter(|_| content.is_conclusive()),
        summary,
        anchors,
        findings: notes.findings,
        proposals: notes.proposals,
        prediction: None,
        reference_match: None,
        predicted_db: None,
    }
}

fn describe_solo(context: &Context, content: &str, otherwise: &str) -> String {
    let target = &context.reference_target;
    if target.is_empty() {
        format!("{content}: {otherwise}.")
    } else {
        format!("{content}: balance and width follow {}.", target.name())
    }
}

fn add_loudness_and_effects(analysis: &mut Analysis, context: &Context) {
    match_to_references(analysis, context);
    let mut notes = Notes {
        findings: std::mem::take(&mut analysis.findings),
        proposals: std::mem::take(&mut analysis.proposals),
    };
    if let Some(song) = &analysis.song {
        loudness::judge(&analysis.summary, song, context, &mut notes);
    }
    let Notes {
        mut findings,
        mut proposals,
    } = notes;
    findings.sort_by_key(|finding| Reverse(finding.severity));
    for proposal in &mut proposals {
        let settings = &context.settings;
        let then = apply(settings, [&*proposal]);
        proposal.effect = simulate_change(&analysis.summary, settings, &then);
    }
    (analysis.findings, analysis.proposals) = (findings, proposals);
}

/// What the settings of a solution will have done to each band, dB.
fn predicted_db(solution: &Solution) -> [f32; BANDS] {
    solver::rendered_db(&solution.settings)
}

#[cfg(test)]
mod tests;
