//! Decisions about the proposals for one song.

use std::sync::Arc;

use flow_analysis::report::{Effect, Message};
use nice_plug::params::internals::ParamPtr;

use super::*;
use crate::editor::model::undo::Host;
use crate::gestures::Gestures;

/// Sets parameters at once.
struct DirectHost;

impl Host for DirectHost {
    fn begin(&self, _: ParamPtr) {}

    fn set(&self, param: ParamPtr, normalized: f32) {
        // SAFETY: the parameters are the test's own.
        unsafe { param._internal_set_normalized_value(normalized) };
    }

    fn end(&self, _: ParamPtr) {}
}

fn proposal(id: ParameterId, db: f32) -> Proposal {
    Proposal {
        pillar: id.pillar(),
        id,
        from: Value::Decibels(0.0),
        to: Value::Decibels(db),
        joint: Vec::new(),
        linked: Vec::new(),
        grade: Grade::Recommended,
        further: 1.0,
        finding: Message::default(),
        reason: "It is too loud.".into(),
        confidence: 1.0,
        effect: Effect::default(),
    }
}

/// Proposals for Silk and Air, and the user's preferences.
struct Song {
    params: Arc<FlowParams>,
    history: EditHistory,
    decisions: ProposalDecisions,
    proposals: Vec<Proposal>,
}

impl Song {
    fn new(preferences: Preferences) -> Self {
        let params = Arc::new(FlowParams::default());
        Self {
            history: EditHistory::new(params.clone(), Box::new(DirectHost)),
            decisions: ProposalDecisions::with_preferences(preferences),
            proposals: vec![
                proposal(ParameterId::Silk, -4.0),
                proposal(ParameterId::Air, 2.0),
            ],
            params,
        }
    }

    fn silk_amount(&mut self) -> &mut Amount {
        self.decisions.amount_mut(&self.proposals[0])
    }

    fn open(&mut self) -> Vec<Proposal> {
        self.decisions.open_proposals(&self.proposals, &self.params)
    }

    fn apply(&mut self) {
        let open = self.open();
        let all: Vec<&Proposal> = open.iter().collect();
        self.decisions.apply(&all, &self.params, &mut self.history);
    }

    fn discard(&mut self, index: usize) {
        self.decisions.discard(&self.proposals[index]);
    }

    fn turn(&mut self, id: ParameterId, text: &str) {
        let param = self.params.get(id);
        self.history.set(param, param.parse(text).unwrap());
    }

    /// Kept shares, %.
    fn kept(&self) -> Vec<(&'static str, i32)> {
        let kept = self.decisions.kept_shares(&self.params, &self.history);
        let percent = |share: f32| format!("{:.0}", 100.0 * share).parse().unwrap();
        let kept = kept.into_iter();
        let mut kept: Vec<_> = kept
            .map(|(key, share)| (key.as_str(), percent(share)))
            .collect();
        kept.sort_unstable();
        kept
    }
}

#[test]
fn kept_shares_after_later_edits_follow_the_present_values() {
    let mut song = Song::new(Preferences::default());
    assert_eq!(song.kept(), [], "no decision yet");
    song.silk_amount().change(-0.5);
    song.apply();
    assert_eq!(song.kept(), [("all", 100), ("crair", 100), ("crsil", 50)]);
    // The user then sets 3 of 4 dB.
    song.turn(ParameterId::Silk, "-3 dB");
    assert_eq!(song.kept(), [("all", 100), ("crair", 100), ("crsil", 75)]);
    // A value in the other direction counts as a share of 0, not as a negative one.
    song.turn(ParameterId::Silk, "4 dB");
    let mut preferences = Preferences::default();
    for (key, share) in song.decisions.kept_shares(&song.params, &song.history) {
        (0..3).for_each(|_| preferences.note(key, share));
    }
    assert_eq!(preferences.habit(ParameterId::Silk.into()), Some(0.0));
    // Undone proposals count as 0.
    (0..3).for_each(|_| song.history.undo());
    assert_eq!(song.kept(), [("all", 100), ("crair", 0), ("crsil", 0)]);
    // Redone proposals count again.
    song.history.redo();
    assert_eq!(song.kept(), [("all", 100), ("crair", 100), ("crsil", 50)]);
}

#[test]
fn apply_of_joint_changes_scales_all_and_records_the_row_once() {
    let mut song = Song::new(Preferences::default());
    let air = song.proposals.remove(1);
    song.proposals[0].joint = air.changes().collect();
    song.silk_amount().change(-0.5);
    let open = song.open();
    assert_eq!(open[0].to, Value::Decibels(-2.0));
    assert_eq!(open[0].joint[0].to, Value::Decibels(1.0));
    song.apply();
    let air = song.params.get(ParameterId::Air);
    assert_eq!(air.text(air.normalized()), "1.00 dB");
    assert_eq!(song.kept(), [("all", 100), ("crsil", 50)]);
    // A joint parameter that the user turns changes nothing.
    song.turn(ParameterId::Air, "3 dB");
    assert_eq!(song.kept(), [("all", 100), ("crsil", 50)]);
}

#[test]
fn open_proposals_begin_with_the_recommended_ones() {
    let mut song = Song::new(Preferences::default());
    song.proposals[0].grade = Grade::Possible;
    let ids: Vec<_> = song.open().iter().map(|p| p.id).collect();
    assert_eq!(ids, [ParameterId::Air, ParameterId::Silk]);
}

#[test]
fn overall_amount_keeps_the_loudness_of_the_target() {
    let mut song = Song::new(Preferences::default());
    song.proposals[0].effect.loudness_lu = -1.0;
    song.proposals
        .push(proposal(ParameterId::LoudnessGain, 3.0));
    let gain_db = |song: &mut Song| {
        let open = song.open();
        let gain = open.iter().find(|p| p.id == ParameterId::LoudnessGain);
        gain.map(|gain| gain.to)
    };
    assert_eq!(gain_db(&mut song), Some(Value::Decibels(3.0)));
    // Half of the change of Silk is missing, and with it half of the loss of loudness.
    song.decisions.overall.change(-0.5);
    assert_eq!(gain_db(&mut song), Some(Value::Decibels(2.5)));
    song.discard(0);
    assert_eq!(gain_db(&mut song), Some(Value::Decibels(2.0)));
    song.apply();
    assert_eq!(gain_db(&mut song), None);
    assert_eq!(
        song.kept(),
        [("all", 50), ("crair", 100), ("crsil", 0), ("gain", 100)]
    );
}

#[test]
fn kept_share_of_the_overall_amount_needs_a_proposal_that_it_scales() {
    let mut song = Song::new(Preferences::default());
    song.proposals = vec![proposal(ParameterId::LoudnessGain, 3.0)];
    song.decisions.overall.change(-0.5);
    song.apply();
    assert_eq!(song.kept(), [("gain", 100)]);
}

#[test]
fn open_proposals_with_a_new_value_offers_an_applied_proposal_again() {
    let mut song = Song::new(Preferences::default());
    song.silk_amount().change(-0.5);
    song.apply();
    assert_eq!(song.open(), [], "half of it is applied");
    // 0.1 dB is the same proposal, 1 dB is not.
    song.proposals[0].to = Value::Decibels(-4.1);
    assert_eq!(song.open(), []);
    song.proposals[0].to = Value::Decibels(-5.0);
    assert_eq!(song.open().len(), 1);
    song.apply();
    assert_eq!(song.open(), []);
}

#[test]
fn retarget_with_other_references_brings_discarded_proposals_back() {
    let folder = tempfile::tempdir().unwrap();
    let mut file = PreferencesFile::at_path(Some(folder.path().join("preferences.json")));
    let mut song = Song::new(Preferences::default());
    song.discard(1);
    for _ in 0..3 {
        song.decisions
            .record(&mut file, &song.params, &song.history);
    }
    assert_eq!(file.read().decisions(), 1, "a song counts once");
    song.decisions.retarget(false);
    assert_eq!(song.open().len(), 1, "the same references");
    song.decisions.retarget(true);
    assert_eq!(song.open().len(), 2);
}

#[test]
fn kept_shares_after_a_preset_ignore_the_preset() {
    let mut song = Song::new(Preferences::default());
    song.apply();
    let other = Song::new(Preferences::default());
    let params = song.params.clone();
    song.history.together(|history| {
        for id in [ParameterId::Silk, ParameterId::Air] {
            let default = other.params.get(id).normalized();
            history.set(params.get(id), default);
        }
    });
    assert_eq!(song.kept(), [("all", 100), ("crair", 100), ("crsil", 100)]);
}

#[test]
fn kept_shares_with_an_overall_amount_leave_it_out_of_each_proposal() {
    let mut song = Song::new(Preferences::default());
    song.decisions.overall.change(-0.5);
    song.discard(1);
    song.apply();
    assert_eq!(song.kept(), [("all", 50), ("crair", 0), ("crsil", 100)]);
    song.decisions.stop_recording();
    assert_eq!(song.kept(), []);
    song.decisions.reset(Preferences::default());
    assert_eq!(song.kept(), []);
    assert_eq!(song.decisions.overall, Amount::new(0.5));
}

#[test]
fn open_proposals_with_preferences_start_at_the_usual_amount() {
    let mut preferences = Preferences::default();
    (0..3).for_each(|_| preferences.note(ParameterId::Silk.into(), 0.8));
    let mut song = Song::new(preferences);
    let open = song.open();
    assert_eq!(open[0].to, Value::Decibels(-3.2));
    assert_eq!(
        open[0].reason,
        "It is too loud. A little less than usual: you mostly keep 80 % of it."
    );
    assert_eq!(open[1], song.proposals[1], "no preference for Air");
    // An unchanged amount confirms the preference.
    song.apply();
    assert_eq!(song.kept(), [("all", 100), ("crair", 100), ("crsil", 80)]);
    // The default amount is 100 %.
    *song.silk_amount() = Amount::default();
    song.history.undo();
    assert_eq!(song.open()[0].to, Value::Decibels(-4.0));
}

#[test]
fn amount_of_a_proposal_that_may_go_further_reaches_it() {
    let mut song = Song::new(Preferences::default());
    song.proposals[0].to = Value::Decibels(-1.0);
    song.proposals[0].further = 2.5;
    song.silk_amount().change(9.0);
    song.decisions.overall.change(9.0);
    assert_eq!(song.open()[0].to, Value::Decibels(-2.5));
}

#[test]
fn amount_after_changes_stays_on_its_grid_and_in_range() {
    let mut amount = Amount::default();
    amount.change(0.031);
    assert!((amount.get() - 1.05).abs() < 1e-6);
    amount.step(false);
    assert!((amount.get() - 1.0).abs() < 1e-6);
    amount.change(9.0);
    assert!((amount.get() - MAX_AMOUNT).abs() < 1e-6);
    amount.change(-9.0);
    assert_eq!(amount.get(), 0.0);
}

#[test]
fn kept_shares_of_matters_of_taste_are_not_recorded() {
    let mut song = Song::new(Preferences::default());
    for proposal in &mut song.proposals {
        proposal.grade = Grade::Taste;
    }
    song.discard(0);
    song.apply();
    assert_eq!(song.kept(), []);
}

#[test]
fn open_proposal_in_part_states_its_part_of_the_effect() {
    let mut song = Song::new(Preferences::default());
    song.proposals[0].effect.anchors_db[2] = -3.0;
    let silk = song.proposals[0].clone();
    assert!(song.decisions.is_whole(&silk));
    song.silk_amount().change(-0.5);
    assert_eq!(song.open()[0].effect.anchors_db[2], -1.5);
    assert!(!song.decisions.is_whole(&silk));
}
