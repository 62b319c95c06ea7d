//! Balance and width from a correction, whichever source it comes from: the solver's changes as verdicts.

use flow_dsp::ChainSettings;

use crate::correction::{BANDS, Correction, centered};
use crate::finding_text::Deviation;
use crate::prediction::ProposalThresholds;
use crate::report::{Grade, Severity};
use crate::solver::{self, Solution};
use crate::verdict::{Change, Verdict, Verdicts};

/// The decision of a source, the network or references, on balance and width.
#[derive(Debug)]
pub(crate) struct ToneDecision {
    /// The source in words.
    pub(crate) source: String,
    /// The correction that the verdicts follow.
    pub(crate) correction: Correction,
    pub(crate) verdicts: Verdicts,
    /// Change of each band by the proposed balance, dB.
    pub(crate) predicted_db: [f32; BANDS],
}

/// The decision that follows from a network's correction. The most certain verdict comes first.
pub(crate) fn follow_prediction(
    correction: &Correction,
    settings: &ChainSettings,
    thresholds: ProposalThresholds,
) -> ToneDecision {
    let solution = solver::solve(correction, settings, thresholds);
    let mut verdicts = Verdicts::default();
    add_solution(
        &solution,
        correction,
        "the usual balance of such music",
        Grade::Recommended,
        &mut verdicts,
    );
    ToneDecision {
        source: "the network".into(),
        correction: *correction,
        verdicts,
        predicted_db: solver::rendered_db(&solution.settings),
    }
}

/// Adds the changes of a solution. `correction` states the whole deviation, which the solution may correct in part.
pub(crate) fn add_solution(
    solution: &Solution,
    correction: &Correction,
    comparison: &str,
    grade: Grade,
    verdicts: &mut Verdicts,
) {
    // Only differences between bands are balance.
    let balance = Correction {
        curve: centered(correction.curve),
        ..*correction
    };
    let mut changes = solution.changes.clone();
    changes.sort_by(|a, b| b.certainty.total_cmp(&a.certainty));
    for solved in changes {
        let above_db = match solved.anchor {
            Some(anchor) => -balance.anchor_db(anchor),
            None => -solver::width_correction(correction).mean,
        };
        let deviation = Deviation {
            anchor: solved.anchor,
            above_db,
            sd_db: solved.anchor.map(|_| solved.sd_db),
            comparison,
        };
        let values = [solved.from, solved.to];
        let change = Change::new(solved.id, values, solved.certainty).graded(grade);
        let severity = Severity::Notice;
        verdicts.add(Verdict::of_deviation(
            severity,
            solved.certainty,
            deviation,
            Ok(change),
        ));
    }
}
