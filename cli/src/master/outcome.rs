//! What came of it, in plain words.

use super::gain_search::StopReason;
use super::mastering::MasteringResult;
use flow_params::number::{number, signed};

/// A loudness counts as reached within this.
pub(crate) const REACHED_LU: f64 = 0.1;
/// What the limiter may miss the ceiling by, as measured by the 32 times oversampling meter.
const HELD_DB: f64 = 0.05;
/// So near to the ceiling is on it.
const AT_DB: f64 = 0.005;
/// Gain reduction above this for more than [`HARD_SHARE`] of the time is heard as such.
const HARD_DB: f64 = 6.0;
const HARD_SHARE: f64 = 0.05;

/// The verdict on one song.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct MasteringOutcome {
    /// None without a loudness target.
    pub(crate) target_reached: Option<bool>,
    /// Why not.
    pub(crate) reason: Option<String>,
    pub(crate) ceiling_held: bool,
    /// One sentence each; the first is the main one.
    pub(crate) lines: Vec<String>,
}

pub(crate) fn outcome(song: &MasteringResult) -> MasteringOutcome {
    let got = song.after.lufs_i;
    let ceiling = number(song.ceiling_dbtp, 1);
    let reached = song
        .target_lufs
        .map(|target| (got - target).abs() <= REACHED_LU);
    let reason = song.target_lufs.filter(|_| reached == Some(false)).map(|target| {
        let target = number(target, 1);
        let loudest = number(got, 1);
        match song.outcome() {
            None => format!("The gain was left as set: {loudest} LUFS instead of {target}"),
            Some(StopReason::CeilingHolds) => format!(
                "{target} LUFS lies out of reach at a ceiling of {ceiling} dBTP: {loudest} was the loudest, because more gain into the limiter made it no louder"
            ),
            Some(StopReason::GainUsedUp) => format!(
                "{target} LUFS lies out of reach: all the gain there is ({} dB) brings it to {loudest}",
                signed(song.gain_db + song.trim_db, 1)
            ),
            Some(StopReason::Reached) => format!("{target} LUFS was missed: {loudest} is the nearest that was found"),
        }
    });
    let ceiling_held = song.after.dbtp <= song.ceiling_dbtp + HELD_DB;
    let mut lines = vec![match (&reason, song.target_lufs) {
        (Some(reason), _) => format!("{reason}."),
        (None, Some(_)) => format!("Reached {} LUFS.", number(got, 1)),
        (None, None) if song.was_loud_enough => format!(
            "{} LUFS: loud enough as it was. Name a profile (--profile) to have louder songs turned down.",
            number(got, 1)
        ),
        (None, None) => format!(
            "No loudness target: {} LUFS, and only the ceiling applied.",
            number(got, 1)
        ),
    }];
    let peak = number(song.after.dbtp, 2);
    lines.push(if song.after.dbtp <= song.ceiling_dbtp + AT_DB {
        format!("The true peak is {peak} dBTP: the ceiling of {ceiling} holds.")
    } else if ceiling_held {
        format!("The true peak is {peak} dBTP, within {HELD_DB} dB of the ceiling of {ceiling}.")
    } else {
        format!("The true peak is {peak} dBTP, over the ceiling of {ceiling}.")
    });
    lines.extend(song.assisted.iter().cloned());
    lines.extend(remarks(song));
    MasteringOutcome {
        target_reached: reached,
        reason,
        ceiling_held,
        lines,
    }
}

/// What else is worth knowing.
fn remarks(song: &MasteringResult) -> Vec<String> {
    let mut lines = Vec::new();
    if let Some(lufs) = song.gave_up_lufs {
        lines.push(format!(
            "The limiter's style is Loud: with Clean, {} LUFS was the most. Set lstyl to decide yourself.",
            number(lufs, 1)
        ));
    }
    let hard = song
        .reduction_db
        .iter()
        .filter(|db| **db < -HARD_DB)
        .count() as f64;
    let share = hard / song.reduction_db.len().max(1) as f64;
    if share > HARD_SHARE {
        lines.push(format!(
            "The limiter works hard: more than {HARD_DB:.0} dB of gain reduction for {:.0} % of the time. A quieter target would keep more of the dynamics.",
            100.0 * share
        ));
    }
    if song.before.dbtp > 0.0 {
        lines.push(format!(
            "The song came in with true peaks of {} dBTP: what its own limiter or codec clipped stays clipped.",
            signed(song.before.dbtp, 1)
        ));
    }
    if song.gain_db + song.trim_db < -0.05 && song.search.is_some() {
        lines.push(format!(
            "Turned down by {} dB, as was asked for.",
            number(-(song.gain_db + song.trim_db), 1)
        ));
    }
    if let Some(warning) = song.warning {
        lines.push(format!("Beware: {warning}."));
    }
    lines
}
