//! Damage to the samples: clipping, DC offset, missing treble, compression.

use flow_dsp::StyleTarget;
use flow_params::ParameterId;

use crate::features::Summary;
use crate::finding_text::Text;
use crate::report::{Context, FindingKind, NoProposal, Severity, Value};
use crate::verdict::{Change, Verdict, Verdicts, ramp};

/// DC offset that is worth removing, dBFS: it costs headroom and clicks at edits.
const MAX_DC_OFFSET_DB: f32 = -50.0;

/// Last third octave that is evaluated: codecs end before 20 kHz.
pub(crate) const LAST_BAND: usize = 28;

/// Level below which a third octave is empty, against the total level, dB.
const EMPTY_DB: f32 = -80.0;

/// Evaluates clipping and DC offset.
pub(crate) fn evaluate(summary: &Summary, context: &Context, verdicts: &mut Verdicts) {
    let clipped = summary.clipped_runs_per_second;
    if clipped > 0.5 {
        let severity = if clipped > 5.0 {
            Severity::Problem
        } else {
            Severity::Notice
        };
        verdicts.damage(
            FindingKind::Clipping,
            severity,
            0.6 + 0.4 * ramp(clipped, 0.5, 5.0),
            format!("Peaks are cut off {clipped:.0} times a second: clipping before Flow."),
        );
    }
    let dc_offset_db = summary.dc_offset_db;
    if dc_offset_db > MAX_DC_OFFSET_DB {
        let values = [context.settings.floor.low_cut.on, true].map(Value::Switch);
        let verdict = Verdict {
            severity: Severity::Problem,
            confidence: 1.0,
            text: Text {
                short: format!("DC of {dc_offset_db:.0} dBFS"),
                sentence: format!("A constant part (DC) of {dc_offset_db:.0} dBFS."),
            },
            remedy: Ok(Change::new(ParameterId::LowCut, values, 1.0)),
        };
        verdicts.add_of_kind(FindingKind::DcOffset, verdict);
    }
}

/// Evaluates whether the treble is cut off, as by codecs.
pub(crate) fn evaluate_treble(summary: &Summary, verdicts: &mut Verdicts) {
    let end = highest_band(summary);
    if end < summary.third_octave_count.min(LAST_BAND) {
        // The upper edge of the last band with sound.
        let khz = StyleTarget::third_octaves_hz()[end.max(1) - 1] * 1.122 / 1000.0;
        verdicts.damage(
            FindingKind::Other,
            Severity::Notice,
            0.9,
            format!("The treble ends near {khz:.0} kHz: no equalizer can bring it back."),
        );
    }
}

/// Number of third octaves up to the highest one with sound.
pub(crate) fn highest_band(summary: &Summary) -> usize {
    let levels = &summary.third_octaves_db[..summary.third_octave_count];
    let last = levels.iter().rposition(|level| *level > EMPTY_DB);
    last.map_or(0, |last| last + 1)
}

/// Evaluates compression and true peaks of the input.
pub(crate) fn evaluate_dynamics(summary: &Summary, confidence: f32, verdicts: &mut Verdicts) {
    /// Peak to loudness ratio of heavily compressed music.
    const DENSE_PLR_DB: f32 = 8.0;
    if summary.plr_db < DENSE_PLR_DB {
        let sentence = format!(
            "Peaks are only {:.1} dB above the loudness: compression can't be undone.",
            summary.plr_db
        );
        verdicts.damage(FindingKind::Other, Severity::Notice, confidence, sentence);
    }
    if summary.true_peak_dbtp > 0.0 {
        let sentence = format!("True peaks of {:+.1} dBTP come in.", summary.true_peak_dbtp);
        verdicts.report(Severity::Notice, 1.0, sentence, NoProposal::Limited);
    }
}
