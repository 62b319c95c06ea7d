//! Matches balance and width to references.

use flow_dsp::{ChainSettings, MATCH_HZ};
use flow_params::number::signed;
use flow_params::{ParameterId, Pillar};

use super::difference::{max_difference_db, towards};
use super::song_stats::SongStats;
use super::target::ReferenceTarget;
use crate::correction::Correction;
use crate::features::{Anchor, Summary};
use crate::finding_text::{Text, short_deviation};
use crate::message::{key, message};
use crate::report::{FindingKind, Grade, NoProposal, Severity, Value};
use crate::solver;
use crate::tone_decision::{ToneTexts, above_target_db, groups};
use crate::verdict::{Change, Verdict, Verdicts, duration_confidence};

/// The balance matches if no band needs a larger gain, dB.
const MIN_GAIN_DB: f32 = 0.5;

/// The decision that leads to references.
#[derive(Debug)]
pub(crate) struct ReferenceDecision {
    pub(crate) verdicts: Verdicts,
    /// The requested share of the difference.
    pub(crate) correction: Correction,
}

/// The decision that leads to the references; `None` without references.
pub(crate) fn match_to_references(
    summary: &Summary,
    target: &ReferenceTarget,
    settings: &ChainSettings,
) -> Option<ReferenceDecision> {
    let correction = towards(summary, &target.references, target.amount)?;
    // Texts state the whole difference, whatever share of it is requested.
    let whole = towards(summary, &target.references, 1.0)?;
    let mut verdicts = Verdicts::default();
    if let Some(balance) = evaluate_balance(summary, &whole, target, settings) {
        verdicts.add(balance);
    }
    let width = solver::solve_width(&correction, settings);
    let texts = ToneTexts {
        above_db: above_target_db(&whole),
        sides_above_db: -solver::width_correction(&whole).mean,
        comparison: target.name(),
    };
    for mut group in groups(&width.changes, &texts) {
        group.grade = Grade::Recommended;
        verdicts.extend(group.verdict(&texts));
    }
    Some(ReferenceDecision {
        verdicts,
        correction,
    })
}

/// Evaluates the balance, which Match corrects completely at 100 %. The other parameters keep their values and count.
/// `None` if it matches, and nothing has to be reset.
fn evaluate_balance(
    summary: &Summary,
    whole: &Correction,
    target: &ReferenceTarget,
    settings: &ChainSettings,
) -> Option<Verdict> {
    let now = settings.curve.matching;
    // An amount above 100 % goes further than the bands. It is set in whole percents.
    let amount = (100.0 * target.amount).ceil() / 100.0;
    let most_db = max_difference_db(summary.seconds) / amount.max(1.0);
    let bands_db = solver::limited(solver::match_curve(&whole.curve, settings), most_db);
    let (max_db, hz) = bands_db
        .iter()
        .zip(MATCH_HZ)
        .max_by(|a, b| a.0.abs().total_cmp(&b.0.abs()))?;
    let is_needed = max_db.abs() >= MIN_GAIN_DB;
    let mut pairs = bands_db.iter().zip(now.bands_db);
    let is_set = pairs.all(|(to, from)| (to - from).abs() < 0.05);
    // Another curve counts as none.
    let from = if is_set || !is_needed {
        now.amount
    } else {
        0.0
    };
    let to = if is_needed { target.amount } else { 0.0 };
    if from == 0.0 && to == 0.0 {
        return None;
    }
    let values = [from, to].map(|amount| Value::Percent((100.0 * amount).round()));
    let confidence = duration_confidence(summary);
    let mut change = Change::new(ParameterId::MatchAmount, values, confidence);
    if is_needed {
        change.linked = solver::match_changes(settings, &bands_db);
    }
    Some(Verdict {
        kind: FindingKind::Other,
        severity: Severity::Notice,
        confidence,
        text: describe(&deviations(summary, target, settings), target, *max_db, hz),
        remedy: if settings.curve.on {
            Ok(change)
        } else {
            Err(NoProposal::PillarOff(Pillar::VelvetCurve))
        },
    })
}

/// The anchors' levels above those of the references without Match, dB: the figures of the comparison with references.
fn deviations(
    summary: &Summary,
    target: &ReferenceTarget,
    settings: &ChainSettings,
) -> Vec<(&'static str, f32)> {
    let mut without_match = *settings;
    without_match.curve.matching.amount = 0.0;
    let own = SongStats::of_output(summary, &without_match).anchors_db;
    let references = SongStats::mean(&target.references).anchors_db;
    let anchors = Anchor::ALL.into_iter().zip(own.into_iter().zip(references));
    anchors
        .filter_map(|(anchor, (own, reference))| Some((anchor.name(), own? - reference?)))
        .collect()
}

/// "Silk 3.1 dB below", and "Compared with Night: Body +0.4, Soul −1.2, Silk −3.1, Air +0.6 dB. …"
fn describe(
    deviations: &[(&'static str, f32)],
    target: &ReferenceTarget,
    max_db: f32,
    hz: f32,
) -> Text {
    let largest = deviations
        .iter()
        .max_by(|a, b| a.1.abs().total_cmp(&b.1.abs()));
    let (name, off_db) = largest.copied().unwrap_or((key!("Balance"), 0.0));
    let all: Vec<String> = deviations
        .iter()
        .map(|(name, off_db)| format!("{name} {}", signed(f64::from(*off_db), 1)))
        .collect();
    let all = all.join(", ");
    let max_db = signed(f64::from(max_db), 1);
    Text {
        short: short_deviation(name, off_db),
        sentence: message!(
            "Compared with {target}: {all} dB. Match brings the balance there with sixteen bands. Its largest change is {most} dB at \
             {hz} Hz. For less, turn Match amount down.",
            target = target.name(),
            all,
            most = max_db,
            hz = hz.to_string()
        ),
    }
}

#[cfg(test)]
mod tests;
