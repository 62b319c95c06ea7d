//! The stereo image.

use flow_dsp::math::{db_from_gain, gain_from_db, narrow};
use flow_params::ParameterId;
use flow_params::number::number;

use crate::features::Summary;
use crate::finding_text::Text;
use crate::limits::CANCELING_CORRELATION;
use crate::message::{Message, key, message};
use crate::report::{Context, FindingKind, Grade, NoProposal, Remedy, Severity, Value};
use crate::verdict::{Change, Verdict, Verdicts, duration_confidence, ramp};

/// Side to mid ratio of a mono signal at most, dB.
const MONO_DB: f32 = -60.0;
/// Side to mid ratio above the bass below which an image is narrow, and up to which width is proposed, dB.
pub(super) const NARROW_DB: f32 = -16.0;
/// Mean of the side above the mid in each third octave from which one channel is taken for inverted, dB. Inverting a channel
/// swaps the two, and in songs the mid is the stronger one nearly everywhere.
const INVERTED_DB: f32 = 1.0;
/// The same of the bass, which lies in the middle of nearly all songs, from which nothing but an inverted channel explains
/// it: 90 of 100 inverted songs lie above, and 13 of 100 songs whose sides are 9 dB louder.
const SURELY_INVERTED_BASS_DB: f32 = 4.0;
/// Mean of the side above the mid in the third octaves of the bass from which left and right cancel there, dB. Steady
/// differences of a wide bass lie below.
const INVERTED_BASS_DB: f32 = 0.3;
/// Loss of bass in mono that is in order, dB.
const FINE_BASS_LOSS_DB: f32 = 2.0;
/// Level of the anchor of the bass against all that is a bass, dB.
const BASS_DB: f32 = -20.0;

/// The parameters of the stereo image. They wait until the polarity is right.
const IMAGE_PARAMETERS: [ParameterId; 3] = [
    ParameterId::Width,
    ParameterId::MonoBelow,
    ParameterId::MonoSafety,
];

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
    let louder = if balance_db > 0.0 {
        key!("left")
    } else {
        key!("right")
    };
    if balance_db.abs() > 40.0 {
        let sentence = message!(
            "All sound is in the {louder} channel: the stereo image is lost.",
            louder
        );
        verdicts.damage(FindingKind::EmptyChannel, Severity::Problem, 1.0, sentence);
        return;
    }
    if side_db < MONO_DB {
        let sentence =
            message!("Left and right are the same: Phase Weave has no difference to widen.");
        verdicts.damage(FindingKind::EqualChannels, Severity::Notice, 1.0, sentence);
        return;
    }
    if balance_db.abs() > 1.5 {
        let sentence = message!(
            "The {louder} channel is {db} dB louder.",
            louder,
            db = format!("{:.1}", balance_db.abs())
        );
        verdicts.report(
            Severity::Notice,
            certainty,
            sentence,
            NoProposal::NotAdjustable,
        );
    }
    if is_inverted(summary) {
        report_inverted_polarity(summary, certainty, verdicts);
        return;
    }
    let loss_db = summary.faults.mono_loss_db;
    if summary.correlation < 0.1 {
        let (severity, to, grade) = if summary.correlation < CANCELING_CORRELATION {
            (Severity::Problem, 100.0, Grade::Recommended)
        } else {
            (Severity::Notice, 60.0, Grade::Possible)
        };
        let confidence = certainty * (0.7 + 0.3 * ramp(-summary.correlation, -0.1, 0.3));
        // Mono safety is never lowered.
        let from = 100.0 * weave.mono_safety;
        let values = [from, from.max(to)].map(Value::Percent);
        let correlation = number(f64::from(summary.correlation), 2);
        let verdict = Verdict {
            kind: FindingKind::MonoCompatibility,
            severity,
            confidence,
            text: Text {
                short: message!(
                    "Correlation {correlation}",
                    correlation = correlation.clone()
                ),
                sentence: message!(
                    "Left and right have a correlation of {correlation}: in mono the song loses {db} dB.",
                    correlation,
                    db = format!("{loss_db:.1}")
                ),
            },
            remedy: Ok(Change::new(ParameterId::MonoSafety, values, confidence).graded(grade)),
        };
        verdicts.add(verdict);
    } else if summary.side_above_bass_db() < NARROW_DB {
        let side_db = summary.side_above_bass_db();
        let confidence = certainty * (0.5 + 0.3 * ramp(-side_db, -NARROW_DB, 30.0));
        let to = narrow(gain_from_db(f64::from(NARROW_DB - side_db))) * 100.0;
        let values = [100.0 * weave.width, to.min(130.0).round()].map(Value::Percent);
        let remedy = match decider {
            Some(decider) => Err(decider.clone()),
            None if weave.width > 1.0 => Err(NoProposal::AlreadySet),
            None => Ok(Change::new(ParameterId::Width, values, confidence).graded(Grade::Possible)),
        };
        verdicts.add(Verdict {
            kind: FindingKind::Width,
            severity: Severity::Info,
            confidence,
            text: Text {
                short: message!("Sides {db} dB down", db = format!("{:.0}", -side_db)),
                sentence: message!(
                    "Above the bass, the sides are {db} dB below the middle: a narrow image.",
                    db = format!("{:.0}", -side_db)
                ),
            },
            remedy,
        });
    }
    if summary.correlation >= 0.1 && !bass_cancels(summary) {
        let text = message!(
            "Left and right have the same polarity. In mono the song loses {db} dB.",
            db = format!("{loss_db:.1}")
        );
        verdicts.fine_of_kind(FindingKind::MonoCompatibility, key!("Polarity"), text);
    }
    evaluate_low_end(summary, context, certainty, verdicts);
}

/// Whether the polarity of one channel is inverted.
pub(crate) fn is_inverted(summary: &Summary) -> bool {
    summary.faults.side_excess_db > INVERTED_DB
}

/// Whether left and right cancel in a bass that is heard.
fn bass_cancels(summary: &Summary) -> bool {
    let has_bass = summary.anchors_db[0] >= BASS_DB;
    has_bass && summary.faults.bass_side_excess_db >= INVERTED_BASS_DB
}

fn report_inverted_polarity(summary: &Summary, certainty: f32, verdicts: &mut Verdicts) {
    let loss_db = summary.faults.mono_loss_db;
    // Mid and side have swapped, so the present loss is that of the side after the correction.
    let side = gain_from_db(-f64::from(loss_db)).powi(2);
    let corrected_db = -db_from_gain((1.0 - side).max(1e-6).sqrt());
    let losses = message!(
        "in mono the song loses {db} dB, and with the polarity of one channel inverted {corrected} dB",
        db = format!("{loss_db:.1}"),
        corrected = format!("{corrected_db:.1}")
    );
    let is_sure = summary.faults.bass_side_excess_db > SURELY_INVERTED_BASS_DB;
    let sentence = if is_sure {
        message!(
            "One channel has inverted polarity: {losses}. Invert one channel at its source.",
            losses
        )
    } else {
        message!(
            "The sides are louder than the middle: one channel has inverted polarity, or the sides are too loud \
             ({losses}). Listen in mono, and with one channel inverted at its source.",
            losses
        )
    };
    let verdict = Verdict {
        kind: FindingKind::MonoCompatibility,
        severity: Severity::Problem,
        confidence: certainty * if is_sure { 1.0 } else { 0.7 },
        text: Text {
            short: Message::default(),
            sentence,
        },
        remedy: Err(NoProposal::NotAdjustable),
    };
    verdicts.add(verdict);
}

/// Removes proposals for the stereo image, whichever source made them, while one channel is inverted: its width is wrong.
pub(crate) fn withdraw_image(summary: &Summary, verdicts: &mut Verdicts) {
    if !is_inverted(summary) {
        return;
    }
    let is_of_image = |id: &ParameterId| IMAGE_PARAMETERS.contains(id);
    verdicts
        .proposals
        .retain(|proposal| !is_of_image(&proposal.id));
    let answers_image = |remedy: &Remedy| matches!(remedy, Remedy::Proposal(id) if is_of_image(id));
    verdicts
        .findings
        .retain(|finding| !answers_image(&finding.remedy));
}

/// Evaluates the bass in mono. It is folded only where it cancels, because folding is heard.
fn evaluate_low_end(summary: &Summary, context: &Context, certainty: f32, verdicts: &mut Verdicts) {
    let loss_db = summary.faults.mono_bass_loss_db;
    if summary.anchors_db[0] < BASS_DB {
        return;
    }
    if !bass_cancels(summary) {
        if loss_db < FINE_BASS_LOSS_DB {
            let text = message!(
                "The bass between 40 and 160 Hz loses {db} dB in mono.",
                db = format!("{loss_db:.1}")
            );
            verdicts.fine(key!("Low end in mono"), text);
        }
        return;
    }
    let excess_db = summary.faults.bass_side_excess_db;
    let confidence = certainty * (0.7 + 0.3 * ramp(excess_db, INVERTED_BASS_DB, 4.0));
    let values = [context.settings.weave.mono_below, true].map(Value::Switch);
    verdicts.add(Verdict {
        kind: FindingKind::Other,
        severity: Severity::Problem,
        confidence,
        text: Text {
            short: message!("Bass −{db} dB in mono", db = format!("{loss_db:.1}")),
            sentence: message!(
                "The bass between 40 and 160 Hz loses {db} dB in mono: left and right cancel there.",
                db = format!("{loss_db:.1}")
            ),
        },
        remedy: if context.settings.weave.on {
            Ok(Change::new(ParameterId::MonoBelow, values, confidence))
        } else {
            Err(NoProposal::PillarOff(ParameterId::MonoBelow.pillar()))
        },
    });
}
