//! A listener's prediction becomes proposals with reasons.

use super::*;
use flow_params::ParameterId;

use crate::correction::{Correction, Estimate};
use crate::features::Anchor;
use crate::features::Extractor;
use crate::prediction::{Activity, Prediction, ProposalThresholds};
use crate::report::MIN_CONFIDENCE;
use crate::report::Value;
use flow_dsp::Spec;

struct Fixed(Option<Prediction>);

impl Predictor for Fixed {
    fn predict(&mut self, _: &AnalysisWindow) -> Option<Prediction> {
        self.0.clone()
    }

    fn thresholds(&self) -> ProposalThresholds {
        ProposalThresholds {
            least_certainty: 0.8,
            least_db: 0.5,
            ..ProposalThresholds::NONE
        }
    }
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
    let mut extractor = Extractor::new(Spec::default());
    let mut window = AnalysisWindow::new(800);
    extractor.push(&song[0], &song[1], |frame| window.push(frame));
    window
}

#[test]
fn what_is_too_loud_is_lowered_with_a_reason() {
    let mut listener = Fixed(Some(harsh()));
    let analysis = analyze_with(&song(), &Context::default(), "network", &mut listener).unwrap();
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
        silk.reason.starts_with("Silk is 4.0 dB above") || silk.reason.starts_with("Silk is 3."),
        "{}",
        silk.reason
    );
    assert!(silk.confidence >= MIN_CONFIDENCE);
    let predicted = analysis.predicted_db.unwrap();
    assert!(predicted[20] < -1.5 && predicted[4] > -1.0, "{predicted:?}");
    assert_eq!(analysis.prediction, Some(harsh()));
    // One proposal for each parameter.
    let mut ids: Vec<ParameterId> = analysis.proposals.iter().map(|p| p.id).collect();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), analysis.proposals.len());
}

#[test]
fn what_is_uncertain_proposes_nothing() {
    let mut prediction = harsh();
    prediction
        .correction
        .curve
        .iter_mut()
        .for_each(|e| e.sd = 20.0);
    let analysis = analyze_with(
        &song(),
        &Context::default(),
        "network",
        &mut Fixed(Some(prediction)),
    )
    .unwrap();
    assert!(
        analysis
            .proposals
            .iter()
            .all(|p| !TONE_PARAMETERS.contains(&p.id)),
        "{:?}",
        analysis.proposals
    );
    assert_eq!(analysis.predicted_db, Some([0.0; BANDS]));
}

#[test]
fn what_is_no_music_isnt_listened_to() {
    let mut nobody = Fixed(None);
    let analysis = analyze_with(
        &AnalysisWindow::new(1),
        &Context::default(),
        "network",
        &mut nobody,
    )
    .unwrap();
    assert_eq!((analysis.prediction, analysis.proposals.len()), (None, 0));
    assert!(analyze_with(&song(), &Context::default(), "network", &mut nobody).is_none());
}
