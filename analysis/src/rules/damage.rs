//! Damage to the samples: clipping, DC offset, missing treble, compression.

use flow_dsp::math::gain_from_db;
use flow_dsp::{LowCutSettings, StyleTarget};
use flow_params::ParameterId;

use crate::features::{Summary, level_db};
use crate::finding_text::Text;
use crate::limits::MAX_DC_OFFSET_DB;
use crate::message::{key, message};
use crate::report::{Context, FindingKind, Grade, NoProposal, ParameterChange, Severity, Value};
use crate::verdict::{Change, Verdict, Verdicts, ramp};

/// Low cut for DC alone: as far below the music as it goes, Hz.
const DC_CUT_HZ: f32 = 10.0;

/// Level below 20 Hz against all from which steady rumble is worth removing, dB.
const MAX_RUMBLE_DB: f32 = -33.0;
/// The softest half seconds of steady rumble lie above its mean less this, dB. The skirts of kick drums change more.
const STEADY_DB: f32 = 5.0;
/// Steady rumble lies above the louder of the third octaves of 25 and 31.5 Hz, the lowest of music, plus this, dB.
const BELOW_MUSIC_DB: f32 = -18.0;
/// Steady rumble lies above the bass from 31.5 to 80 Hz plus this, dB. The skirts of steady sub-bass lie below.
const BELOW_BASS_DB: f32 = -24.0;
/// Level of the lowest third octave of the music, against the strongest below 200 Hz, dB.
const LOWEST_BAND_DB: f32 = -10.0;
/// Corner of the low cut for rumble as a share of the music's lowest frequency, which loses 0.5 dB.
const CUT_SHARE: f32 = 0.59;

/// Last third octave that is evaluated, that of 16 kHz: codecs end before 20 kHz.
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
            message!(
                "Peaks are cut off {count} times a second: clipping before Flow.",
                count = format!("{clipped:.0}")
            ),
        );
    }
    evaluate_low_cut(summary, context, verdicts);
}

/// Evaluates DC and rumble, which one low cut removes.
fn evaluate_low_cut(summary: &Summary, context: &Context, verdicts: &mut Verdicts) {
    let dc_db = summary.dc_offset_db - summary.true_peak_dbtp;
    let [rumble_db, steady_db] = [summary.faults.rumble_db, summary.faults.steady_rumble_db];
    let lowest_db = summary.third_octaves_db[0].max(summary.third_octaves_db[1]);
    let bass = summary.third_octaves_db[1..6].iter();
    let bass_db = level_db(bass.map(|db| gain_from_db(2.0 * f64::from(*db))).sum());
    let is_steady = steady_db > MAX_RUMBLE_DB && steady_db > rumble_db - STEADY_DB;
    let is_apart = rumble_db > (lowest_db + BELOW_MUSIC_DB).max(bass_db + BELOW_BASS_DB);
    let has_rumble = is_steady && is_apart;
    let cut_hz = if has_rumble {
        rumble_cut_hz(summary)
    } else {
        DC_CUT_HZ
    };
    let [dc, rumble] = [dc_db, rumble_db].map(|db| format!("{:.0}", -db));
    if dc_db > MAX_DC_OFFSET_DB {
        let text = Text {
            short: message!("DC {db} dB below peak", db = dc.clone()),
            sentence: if has_rumble {
                message!(
                    "A constant part (DC) lies {db} dB below the peak, and steady rumble below 20 Hz {rumble} dB below the music.",
                    db = dc,
                    rumble
                )
            } else {
                message!("A constant part (DC) lies {db} dB below the peak.", db = dc)
            },
        };
        let verdict = low_cut_verdict(
            FindingKind::DcOffset,
            context,
            cut_hz,
            (1.0, Grade::Recommended),
            text,
        );
        verdicts.add(verdict);
    } else if has_rumble {
        let confidence = 0.7 + 0.3 * ramp(steady_db, MAX_RUMBLE_DB, -20.0);
        let text = Text {
            short: message!("Rumble {db} dB down", db = rumble.clone()),
            sentence: message!(
                "Steady rumble below 20 Hz lies {db} dB below the music.",
                db = rumble
            ),
        };
        // Some songs have steady sound down there on purpose.
        let graded = (confidence, Grade::Possible);
        verdicts.add(low_cut_verdict(
            FindingKind::Other,
            context,
            cut_hz,
            graded,
            text,
        ));
    } else {
        let text = message!(
            "DC lies {db} dB below the peak, and sound below 20 Hz {rumble} dB below the music.",
            db = dc,
            rumble
        );
        verdicts.fine_of_kind(FindingKind::DcOffset, key!("DC and rumble"), text);
    }
}

/// The low cut at a frequency.
fn low_cut_verdict(
    kind: FindingKind,
    context: &Context,
    cut_hz: f32,
    (confidence, grade): (f32, Grade),
    text: Text,
) -> Verdict {
    let low_cut = context.settings.floor.low_cut;
    let corners = [low_cut.frequency_hz, cut_hz].map(Value::Hertz);
    let remedy = if !context.settings.floor.on {
        Err(NoProposal::PillarOff(ParameterId::LowCut.pillar()))
    } else if !low_cut.on {
        let switch = Change::new(
            ParameterId::LowCut,
            [false, true].map(Value::Switch),
            confidence,
        );
        let [from, to] = corners;
        let id = ParameterId::LowCutFrequency;
        Ok(Change {
            linked: vec![ParameterChange { id, from, to }],
            ..switch.graded(grade)
        })
    } else if cut_hz > low_cut.frequency_hz {
        Ok(Change::new(ParameterId::LowCutFrequency, corners, confidence).graded(grade))
    } else {
        Err(NoProposal::AlreadySet)
    };
    Verdict {
        kind,
        severity: Severity::Problem,
        confidence,
        text,
        remedy,
    }
}

/// The highest corner that leaves the lowest notes alone, Hz.
fn rumble_cut_hz(summary: &Summary) -> f32 {
    let hz = StyleTarget::third_octaves_hz();
    let bass = summary.third_octaves_db.iter().zip(hz);
    let bass = bass.filter(|(_, hz)| (30.0..200.0).contains(*hz));
    let strongest_db = bass.clone().map(|(db, _)| *db).fold(f32::MIN, f32::max);
    let lowest = bass
        .clone()
        .find(|(db, _)| **db > strongest_db + LOWEST_BAND_DB);
    let [least_hz, most_hz] = LowCutSettings::FREQUENCY_HZ;
    let cut_hz = lowest.map_or(least_hz, |(_, hz)| CUT_SHARE * hz);
    cut_hz.round().clamp(least_hz, most_hz)
}

/// Evaluates whether the treble is cut off, as by codecs.
pub(crate) fn evaluate_treble(summary: &Summary, verdicts: &mut Verdicts) {
    let end = highest_band(summary);
    if end < summary.third_octave_count.min(LAST_BAND + 1) {
        // The upper edge of the last band with sound.
        let khz = StyleTarget::third_octaves_hz()[end.max(1) - 1] * 1.122 / 1000.0;
        verdicts.damage(
            FindingKind::MissingTreble,
            Severity::Notice,
            0.9,
            message!(
                "The treble ends below {khz} kHz, as after lossy coding.",
                khz = format!("{khz:.0}")
            ),
        );
    }
}

/// Number of third octaves up to the highest one with sound.
pub(crate) fn highest_band(summary: &Summary) -> usize {
    let levels = &summary.third_octaves_db[..summary.third_octave_count];
    let last = levels.iter().rposition(|level| *level > EMPTY_DB);
    last.map_or(0, |last| last + 1)
}

/// Evaluates true peaks of the input.
pub(crate) fn evaluate_peaks(summary: &Summary, verdicts: &mut Verdicts) {
    if summary.true_peak_dbtp > 0.0 {
        let sentence = message!(
            "The input has true peaks of {dbtp} dBTP.",
            dbtp = format!("{:+.1}", summary.true_peak_dbtp)
        );
        verdicts.report(Severity::Notice, 1.0, sentence, NoProposal::Limited);
    }
}
