//! From a network's opinion to proposals: the rules say what there is to hear, what is broken and how loud it is; the network
//! says what of balance and width is wrong; the solver says which settings put it right.

use crate::analysis::{Analysis, Context, Heard, Pillar, Proposal, Value};
use crate::correction::BANDS;
use crate::features::{Anchor, Window};
use crate::opinion::Opinion;
use crate::rules::Rules;
use crate::solver::{self, Caution, Move, Solution};

/// Someone who has heard a lot of music.
pub trait Listener: Send {
    /// What it says of a window; none if that can't be said now.
    fn listen(&mut self, window: &Window) -> Option<Opinion>;

    /// What has to be there for anything to be proposed.
    fn caution(&self) -> Caution;
}

/// What the rules would propose about balance and width. Where a network has been asked, it alone answers for those.
const TONE: [&str; 10] = [
    "fldep", "flwrm", "crbod", "crsou", "lapre", "crsil", "lashn", "crair", "crcom", "wewid",
];

/// Judges a window, with a listener's help; none if it can't help now.
pub fn analyse(
    window: &Window,
    context: &Context,
    name: &'static str,
    listener: &mut dyn Listener,
) -> Option<Analysis> {
    let mut analysis = Rules.judge(window, context);
    if analysis.heard == Heard::Music {
        let opinion = listener.listen(window)?;
        let caution = listener.caution();
        let solution = solver::solve(&opinion.correction, &context.settings, caution);
        analysis.proposals.retain(|p| !TONE.contains(&p.id));
        let moves = solution.moves.iter();
        let mut proposals: Vec<Proposal> = moves
            .filter(|m| m.from.to_string() != m.to.to_string())
            .map(|m| proposal(m, &opinion))
            .collect();
        // What is surest first; what the rules say of loudness and dynamics after it.
        proposals.sort_by(|a, b| b.confidence.total_cmp(&a.confidence));
        proposals.append(&mut analysis.proposals);
        analysis.proposals = proposals;
        analysis.predicted_db = Some(predicted_db(&solution));
        analysis.opinion = Some(opinion);
    }
    analysis.analyst = name;
    Some(analysis)
}

/// What the settings of a solution will have done to each band, dB.
fn predicted_db(solution: &Solution) -> [f32; BANDS] {
    solver::rendered_db(&solution.settings)
}

fn proposal(step: &Move, opinion: &Opinion) -> Proposal {
    let reason = match (step.pillar, step.anchor) {
        (Pillar::PhaseWeave, _) => width_reason(opinion),
        (_, Some(anchor)) => balance_reason(anchor, step, opinion),
        (_, None) => "The balance as a whole asks for it.".into(),
    };
    Proposal {
        pillar: step.pillar,
        id: step.id,
        from: step.from,
        to: step.to,
        reason,
        confidence: step.certainty.clamp(0.0, 1.0),
    }
}

/// "Silk is 3.1 dB above what this music asks for between 2 and 8 kHz, give or take 1.2 dB."
fn balance_reason(anchor: Anchor, step: &Move, opinion: &Opinion) -> String {
    let off_db = -opinion.correction.anchor_db(anchor);
    let side = if off_db > 0.0 { "above" } else { "below" };
    let goes_up = matches!((step.from, step.to), (Value::Decibels(from), Value::Decibels(to)) if to > from)
        || matches!((step.from, step.to), (Value::Percent(from), Value::Percent(to)) if to > from);
    let sd = step.sd_db;
    if (off_db < 0.0) == goes_up && off_db.abs() >= 0.3 {
        format!(
            "{} is {:.1} dB {side} what this music asks for {}, give or take {sd:.1} dB.",
            anchor.name(),
            off_db.abs(),
            anchor.place(),
        )
    } else {
        // Part of the anchor is off, not all of it, or another knob does too much of its good.
        format!(
            "Part of {} is off: together with the other changes this brings it to what this music asks for {}.",
            anchor.name(),
            anchor.place(),
        )
    }
}

fn width_reason(opinion: &Opinion) -> String {
    let above_bass = &opinion.correction.width[1..];
    let sum: f32 = above_bass.iter().map(|e| e.mean).sum();
    let mean = sum / 3.0;
    let (off, side) = (mean.abs(), if mean > 0.0 { "softer" } else { "louder" });
    format!("The sides are {off:.1} dB {side} than this music asks for above the bass.")
}

#[cfg(test)]
mod tests;
