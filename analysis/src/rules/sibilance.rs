//! Sibilance: sharp S sounds that rise out of the song's own treble.

use flow_params::ParameterId;

use crate::features::Summary;
use crate::finding_text::Text;
use crate::message::{key, message};
use crate::report::{Context, FindingKind, Grade, NoProposal, Severity, Value};
use crate::verdict::{Change, Verdict, Verdicts, duration_confidence, ramp};

/// Rise that is too much, and the rise that Comfort answers in full, dB.
const MAX_RISE_DB: f32 = 5.8;
const FULL_RISE_DB: f32 = 12.0;
/// Comfort from the one to the other, in percent.
const COMFORT_PERCENT: [f32; 2] = [50.0, 100.0];

/// Evaluates sibilance.
pub(crate) fn evaluate(summary: &Summary, context: &Context, verdicts: &mut Verdicts) {
    let rise_db = summary.faults.sibilance_db;
    if rise_db < MAX_RISE_DB {
        let text = message!(
            "In its sharpest moments 5 to 8 kHz rises {db} dB more than the rest of the song.",
            db = format!("{:.1}", rise_db.max(0.0))
        );
        verdicts.fine(key!("Sibilance"), text);
        return;
    }
    let curve = &context.settings.curve;
    let strength = ramp(rise_db, MAX_RISE_DB, FULL_RISE_DB);
    let confidence = duration_confidence(summary) * (0.6 + 0.4 * strength);
    let [least, most] = COMFORT_PERCENT;
    // Comfort is never lowered.
    let from = 100.0 * curve.comfort;
    let to = (least + strength * (most - least)).round().max(from);
    let change = Change::new(
        ParameterId::Comfort,
        [from, to].map(Value::Percent),
        confidence,
    );
    verdicts.add(Verdict {
        kind: FindingKind::Other,
        severity: Severity::Notice,
        confidence,
        text: Text {
            short: message!("S sounds {db} dB up", db = format!("{rise_db:.1}")),
            sentence: message!(
                "Sharp S sounds: in moments 5 to 8 kHz rises {db} dB more than the rest of the song.",
                db = format!("{rise_db:.1}")
            ),
        },
        remedy: if curve.on {
            Ok(change.graded(Grade::Possible))
        } else {
            Err(NoProposal::PillarOff(ParameterId::Comfort.pillar()))
        },
    });
}
