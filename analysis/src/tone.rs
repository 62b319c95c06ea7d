//! Balance and width from a correction: the solver's changes as verdicts.

use flow_dsp::ChainSettings;

use crate::correction::{BANDS, Correction, centered};
use crate::prediction::ProposalThresholds;
use crate::report::Severity;
use crate::solver::{self, Solution};
use crate::verdict::{Change, Deviation, Verdict, Verdicts};

/// Verdicts on balance and width from the network or from references.
#[derive(Debug, Default)]
pub(crate) struct ToneVerdicts {
    pub(crate) verdicts: Verdicts,
    /// Change of each band by the proposed balance, dB.
    pub(crate) predicted_db: [f32; BANDS],
}

/// The verdicts that follow from a network's correction, the most certain first.
pub(crate) fn judge_prediction(
    correction: &Correction,
    settings: &ChainSettings,
    thresholds: ProposalThresholds,
) -> ToneVerdicts {
    let solution = solver::solve(correction, settings, thresholds);
    let mut verdicts = Verdicts::default();
    add_solution(
        &solution,
        correction,
        "what this music asks for",
        &mut verdicts,
    );
    ToneVerdicts {
        verdicts,
        predicted_db: solver::rendered_db(&solution.settings),
    }
}

/// Adds the changes of a solution. `correction` states the whole deviation, which the solution may correct in part.
pub(crate) fn add_solution(
    solution: &Solution,
    correction: &Correction,
    comparison: &str,
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
        verdicts.add(Verdict {
            severity: Severity::Notice,
            confidence: solved.certainty,
            text: deviation.text(solved.change_db),
            remedy: Ok(Change::new(solved.id, values, solved.certainty)),
        });
    }
}
