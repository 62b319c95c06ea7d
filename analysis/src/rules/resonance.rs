//! One narrow resonance that sounds all the time, as of a room, a microphone or an instrument. A free bell takes half of it.

use flow_dsp::{BellChannels, StyleTarget};

use super::damage::highest_band;
use super::{shape, stereo};
use crate::features::Summary;
use crate::finding_text::Text;
use crate::message::{key, message};
use crate::report::{Context, FindingKind, Severity};
use crate::verdict::{Verdict, Verdicts, duration_confidence, ramp};

/// Standard deviations of songs above the usual that 95 of 100 songs stay below.
const MOST_Z: f32 = 3.4;
/// Smaller ones than this aren't heard as resonances, dB.
const LEAST_DB: f32 = 4.0;
/// Q of the bell.
const Q: f32 = 5.0;
/// The largest cut, dB.
const MAX_CUT_DB: f32 = 6.0;

/// Evaluates the place that stands out most. Returns whether it is a resonance.
pub(crate) fn evaluate(summary: &Summary, context: &Context, verdicts: &mut Verdicts) -> bool {
    // With an inverted channel the middle is not what is heard.
    if stereo::is_inverted(summary) {
        return false;
    }
    let found = summary.faults.resonance;
    let (hz, above_db) = (round(found.hz), found.above_db);
    // Where the treble ends, the last octave stands out against the void above.
    let centers_hz = StyleTarget::third_octaves_hz();
    let end_hz = centers_hz[highest_band(summary).saturating_sub(1)];
    if found.z < MOST_Z || above_db < LEAST_DB || 2.0 * found.hz > end_hz {
        let text = message!("No narrow resonance stands out of the spectrum.");
        verdicts.fine(key!("Resonances"), text);
        return false;
    }
    let strength = ramp(found.z, MOST_Z, 2.0 * MOST_Z);
    let place = if hz < 1000.0 {
        format!("{hz:.0} Hz")
    } else {
        format!("{:.1} kHz", hz / 1000.0)
    };
    let cut_db = (0.5 * above_db).min(MAX_CUT_DB);
    verdicts.add(Verdict {
        kind: FindingKind::Other,
        severity: Severity::Info,
        confidence: duration_confidence(summary) * (0.5 + 0.3 * strength),
        text: Text {
            short: message!("Resonance at {place}", place = place.clone()),
            sentence: message!(
                "A narrow resonance near {place} is {db} dB louder than beside it all the time, more than in 95 of \
                 100 songs.",
                place,
                db = format!("{above_db:.1}")
            ),
        },
        remedy: shape::bell(context, hz, Q, BellChannels::Stereo, -cut_db),
    });
    true
}

/// A frequency to two digits, Hz.
fn round(hz: f32) -> f32 {
    let step = if hz < 1000.0 { 10.0 } else { 100.0 };
    (hz / step).round() * step
}
