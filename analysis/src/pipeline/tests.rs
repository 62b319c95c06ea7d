//! Analyses with given predictions, and all combinations of sources.

mod random_songs;

use super::*;
use flow_params::ParameterId;

use crate::correction::{Correction, Estimate};
use crate::features::Anchor;
use crate::prediction::{Activity, Prediction};
use crate::report::MIN_CONFIDENCE;
use crate::report::{Finding, FindingKind, Proposal, Remedy, Severity};
use crate::report::{Grade, Intensity, Value};
use crate::sound_text::has_word;
use flow_demo_song::{CHORUS_SECONDS, demo_excerpt};
use flow_dsp::math::{count, narrow, sin_cos};
use flow_dsp::{ChainSettings, Spec};

const LEAST_CERTAINTY: f32 = 0.8;

/// Analyzes a window with a given prediction; `None` fails.
fn analyze_by(window: &AnalysisWindow, prediction: Option<Prediction>) -> Option<Analysis> {
    let context = Context::default();
    analyze_with(window, &context, "network", LEAST_CERTAINTY, |_| prediction)
}

/// Silk 4 dB too loud, everything else right.
fn harsh() -> Prediction {
    let mut correction = Correction::default();
    let bands = Anchor::Silk.third_octaves();
    for (band, estimate) in correction.curve.iter_mut().enumerate() {
        let inside = bands.contains(&(band + crate::correction::FIRST_BAND));
        *estimate = Estimate {
            mean: if inside { -4.0 } else { 0.0 },
            sd: 0.8,
        };
    }
    correction.width = [Estimate { mean: 0.0, sd: 2.0 }; 4];
    Prediction {
        correction,
        style: [0.8, 0.05, 0.05, 0.05, 0.05],
        activity: Activity {
            energy: 0.7,
            density: 0.5,
        },
    }
}

fn song() -> AnalysisWindow {
    let song = flow_demo_song::demo_song(48_000).channels;
    AnalysisWindow::new(800).with_recording(Spec::default(), &song[0], &song[1])
}

#[test]
fn predicted_excess_is_lowered_with_its_reason() {
    let analysis = analyze_by(&song(), Some(harsh())).unwrap();
    assert_eq!(analysis.analyzer, "network");
    let silk = analysis
        .proposals
        .iter()
        .find(|p| p.id == ParameterId::Silk)
        .expect("silk goes down");
    assert!(
        matches!(silk.to, Value::Decibels(db) if (-5.0..-1.0).contains(&db)),
        "{silk:?}"
    );
    assert!(
        silk.reason.starts_with("Silk is 2.8 dB above"),
        "{}",
        silk.reason
    );
    assert!(silk.confidence >= MIN_CONFIDENCE);
    let then = crate::effect_model::apply(&ChainSettings::default(), &analysis.proposals);
    let predicted = crate::solver::rendered_db(&then);
    assert!(predicted[20] < -1.5 && predicted[4] > -1.0, "{predicted:?}");
    assert_eq!(analysis.prediction, Some(harsh()));
    // One proposal for each parameter.
    let mut ids: Vec<ParameterId> = analysis.proposals.iter().map(|p| p.id).collect();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), analysis.proposals.len());
}

/// The change of Silk in the proposals of a grade, and how far the user may go, dB.
fn silk_db(prediction: Prediction, intensity: Intensity) -> [f32; 2] {
    let context = Context {
        intensity,
        ..Context::default()
    };
    let predict = |_: &AnalysisWindow| Some(prediction);
    let analysis = analyze_with(&song(), &context, "network", LEAST_CERTAINTY, predict).unwrap();
    let silk = analysis.proposals.iter();
    let silk = silk
        .filter(|p| p.grade == Grade::Recommended)
        .find(|p| p.id == ParameterId::Silk);
    let silk = silk.expect("silk goes down");
    [silk.to, silk.furthest().to].map(|to| match to {
        Value::Decibels(db) => db,
        other => panic!("{other}"),
    })
}

#[test]
fn intensity_scales_balance_but_recommends_no_more_than_normal() {
    let [gentle, normal, strong] = Intensity::ALL.map(|i| silk_db(harsh(), i));
    assert!(
        gentle[0] > 0.9 * normal[0] && gentle[0] < 0.0,
        "{gentle:?} {normal:?}"
    );
    assert_eq!(strong[0], normal[0]);
    assert!(
        strong[1] < 1.2 * normal[1] && normal[1] < gentle[1],
        "{normal:?} {strong:?}"
    );
}

#[test]
fn intensity_without_network_moves_extreme_anchor_towards_middle() {
    let song = flow_demo_song::demo_song(48_000).channels;
    let dull = flow_dsp::ChainSettings {
        curve: flow_dsp::CurveSettings {
            silk_db: -12.0,
            air_db: -12.0,
            ..Default::default()
        },
        ..ChainSettings::default()
    };
    let mut played = song;
    let [left, right] = played.as_mut_slice() else {
        panic!("stereo")
    };
    let mut chain = flow_dsp::Chain::new(Spec::default());
    chain.process(&dull, flow_dsp::Monitor::default(), &mut [left, right]);
    let window = AnalysisWindow::of(Spec::default(), left, right);
    let moved_db = Intensity::ALL.map(|intensity| {
        let context = Context {
            intensity,
            ..Context::default()
        };
        let analysis = analyze(&window, &context);
        let then = crate::effect_model::apply(&context.settings, &analysis.proposals);
        then.curve.silk_db + then.curve.air_db
    });
    assert!(
        moved_db[0] > 0.5 && moved_db.is_sorted_by(|a, b| a + 0.3 < *b),
        "{moved_db:?}"
    );
}

#[test]
fn uncertain_prediction_gives_no_tone_proposals() {
    let mut prediction = harsh();
    prediction
        .correction
        .curve
        .iter_mut()
        .for_each(|e| e.sd = 20.0);
    let analysis = analyze_by(&song(), Some(prediction)).unwrap();
    assert!(
        analysis
            .proposals
            .iter()
            .all(|p| !crate::solver::TONE_PARAMETERS.contains(&p.id)),
        "{:?}",
        analysis.proposals
    );
}

/// A fault of a song at 48 kHz.
type Fault = fn(&mut [Vec<f32>]);

/// Findings and proposals without loudness, and without the threshold of glue, which follows the level.
fn texts_without_level(analysis: &Analysis) -> Vec<String> {
    let is_level = |finding: &&Finding| {
        finding.kind != FindingKind::Loudness
            && !finding.text.starts_with("The input has true peaks")
    };
    let findings = analysis.findings.iter().filter(is_level);
    let findings = findings.map(|finding| finding.text.to_string());
    let changes = analysis.proposals.iter().flat_map(Proposal::changes);
    let changes = changes.filter(|change| {
        !matches!(
            change.id,
            ParameterId::LoudnessGain | ParameterId::GlueThreshold
        )
    });
    let changes = changes.map(|change| format!("{} {}", change.id, change.to));
    findings.chain(changes).collect()
}

#[test]
fn findings_and_proposals_of_softer_song_are_the_same() {
    let faults: [Fault; 6] = [
        |song| {
            let sections = flow_dsp::anchor_sections([9.0, 0.0, 0.0, -12.0], Spec::default());
            for channel in song {
                let mut states = [[0.0; 2]; 4];
                for x in channel.iter_mut() {
                    let filters = sections.iter().zip(&mut states);
                    let y = filters.fold(f64::from(*x), |y, (s, [a, b])| s.tick([a, b], y));
                    *x = narrow(0.3 * y);
                }
            }
        },
        |song| song[1].iter_mut().for_each(|x| *x = -*x),
        |song| song[0].iter_mut().for_each(|x| *x += 0.01),
        |song| {
            for channel in song {
                for (i, x) in channel.iter_mut().enumerate() {
                    let (sin, _) = sin_cos(core::f64::consts::TAU * 13.0 * count(i) / 48_000.0);
                    *x += 0.04 * narrow(sin);
                }
            }
        },
        |song| {
            let samples = song.iter_mut().flatten();
            samples.for_each(|x| *x = (6.0 * *x).clamp(-0.9, 0.9));
        },
        // Codecs take the treble.
        |song| {
            let section = flow_dsp::Section::low_pass(9000.0, 48_000.0);
            for channel in song {
                for _ in 0..12 {
                    let (mut a, mut b) = (0.0, 0.0);
                    for x in channel.iter_mut() {
                        *x = narrow(section.tick([&mut a, &mut b], f64::from(*x)));
                    }
                }
            }
        },
    ];
    for (index, fault) in faults.iter().enumerate() {
        let mut song = demo_excerpt(48_000, CHORUS_SECONDS, 12.0).channels;
        fault(&mut song);
        let texts = |gain_db: f64| {
            let gain = narrow(flow_dsp::math::gain_from_db(gain_db));
            let [left, right] =
                [0, 1].map(|i| song[i].iter().map(|x| gain * x).collect::<Vec<_>>());
            let window = AnalysisWindow::default().with_recording(Spec::default(), &left, &right);
            texts_without_level(&analyze(&window, &Context::default()))
        };
        let loud = texts(0.0);
        assert!(!loud.is_empty(), "{index}");
        for gain_db in [-10.0, -20.0, -30.0] {
            assert_eq!(texts(gain_db), loud, "{index} at {gain_db} dB");
        }
    }
}

#[test]
fn content_other_than_music_is_not_predicted() {
    let analysis = analyze_by(&AnalysisWindow::new(1), None).unwrap();
    assert_eq!((analysis.prediction, analysis.proposals.len()), (None, 0));
    assert!(analyze_by(&song(), None).is_none());
}

/// The direction that a text states for an anchor or the sides: above is +1.
fn stated_direction(text: &str, subject: &str) -> Option<f32> {
    let deviation = text.split(&format!("{subject} ")).nth(1)?;
    let words: Vec<&str> = deviation.split([' ', '.', ',']).collect();
    let place = |word| words.iter().position(|w| *w == word);
    match (place("above"), place("below")) {
        (Some(above), Some(below)) => Some(if above < below { 1.0 } else { -1.0 }),
        (Some(_), None) => Some(1.0),
        (None, Some(_)) => Some(-1.0),
        (None, None) => None,
    }
}

/// Each finding has a proposal or a reason for none, and both state the same direction.
fn assert_consistent(analysis: &Analysis, case: &str) {
    for finding in &analysis.findings {
        match &finding.remedy {
            Remedy::Proposal(id) => {
                let same = |p: &&Proposal| p.id == *id && p.reason == finding.text;
                let proposal = analysis.proposals.iter().find(same);
                assert!(
                    proposal.is_some(),
                    "{case}: {finding:?} without its proposal"
                );
            }
            Remedy::None(NoProposal::Informative) => {
                assert_eq!(finding.severity, Severity::Info, "{case}: {finding:?}");
            }
            Remedy::None(reason) => {
                let text = reason.to_string();
                assert!(finding.text.ends_with(&text), "{case}: {finding:?}");
                assert_eq!(
                    finding.is_irreversible,
                    *reason == NoProposal::Irreversible,
                    "{case}"
                );
            }
        }
    }
    // Names with a number: "Silk 3.1 dB above". Each figure appears once for each source.
    for anchor in Anchor::ALL {
        let name = anchor.name();
        let stated = analysis.findings.iter().map(|finding| &finding.text);
        let stated = stated.filter_map(|text| stated_direction(text, &format!("{name} is")));
        let directions: Vec<f32> = stated.collect();
        assert!(
            directions.windows(2).all(|pair| pair[0] == pair[1]),
            "{case}: {name} both above and below: {:?}",
            analysis.findings
        );
    }
    for proposal in &analysis.proposals {
        let neutral = match proposal.id {
            ParameterId::Width => 100.0,
            _ => 0.0,
        };
        let to = match proposal.to {
            Value::Decibels(to) | Value::Percent(to) => to - neutral,
            _ => continue,
        };
        let subjects = Anchor::ALL.map(Anchor::name).into_iter().chain(["Sides"]);
        for subject in subjects.filter(|_| {
            proposal.id != ParameterId::LoudnessGain && proposal.id != ParameterId::MatchAmount
        }) {
            if let Some(direction) = stated_direction(&proposal.finding, subject) {
                assert!(to * direction <= 0.0, "{case}: {proposal:?}");
            }
        }
    }
    for proposal in analysis.proposals.iter().filter(|p| p.grade > Grade::Taste) {
        assert!(has_word(proposal), "{case}: {proposal:?}");
    }
    let mut ids: Vec<ParameterId> = analysis.proposals.iter().map(|p| p.id).collect();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), analysis.proposals.len(), "{case}: {ids:?}");
    let is_fine = |name| analysis.checks.iter().any(|check| check.name == name);
    let changes = |ids: &[ParameterId]| analysis.proposals.iter().any(|p| ids.contains(&p.id));
    let balance = &crate::solver::TONE_PARAMETERS[..7];
    assert!(!is_fine("Balance") || !changes(balance), "{case}");
    let says_polarity = |finding: &Finding| finding.text.contains("polarity");
    let is_inverted = analysis.findings.iter().any(says_polarity);
    assert!(!is_fine("Polarity") || !is_inverted, "{case}");
}

/// A summary with an anchor, or the sides, off by some decibels.
fn detuned(summary: &Summary, index: usize, off_db: f32) -> Summary {
    let mut summary = summary.clone();
    if let Some(anchor) = Anchor::ALL.get(index) {
        let bands = &mut summary.third_octaves_db[anchor.third_octaves()];
        bands.iter_mut().for_each(|level| *level += off_db);
        summary.anchors_db[index] += off_db;
    } else {
        summary
            .anchor_side_db
            .iter_mut()
            .for_each(|level| *level += off_db);
        summary.side_db += off_db;
    }
    summary
}

#[test]
fn findings_and_proposals_of_all_sources_never_contradict() {
    use crate::reference::{Reference, ReferenceTarget};
    let window = song();
    let base = window.summary();
    let reference = Reference::new("Night", &window).unwrap();
    let contents = [
        ContentClass::Silence,
        ContentClass::TooShort {
            seconds: 1.0,
            needed: 10.0,
        },
        ContentClass::TestTone { hz: 440.0 },
        ContentClass::SteadyNoise,
        ContentClass::Speech,
        ContentClass::SingleInstrument,
        ContentClass::Music,
    ];
    let mut used = ChainSettings::default();
    used.curve.silk_db = -4.0;
    used.curve.body_db = 3.0;
    used.weave.width = 1.3;
    let mut off = ChainSettings::default();
    off.curve.on = false;
    off.weave.on = false;
    for (settings, amount) in [(ChainSettings::default(), 1.0), (used, 0.5), (off, 1.0)] {
        for (index, off_db) in (0..5)
            .flat_map(|index| (-4..=4).map(move |x| (index, 2.0 * x as f32)))
            // A narrow image, which the rules see too.
            .chain([(4, -25.0)])
        {
            let summary = detuned(&base, index, off_db);
            // The correction that leads back.
            let correction = Correction::between(&summary, &base);
            let prediction = Prediction {
                correction,
                ..harsh()
            };
            for content in contents {
                for (has_network, has_reference) in
                    [(false, false), (true, false), (false, true), (true, true)]
                {
                    let references = if has_reference {
                        vec![reference.clone()]
                    } else {
                        Vec::new()
                    };
                    let context = Context {
                        settings,
                        reference_target: ReferenceTarget {
                            references: references.into(),
                            amount,
                        },
                        ..Context::default()
                    };
                    let network = (has_network && content == ContentClass::Music)
                        .then(|| (prediction.clone(), LEAST_CERTAINTY));
                    let case = format!(
                        "{index} off by {off_db} dB, {content:?}, network {has_network}, reference {has_reference}, {amount}"
                    );
                    let analysis = decide(
                        &window,
                        [summary.clone(), summary.clone()],
                        content,
                        &context,
                        network,
                    );
                    assert_consistent(&analysis, &case);
                    if !content.is_conclusive() && !has_reference {
                        assert_eq!(analysis.proposals, [], "{case}");
                    }
                }
            }
        }
    }
}
