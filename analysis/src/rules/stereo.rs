//! The stereo image.

use flow_dsp::math::{gain_from_db, narrow};
use flow_params::ParameterId;
use flow_params::number::number;

use crate::features::Summary;
use crate::finding_text::Text;
use crate::report::{Context, FindingKind, NoProposal, Severity, Value};
use crate::verdict::{Change, Verdict, Verdicts, duration_confidence, ramp};

/// Side to mid ratio of a mono signal at most, dB.
const MONO_DB: f32 = -60.0;
/// Side to mid ratio below which an image is narrow, and up to which width is proposed, dB.
const NARROW_DB: f32 = -20.0;
/// Side to mid ratio of the bass that is usual at most, dB.
const WIDE_BASS_DB: f32 = -8.0;

/// Evaluates the stereo image. `decider`: the source that decides on the width instead, if it is not the rules.
pub(crate) fn evaluate(
    summary: &Summary,
    context: &Context,
    decider: Option<&NoProposal>,
    verdicts: &mut Verdicts,
) {
    let weave = context.settings.weave;
    let (side_db, balance_db) = (summary.side_db, summary.balance_db);
    let certainty = duration_confidence(summary);
    let louder = if balance_db > 0.0 { "left" } else { "right" };
    if balance_db.abs() > 40.0 {
        let sentence = format!("All sound is in the {louder} channel: the stereo image is lost.");
        verdicts.damage(FindingKind::EmptyChannel, Severity::Problem, 1.0, sentence);
        return;
    }
    if side_db < MONO_DB {
        let sentence = "Left and right are the same: Phase Weave has no difference to widen.";
        verdicts.damage(
            FindingKind::EqualChannels,
            Severity::Notice,
            1.0,
            sentence.into(),
        );
        return;
    }
    if balance_db.abs() > 1.5 {
        let sentence = format!("The {louder} channel is {:.1} dB louder.", balance_db.abs());
        verdicts.report(
            Severity::Notice,
            certainty,
            sentence,
            NoProposal::NotAdjustable,
        );
    }
    if summary.correlation < 0.1 {
        let (severity, to) = if summary.correlation < -0.3 {
            (Severity::Problem, 100.0)
        } else {
            (Severity::Notice, 60.0)
        };
        let confidence = certainty * (0.7 + 0.3 * ramp(-summary.correlation, -0.1, 0.3));
        // Mono safety is never lowered.
        let from = 100.0 * weave.mono_safety;
        let values = [from, from.max(to)].map(Value::Percent);
        let correlation = number(f64::from(summary.correlation), 2);
        let verdict = Verdict {
            severity,
            confidence,
            text: Text {
                short: format!("Correlation {correlation}"),
                sentence: format!(
                    "Left and right have a correlation of {correlation}: in mono much of it cancels."
                ),
            },
            remedy: Ok(Change::new(ParameterId::MonoSafety, values, confidence)),
        };
        verdicts.add_of_kind(FindingKind::MonoCompatibility, verdict);
    } else if side_db < NARROW_DB {
        let confidence = certainty * (0.5 + 0.3 * ramp(-side_db, -NARROW_DB, 30.0));
        let to = narrow(gain_from_db(f64::from(NARROW_DB - side_db))) * 100.0;
        let values = [100.0 * weave.width, to.min(130.0).round()].map(Value::Percent);
        let remedy = match decider {
            Some(decider) => Err(decider.clone()),
            None if weave.width > 1.0 => Err(NoProposal::AlreadySet),
            None => Ok(Change::new(ParameterId::Width, values, confidence)),
        };
        verdicts.add(Verdict {
            severity: Severity::Info,
            confidence,
            text: Text {
                short: format!("Sides {:.0} dB down", -side_db),
                sentence: format!(
                    "The sides are {:.0} dB below the middle: a narrow image.",
                    -side_db
                ),
            },
            remedy,
        });
    }
    let bass_db = summary.anchor_side_db[0];
    if bass_db > WIDE_BASS_DB && summary.anchors_db[0] > -20.0 {
        let confidence = certainty * (0.6 + 0.4 * ramp(bass_db, WIDE_BASS_DB, 0.0));
        let values = [weave.mono_below, true].map(Value::Switch);
        verdicts.add(Verdict {
            severity: Severity::Notice,
            confidence,
            text: Text {
                short: format!("Bass sides {:.1} dB down", -bass_db),
                sentence: format!(
                    "Below 200 Hz the sides are only {:.1} dB below the middle: \
                     bass loses weight in mono.",
                    -bass_db
                ),
            },
            remedy: Ok(Change::new(ParameterId::MonoBelow, values, confidence)),
        });
    }
}
