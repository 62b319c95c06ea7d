//! The harm that a proposal must not do.

use flow_params::ParameterId;
use flow_params::number::number;

use super::measurement::difference;
use crate::message::{Message, key, message};
use crate::report::{OutputStats, ParameterChange, Proposal, Value};

/// The purpose of a proposal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Purpose {
    /// Safety: DC, rumble and the ceiling. Peaks may change with it.
    Safety,
    /// The stereo image.
    Image,
    /// Loudness, and the dynamics that it takes; also the wish of the user.
    Level,
    /// The balance.
    Tone,
    /// Balance and image together.
    ToneAndImage,
}

impl Purpose {
    pub(super) fn of(proposal: &Proposal) -> Self {
        use ParameterId as P;
        let is_side = |change: &ParameterChange| matches!(change.to, Value::Choice(_, "Side"));
        if proposal.linked.iter().any(is_side) {
            return Self::Image;
        }
        match proposal.id {
            P::Width | P::MonoBelow | P::MonoSafety => Self::Image,
            // References ask for their balance, at any cost of dynamics.
            P::MatchAmount
            | P::LoudnessGain
            | P::GlueAmount
            | P::MidSideAmount
            | P::LimiterStyle
            | P::Release
            | P::GlueThreshold => Self::Level,
            P::Ceiling | P::LowCut | P::LowCutFrequency => Self::Safety,
            _ => Self::Tone,
        }
    }

    /// The purpose whose limits hold for both.
    pub(super) fn with(self, other: Self) -> Self {
        match (self, other) {
            (Self::Safety, purpose) | (purpose, Self::Safety) => purpose,
            (Self::Level, _) | (_, Self::Level) => Self::Level,
            (a, b) if a == b => a,
            _ => Self::ToneAndImage,
        }
    }
}

/// Bass or mono level that nothing but the stereo image may cost, dB.
const MAX_MONO_DB: f32 = 0.5;
/// Loudness that a change of the image may cost, LU.
const MAX_LOUDNESS_LU: f32 = 1.0;
/// Peaks over the loudness that a change may add, which a loud song pays with loudness, dB.
const MAX_PEAKS_DB: f32 = 1.5;
/// Work of the limiter that a change of balance or image may add, dB.
const MAX_LIMITING_DB: f32 = 0.7;
/// Change of the sides that a change of balance may cause, dB.
const MAX_SIDE_DB: f32 = 1.5;
/// Loudness range that a change of balance or image may add or cost, LU, and fronts of transients that it may cost, dB.
const MAX_DYNAMICS: f32 = 0.7;

/// The largest harm of a change, in words such as "1.2 dB of bass in mono"; `None` if it is within the limits.
pub(super) fn harm(purpose: Purpose, before: &OutputStats, after: &OutputStats) -> Option<Message> {
    let lost = |of: fn(&OutputStats) -> f32| difference(of(before), of(after));
    // The loss of an anchor in the mono sum beyond that of the anchor itself. A rise that favors wide sounds is no loss.
    let mono = |i: usize| {
        let both = before.anchors_db[i] - after.anchors_db[i];
        let mono = before.mono_anchors_db[i] - after.mono_anchors_db[i];
        mono.min(mono - both)
    };
    let mono_db = (1..4).map(mono).fold(f32::MIN, f32::max);
    let bass_db = before.anchors_db[0] - after.anchors_db[0];
    let mono_bass_db = before.mono_anchors_db[0] - after.mono_anchors_db[0];
    let is_image = purpose == Purpose::Image;
    let is_safety = purpose == Purpose::Safety;
    let is_for_sound = !is_safety && purpose != Purpose::Level;
    let costs: &[(bool, f32, f32, &'static str)] = &[
        (is_image, bass_db, MAX_MONO_DB, key!("dB of bass")),
        (
            is_safety,
            bass_db - lost(|f| f.loudness_lufs),
            MAX_MONO_DB,
            key!("dB of bass"),
        ),
        (
            is_image,
            mono_bass_db,
            MAX_MONO_DB,
            key!("dB of bass in mono"),
        ),
        (
            !is_image,
            mono_db.max(mono(0)),
            MAX_MONO_DB,
            key!("dB of level in mono"),
        ),
        (
            is_image,
            lost(|f| f.loudness_lufs),
            MAX_LOUDNESS_LU,
            key!("LU of loudness"),
        ),
        (
            is_for_sound,
            -lost(|f| f.plr_db),
            MAX_PEAKS_DB,
            key!("dB of headroom"),
        ),
        (
            is_for_sound,
            -lost(|f| f.limiting_db),
            MAX_LIMITING_DB,
            key!("dB of limiting"),
        ),
        (
            purpose == Purpose::Tone,
            lost(|f| f.side_db).abs(),
            MAX_SIDE_DB,
            key!("dB of change in the sides"),
        ),
        (
            is_for_sound,
            lost(|f| f.range_lu),
            MAX_DYNAMICS,
            key!("LU of loudness range"),
        ),
        (
            is_for_sound,
            -lost(|f| f.range_lu),
            MAX_DYNAMICS,
            key!("LU of evenness between soft and loud parts"),
        ),
        (
            is_for_sound,
            lost(|f| f.front_db),
            MAX_DYNAMICS,
            key!("dB of attack in the transients"),
        ),
    ];
    let worst = costs
        .iter()
        .filter(|(counts, cost, limit, _)| *counts && cost > limit);
    let (_, cost, _, unit) = worst.max_by(|a, b| (a.1 / a.2).total_cmp(&(b.1 / b.2)))?;
    let cost = number(f64::from(*cost), 1);
    Some(message!("{cost} {unit}", cost, unit = *unit))
}

#[cfg(test)]
mod tests {
    use super::super::tests::OUTPUT as BEFORE;
    use super::*;

    #[test]
    fn harm_of_image_that_costs_mono_bass_names_it() {
        let mut after = BEFORE;
        after.mono_anchors_db[0] -= 2.0;
        after.loudness_lufs -= 0.5;
        let text = harm(Purpose::Image, &BEFORE, &after);
        assert_eq!(text.as_deref(), Some("2.0 dB of bass in mono"));
        assert_eq!(harm(Purpose::Image, &BEFORE, &BEFORE), None);
    }

    #[test]
    fn harm_of_balance_that_widens_the_range_counts_beside_a_ceiling_too() {
        let mut after = BEFORE;
        after.range_lu += 1.9;
        let purpose = Purpose::Tone.with(Purpose::Safety);
        let text = harm(purpose, &BEFORE, &after);
        assert_eq!(
            text.as_deref(),
            Some("1.9 LU of evenness between soft and loud parts")
        );
        assert_eq!(harm(Purpose::Safety, &BEFORE, &after), None);
        assert_eq!(
            harm(Purpose::Tone.with(Purpose::Level), &BEFORE, &after),
            None
        );
    }

    #[test]
    fn harm_of_low_cut_is_lost_bass_and_not_raised_peaks() {
        let mut after = BEFORE;
        after.plr_db += 3.0;
        assert_eq!(harm(Purpose::Safety, &BEFORE, &after), None);
        after.anchors_db[0] -= 0.8;
        let text = harm(Purpose::Safety, &BEFORE, &after);
        assert_eq!(text.as_deref(), Some("0.8 dB of bass"));
    }

    #[test]
    fn harm_of_balance_that_lowers_bass_is_none() {
        let mut after = BEFORE;
        after.anchors_db[0] -= 3.0;
        after.mono_anchors_db[0] -= 3.0;
        assert_eq!(harm(Purpose::Tone, &BEFORE, &after), None);
        // A lift of wide treble raises the mono sum less.
        after.anchors_db[3] += 3.0;
        after.mono_anchors_db[3] += 2.0;
        assert_eq!(harm(Purpose::Tone, &BEFORE, &after), None);
        after.limiting_db += 1.0;
        let text = harm(Purpose::Tone, &BEFORE, &after);
        assert_eq!(text.as_deref(), Some("1.0 dB of limiting"));
        assert_eq!(harm(Purpose::Level, &BEFORE, &after), None);
    }
}
