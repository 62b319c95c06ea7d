//! Loud moments with too much of a band, although the balance as a whole may be right.
//!
//! Comfort holds fizz; a broad band below it is the work of the three-band compressor. Its other two bands rest meanwhile.

use std::ops::Range;

use flow_dsp::{CompressorSettings, MOMENT_BANDS_HZ, MultibandSettings, StyleTarget};
use flow_params::{ParameterId, Pillar};

use super::dynamics::SAME_THRESHOLD_DB;
use super::{release_ms, songs_of};
use crate::effect_model::{apply, simulate};
use crate::features::{BANDS_THAT_HOLD_HZ, Summary};
use crate::finding_text::Text;
use crate::message::{key, message};
use crate::report::{
    Context, FindingKind, Grade, MIN_CHANGE_DB, NoProposal, ParameterChange, Proposal, Severity,
    Value,
};
use crate::verdict::{Change, Verdict, Verdicts, duration_confidence, ramp};

/// Level of the loud moments of the song at the 90th percentile above those of the median song, dB
/// (`models/styles/styles.csv`, loud_moments).
const SPREAD_DB: [f32; 4] = [1.6, 2.4, 4.0, 4.8];

/// Loud moments are named from so far above that on, dB.
const LEAST_DB: f32 = 3.0;

/// How they sound. Each band lies in the anchor of the same index.
const SOUNDS: [&str; 4] = [
    key!("too boomy"),
    key!("too muddy"),
    key!("too harsh"),
    key!("too fizzy"),
];

/// The gain reduction of a loud moment is this share of what it has too much, within the limits in dB.
const REDUCED_SHARE: f32 = 0.5;
const REDUCTION_DB: [f32; 2] = [2.0, 4.0];

/// Decibels in for one decibel out.
const RATIO: f32 = 2.0;

/// Settings in use count as the answer if they reduce a loud moment by this share of the wanted reduction.
const ENOUGH: f32 = 0.7;

/// The compressor in a reason.
const THREE_BANDS: &str = key!("The three-band compressor");

/// Release of each band for calm and for dense music, ms.
const RELEASE_MS: [[f32; 2]; 3] = [[300.0, 150.0], [200.0, 100.0], [120.0, 60.0]];

/// Comes after sibilance. `tone`: the proposals for the balance. `decider`: the references that decide on it instead.
pub(crate) fn evaluate(
    summary: &Summary,
    context: &Context,
    style: StyleTarget,
    tone: &[Proposal],
    decider: Option<&NoProposal>,
    verdicts: &mut Verdicts,
) {
    let settings = &context.settings;
    let limits = style.songs().moments_db[4];
    let anchors_db = |settings| simulate(summary, settings).anchors_db;
    let (now_db, then_db) = (anchors_db(settings), anchors_db(&apply(settings, tone)));
    let mut over: Vec<(usize, f32)> = (0..4)
        // An anchor that is lowered as a whole is softer in loud moments too.
        .filter(|i| then_db[*i] > now_db[*i] - MIN_CHANGE_DB)
        .map(|i| (i, summary.loud_moments_db[i] - limits[i] - SPREAD_DB[i]))
        .filter(|(_, over_db)| *over_db >= LEAST_DB)
        .collect();
    // Sibilance is fizz too, and has its answer.
    let mut proposals = verdicts.proposals.iter();
    let has_comfort = proposals.any(|proposal| proposal.id == ParameterId::Comfort);
    over.retain(|(i, _)| *i < BANDS_THAT_HOLD_HZ.len() || !has_comfort);
    over.sort_by(|(_, a), (_, b)| b.total_cmp(a));
    let mut has_band = false;
    for (i, over_db) in over {
        let confidence = duration_confidence(summary) * (0.5 + 0.5 * ramp(over_db, 1.0, 5.0));
        let remedy = match decider {
            Some(decider) => Err(decider.clone()),
            None if i == BANDS_THAT_HOLD_HZ.len() => Ok(comfort(context, over_db, confidence)),
            // One setting of the compressor can't serve two purposes.
            None if has_band => Err(NoProposal::InUse(THREE_BANDS)),
            None => {
                has_band = true;
                three_bands(summary, context, (i, now_db[i]), over_db, confidence)
            }
        };
        verdicts.add(Verdict {
            kind: FindingKind::Other,
            severity: Severity::Notice,
            confidence,
            text: Text {
                short: message!(
                    "Loud moments {db} dB {sound}",
                    db = format!("{over_db:.1}"),
                    sound = SOUNDS[i]
                ),
                sentence: message!(
                    "Loud moments have {db} dB more near {hz} Hz than those of nine {songs} in ten, so they sound {sound}.",
                    db = format!("{over_db:.1}"),
                    hz = format!("{:.0}", MOMENT_BANDS_HZ[i]),
                    songs = songs_of(style),
                    sound = SOUNDS[i]
                ),
            },
            remedy,
        });
    }
}

fn comfort(context: &Context, over_db: f32, confidence: f32) -> Change {
    // Comfort is never lowered.
    let from = 100.0 * context.settings.curve.comfort;
    let to = (10.0 * over_db).clamp(20.0, 60.0).round().max(from);
    let values = [from, to].map(Value::Percent);
    Change::new(ParameterId::Comfort, values, confidence).graded(Grade::Possible)
}

/// One band that holds its loud moments. `equalized_db`: the level that the settings in front of the compressor give to it.
fn three_bands(
    summary: &Summary,
    context: &Context,
    (band, equalized_db): (usize, f32),
    over_db: f32,
    confidence: f32,
) -> Result<Change, NoProposal> {
    use ParameterId as P;
    const RATIOS: [P; 3] = [P::LowBandRatio, P::MidBandRatio, P::HighBandRatio];
    const ATTACKS: [P; 3] = [P::LowBandAttack, P::MidBandAttack, P::HighBandAttack];
    const RELEASES: [P; 3] = [P::LowBandRelease, P::MidBandRelease, P::HighBandRelease];
    const GAINS: [P; 3] = [P::LowBandGain, P::MidBandGain, P::HighBandGain];
    const SOLOS: [P; 3] = [P::LowBandSolo, P::MidBandSolo, P::HighBandSolo];

    let settings = &context.settings;
    if !settings.dynamics.on {
        return Err(NoProposal::PillarOff(Pillar::MasterChain));
    }
    let now = &settings.dynamics.multiband;
    let [least_db, most_db] = REDUCTION_DB;
    let reduction_db = (REDUCED_SHARE * over_db).clamp(least_db, most_db);
    // A level above the threshold is reduced by this share of what lies above.
    let share = |ratio: f32| 1.0 - 1.0 / ratio;
    let level_db = summary.moment_peak_db[band] + settings.trim_db + equalized_db;
    let [lowest_db, highest_db] = CompressorSettings::THRESHOLD_DB;
    let threshold_db = (level_db - reduction_db / share(RATIO)).round();
    let threshold_db = threshold_db.clamp(lowest_db, highest_db);
    if now.amount > 0.0 {
        let compressor = &now.bands[band].compressor;
        let above_db = (level_db - compressor.threshold_db).max(0.0);
        let held_db = now.amount * share(compressor.ratio) * above_db;
        // A trial may have found that more of it does harm.
        let is_own = compressor.ratio == RATIO
            && (compressor.threshold_db - threshold_db).abs() <= SAME_THRESHOLD_DB;
        return Err(if is_own || held_db >= ENOUGH * reduction_db {
            NoProposal::AlreadySet
        } else {
            NoProposal::InUse(THREE_BANDS)
        });
    }
    let defaults = MultibandSettings::default();
    let mut linked = Vec::new();
    let mut link = |id, values: [Value; 2]| {
        let [from, to] = values;
        linked.push(ParameterChange { id, from, to });
    };
    let Range { start, end } = BANDS_THAT_HOLD_HZ[band];
    let [low_now_hz, high_now_hz] = [now.low_crossover_hz, now.high_crossover_hz];
    let [low_hz, high_hz] = [[end, high_now_hz], [start, end], [low_now_hz, start]][band];
    link(P::LowCrossover, [low_now_hz, low_hz].map(Value::Hertz));
    link(P::HighCrossover, [high_now_hz, high_hz].map(Value::Hertz));
    // The amount switches the gains and solos of all bands on too.
    for (i, id) in THRESHOLDS.into_iter().enumerate() {
        let to_db = if i == band { threshold_db } else { highest_db };
        let from_db = now.bands[i].compressor.threshold_db;
        link(id, [from_db, to_db].map(Value::Decibels));
        link(GAINS[i], [now.bands[i].gain_db, 0.0].map(Value::Decibels));
        link(SOLOS[i], [now.bands[i].solo, false].map(Value::Switch));
    }
    let (from, to) = (
        &now.bands[band].compressor,
        &defaults.bands[band].compressor,
    );
    link(
        P::MultibandKnee,
        [from.knee_db, to.knee_db].map(Value::Decibels),
    );
    link(RATIOS[band], [from.ratio, RATIO].map(Value::Ratio));
    link(
        ATTACKS[band],
        [from.attack_ms, to.attack_ms].map(Value::Milliseconds),
    );
    let release_ms = release_ms(summary.onsets_per_second, RELEASE_MS[band]);
    link(
        RELEASES[band],
        [from.release_ms, release_ms].map(Value::Milliseconds),
    );
    // The thresholds tell which band works: see [`held_moments`].
    linked.retain(|change| !change.is_empty() || THRESHOLDS.contains(&change.id));
    let amounts = [0.0, 100.0].map(Value::Percent);
    let change = Change::new(P::MultibandAmount, amounts, confidence);
    Ok(Change {
        linked,
        ..change.graded(Grade::Possible)
    })
}

/// The thresholds of the three bands.
const THRESHOLDS: [ParameterId; 3] = [
    ParameterId::LowBandThreshold,
    ParameterId::MidBandThreshold,
    ParameterId::HighBandThreshold,
];

/// The index of the loud moments that a proposal for the three-band compressor holds: that of the lowest threshold.
pub(crate) fn held_moments(proposal: &Proposal) -> Option<usize> {
    let thresholds = proposal.linked.iter().filter_map(|change| {
        let band = THRESHOLDS.iter().position(|id| *id == change.id)?;
        let Value::Decibels(db) = change.to else {
            return None;
        };
        Some((band, db))
    });
    let lowest = thresholds.min_by(|(_, a), (_, b)| a.total_cmp(b));
    lowest.map(|(band, _)| band)
}
