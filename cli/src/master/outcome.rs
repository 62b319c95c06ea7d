//! The outcome of mastering a song, in sentences.

use super::gain_search::StopReason;
use super::mastering::MasteringResult;
use flow_params::number::{number, signed};

/// The largest distance to a target that counts as reached.
pub(crate) const REACHED_LU: f64 = 0.1;
/// The tolerance of the ceiling, as measured by the 32 times oversampling meter.
const CEILING_TOLERANCE_DB: f64 = 0.05;
/// Above the ceiling by no more than this, a true peak is reported as on it.
const ROUNDING_DB: f64 = 0.005;
/// Gain reduction above this is audible if it lasts for more than [`HARD_SHARE`] of the time.
const HARD_DB: f64 = 6.0;
const HARD_SHARE: f64 = 0.05;

/// The outcome of one song.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct MasteringOutcome {
    /// None without a loudness target.
    pub(crate) target_reached: Option<bool>,
    /// The reason, if the target was missed.
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
        match song.stop_reason() {
            None => format!("The gain was set by hand: {loudest} LUFS instead of {target}"),
            Some(StopReason::CeilingLimit) => format!(
                "{target} LUFS is out of reach at a ceiling of {ceiling} dBTP: {loudest} is the loudest, because more gain into the limiter adds no loudness"
            ),
            Some(StopReason::GainLimit) => format!(
                "{target} LUFS is out of reach: the largest gain ({} dB) gives {loudest}",
                signed(song.gain_db + song.trim_db, 1)
            ),
            Some(StopReason::Reached) => format!("{target} LUFS was missed: {loudest} is the nearest loudness that was found"),
        }
    });
    let ceiling_held = song.after.dbtp <= song.ceiling_dbtp + CEILING_TOLERANCE_DB;
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
    lines.push(if song.after.dbtp <= song.ceiling_dbtp + ROUNDING_DB {
        format!("The true peak is {peak} dBTP: the ceiling of {ceiling} holds.")
    } else if ceiling_held {
        format!("The true peak is {peak} dBTP, within {CEILING_TOLERANCE_DB} dB of the ceiling of {ceiling}.")
    } else {
        format!("The true peak is {peak} dBTP, over the ceiling of {ceiling}.")
    });
    lines.extend(song.proposals.lines());
    lines.extend(remarks(song));
    MasteringOutcome {
        target_reached: reached,
        reason,
        ceiling_held,
        lines,
    }
}

/// Remarks on the limiter, the input and the gain.
fn remarks(song: &MasteringResult) -> Vec<String> {
    let mut lines = Vec::new();
    if let Some(lufs) = song.clean_style_lufs {
        lines.push(format!(
            "The limiter's style is Loud: Clean reached {} LUFS at most. --set lstyl chooses a style.",
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
            "The song has true peaks of {} dBTP: samples that its limiter or codec clipped stay clipped.",
            signed(song.before.dbtp, 1)
        ));
    }
    if song.gain_db + song.trim_db < -0.05 && song.search.is_some() {
        lines.push(format!(
            "Turned down by {} dB to the target.",
            number(-(song.gain_db + song.trim_db), 1)
        ));
    }
    lines.extend(song.warnings.iter().map(|w| format!("Warning: {w}.")));
    lines
}
