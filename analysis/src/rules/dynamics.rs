//! Dynamics: the peak to loudness ratio (PLR) against that of most music of the style.

use flow_dsp::{GlueRatio, GlueSettings, StyleTarget};
use flow_params::number::number;
use flow_params::{Kind, ParameterId};

use super::{release_ms, songs_of};
use crate::features::Summary;
use crate::finding_text::Text;
use crate::message::{key, message};
use crate::report::{Context, FindingKind, Grade, NoProposal, ParameterChange, Severity, Value};
use crate::verdict::{Change, Verdict, Verdicts, ramp};

/// Amount of glue, in percent, and the range of PLR above the style's over which it grows, dB.
const AMOUNT_PERCENT: [f32; 2] = [60.0, 100.0];
const FULL_AMOUNT_DB: f32 = 4.0;
/// Threshold above the loudest tenth of the frames, dB: only peaks lie there.
const ABOVE_LOUD_DB: f32 = 7.0;
/// Attack, ms: the shortest one, because slower ones let the peaks pass that make the ratio.
const ATTACK_MS: f32 = 1.0;
/// A threshold that differs by less from one analysis to the next is the same, dB.
pub(super) const SAME_THRESHOLD_DB: f32 = 2.0;
/// Release for calm and for dense music, ms.
const RELEASE_MS: [f32; 2] = [120.0, 60.0];

/// The PLR that 5 and 90 of 100 training songs of a style stay below, dB.
fn style_plr_db(style: StyleTarget) -> [f32; 2] {
    match style {
        StyleTarget::Neutral | StyleTarget::Reference => [9.0, 17.2],
        StyleTarget::Electronic => [9.6, 16.3],
        StyleTarget::Orchestral => [12.3, 17.0],
        StyleTarget::Rock => [7.2, 16.2],
        StyleTarget::Ambient => [11.5, 17.6],
    }
}

/// Evaluates the PLR against that of a style. Compression that is there stays; peaks that stand out are held by glue.
pub(crate) fn evaluate(
    summary: &Summary,
    context: &Context,
    style: StyleTarget,
    confidence: f32,
    verdicts: &mut Verdicts,
) {
    let plr_db = summary.plr_db;
    let [low_db, high_db] = style_plr_db(style);
    let plr = number(f64::from(plr_db), 1);
    let [low, high] = [low_db, high_db].map(|db| format!("{db:.1}"));
    let songs = songs_of(style);
    if plr_db < low_db {
        let sentence = message!(
            "Peaks are only {plr} dB above the loudness, and {low} dB or more in 95 of 100 {songs}, as after strong compression.",
            plr,
            low,
            songs
        );
        verdicts.damage(
            FindingKind::Compression,
            Severity::Notice,
            confidence,
            sentence,
        );
    } else if plr_db > high_db {
        let over_db = plr_db - high_db;
        verdicts.add(Verdict {
            kind: FindingKind::Other,
            severity: Severity::Info,
            confidence,
            text: Text {
                short: message!("Peaks {plr} dB over loudness", plr = plr.clone()),
                sentence: message!(
                    "Peaks are {plr} dB above the loudness, and {high} dB or less in nine of ten {songs}.",
                    plr,
                    high,
                    songs
                ),
            },
            remedy: if context.settings.dynamics.on {
                glue(summary, context, over_db, confidence)
            } else {
                Err(NoProposal::PillarOff(ParameterId::GlueAmount.pillar()))
            },
        });
    } else {
        let text = message!(
            "Peaks are {plr} dB above the loudness, as in most {songs} ({low} to {high} dB).",
            plr,
            songs,
            low,
            high
        );
        verdicts.fine(key!("Dynamics"), text);
    }
}

/// Glue for peaks that stand out by this much: its release follows the density of onsets. An error
/// where glue with other settings is in use.
pub(super) fn glue(
    summary: &Summary,
    context: &Context,
    over_db: f32,
    confidence: f32,
) -> Result<Change, NoProposal> {
    let now = context.settings.dynamics.glue;
    let between = |[from, to]: [f32; 2], share: f32| from + share * (to - from);
    let amount = between(AMOUNT_PERCENT, ramp(over_db, 0.0, FULL_AMOUNT_DB)).round();
    // Glue is never lowered.
    let from = 100.0 * now.amount;
    let amounts = [from, amount.max(from)].map(Value::Percent);
    let change = Change::new(ParameterId::GlueAmount, amounts, confidence);
    let [lowest_db, highest_db] = GlueSettings::THRESHOLD_DB;
    let threshold_db = (summary.loud_rms_db + context.settings.trim_db + ABOVE_LOUD_DB)
        .round()
        .clamp(lowest_db, highest_db);
    let is_own = now.ratio == GlueRatio::Firm
        && now.attack_ms == ATTACK_MS
        && (now.threshold_db - threshold_db).abs() <= SAME_THRESHOLD_DB;
    if now.amount > 0.0 && !is_own {
        return Err(NoProposal::InUse(key!("Glue")));
    }
    let linked = [
        (
            ParameterId::GlueThreshold,
            Value::Decibels(now.threshold_db),
            Value::Decibels(threshold_db),
        ),
        (
            ParameterId::GlueAttack,
            Value::Milliseconds(now.attack_ms),
            Value::Milliseconds(ATTACK_MS),
        ),
        (
            ParameterId::GlueRelease,
            Value::Milliseconds(now.release_ms),
            Value::Milliseconds(release_ms(summary.onsets_per_second, RELEASE_MS)),
        ),
        (
            ParameterId::GlueAutoRelease,
            Value::Switch(now.auto_release),
            Value::Switch(false),
        ),
        (
            ParameterId::GlueRatio,
            ratio(now.ratio),
            ratio(GlueRatio::Firm),
        ),
    ];
    Ok(Change {
        linked: linked
            .into_iter()
            .map(|(id, from, to)| ParameterChange { id, from, to })
            .collect(),
        ..change.graded(Grade::Possible)
    })
}

/// The value of a ratio.
fn ratio(ratio: GlueRatio) -> Value {
    let position = ratio as usize;
    match ParameterId::GlueRatio.kind() {
        Kind::Choice(choice) => Value::Choice(position, choice.names[position]),
        Kind::Number(_) | Kind::Switch(_) => unreachable!("it is a choice"),
    }
}
