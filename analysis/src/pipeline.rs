//! The order of an analysis, and nothing else: this is the only file that knows it.
//!
//! ```text
//! classify ─ damage ─ balance, width ─ proposals
//!                     │ one source decides: references, else the network, else the rules
//!                     └ loudness last, with all other proposals applied
//! ```
//!
//! The proposals are not tried yet: see [`trial`](crate::trial).

use std::cmp::Reverse;

use flow_params::ParameterId;

use crate::correction::Correction;
use crate::features::{AnalysisWindow, Summary};
use crate::message::{Message, key, message};
use crate::prediction::{Prediction, possible_part, recommended_part};
use crate::reference::matching::match_to_references;
use crate::report::{
    Analysis, ContentClass, Context, FindingKind, NoProposal, Proposal, ReferenceMatch,
};
use crate::rules::balance::{self, Balance};
use crate::rules::{
    classify::classify, damage, dynamics, loud_moments, loudness, resonance, shape, sibilance,
    starting_point, stereo,
};
use crate::solver;
use crate::tone_decision::{ToneTexts, above_target_db, follow};
use crate::verdict::{Verdicts, duration_confidence};

/// Analyzes a window by rules. Equal windows and contexts give equal results.
#[must_use]
pub fn analyze(window: &AnalysisWindow, context: &Context) -> Analysis {
    let summary = window.summary();
    let content = classify(window, &summary);
    let song_summary = window.song_summary(&summary);
    decide(window, [summary, song_summary], content, context, None)
}

/// Analyzes a window with the prediction of a network, which is needed for music only; `None` if it fails now.
pub fn analyze_with(
    window: &AnalysisWindow,
    context: &Context,
    name: &'static str,
    least_certainty: f32,
    predict: impl FnOnce(&AnalysisWindow) -> Option<Prediction>,
) -> Option<Analysis> {
    let summary = window.summary();
    let content = classify(window, &summary);
    let mut network = None;
    if content == ContentClass::Music {
        network = Some((predict(window)?, least_certainty));
    }
    let song_summary = window.song_summary(&summary);
    let analysis = decide(window, [summary, song_summary], content, context, network);
    Some(Analysis {
        analyzer: name,
        ..analysis
    })
}

/// `summaries` are those of the window and of the song.
fn decide(
    window: &AnalysisWindow,
    [summary, song_summary]: [Summary; 2],
    content: ContentClass,
    context: &Context,
    network: Option<(Prediction, f32)>,
) -> Analysis {
    let (settings, target) = (&context.settings, &context.reference_target);
    let mut verdicts = Verdicts::default();
    if let Some(text) = describe(content, context) {
        verdicts.inform(text);
    }

    // References decide for speech too: with a named reference there is nothing to guess.
    let can_match = content.is_conclusive() || content == ContentClass::Speech;
    let matched = can_match
        .then(|| match_to_references(&song_summary, target, settings))
        .flatten();
    let reference_match = matched.as_ref().map(|matched| ReferenceMatch {
        names: target.references.iter().map(|r| r.name().into()).collect(),
        correction: matched.correction,
    });
    let decider = matched
        .is_some()
        .then(|| NoProposal::DecidedBy(target.name()));

    let prediction = network.as_ref().map(|(prediction, _)| prediction);
    let style = Prediction::style_for(prediction, settings.style_target);
    if content.is_conclusive() {
        damage::evaluate(&summary, context, &mut verdicts);
    }
    let mut tone = matched.map(|matched| matched.verdicts);
    let balance = (content == ContentClass::Music).then(|| {
        let network = network
            .as_ref()
            .map(|(prediction, certainty)| (&prediction.correction, *certainty));
        let balance = balance::read(&summary, context, network.is_some());
        let tone = tone.get_or_insert_with(|| decide_tone(&balance, network, context));
        let sets_width = |proposal: &Proposal| proposal.id == ParameterId::Width;
        let width_decider = tone.proposals.iter().any(sets_width);
        let width_decider = width_decider.then(|| NoProposal::DecidedBy(message!("the network")));
        let width_decider = decider.clone().or(width_decider);
        stereo::evaluate(&summary, context, width_decider.as_ref(), &mut verdicts);
        damage::evaluate_treble(&summary, &mut verdicts);
        sibilance::evaluate(&summary, context, &mut verdicts);
        let findings = verdicts.findings.len();
        let decider_of_tone = decider.as_ref();
        let tones = &tone.proposals;
        loud_moments::evaluate(
            &summary,
            context,
            style,
            tones,
            decider_of_tone,
            &mut verdicts,
        );
        balance::evaluate_deep_bass(&summary, context, style, decider_of_tone, &mut verdicts);
        // A reference decides on narrow places too.
        let has_resonance =
            decider.is_none() && resonance::evaluate(&summary, context, &mut verdicts);
        let is_answered = decider.is_some() || has_resonance || !tone.proposals.is_empty();
        shape::evaluate(&summary, context, is_answered, &mut verdicts);
        if tone.findings.iter().all(|f| f.kind == FindingKind::Width) {
            let is_fine = verdicts.findings.len() == findings;
            balance.conclude(settings, is_fine, &mut verdicts);
        }
        balance
    });

    if let Some(mut tone) = tone {
        tone.append(verdicts);
        verdicts = tone;
    }
    stereo::withdraw_image(&summary, &mut verdicts);

    let song = window.song().filter(|_| content.is_conclusive());
    if let Some(song) = &song {
        damage::evaluate_peaks(&summary, &mut verdicts);
        if content == ContentClass::Music {
            let confidence = duration_confidence(&summary);
            dynamics::evaluate(&summary, context, style, confidence, &mut verdicts);
        }
        loudness::evaluate(&summary, song, context, &mut verdicts);
    }
    if content == ContentClass::Music && !stereo::is_inverted(&summary) {
        starting_point::propose(&summary, context, style, &mut verdicts);
    }

    verdicts.withdraw_switched_off(settings);
    let Verdicts {
        mut findings,
        checks,
        proposals,
    } = verdicts;
    findings.sort_by_key(|finding| Reverse(finding.severity));
    Analysis {
        analyzer: "rules",
        content,
        summary,
        song_summary,
        part: window.part(),
        anchors: balance.map(|balance| balance.readings),
        findings,
        checks,
        proposals,
        song,
        prediction: network.map(|(prediction, _)| prediction),
        reference_match,
        trial: None,
    }
}

/// The balance and width that a network asks for, with the anchors that are extreme; without a network all that are unusual.
pub(crate) fn decide_tone(
    balance: &Balance,
    network: Option<(&Correction, f32)>,
    context: &Context,
) -> Verdicts {
    let (settings, intensity) = (&context.settings, context.intensity);
    let unknown = Correction::unknown();
    let (correction, least_certainty) = network.unwrap_or((&unknown, 0.5));
    let mut possible = possible_part(correction, intensity);
    balance.add_to(&mut possible.curve);
    // Texts state the whole deviation, also if only a part of it is corrected.
    let mut above_db = above_target_db(correction);
    for (above_db, extreme) in above_db.iter_mut().zip(balance.extremes) {
        *above_db = extreme.map_or(*above_db, |extreme| extreme.above_db);
    }
    let texts = ToneTexts {
        above_db,
        sides_above_db: -solver::width_correction(correction).mean,
        comparison: match network {
            Some(_) => message!("the usual balance of such music"),
            None => balance::comparison(settings.style_target).into(),
        },
    };
    let recommended = network.map(|(correction, _)| {
        let mut recommended = recommended_part(correction, intensity);
        balance.remove_opposed(&mut recommended.curve);
        recommended
    });
    follow(
        recommended.as_ref(),
        &possible,
        &texts,
        settings,
        least_certainty,
    )
}

/// States why content that is no mix is not evaluated completely; `None` for music.
fn describe(content: ContentClass, context: &Context) -> Option<Message> {
    let target = &context.reference_target;
    let solo = |name: &'static str, otherwise: Message| {
        if target.is_empty() {
            otherwise
        } else {
            message!(
                "{name}: balance and width follow {target}.",
                name,
                target = target.name()
            )
        }
    };
    Some(match content {
        ContentClass::Silence => message!("There is nothing to hear: play the loud part."),
        ContentClass::TooShort { seconds, needed } => {
            message!(
                "{seconds} s of sound; {needed} s make an analysis.",
                seconds = format!("{seconds:.0}"),
                needed = format!("{needed:.0}")
            )
        }
        ContentClass::TestTone { hz } => {
            message!(
                "A steady tone near {hz} Hz: nothing that could be balanced.",
                hz = format!("{hz:.0}")
            )
        }
        ContentClass::SteadyNoise => message!("Steady noise: nothing that could be balanced."),
        ContentClass::Speech => solo(
            key!("Speech"),
            message!("Speech: nothing that could be compared with music."),
        ),
        ContentClass::SingleInstrument => solo(
            key!("A single instrument"),
            message!(
                "A single instrument: balance and width are compared with mixes, and so left alone."
            ),
        ),
        ContentClass::Music => return None,
    })
}

#[cfg(test)]
mod tests;
