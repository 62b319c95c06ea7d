//! Proposals for the stereo image that would cost loudness, bass or mono compatibility are dropped.
//!
//! An equalizer may make a song quieter, and the gain makes up for it. Width, mono bass and mono safety must not: where
//! they do, they cancel what one channel has against the other, as in a song with inverted polarity.

use super::ProposalSet;
use anyhow::Result;
use flow_measure::mix_balance::MixBalance;
use flow_params::ParameterId;
use flow_params::number::number;

/// The parameters of the stereo image, in the order in which their proposals are dropped.
const IMAGE_PARAMETERS: [ParameterId; 3] = [
    ParameterId::Width,
    ParameterId::MonoBelow,
    ParameterId::MonoSafety,
];

/// Parameters whose filters shift the phase, so that peaks rise and a loud song must be turned down.
pub(in crate::master) const PHASE_SHIFTING_PARAMETERS: [ParameterId; 3] = [
    ParameterId::LowCut,
    ParameterId::MonoBelow,
    ParameterId::MonoSafety,
];

/// The loudness that the proposals may cost, LU.
const MAX_LOUDNESS_LU: f64 = 2.0;
/// The bass of both channels that they may cost, dB: more than half of it.
const MAX_BASS_DB: f64 = 3.0;
/// The bass of the mono sum that they may cost, dB.
const MAX_MONO_BASS_DB: f64 = 1.5;
/// The level of the mono sum against that of both channels that they may cost, dB.
const MAX_MONO_DB: f64 = 1.5;

/// Drops proposals for the image until the rest costs nothing. `measure` renders with these proposals. Returns a sentence
/// about the dropped ones.
///
/// # Errors
///
/// Returns the errors of `measure`.
pub(in crate::master) fn drop_harmful(
    set: &mut ProposalSet,
    mut measure: impl FnMut(&ProposalSet) -> Result<MixBalance>,
) -> Result<Option<String>> {
    let has = |id: &ParameterId| set.proposals.iter().any(|p| p.id == *id);
    let image: Vec<ParameterId> = IMAGE_PARAMETERS.into_iter().filter(has).collect();
    if image.is_empty() {
        return Ok(None);
    }
    let without = measure(&set.without(&IMAGE_PARAMETERS))?;
    let mut dropped = Vec::new();
    let mut first_cost = None;
    for id in image {
        let Some(cost) = cost(&without, &measure(set)?) else {
            break;
        };
        first_cost.get_or_insert(cost);
        *set = set.without(&[id]);
        dropped.push(id.name());
    }
    Ok(first_cost.map(|cost| format!("Not applied: {} would cost {cost}.", dropped.join(" and "))))
}

/// The largest cost of a change of the image, as text; none within the limits.
fn cost(without: &MixBalance, with: &MixBalance) -> Option<String> {
    let costs = [
        (
            without.integrated_lufs - with.integrated_lufs,
            MAX_LOUDNESS_LU,
            "LU of loudness",
        ),
        (without.bass_db - with.bass_db, MAX_BASS_DB, "dB of bass"),
        (
            without.mono_bass_db - with.mono_bass_db,
            MAX_MONO_BASS_DB,
            "dB of bass in mono",
        ),
        (
            without.mono_db - with.mono_db,
            MAX_MONO_DB,
            "dB of level in mono",
        ),
    ];
    // The difference of two silent levels is NaN, and no cost.
    let (cost, _, unit) = costs.into_iter().find(|(cost, limit, _)| cost > limit)?;
    Some(if cost.is_finite() {
        format!("{} {unit}", number(cost, 1))
    } else {
        format!(
            "all {}",
            unit.trim_start_matches("dB of ")
                .trim_start_matches("LU of ")
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use flow_analysis::report::{Effect, Grade, Proposal, Value};
    use flow_params::Pillar;

    const GOOD: MixBalance = MixBalance {
        integrated_lufs: -20.0,
        bass_db: 10.0,
        mono_bass_db: 9.0,
        mono_db: -1.0,
    };

    fn set(ids: &[ParameterId]) -> ProposalSet {
        let proposal = |id: &ParameterId| Proposal {
            pillar: Pillar::PhaseWeave,
            id: *id,
            from: Value::Percent(100.0),
            to: Value::Percent(120.0),
            joint: Vec::new(),
            linked: Vec::new(),
            grade: Grade::Recommended,
            further: 1.0,
            finding: String::new(),
            reason: String::new(),
            confidence: 1.0,
            effect: Effect::default(),
        };
        ProposalSet {
            proposals: ids.iter().map(proposal).collect(),
            ..ProposalSet::default()
        }
    }

    fn ids(set: &ProposalSet) -> Vec<ParameterId> {
        set.proposals.iter().map(|p| p.id).collect()
    }

    #[test]
    fn width_that_costs_loudness_is_dropped_and_the_rest_kept() {
        let mut proposals = set(&[
            ParameterId::Silk,
            ParameterId::Width,
            ParameterId::MonoSafety,
        ]);
        let measure = |set: &ProposalSet| {
            let loss = if ids(set).contains(&ParameterId::Width) {
                26.9
            } else {
                0.1
            };
            Ok(MixBalance {
                integrated_lufs: GOOD.integrated_lufs - loss,
                ..GOOD
            })
        };
        let line = drop_harmful(&mut proposals, measure).unwrap();
        assert_eq!(
            line.as_deref(),
            Some("Not applied: Width would cost 26.8 LU of loudness.")
        );
        assert_eq!(
            ids(&proposals),
            [ParameterId::Silk, ParameterId::MonoSafety]
        );
    }

    #[test]
    fn image_that_costs_everything_is_dropped_as_a_whole() {
        let mut proposals = set(&[ParameterId::Width, ParameterId::MonoBelow]);
        let measure = |set: &ProposalSet| {
            let mut balance = GOOD;
            if !set.proposals.is_empty() {
                balance.integrated_lufs = f64::NEG_INFINITY;
            }
            Ok(balance)
        };
        let line = drop_harmful(&mut proposals, measure).unwrap().unwrap();
        assert_eq!(
            line,
            "Not applied: Width and Mono below would cost all loudness."
        );
        assert!(proposals.proposals.is_empty());
    }

    #[test]
    fn harmless_image_and_equalizer_are_kept() {
        for ids_before in [
            &[ParameterId::Width, ParameterId::Silk][..],
            &[ParameterId::Silk],
        ] {
            let mut proposals = set(ids_before);
            let line = drop_harmful(&mut proposals, |_| Ok(GOOD)).unwrap();
            assert_eq!((line, ids(&proposals)), (None, ids_before.to_vec()));
        }
        // A mono sum that is silent before cannot lose more.
        let silent = MixBalance {
            mono_db: f64::NEG_INFINITY,
            mono_bass_db: f64::NEG_INFINITY,
            ..GOOD
        };
        assert_eq!(cost(&silent, &silent), None);
    }
}
