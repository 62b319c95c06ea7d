//! Balance and width from a correction, whichever source it comes from: the solver's changes as verdicts.

use flow_dsp::ChainSettings;

use crate::correction::{BANDS, Correction, centered};
use crate::features::Anchor;
use crate::finding_text::{Deviation, MIN_DEVIATION_DB};
use crate::prediction::ProposalThresholds;
use crate::report::{Grade, ParameterChange, Severity};
use crate::solver::{self, Solution, SolvedChange};
use crate::verdict::{Change, Verdict, Verdicts};

/// The decision of a source on balance and width.
#[derive(Debug)]
pub(crate) struct ToneDecision {
    pub(crate) verdicts: Verdicts,
    /// Change of each band by the recommended balance, dB.
    pub(crate) predicted_db: [f32; BANDS],
}

/// A correction with what its texts say.
pub(crate) struct ToneAim<'a> {
    /// The correction that the settings shall make.
    pub(crate) wanted: &'a Correction,
    /// How strongly it is proposed.
    pub(crate) grade: Grade,
    /// How far each anchor lies above the comparison, dB.
    pub(crate) above_db: [f32; 4],
    /// The comparison, such as "similar music".
    pub(crate) comparison: &'a str,
}

/// The decision that follows a correction with the equalizers and the width.
pub(crate) fn follow(
    aim: &ToneAim<'_>,
    settings: &ChainSettings,
    least_certainty: f32,
) -> ToneDecision {
    let thresholds = ProposalThresholds {
        least_certainty,
        ..ProposalThresholds::NONE
    };
    let solution = solver::solve(aim.wanted, settings, thresholds);
    let mut verdicts = Verdicts::default();
    add_solution(&solution, aim, &mut verdicts);
    ToneDecision {
        verdicts,
        predicted_db: solver::rendered_db(&solution.settings),
    }
}

/// Adds the changes of a solution, one proposal for each purpose: changes of adjacent anchors in one direction, with those
/// that keep the bands around them where they are.
pub(crate) fn add_solution(solution: &Solution, aim: &ToneAim<'_>, verdicts: &mut Verdicts) {
    let mut groups: Vec<Vec<SolvedChange>> = Vec::new();
    // The direction of the newest group; 0 while it only keeps bands where they are.
    let mut before = 0.0;
    for solved in &solution.changes {
        let mut direction = 0.0;
        if aim.opposing_db(solved) >= MIN_DEVIATION_DB {
            direction = solved.step_db.signum();
        }
        match groups.last_mut() {
            Some(group) if solved.anchor.is_some() && before * direction >= 0.0 => {
                group.push(solved.clone());
            }
            _ => {
                groups.push(vec![solved.clone()]);
                before = 0.0;
            }
        }
        if direction != 0.0 {
            before = direction;
        }
    }
    let certainty = |group: &[SolvedChange]| {
        let certainties = group.iter().map(|solved| solved.certainty);
        certainties.fold(0.0, f32::max)
    };
    groups.sort_by(|a, b| certainty(b).total_cmp(&certainty(a)));
    for group in groups {
        if let Some(verdict) = verdict_of(&group, aim) {
            verdicts.add(verdict);
        }
    }
}

impl ToneAim<'_> {
    /// How far an anchor, or the sides, lie above the comparison, dB.
    fn above_db(&self, anchor: Option<Anchor>) -> f32 {
        match anchor {
            Some(anchor) => self.above_db[anchor as usize],
            None => -solver::width_correction(self.wanted).mean,
        }
    }

    /// How far a change goes against the deviation of its anchor, dB: at most all of it, and negative if it adds to it.
    fn opposing_db(&self, solved: &SolvedChange) -> f32 {
        let above_db = self.above_db(solved.anchor);
        (-above_db.signum() * solved.step_db).min(above_db.abs())
    }
}

/// The verdict of changes for one purpose. Its first parameter is the one that moves most against a deviation.
fn verdict_of(group: &[SolvedChange], aim: &ToneAim<'_>) -> Option<Verdict> {
    let is_against = |solved: &SolvedChange| aim.opposing_db(solved) >= MIN_DEVIATION_DB;
    let largest = |a: &&SolvedChange, b: &&SolvedChange| {
        let larger = a.step_db.abs().total_cmp(&b.step_db.abs());
        is_against(a).cmp(&is_against(b)).then(larger)
    };
    let first = group.iter().max_by(largest)?;
    let mut change =
        Change::new(first.id, [first.from, first.to], first.certainty).graded(aim.grade);
    let others = group.iter().filter(|solved| solved.id != first.id);
    change.joint = others
        .clone()
        .map(|solved| ParameterChange {
            id: solved.id,
            from: solved.from,
            to: solved.to,
        })
        .collect();
    let mut deviations: Vec<(Anchor, f32)> = Vec::new();
    for solved in others.filter(|solved| is_against(solved)) {
        let known = deviations.iter().map(|(anchor, _)| *anchor);
        if let Some(anchor) = solved.anchor
            && known.chain(first.anchor).all(|other| other != anchor)
        {
            deviations.push((anchor, aim.above_db(solved.anchor)));
        }
    }
    let deviation = Deviation {
        anchor: first.anchor,
        above_db: aim.above_db(first.anchor),
        others: &deviations,
        comparison: aim.comparison,
    };
    Some(Verdict::of_deviation(
        Severity::Notice,
        first.certainty,
        deviation,
        Ok(change),
    ))
}

/// How far each anchor of a correction's curve lies above its target, dB.
pub(crate) fn above_target_db(correction: &Correction) -> [f32; 4] {
    // Only differences between bands are balance.
    let balance = Correction {
        curve: centered(correction.curve),
        ..*correction
    };
    Anchor::ALL.map(|anchor| -balance.anchor_db(anchor))
}
