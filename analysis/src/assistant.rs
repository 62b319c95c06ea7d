//! From a network's opinion to proposals: the rules say what there is to hear, what is broken and how loud it is; the network
//! says what of balance and width is wrong; the solver says which settings put it right.

use crate::analysis::{Analysis, Context, Heard, Pillar, Proposal, Value};
use crate::correction::{BANDS, Correction};
use crate::effect::Effect;
use crate::features::{Anchor, Window};
use crate::opinion::Opinion;
use crate::rules::{Rules, finish};
use crate::solver::{self, Caution, Move, Solution};

/// Someone who has heard a lot of music.
pub trait Listener: Send {
    /// What it says of a window; none if that can't be said now.
    fn listen(&mut self, window: &Window) -> Option<Opinion>;

    /// What has to be there for anything to be proposed.
    fn caution(&self) -> Caution;
}

/// The parameters of balance and width. Where a network has been asked, or a reference given, the rules don't answer for
/// those.
pub const TONE: [&str; 11] = [
    "fldep",
    "flwrm",
    "crbod",
    "crsou",
    "lapre",
    "crsil",
    "lashn",
    "crair",
    "crcom",
    "wewid",
    solver::MATCH_ID,
];

/// Judges a window, with a listener's help; none if it can't help now.
pub fn analyse(
    window: &Window,
    context: &Context,
    name: &'static str,
    listener: &mut dyn Listener,
) -> Option<Analysis> {
    let mut analysis = Rules.judge_sound(window, context);
    if analysis.heard == Heard::Music {
        let opinion = listener.listen(window)?;
        let caution = listener.caution();
        let solution = solver::solve(&opinion.correction, &context.settings, caution);
        analysis.proposals.retain(|p| !TONE.contains(&p.id));
        // What the rules say of the rest comes last.
        let mut proposals = proposals(&solution, &opinion.correction, "what this music asks for");
        proposals.append(&mut analysis.proposals);
        analysis.proposals = proposals;
        analysis.predicted_db = Some(predicted_db(&solution));
        analysis.opinion = Some(opinion);
    }
    finish(&mut analysis, context);
    analysis.analyst = name;
    Some(analysis)
}

/// What the settings of a solution will have done to each band, dB.
fn predicted_db(solution: &Solution) -> [f32; BANDS] {
    solver::rendered_db(&solution.settings)
}

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

fn proposal(step: &Move, correction: &Correction, than: &str) -> Proposal {
    let [finding, reason] = match (step.pillar, step.anchor) {
        (Pillar::PhaseWeave, _) => of_width(correction, than),
        (_, Some(anchor)) => of_balance(anchor, step, correction, than),
        (_, None) => ["Balance", "The balance as a whole asks for it."].map(String::from),
    };
    Proposal {
        pillar: step.pillar,
        id: step.id,
        from: step.from,
        to: step.to,
        with: Vec::new(),
        finding,
        reason,
        confidence: step.certainty.clamp(0.0, 1.0),
        effect: Effect::default(),
    }
}

/// "Silk 3.1 dB above" and "Silk is 3.1 dB above what this music asks for between 2 and 8 kHz, give or take 1.2 dB."
fn of_balance(anchor: Anchor, step: &Move, correction: &Correction, than: &str) -> [String; 2] {
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

#[cfg(test)]
mod tests;
