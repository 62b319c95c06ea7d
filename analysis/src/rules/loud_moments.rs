//! Loud moments with too much of a band, although the balance as a whole may be right.
//!
//! Comfort holds fizz; a broad band below it is the work of the three-band compressor. Its other two bands rest meanwhile.

use std::ops::Range;

use flow_dsp::{CompressorSettings, MOMENT_BANDS_HZ, MultibandSettings};
use flow_params::{ParameterId, Pillar};

use super::balance::Balance;
use crate::features::{Summary, WIDE_MOMENTS_HZ};
use crate::finding_text::Text;
use crate::report::{Context, FindingKind, Grade, NoProposal, ParameterChange, Severity, Value};
use crate::verdict::{Change, Verdict, Verdicts, duration_confidence, ramp};

/// Level of the loud moments of the song at the 90th percentile above those of the median song, dB
/// (`models/styles/styles.csv`, loud_moments).
const SPREAD_DB: [f32; 4] = [1.6, 2.4, 4.0, 4.8];

/// Loud moments are named from so far above that on, dB: in their loudest half minute, one of 30 untouched test songs has more.
const LEAST_DB: f32 = 3.0;

/// How they sound, and the index of the anchor that a band belongs to.
const SOUNDS: [(&str, usize); 4] = [("boomy", 0), ("muddy", 1), ("harsh", 2), ("fizzy", 3)];

/// The gain reduction of a loud moment is this share of what it has too much, within the limits in dB.
const REDUCED_SHARE: f32 = 0.5;
const REDUCTION_DB: [f32; 2] = [2.0, 4.0];

/// Decibels in for one decibel out.
const RATIO: f32 = 2.0;

/// Onsets per second of calm and of dense music.
const ONSETS_PER_SECOND: [f32; 2] = [1.0, 5.0];

/// Release of each band for calm and for dense music, ms: the gain has recovered before the next onset.
const RELEASE_MS: [[f32; 2]; 3] = [[300.0, 150.0], [200.0, 100.0], [120.0, 60.0]];

/// `decider`: the references that decide on the balance instead.
pub(crate) fn evaluate(
    summary: &Summary,
    context: &Context,
    balance: &Balance,
    decider: Option<&NoProposal>,
    verdicts: &mut Verdicts,
) {
    let limits = context.settings.style_target.figures().moments_db[4];
    let over = |i: usize| summary.loud_moments_db[i] - limits[i] - SPREAD_DB[i];
    // An anchor that is lowered as a whole is softer in loud moments too.
    let is_lowered = |i: usize| {
        let extreme = balance.extremes[SOUNDS[i].1];
        extreme.is_some_and(|extreme| extreme.wanted_db < 0.0)
    };
    let left = (0..4).filter(|i| !is_lowered(*i));
    let Some(worst) = left.max_by(|a, b| over(*a).total_cmp(&over(*b))) else {
        return;
    };
    let over_db = over(worst);
    if over_db < LEAST_DB {
        return;
    }
    let confidence = duration_confidence(summary) * (0.5 + 0.5 * ramp(over_db, 1.0, 5.0));
    let sound = SOUNDS[worst].0;
    let remedy = match decider {
        Some(decider) => Err(decider.clone()),
        None if worst < WIDE_MOMENTS_HZ.len() => {
            three_bands(summary, context, worst, over_db, confidence)
        }
        None => Ok(comfort(context, over_db, confidence)),
    };
    verdicts.add(Verdict {
        kind: FindingKind::Other,
        severity: Severity::Notice,
        confidence,
        text: Text {
            short: format!("{over_db:.1} dB {sound} at times"),
            sentence: format!(
                "Loud moments have {over_db:.1} dB more near {:.0} Hz than those of nine songs in ten, so they sound {sound}.",
                MOMENT_BANDS_HZ[worst]
            ),
        },
        remedy,
    });
}

fn comfort(context: &Context, over_db: f32, confidence: f32) -> Change {
    // Comfort is never lowered.
    let from = 100.0 * context.settings.curve.comfort;
    let to = (10.0 * over_db).clamp(20.0, 60.0).round().max(from);
    let values = [from, to].map(Value::Percent);
    Change::new(ParameterId::Comfort, values, confidence).graded(Grade::Possible)
}

/// One band that holds its loud moments, with a release that follows the density of onsets.
fn three_bands(
    summary: &Summary,
    context: &Context,
    band: usize,
    over_db: f32,
    confidence: f32,
) -> Result<Change, NoProposal> {
    use ParameterId as P;
    const THRESHOLDS: [P; 3] = [
        P::LowBandThreshold,
        P::MidBandThreshold,
        P::HighBandThreshold,
    ];
    const RATIOS: [P; 3] = [P::LowBandRatio, P::MidBandRatio, P::HighBandRatio];
    const ATTACKS: [P; 3] = [P::LowBandAttack, P::MidBandAttack, P::HighBandAttack];
    const RELEASES: [P; 3] = [P::LowBandRelease, P::MidBandRelease, P::HighBandRelease];

    let settings = &context.settings;
    if !settings.dynamics.on {
        return Err(NoProposal::PillarOff(Pillar::MasterChain));
    }
    let now = &settings.dynamics.multiband;
    let [least_db, most_db] = REDUCTION_DB;
    let reduction_db = (REDUCED_SHARE * over_db).clamp(least_db, most_db);
    // A level above the threshold is reduced by this share of it.
    let reduced = 1.0 - 1.0 / RATIO;
    let [lowest_db, highest_db] = CompressorSettings::THRESHOLD_DB;
    let level_db = summary.wide_moments_db[band] + settings.trim_db;
    let threshold_db = (level_db - reduction_db / reduced)
        .round()
        .clamp(lowest_db, highest_db);
    if now.amount > 0.0 {
        // One setting of the compressor can't serve two purposes.
        let holds = now.bands[band].compressor.threshold_db <= threshold_db + 1.0;
        return Err(if holds {
            NoProposal::AlreadySet
        } else {
            NoProposal::ThreeBandsInUse
        });
    }
    let defaults = MultibandSettings::default();
    let [calm_ms, dense_ms] = RELEASE_MS[band];
    let density = ramp(
        summary.onsets_per_second,
        ONSETS_PER_SECOND[0],
        ONSETS_PER_SECOND[1],
    );
    let release_ms = (calm_ms + density * (dense_ms - calm_ms)).round();
    let mut linked = Vec::new();
    let mut link = |id, from, to| linked.push(ParameterChange { id, from, to });
    let Range { start, end } = WIDE_MOMENTS_HZ[band];
    let [low_now_hz, high_now_hz] = [now.low_crossover_hz, now.high_crossover_hz];
    let [low_hz, high_hz] = [[end, high_now_hz], [start, end], [low_now_hz, start]][band];
    link(
        P::LowCrossover,
        Value::Hertz(low_now_hz),
        Value::Hertz(low_hz),
    );
    link(
        P::HighCrossover,
        Value::Hertz(high_now_hz),
        Value::Hertz(high_hz),
    );
    for (other, id) in THRESHOLDS.into_iter().enumerate() {
        let from = now.bands[other].compressor.threshold_db;
        let to = if other == band {
            threshold_db
        } else {
            highest_db
        };
        link(id, Value::Decibels(from), Value::Decibels(to));
    }
    let compressor = &now.bands[band].compressor;
    let attack_ms = defaults.bands[band].compressor.attack_ms;
    link(
        RATIOS[band],
        Value::Ratio(compressor.ratio),
        Value::Ratio(RATIO),
    );
    link(
        ATTACKS[band],
        Value::Milliseconds(compressor.attack_ms),
        Value::Milliseconds(attack_ms),
    );
    link(
        RELEASES[band],
        Value::Milliseconds(compressor.release_ms),
        Value::Milliseconds(release_ms),
    );
    linked.retain(|change| !change.is_empty());
    let amounts = [0.0, 100.0].map(Value::Percent);
    let change = Change::new(P::MultibandAmount, amounts, confidence);
    Ok(Change {
        linked,
        ..change.graded(Grade::Possible)
    })
}
