//! Balance and width from a correction, whichever source it comes from: the solver's changes as verdicts.

use flow_dsp::ChainSettings;

use crate::correction::{Correction, centered};
use crate::features::Anchor;
use crate::finding_text::{Deviation, MIN_DEVIATION_DB};
use crate::message::{Message, message};
use crate::report::{Grade, ParameterChange, Severity};
use crate::solver::{self, SolvedChange};
use crate::verdict::{Change, Verdict, Verdicts};

/// The largest factor between a recommended change and a possible one.
const MAX_FURTHER: f32 = 4.0;

/// The figures in the texts of proposals for the balance.
pub(crate) struct ToneTexts {
    /// How far each anchor lies above the comparison, dB.
    pub(crate) above_db: [f32; 4],
    /// How far the sides lie above the comparison, dB.
    pub(crate) sides_above_db: f32,
    /// The comparison, such as "similar music".
    pub(crate) comparison: Message,
}

/// The verdicts that follow a correction with the equalizers and the width. Its recommended part comes first; `possible` is
/// the whole, of which the user may take more.
pub(crate) fn follow(
    recommended: Option<&Correction>,
    possible: &Correction,
    texts: &ToneTexts,
    settings: &ChainSettings,
    least_certainty: f32,
) -> Verdicts {
    let solve = |correction| solver::solve(correction, settings, least_certainty);
    let further = solve(possible).changes;
    let sure = recommended.map(solve);
    let sure_changes = sure.as_ref().map_or(&[][..], |sure| &sure.changes);
    let mut verdicts = Verdicts::default();
    let mut sure_groups = groups(sure_changes, texts);
    for group in &mut sure_groups {
        group.grade = Grade::Recommended;
        group.further = group.share_in(&further);
    }
    // How much further a recommended purpose may be followed is its own number.
    let is_new = |solved: &&SolvedChange| {
        let is_same_purpose = |sure: &SolvedChange| {
            sure.anchor == solved.anchor && sure.step_db * solved.step_db >= 0.0
        };
        let is_known = |sure: &SolvedChange| sure.id == solved.id || is_same_purpose(sure);
        !sure_changes.iter().any(is_known)
    };
    let rest: Vec<SolvedChange> = further.iter().filter(is_new).cloned().collect();
    // Beside recommended changes, those that only keep other bands where they are have no purpose of their own.
    let has_purpose = |group: &Group| sure_changes.is_empty() || group.has_purpose(texts);
    let rest_groups = groups(&rest, texts).into_iter().filter(has_purpose);
    for group in sure_groups.into_iter().chain(rest_groups) {
        verdicts.extend(group.verdict(texts));
    }
    verdicts
}

/// Changes for one purpose.
pub(crate) struct Group {
    changes: Vec<SolvedChange>,
    pub(crate) grade: Grade,
    /// How many times as far the whole correction goes, 1 or more.
    further: f32,
}

/// Groups the changes of a solution, the most certain group first: changes of adjacent anchors in one direction, with those
/// that keep the bands around them where they are.
pub(crate) fn groups(changes: &[SolvedChange], texts: &ToneTexts) -> Vec<Group> {
    let mut groups: Vec<Group> = Vec::new();
    // The direction of the newest group; 0 while it only keeps bands where they are.
    let mut before = 0.0;
    for solved in changes {
        let mut direction = 0.0;
        if texts.is_against(solved) {
            direction = solved.step_db.signum();
        }
        match groups.last_mut() {
            Some(group) if solved.anchor.is_some() && before * direction >= 0.0 => {
                group.changes.push(solved.clone());
            }
            _ => {
                groups.push(Group {
                    changes: vec![solved.clone()],
                    grade: Grade::Possible,
                    further: 1.0,
                });
                before = 0.0;
            }
        }
        if direction != 0.0 {
            before = direction;
        }
    }
    groups.sort_by(|a, b| b.certainty().total_cmp(&a.certainty()));
    groups
}

impl ToneTexts {
    /// How far an anchor, or the sides, lie above the comparison, dB.
    fn above_db(&self, anchor: Option<Anchor>) -> f32 {
        anchor.map_or(self.sides_above_db, |anchor| self.above_db[anchor as usize])
    }

    /// Whether a change goes against the deviation of its anchor.
    fn is_against(&self, solved: &SolvedChange) -> bool {
        let above_db = self.above_db(solved.anchor);
        let opposing_db = -above_db.signum() * solved.step_db;
        opposing_db.min(above_db.abs()) >= MIN_DEVIATION_DB
    }
}

impl Group {
    fn certainty(&self) -> f32 {
        let certainties = self.changes.iter().map(|solved| solved.certainty);
        certainties.fold(0.0, f32::max)
    }

    fn has_purpose(&self, texts: &ToneTexts) -> bool {
        self.changes.iter().any(|solved| texts.is_against(solved))
    }

    /// How many times as far all of other changes of the same parameters go, 1 to [`MAX_FURTHER`].
    fn share_in(&self, others: &[SolvedChange]) -> f32 {
        let share = |solved: &SolvedChange| {
            let other = others.iter().find(|other| other.id == solved.id)?;
            (solved.step_db != 0.0).then(|| other.step_db / solved.step_db)
        };
        let least = self.changes.iter().filter_map(share).reduce(f32::min);
        least.unwrap_or(1.0).clamp(1.0, MAX_FURTHER)
    }

    /// A sentence about the changes that go along with the stated deviation of their anchor; empty without any.
    fn holding_text(&self, first: &SolvedChange, texts: &ToneTexts) -> Message {
        let is_stated = |anchor| {
            let others = self
                .changes
                .iter()
                .filter(|solved| texts.is_against(solved));
            others.chain([first]).any(|solved| solved.anchor == anchor)
        };
        let holds = |solved: &&SolvedChange| {
            let along_db = texts.above_db(solved.anchor) * solved.step_db;
            along_db > 0.0 && solved.id != first.id && is_stated(solved.anchor)
        };
        let holding = self.changes.iter().filter(holds);
        let names: Vec<&'static str> = holding.map(|solved| solved.id.name()).collect();
        match names[..] {
            [] => Message::default(),
            [name] => message!(
                " {name} changes only so that the bands beside it keep their level.",
                name
            ),
            _ => message!(
                " {names} change only so that the bands beside them keep their level.",
                names = Message::list(&names)
            ),
        }
    }

    /// The verdict. Its first parameter is the one that moves most against a deviation.
    pub(crate) fn verdict(&self, texts: &ToneTexts) -> Option<Verdict> {
        let largest = |a: &&SolvedChange, b: &&SolvedChange| {
            let larger = a.step_db.abs().total_cmp(&b.step_db.abs());
            texts.is_against(a).cmp(&texts.is_against(b)).then(larger)
        };
        let first = self.changes.iter().max_by(largest)?;
        let mut change = Change::new(first.id, [first.from, first.to], first.certainty);
        change.grade = self.grade;
        change.further = self.further;
        let others = self.changes.iter().filter(|solved| solved.id != first.id);
        let joint = others.clone().map(|solved| ParameterChange {
            id: solved.id,
            from: solved.from,
            to: solved.to,
        });
        change.joint = joint.collect();
        let mut deviations: Vec<(Anchor, f32)> = Vec::new();
        for solved in others.filter(|solved| texts.is_against(solved)) {
            let known = deviations.iter().map(|(anchor, _)| *anchor);
            if let Some(anchor) = solved.anchor
                && known.chain(first.anchor).all(|other| other != anchor)
            {
                deviations.push((anchor, texts.above_db(solved.anchor)));
            }
        }
        let deviation = Deviation {
            anchor: first.anchor,
            above_db: texts.above_db(first.anchor),
            others: &deviations,
            comparison: &texts.comparison,
        };
        let (severity, certainty) = (Severity::Notice, first.certainty);
        let mut verdict = Verdict::of_deviation(severity, certainty, deviation, Ok(change));
        verdict.text.sentence += self.holding_text(first, texts);
        Some(verdict)
    }
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
