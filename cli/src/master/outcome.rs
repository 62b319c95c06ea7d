//! The outcome of mastering a song, in sentences.

use super::level::gain_search::{SearchResult, StopReason};
use super::level::{CeilingLevel, Level};
use super::mastering::MasteringResult;
use super::target::MasteringTarget;
use crate::stage_activity::HARD_DB;
use flow_params::ParameterId;
use flow_params::number::{number, signed};

/// The largest distance to a target that counts as reached.
pub(crate) const REACHED_LU: f64 = 0.1;
/// The tolerance of the ceiling, as measured by the 32 times oversampling meter.
const CEILING_TOLERANCE_DB: f64 = 0.05;
/// Above the ceiling by no more than this, a true peak is reported as on it.
const ROUNDING_DB: f64 = 0.005;
/// Peaks this near to the ceiling are at it.
const AT_CEILING_DB: f64 = 0.2;
/// A smaller change of level isn't worth a remark.
const SHOWN_DB: f64 = 0.05;
/// Gain reduction of more than [`HARD_DB`] is audible if it lasts for more than this share of the time.
const HARD_SHARE: f64 = 0.05;

/// The outcome of one song.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct MasteringOutcome {
    /// None without a loudness target.
    pub(crate) target_reached: Option<bool>,
    /// The reason, if the target was missed.
    pub(crate) reason: Option<String>,
    /// Whether the file holds the ceiling, a lossy one when it is decoded.
    pub(crate) ceiling_held: bool,
    /// The gain before a lossy encoder, dB, 0 or less; none for lossless files.
    pub(crate) encoding_gain_db: Option<f64>,
    /// One sentence each; the first is the main one.
    pub(crate) lines: Vec<String>,
}

/// The change of a song by a lossy encoder.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct EncodingChange {
    /// The gain before the encoder, dB, 0 or less.
    pub(crate) gain_db: f64,
    /// The change of the loudness by the encoder itself, LU.
    pub(crate) encoder_lu: f64,
}

/// Whether a true peak holds a ceiling, as far as the meter can tell.
pub(crate) fn is_below_ceiling(dbtp: f64, ceiling_dbtp: f64) -> bool {
    dbtp <= ceiling_dbtp + CEILING_TOLERANCE_DB
}

/// The outcome of a song for its target. `encoding` is the change by a lossy encoder.
pub(crate) fn outcome(
    song: &MasteringResult,
    target: &MasteringTarget,
    encoding: Option<EncodingChange>,
) -> MasteringOutcome {
    let gains = Gains::new(song, target, encoding);
    let got = song.after.lufs_i;
    let ceiling = number(song.ceiling_dbtp, 1);
    let reached = song
        .target_lufs
        .map(|target| (got - target).abs() <= REACHED_LU);
    let reason = song
        .target_lufs
        .filter(|_| reached == Some(false))
        .map(|target| missed(song, gains, number(target, 1).as_str(), &ceiling));
    let ceiling_held = is_below_ceiling(song.after.dbtp, song.ceiling_dbtp);
    let mut lines = vec![match (&reason, song.target_lufs) {
        (Some(reason), _) => format!("{reason}."),
        (None, Some(_)) => format!("Reached {} LUFS.", number(got, 1)),
        (None, None) => without_target(song, gains, &ceiling),
    }];
    let subject = match encoding {
        Some(_) => format!(
            "The true peak of the decoded {} file is",
            target.format.output.container().name()
        ),
        None => "The true peak is".to_owned(),
    };
    let peak = number(song.after.dbtp, 2);
    lines.push(if song.after.dbtp <= song.ceiling_dbtp + ROUNDING_DB {
        format!("{subject} {peak} dBTP: the ceiling of {ceiling} holds.")
    } else if ceiling_held {
        format!(
            "{subject} {peak} dBTP, within {CEILING_TOLERANCE_DB} dB of the ceiling of {ceiling}."
        )
    } else {
        format!("{subject} {peak} dBTP, over the ceiling of {ceiling}.")
    });
    let findings = song.findings.iter();
    let findings = findings.filter(|found| !song.advice.repeats(found));
    lines.extend(findings.map(|found| found.text.clone()));
    lines.extend(song.advice.lines());
    lines.extend(remarks(song, gains));
    MasteringOutcome {
        target_reached: reached,
        reason,
        ceiling_held,
        encoding_gain_db: encoding.map(|change| change.gain_db),
        lines,
    }
}

/// The gains of a song by their origin, dB.
#[derive(Clone, Copy)]
struct Gains {
    /// The decided gain: the loudness gain, and trim unless it was set.
    decided_db: f64,
    /// Trim, if `--set` or a preset sets it.
    set_trim_db: Option<f64>,
    /// The gain before a lossy encoder, 0 or less.
    encoding_db: f64,
    /// The change of the loudness by the encoder itself, LU.
    encoder_lu: f64,
}

impl Gains {
    fn new(
        song: &MasteringResult,
        target: &MasteringTarget,
        encoding: Option<EncodingChange>,
    ) -> Self {
        let is_trim_set = target.has_setting(ParameterId::Trim);
        Self {
            decided_db: song.gain_db + if is_trim_set { 0.0 } else { song.trim_db },
            set_trim_db: is_trim_set.then_some(song.trim_db),
            encoding_db: encoding.map_or(0.0, |change| change.gain_db),
            encoder_lu: encoding.map_or(0.0, |change| change.encoder_lu),
        }
    }
}

/// Why the target was missed.
fn missed(song: &MasteringResult, gains: Gains, target: &str, ceiling: &str) -> String {
    let got = number(song.after.lufs_i, 1);
    // The search measures the song before it is encoded.
    let lossless_lufs = song.after.lufs_i - gains.encoding_db - gains.encoder_lu;
    let off_lu = song.target_lufs.map(|target| lossless_lufs - target);
    let was_reached = off_lu.is_some_and(|off_lu| off_lu.abs() <= REACHED_LU);
    if was_reached && gains.encoder_lu.abs() > -gains.encoding_db {
        return format!(
            "{got} LUFS instead of {target}, because the encoder changes the loudness by {} LU: the lossless formats reach the target",
            signed(gains.encoder_lu, 2)
        );
    }
    match song.level {
        Level::Target(
            _,
            SearchResult {
                stop_reason: StopReason::CeilingLimit,
                ..
            },
        ) => format!(
            "{target} LUFS is out of reach at a ceiling of {ceiling} dBTP: {got} is the loudest, because more gain into the limiter adds no loudness"
        ),
        Level::Target(
            _,
            SearchResult {
                stop_reason: StopReason::GainLimit,
                ..
            },
        ) => {
            let limit = if song.after.lufs_i < song.target_lufs.unwrap_or(f64::NEG_INFINITY) {
                "largest"
            } else {
                "smallest"
            };
            let trim = gains.set_trim_db.map_or(String::new(), |db| {
                format!(" with Trim set to {} dB", signed(db, 1))
            });
            format!(
                "{target} LUFS is out of reach: the {limit} gain ({} dB){trim} gives {got}",
                signed(gains.decided_db, 1)
            )
        }
        Level::Target(..) if gains.encoding_db < 0.0 => format!(
            "{got} LUFS instead of {target}, because the encoder raises peaks: {} dB less keep the decoded file below the ceiling of {ceiling} dBTP",
            number(-gains.encoding_db, 1)
        ),
        Level::Target(..) => {
            format!("{target} LUFS was missed: {got} is the nearest loudness that was found")
        }
        Level::Manual(_) | Level::Ceiling(_) => {
            format!("The gain was set by hand: {got} LUFS instead of {target}")
        }
        Level::Bypass(_) => format!("Bypass is on: {got} LUFS instead of {target}"),
    }
}

/// The main sentence of a song without a loudness target that applied.
fn without_target(song: &MasteringResult, gains: Gains, ceiling: &str) -> String {
    if !song.after.lufs_i.is_finite() {
        return "A part of the album that is too short or silent for a loudness.".to_owned();
    }
    let got = number(song.after.lufs_i, 1);
    if let (Some(lu), Level::Target(..)) = (song.below_loudest_lu, song.level) {
        return format!(
            "One gain for the whole album: {got} LUFS, {} LU below its loudest track.",
            number(lu, 1)
        );
    }
    let Level::Ceiling(CeilingLevel {
        limiter_gain_db, ..
    }) = song.level
    else {
        return match song.level {
            Level::Manual(_) => format!("The gain was set by hand: {got} LUFS."),
            _ => format!("No loudness target: {got} LUFS."),
        };
    };
    let down_db = -(gains.decided_db + gains.encoding_db);
    let is_at_ceiling = song.after.dbtp > song.ceiling_dbtp - AT_CEILING_DB;
    let level = if down_db > SHOWN_DB && is_at_ceiling {
        format!(
            "Turned down by {} dB to the ceiling of {ceiling} dBTP",
            number(down_db, 1)
        )
    } else if down_db > SHOWN_DB {
        format!("Turned down by {} dB", number(down_db, 1))
    } else {
        "The level stays".to_owned()
    };
    let limited = if limiter_gain_db < 0.0 {
        format!("limited by {} dB at most", number(-limiter_gain_db, 1))
    } else {
        "nothing was limited".to_owned()
    };
    let album = match song.below_loudest_lu {
        Some(lu) => format!(", {} LU below the album's loudest track", number(lu, 1)),
        None => String::new(),
    };
    format!("{level}; {limited}: {got} LUFS{album}.")
}

/// Remarks on the limiter, the input and the gain.
fn remarks(song: &MasteringResult, gains: Gains) -> Vec<String> {
    let mut lines = Vec::new();
    if gains.encoding_db < 0.0 {
        lines.push(format!(
            "Turned down by {} dB before it was encoded, which raises peaks.",
            number(-gains.encoding_db, 2)
        ));
    }
    if let Some(trim_db) = gains.set_trim_db.filter(|db| db.abs() > SHOWN_DB) {
        lines.push(format!("Trim was set to {} dB.", signed(trim_db, 1)));
    }
    if let Some(lufs) = song.clean_style_lufs {
        lines.push(format!(
            "The limiter's style is Loud: Clean reached {} LUFS at most. --set lstyl chooses a style.",
            number(lufs, 1)
        ));
    }
    let activity = song.activity.as_ref();
    let share = activity.map_or(0.0, |activity| activity.limiter().hard_share());
    if share > HARD_SHARE && !matches!(song.level, Level::Bypass(_)) {
        lines.push(format!(
            "The limiter works hard: more than {:.0} dB of gain reduction for {:.0} % of the time. A quieter target would keep more of the dynamics.",
            -HARD_DB,
            100.0 * share
        ));
    }
    if let Level::Ceiling(CeilingLevel {
        default_lufs: Some(lufs),
        ..
    }) = song.level
    {
        // A quieter track follows the gain of the loudest one.
        let [what, others] = match song.below_loudest_lu {
            Some(_) => ["The album's loudest track", "albums"],
            None => ["It", "songs"],
        };
        lines.push(format!(
            "{what} came in louder than {} LUFS, to which quieter {others} are raised: --profile brings it to a profile's loudness.",
            number(lufs, 0)
        ));
    }
    if song.full_scale_trim_db < 0.0 {
        lines.push(format!(
            "Its samples reach {} dBFS: turned down by {} dB before the chain, so that nothing clips.",
            signed(song.before.sample_peak_dbfs, 1),
            number(-song.full_scale_trim_db, 1)
        ));
    }
    if gains.decided_db < -SHOWN_DB && matches!(song.level, Level::Target(..)) {
        // The gain includes the trim of a song above full scale.
        let with_trim = if song.full_scale_trim_db < 0.0 {
            " in all"
        } else {
            ""
        };
        lines.push(format!(
            "Turned down by {} dB{with_trim} to the target.",
            number(-gains.decided_db, 1)
        ));
    }
    lines.extend(song.warnings.iter().map(|w| format!("Warning: {w}.")));
    lines
}
