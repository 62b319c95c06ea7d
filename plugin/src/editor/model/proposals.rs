//! The user's decisions about proposals: the amount of each, which are discarded, and which were applied.

use std::collections::{BTreeMap, BTreeSet};

use flow_analysis::preferences::{PreferenceKey, Preferences};
use flow_analysis::report::{MAX_AMOUNT, ParameterChange, Proposal};
use flow_analysis::solver::TONE_PARAMETERS;
use flow_params::ParameterId;

use crate::editor::model::preferences_file::PreferencesFile;
use crate::editor::model::undo::EditHistory;
use crate::params::FlowParams;

/// Grid of amounts.
const AMOUNT_STEP: f32 = 0.05;

/// A parameter within this normalized distance of a value still has it.
const SAME_VALUE: f32 = 1e-3;

/// Proposals that differ by less of the normalized range are the same one: 0.1 dB of Silk, 0.5 dB of gain.
const SAME_PROPOSAL: f32 = 0.01;

/// A share of a proposal, 0 to [`MAX_AMOUNT`].
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Amount(f32);

impl Default for Amount {
    fn default() -> Self {
        Self(1.0)
    }
}

impl Amount {
    /// Clamps to the range.
    #[must_use]
    pub(crate) fn new(amount: f32) -> Self {
        Self(amount.clamp(0.0, MAX_AMOUNT))
    }

    /// The share that this user usually keeps.
    fn usual(preferences: &Preferences, key: PreferenceKey) -> Self {
        Self(preferences.amount(key))
    }

    /// The share, rounded to the grid.
    #[must_use]
    pub(crate) fn get(self) -> f32 {
        (self.0 / AMOUNT_STEP).round() * AMOUNT_STEP
    }

    /// Adds a signed share.
    pub(crate) fn change(&mut self, by: f32) {
        self.0 = (self.0 + by).clamp(0.0, MAX_AMOUNT);
    }

    /// Moves one grid step.
    pub(crate) fn step(&mut self, up: bool) {
        self.0 = self.get();
        self.change(if up { AMOUNT_STEP } else { -AMOUNT_STEP });
    }
}

/// An applied proposal; values are normalized.
#[derive(Clone, Copy, Debug)]
struct AppliedProposal {
    from: f32,
    to: f32,
    /// The proposal's own amount, without the overall one.
    amount: f32,
    /// The value at the full amount.
    full: Option<f32>,
}

/// All decisions since *Listen*. They outlive the window in `PluginShared`.
#[derive(Debug, Default)]
pub(crate) struct ProposalDecisions {
    /// Scales all proposals.
    pub(crate) overall: Amount,
    /// Whether a song above its delivery loudness may be turned down.
    pub(crate) allow_gain_reduction: bool,
    amounts: BTreeMap<ParameterId, Amount>,
    discarded: BTreeSet<ParameterId>,
    applied: BTreeMap<ParameterId, AppliedProposal>,
    /// Normalized values of all proposals at the full amount.
    proposed: BTreeMap<ParameterId, f32>,
    /// Proposals whose share was recorded already: a song counts once.
    recorded: BTreeSet<PreferenceKey>,
    /// The preferences when listening began. Later changes must not move proposals on the screen.
    preferences: Preferences,
    /// The user has reset the personalization, so nothing is recorded until the next *Listen*.
    is_recording_off: bool,
}

impl ProposalDecisions {
    /// Starts without decisions.
    #[must_use]
    pub(crate) fn with_preferences(preferences: Preferences) -> Self {
        Self {
            overall: Amount::usual(&preferences, PreferenceKey::All),
            preferences,
            ..Self::default()
        }
    }

    /// Forgets the decisions about single proposals. A changed overall amount and gain reduction stay.
    pub(crate) fn reset(&mut self, preferences: Preferences) {
        let overall = if self.overall == Amount::usual(&self.preferences, PreferenceKey::All) {
            Amount::usual(&preferences, PreferenceKey::All)
        } else {
            self.overall
        };
        *self = Self {
            overall,
            allow_gain_reduction: self.allow_gain_reduction,
            preferences,
            ..Self::default()
        };
    }

    /// Offers applied proposals again after the target has changed. With other references, discarded proposals for
    /// balance and width come back too.
    pub(crate) fn retarget(&mut self, has_other_references: bool) {
        self.applied.clear();
        if has_other_references {
            self.discarded.retain(|id| !TONE_PARAMETERS.contains(id));
        }
    }

    /// Records each kept share once in the preferences.
    pub(crate) fn record(
        &mut self,
        file: &mut PreferencesFile,
        params: &FlowParams,
        history: &EditHistory,
    ) {
        let mut kept = self.kept_shares(params, history);
        kept.retain(|(id, _)| !self.recorded.contains(id));
        file.record(&kept);
        self.recorded.extend(kept.into_iter().map(|(id, _)| id));
    }

    /// Records nothing until the next *Listen*, because the user has reset the personalization.
    pub(crate) fn stop_recording(&mut self) {
        self.is_recording_off = true;
    }

    /// The kept share of each decided proposal: 0 if it was discarded or undone, and the present value if the user
    /// changed it since.
    #[must_use]
    pub(crate) fn kept_shares(
        &self,
        params: &FlowParams,
        history: &EditHistory,
    ) -> Vec<(PreferenceKey, f32)> {
        if self.is_recording_off {
            return Vec::new();
        }
        let share = |(id, applied): (&ParameterId, &AppliedProposal)| {
            let AppliedProposal {
                from, to, amount, ..
            } = *applied;
            if from == to {
                return None;
            }
            let now = params.get(*id).normalized();
            let is_undone = (now - from).abs() < SAME_VALUE && !history.has_set(*id, to);
            let share = if is_undone {
                0.0
            } else {
                let value = history.set_alone_to(*id).unwrap_or(to);
                amount * (value - from) / (to - from)
            };
            Some((PreferenceKey::from(*id), share))
        };
        let discarded = self
            .discarded
            .iter()
            .map(|id| (PreferenceKey::from(*id), 0.0));
        let applied = self.applied.iter().filter_map(share);
        let mut kept: BTreeMap<_, _> = applied.chain(discarded).collect();
        if !self.applied.is_empty() {
            kept.insert(PreferenceKey::All, self.overall.get());
        }
        kept.into_iter().collect()
    }

    /// The amount of one proposal.
    pub(crate) fn amount_mut(&mut self, id: ParameterId) -> &mut Amount {
        let usual = Amount::usual(&self.preferences, id.into());
        self.amounts.entry(id).or_insert(usual)
    }

    /// Hides a proposal until the next *Listen*.
    pub(crate) fn discard(&mut self, id: ParameterId) {
        self.discarded.insert(id);
    }

    /// The proposals that are still undecided, scaled by their amounts.
    ///
    /// An applied proposal comes back when its parameter leaves the applied value, or when the proposed value changes.
    /// Proposals whose value the parameter already has are left out: a report may be older than the setting.
    #[must_use]
    pub(crate) fn open_proposals(
        &mut self,
        proposals: &[Proposal],
        params: &FlowParams,
    ) -> Vec<Proposal> {
        let all = proposals.iter().flat_map(Proposal::changes);
        let all = all.filter_map(|change| {
            let to = params.get(change.id).parse(&change.to.to_string())?;
            Some((change.id, to))
        });
        self.proposed = all.collect();
        let is_at = |id, to: f32| (params.get(id).normalized() - to).abs() < SAME_VALUE;
        let is_open = |p: &&Proposal| {
            let is_applied = |change: ParameterChange| {
                let proposed = self.proposed.get(&change.id);
                self.applied.get(&change.id).is_some_and(|applied| {
                    let is_same = |(a, b): (&f32, f32)| (a - b).abs() < SAME_PROPOSAL;
                    is_at(change.id, applied.to) && proposed.zip(applied.full).is_some_and(is_same)
                })
            };
            let is_set = |change: ParameterChange| {
                let to = self.proposed.get(&change.id);
                to.is_some_and(|to| is_at(change.id, *to))
            };
            let is_done = p.changes().all(is_applied) || p.changes().all(is_set);
            !self.discarded.contains(&p.id) && !is_done
        };
        let scaled = |p: &Proposal| {
            let amount = self.overall.get() * self.amount(p.id).get();
            let mut scaled = p.scaled(amount.min(MAX_AMOUNT));
            if let Some(habit) = self.habit_text(p.id) {
                scaled.reason = format!("{} {habit}", scaled.reason);
            }
            scaled
        };
        proposals.iter().filter(is_open).map(scaled).collect()
    }

    /// The present amount of one proposal.
    fn amount(&self, id: ParameterId) -> Amount {
        let usual = Amount::usual(&self.preferences, id.into());
        self.amounts.get(&id).copied().unwrap_or(usual)
    }

    /// A sentence about a proposal whose amount the preferences have changed.
    fn habit_text(&self, id: ParameterId) -> Option<String> {
        let amount = Amount::usual(&self.preferences, id.into()).get();
        let habit = self.preferences.habit(id.into());
        let habit = 100.0 * habit.filter(|_| amount != 1.0)?;
        let less = if amount < 1.0 { "less" } else { "more" };
        Some(format!(
            "A little {less} than usual: you mostly keep {habit:.0} % of it."
        ))
    }

    /// Sets parameters to the proposed values, as one gesture and one undo step.
    pub(crate) fn apply(
        &mut self,
        proposals: &[&Proposal],
        params: &FlowParams,
        history: &mut EditHistory,
    ) {
        let changes = proposals.iter().flat_map(|proposal| proposal.changes());
        let changes: Vec<_> = changes
            .filter_map(|change| {
                let param = params.get(change.id);
                Some((change.id, param, param.parse(&change.to.to_string())?))
            })
            .collect();
        let settings: Vec<_> = changes.iter().map(|(_, param, to)| (*param, *to)).collect();
        for (id, param, to) in &changes {
            let applied = AppliedProposal {
                from: param.normalized(),
                to: *to,
                amount: self.amount(*id).get(),
                full: self.proposed.get(id).copied(),
            };
            self.applied.insert(*id, applied);
        }
        history.set_all(&settings);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use flow_analysis::report::{Effect, Grade, Value};
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
            finding: String::new(),
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
        proposals: [Proposal; 2],
    }

    impl Song {
        fn new(preferences: Preferences) -> Self {
            let params = Arc::new(FlowParams::default());
            Self {
                history: EditHistory::new(params.clone(), Box::new(DirectHost)),
                decisions: ProposalDecisions::with_preferences(preferences),
                proposals: [
                    proposal(ParameterId::Silk, -4.0),
                    proposal(ParameterId::Air, 2.0),
                ],
                params,
            }
        }

        fn open(&mut self) -> Vec<Proposal> {
            self.decisions.open_proposals(&self.proposals, &self.params)
        }

        fn apply(&mut self) {
            let open = self.open();
            let all: Vec<&Proposal> = open.iter().collect();
            self.decisions.apply(&all, &self.params, &mut self.history);
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
        song.decisions.amount_mut(ParameterId::Silk).change(-0.5);
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
    fn open_proposals_with_a_new_value_offers_an_applied_proposal_again() {
        let mut song = Song::new(Preferences::default());
        song.decisions.amount_mut(ParameterId::Silk).change(-0.5);
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
        song.decisions.discard(ParameterId::Air);
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
        song.decisions.discard(ParameterId::Air);
        song.apply();
        assert_eq!(song.kept(), [("all", 50), ("crair", 0), ("crsil", 100)]);
        song.decisions.stop_recording();
        assert_eq!(song.kept(), []);
        song.decisions.reset(Preferences::default());
        assert_eq!(song.kept(), []);
        assert_eq!(song.decisions.overall, Amount(0.5));
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
        *song.decisions.amount_mut(ParameterId::Silk) = Amount::default();
        song.history.undo();
        assert_eq!(song.open()[0].to, Value::Decibels(-4.0));
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
}
