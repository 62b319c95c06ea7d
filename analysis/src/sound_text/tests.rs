use flow_params::Kind;

use super::*;
use crate::features::AnalysisWindow;
use crate::pipeline::analyze;
use crate::report::{Context, Effect, ReferenceMatch};

fn proposal(id: ParameterId, [from, to]: [Value; 2], grade: Grade) -> Proposal {
    Proposal {
        pillar: id.pillar(),
        id,
        from,
        to,
        joint: Vec::new(),
        linked: Vec::new(),
        grade,
        further: 1.0,
        finding: Message::default(),
        reason: Message::default(),
        confidence: 1.0,
        effect: Effect::default(),
    }
}

fn recommended(id: ParameterId, to_db: f32) -> Proposal {
    let values = [0.0, to_db].map(Value::Decibels);
    proposal(id, values, Grade::Recommended)
}

fn finding(kind: FindingKind, severity: Severity, remedy: Remedy) -> Finding {
    Finding {
        kind,
        text: Message::default(),
        severity,
        confidence: 1.0,
        is_irreversible: remedy == Remedy::None(NoProposal::Irreversible),
        remedy,
    }
}

fn damage(kind: FindingKind) -> Finding {
    let remedy = Remedy::None(NoProposal::Irreversible);
    finding(kind, Severity::Notice, remedy)
}

fn analysis_of(findings: Vec<Finding>, proposals: Vec<Proposal>) -> Analysis {
    Analysis {
        content: ContentClass::Music,
        findings,
        proposals,
        ..analyze(&AnalysisWindow::new(1), &Context::default())
    }
}

fn sentence(findings: Vec<Finding>, proposals: Vec<Proposal>) -> String {
    let analysis = analysis_of(findings, proposals);
    SoundText::new(&analysis, |_| true).sentence().to_string()
}

#[test]
fn sentence_of_recommended_proposals_names_their_deviations() {
    use ParameterId as P;
    let tone = vec![recommended(P::Body, 1.2), recommended(P::Sheen, -0.6)];
    assert_eq!(sentence(Vec::new(), tone.clone()), "Thin and bright.");
    let mut all = tone;
    all.push(recommended(P::LoudnessGain, 8.0));
    all.push(proposal(
        P::Width,
        [100.0, 120.0].map(Value::Percent),
        Grade::Possible,
    ));
    assert_eq!(sentence(Vec::new(), all), "Thin, bright and quiet.");
    let opposite = vec![
        recommended(P::Depth, -1.0),
        recommended(P::Silk, -1.0),
        recommended(P::LoudnessGain, -3.0),
    ];
    assert_eq!(sentence(Vec::new(), opposite), "Boomy, harsh and too loud.");
}

#[test]
fn sentence_keeps_the_most_severe_fault_and_ends_with_phrases() {
    use ParameterId as P;
    let answered = Remedy::Proposal(P::LowCut);
    let dc = finding(FindingKind::DcOffset, Severity::Problem, answered);
    let low_cut = proposal(
        P::LowCut,
        [false, true].map(Value::Switch),
        Grade::Recommended,
    );
    let findings = vec![damage(FindingKind::Compression), dc];
    let tone = Remedy::Proposal(P::Silk);
    let findings = [
        findings,
        vec![finding(FindingKind::Other, Severity::Notice, tone)],
    ];
    let proposals = vec![recommended(P::Silk, -2.0), low_cut];
    let analysis = analysis_of(findings.concat(), proposals);
    let text = SoundText::new(&analysis, |_| true);
    assert_eq!(text.shortened(1), "With a DC offset.");
    assert_eq!(text.shortened(2), "Over-compressed and with a DC offset.");
    assert_eq!(
        text.sentence(),
        "Over-compressed, harsh and with a DC offset."
    );
    let inverted = Remedy::None(NoProposal::NotAdjustable);
    let inverted = finding(FindingKind::MonoCompatibility, Severity::Problem, inverted);
    assert_eq!(sentence(vec![inverted], Vec::new()), "Out of phase.");
    assert_eq!(
        sentence(vec![damage(FindingKind::Clipping)], Vec::new()),
        "Clipped."
    );
}

#[test]
fn words_of_the_same_or_of_opposite_meaning_are_said_once() {
    use ParameterId as P;
    let proposals = vec![
        recommended(P::Silk, 1.0),
        recommended(P::Air, 1.0),
        recommended(P::Body, 1.0),
        recommended(P::Depth, -1.0),
    ];
    assert_eq!(sentence(Vec::new(), proposals), "Dull and thin.");
}

#[test]
fn sentence_towards_references_compares_balance_and_width() {
    use ParameterId as P;
    let mut matching = proposal(
        P::MatchAmount,
        [0.0, 100.0].map(Value::Percent),
        Grade::Recommended,
    );
    matching.effect.anchors_db = [2.0, -0.2, 0.0, -4.0];
    let mut analysis = analysis_of(
        Vec::new(),
        vec![matching, recommended(P::LoudnessGain, 3.0)],
    );
    analysis.reference_match = Some(ReferenceMatch {
        names: vec!["Night".to_owned()],
        correction: crate::correction::Correction::unknown(),
    });
    let text = SoundText::new(&analysis, |_| true);
    assert_eq!(text.sentence(), "Brighter and thinner than Night. Quiet.");
    let shortened = [3, 2, 1].map(|count| text.shortened(count).to_string());
    assert_eq!(
        shortened,
        [
            "Brighter and thinner. Quiet.",
            "Brighter and thinner.",
            "Brighter."
        ]
    );
}

/// Before a trial, the bands tell the direction.
#[test]
fn sound_of_match_without_effect_is_that_of_its_bands() {
    let mut matching = proposal(
        ParameterId::MatchAmount,
        [0.0, 100.0].map(Value::Percent),
        Grade::Recommended,
    );
    matching.linked = MATCH_BANDS
        .into_iter()
        .zip(MATCH_HZ)
        .map(|(id, hz)| ParameterChange {
            id,
            from: Value::Decibels(0.0),
            to: Value::Decibels(if hz < 200.0 { -3.0 } else { 0.1 }),
        })
        .collect();
    assert_eq!(Sound::of_proposal(&matching, false), [Sound::Boomy]);
}

#[test]
fn sentence_without_words_says_whether_anything_is_left() {
    use ParameterId as P;
    assert_eq!(sentence(Vec::new(), Vec::new()), "No change is needed.");
    let width = [100.0, 120.0].map(Value::Percent);
    let [possible, taste] =
        [Grade::Possible, Grade::Taste].map(|grade| proposal(P::Width, width, grade));
    assert_eq!(sentence(Vec::new(), vec![taste]), "No change is needed.");
    assert_eq!(
        sentence(Vec::new(), vec![possible.clone()]),
        "No change is recommended."
    );
    let quiet = Remedy::None(NoProposal::TooMuchLimiting);
    let quiet = finding(FindingKind::Loudness, Severity::Notice, quiet);
    assert_eq!(
        sentence(vec![quiet], Vec::new()),
        "No change is recommended."
    );
    let analysis = analysis_of(Vec::new(), vec![recommended(P::Silk, -1.0), possible]);
    let text = |ids: &[P]| {
        let text = SoundText::new(&analysis, |proposal| ids.contains(&proposal.id));
        text.sentence().to_string()
    };
    assert_eq!(text(&[P::Silk, P::Width]), "Harsh.");
    assert_eq!(text(&[P::Width]), "The rest is optional.");
    assert_eq!(text(&[]), "Everything is decided.");
}

/// All parameters that rules, a network or references propose as more than a matter of taste.
const PROPOSED: [ParameterId; 19] = [
    ParameterId::Depth,
    ParameterId::Warmth,
    ParameterId::LowCut,
    ParameterId::LowCutFrequency,
    ParameterId::Presence,
    ParameterId::Sheen,
    ParameterId::Width,
    ParameterId::MonoBelow,
    ParameterId::MonoSafety,
    ParameterId::Body,
    ParameterId::Soul,
    ParameterId::Silk,
    ParameterId::Air,
    ParameterId::Bell2Gain,
    ParameterId::Comfort,
    ParameterId::MultibandAmount,
    ParameterId::GlueAmount,
    ParameterId::LoudnessGain,
    ParameterId::Ceiling,
];

#[test]
fn every_parameter_that_is_proposed_has_a_word_for_each_direction() {
    for id in PROPOSED {
        let values = match id.kind() {
            Kind::Switch(_) => [false, true].map(Value::Switch),
            _ => [0.0, 1.0].map(Value::Decibels),
        };
        for [from, to] in [values, [values[1], values[0]]] {
            let proposal = proposal(id, [from, to], Grade::Recommended);
            assert!(has_word(&proposal), "{id}");
        }
    }
    // The sources of the proposals are the only ones that make one.
    for id in crate::solver::TONE_PARAMETERS {
        assert!(
            PROPOSED.contains(&id) || id == ParameterId::MatchAmount,
            "{id}"
        );
    }
}

#[test]
fn bell_is_named_by_its_place() {
    let bell = |hz: f32, q: f32, channels: BellChannels| {
        let context = Context::default();
        let change = shape::bell(&context, hz, q, channels, -3.0).unwrap();
        let mut bell = recommended(ParameterId::Bell2Gain, -3.0);
        bell.linked = change.linked;
        Sound::of_proposal(&bell, false)
    };
    let stereo = BellChannels::Stereo;
    assert_eq!(bell(280.0, shape::PLACE_Q, stereo), [Sound::Muddy]);
    assert_eq!(bell(900.0, shape::PLACE_Q, stereo), [Sound::Nasal]);
    assert_eq!(bell(2300.0, 5.0, stereo), [Sound::Resonant]);
    assert_eq!(bell(4000.0, 0.5, BellChannels::Side), [Sound::Wide]);
}
