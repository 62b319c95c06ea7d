//! Findings and proposals from the solver's results.

use flow_params::Pillar;

use crate::correction::Correction;
use crate::features::Anchor;
use crate::report::{Effect, Proposal, Value};
use crate::solver::{Solution, SolvedChange};

/// The moves of a solution with their reasons, what is surest first. `than`: what the sound is compared with.
pub(crate) fn proposals(solution: &Solution, correction: &Correction, than: &str) -> Vec<Proposal> {
    let moves = solution.moves.iter();
    let mut proposals: Vec<Proposal> = moves
        .filter(|m| m.from.to_string() != m.to.to_string())
        .map(|m| proposal(m, correction, than))
        .collect();
    proposals.sort_by(|a, b| b.confidence.total_cmp(&a.confidence));
    proposals
}

fn proposal(step: &SolvedChange, correction: &Correction, than: &str) -> Proposal {
    let [finding, reason] = match (step.id.pillar(), step.anchor) {
        (Pillar::PhaseWeave, _) => of_width(correction, than),
        (_, Some(anchor)) => of_balance(anchor, step, correction, than),
        (_, None) => ["Balance", "The balance as a whole asks for it."].map(String::from),
    };
    Proposal {
        pillar: step.id.pillar(),
        id: step.id,
        from: step.from,
        to: step.to,
        linked: Vec::new(),
        finding,
        reason,
        confidence: step.certainty.clamp(0.0, 1.0),
        effect: Effect::default(),
    }
}

/// "Silk 3.1 dB above" and "Silk is 3.1 dB above what this music asks for between 2 and 8 kHz, give or take 1.2 dB."
fn of_balance(
    anchor: Anchor,
    step: &SolvedChange,
    correction: &Correction,
    than: &str,
) -> [String; 2] {
    let off_db = -correction.anchor_db(anchor);
    let side = if off_db > 0.0 { "above" } else { "below" };
    let goes_up = matches!((step.from, step.to), (Value::Decibels(from), Value::Decibels(to)) if to > from)
        || matches!((step.from, step.to), (Value::Percent(from), Value::Percent(to)) if to > from);
    let sd = step.sd_db;
    let (name, place) = (anchor.name(), anchor.place());
    if (off_db < 0.0) == goes_up && off_db.abs() >= 0.3 {
        let off_db = off_db.abs();
        [
            format!("{name} {off_db:.1} dB {side}"),
            format!("{name} is {off_db:.1} dB {side} {than} {place}, give or take {sd:.1} dB."),
        ]
    } else {
        // Part of the anchor is off, not all of it, or another knob does too much of its good.
        [
            format!("Part of {name} is off"),
            format!(
                "Part of {name} is off: together with the other changes this brings it to {than} {place}."
            ),
        ]
    }
}

fn of_width(correction: &Correction, than: &str) -> [String; 2] {
    let above_bass = &correction.width[1..];
    let sum: f32 = above_bass.iter().map(|e| e.mean).sum();
    let mean = sum / 3.0;
    let (off, side) = (mean.abs(), if mean > 0.0 { "below" } else { "above" });
    [
        format!("Sides {off:.1} dB {side}"),
        format!("The sides are {off:.1} dB {side} {than} above the bass."),
    ]
}
