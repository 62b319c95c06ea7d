//! The stereo image.

use super::notes::{Notes, ramp, trust};
use flow_params::ParameterId;

use crate::features::Summary;
use crate::report::{Context, Severity, Value};

/// Side against mid below which there is no side.
const MONO_DB: f32 = -60.0;
/// Narrower than this is narrow; width is proposed up to here.
const NARROW_DB: f32 = -20.0;
/// Bass is usually this much less wide.
const WIDE_BASS_DB: f32 = -8.0;

pub(crate) fn judge(summary: &Summary, context: &Context, notes: &mut Notes) {
    let weave = context.settings.weave;
    let (side_db, balance_db) = (summary.side_db, summary.balance_db);
    let louder = if balance_db > 0.0 { "left" } else { "right" };
    if balance_db.abs() > 40.0 {
        notes.damage(
            Severity::Problem,
            1.0,
            format!("All sound is in the {louder} channel: the stereo image is lost."),
        );
        return;
    }
    if side_db < MONO_DB {
        notes.damage(
            Severity::Notice,
            1.0,
            "Left and right are the same: Phase Weave can't widen what isn't there.".into(),
        );
        return;
    }
    if balance_db.abs() > 1.5 {
        notes.find(
            Severity::Notice,
            trust(summary),
            format!("The {louder} channel is {:.1} dB louder.", balance_db.abs()),
        );
    }
    if summary.correlation < 0.1 {
        let inverted = summary.correlation < -0.3;
        let text = format!(
            "Left and right have a correlation of {:.2}: in mono much of it cancels.",
            summary.correlation
        );
        let severity = if inverted {
            Severity::Problem
        } else {
            Severity::Notice
        };
        let confidence = trust(summary) * (0.7 + 0.3 * ramp(-summary.correlation, -0.1, 0.3));
        notes.find(severity, confidence, text.clone());
        let from = 100.0 * weave.mono_safety;
        let to = if inverted { 100.0 } else { 60.0 };
        if to > from {
            let values = [from, to].map(Value::Percent);
            let said = [format!("Correlation {:.2}", summary.correlation), text];
            notes.propose(ParameterId::MonoSafety, values, confidence, said);
        }
    } else if side_db < NARROW_DB {
        let text = format!(
            "The sides are {:.0} dB below the middle: a narrow image.",
            -side_db
        );
        let confidence = trust(summary) * (0.5 + 0.3 * ramp(-side_db, -NARROW_DB, 30.0));
        notes.find(Severity::Info, confidence, text.clone());
        let needed = flow_dsp::math::gain_from_db(f64::from(NARROW_DB - side_db));
        let to = (flow_dsp::math::narrow(needed) * 100.0).min(130.0).round();
        if weave.width <= 1.0 {
            let values = [100.0 * weave.width, to].map(Value::Percent);
            let said = [format!("Sides {:.0} dB down", -side_db), text];
            notes.propose(ParameterId::Width, values, confidence, said);
        }
    }
    let bass_db = summary.anchor_side_db[0];
    if bass_db > WIDE_BASS_DB && summary.anchors_db[0] > -20.0 {
        let text = format!(
            "Below 200 Hz the sides are only {:.1} dB below the middle: bass loses weight in mono.",
            -bass_db
        );
        let confidence = trust(summary) * (0.6 + 0.4 * ramp(bass_db, WIDE_BASS_DB, 0.0));
        notes.find(Severity::Notice, confidence, text.clone());
        let values = [weave.mono_below, true].map(Value::Switch);
        let said = [format!("Bass sides {:.1} dB down", -bass_db), text];
        notes.propose(ParameterId::MonoBelow, values, confidence, said);
    }
}
