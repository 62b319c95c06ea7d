//! The user's decisions about proposals: the amount of each, which are discarded, and which were applied.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use flow_analysis::preferences::{PreferenceKey, Preferences};
use flow_analysis::report::{Grade, Intensity, MAX_AMOUNT, ParameterChange, Proposal, Value};
use flow_analysis::solver::TONE_PARAMETERS;
use flow_dsp::ChainSettings;
use flow_params::ParameterId;

use crate::editor::language::text;
use crate::editor::model::preferences_file::PreferencesFile;
use crate::editor::model::undo::EditHistory;
use crate::params::FlowParams;

/// Grid of amounts.
const AMOUNT_STEP: f32 = 0.05;

/// A parameter within this normalized distance of a value still has it.
const SAME_VALUE: f32 = 1e-3;

/// Proposals that differ by less of the normalized range are the same one: 0.1 dB of Silk, 0.5 dB of gain.
const SAME_PROPOSAL: f32 = 0.01;

/// Smallest correction of the gain, and smallest corrected gain, dB.
const MIN_GAIN_DB: f32 = 0.25;

/// A share of a proposal, 0 to `max`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Amount {
    share: f32,
    max: f32,
}

impl Default for Amount {
    fn default() -> Self {
        Self::new(1.0)
    }
}

impl Amount {
    /// Up to [`MAX_AMOUNT`]; clamps to the range.
    #[must_use]
    pub(crate) fn new(amount: f32) -> Self {
        Self {
            share: amount.clamp(0.0, MAX_AMOUNT),
            max: MAX_AMOUNT,
        }
    }

    /// The share that this user usually keeps.
    fn usual(preferences: &Preferences, key: PreferenceKey) -> Self {
        Self::new(preferences.amount(key))
    }

    /// The share, rounded to the grid.
    #[must_use]
    pub(crate) fn get(self) -> f32 {
        (self.share / AMOUNT_STEP).round() * AMOUNT_STEP
    }

    /// Adds a signed share.
    pub(crate) fn change(&mut self, by: f32) {
        self.share = (self.share + by).clamp(0.0, self.max);
    }

    /// The largest share.
    #[must_use]
    pub(crate) fn max(self) -> f32 {
        self.max
    }

    /// Sets the share.
    pub(crate) fn set(&mut self, share: f32) {
        self.share = share.clamp(0.0, self.max);
    }

    /// Moves one grid step.
    pub(crate) fn step(&mut self, up: bool) {
        self.share = self.get();
        self.change(if up { AMOUNT_STEP } else { -AMOUNT_STEP });
    }
}

/// An applied change; values are normalized.
#[derive(Clone, Copy, Debug)]
struct AppliedChange {
    from: f32,
    to: f32,
    /// The value at the full amount.
    full: Option<f32>,
    /// The amount of its proposal, without the overall one. Only the proposal's own parameter has it, so that a proposal is
    /// recorded once.
    amount: Option<f32>,
}

/// All decisions since *Listen*. They outlive the window in `PluginShared`.
#[derive(Debug, Default)]
pub(crate) struct ProposalDecisions {
    /// Scales all proposals but those for the delivery profile.
    pub(crate) overall: Amount,
    /// How far proposals move the balance.
    pub(crate) intensity: Intensity,
    /// Whether a song above its delivery loudness may be turned down.
    pub(crate) allow_gain_reduction: bool,
    amounts: BTreeMap<ParameterId, Amount>,
    /// Each with its grade: nothing is learned from matters of taste.
    discarded: BTreeMap<ParameterId, Grade>,
    applied: BTreeMap<ParameterId, AppliedChange>,
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
            intensity: preferences.intensity,
            preferences,
            ..Self::default()
        }
    }

    /// Forgets the decisions about single proposals. A changed overall amount, the intensity and gain reduction
    /// stay.
    pub(crate) fn reset(&mut self, preferences: Preferences) {
        let overall = if self.overall == Amount::usual(&self.preferences, PreferenceKey::All) {
            Amount::usual(&preferences, PreferenceKey::All)
        } else {
            self.overall
        };
        *self = Self {
            overall,
            intensity: self.intensity,
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
            self.discarded.retain(|id, _| !TONE_PARAMETERS.contains(id));
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
        let share = |(id, applied): (&ParameterId, &AppliedChange)| {
            let AppliedChange { from, to, .. } = *applied;
            let amount = applied.amount?;
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
            .filter(|(_, grade)| **grade > Grade::Taste)
            .map(|(id, _)| (PreferenceKey::from(*id), 0.0));
        let applied = self.applied.iter().filter_map(share);
        let mut kept: BTreeMap<_, _> = applied.chain(discarded).collect();
        let mut own = self.applied.iter().filter(|(_, a)| a.amount.is_some());
        if own.any(|(id, _)| !is_for_delivery(*id)) {
            kept.insert(PreferenceKey::All, self.overall.get());
        }
        kept.into_iter().collect()
    }

    /// The amount of one proposal.
    pub(crate) fn amount_mut(&mut self, proposal: &Proposal) -> &mut Amount {
        let usual = Amount::usual(&self.preferences, proposal.id.into());
        let amount = self.amounts.entry(proposal.id).or_insert(usual);
        amount.max = max_amount(proposal);
        amount
    }

    /// Hides a proposal until the next *Listen*.
    pub(crate) fn discard(&mut self, proposal: &Proposal) {
        self.discarded.insert(proposal.id, proposal.grade);
    }

    /// The proposals that are still undecided, scaled by their amounts, the most recommended first.
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
        let is_open = |p: &Proposal| {
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
            !self.discarded.contains_key(&p.id) && !is_done
        };
        let is_open: Vec<bool> = proposals.iter().map(is_open).collect();
        let scaled = |p: &Proposal| {
            let mut scaled = p.scaled(self.share(p));
            if let Some(habit) = self.habit_text(p.id) {
                scaled.reason += format!(" {habit}").into();
            }
            scaled
        };
        let all = || proposals.iter().zip(&is_open);
        let open = all().filter(|(_, is_open)| **is_open);
        let mut open: Vec<Proposal> = open.map(|(p, _)| scaled(p)).collect();
        open.sort_by_key(|p| Reverse(p.grade));
        let missing = all().map(|(p, is_open)| self.missing_lu(p, *is_open, params));
        let missing_lu: f32 = missing.sum();
        if missing_lu.abs() >= MIN_GAIN_DB {
            let by_db = missing_lu * self.amount(ParameterId::LoudnessGain).get().min(1.0);
            open.retain_mut(|p| p.id != ParameterId::LoudnessGain || add_gain(p, by_db));
        }
        open
    }

    /// The change of loudness that the gain was chosen for, but that a recommended proposal doesn't bring because it is
    /// discarded, or taken in part, LU.
    fn missing_lu(&self, proposal: &Proposal, is_open: bool, params: &FlowParams) -> f32 {
        let Proposal { id, from, to, .. } = *proposal;
        if proposal.grade != Grade::Recommended || id == ParameterId::LoudnessGain {
            return 0.0;
        }
        let share = if is_open {
            self.share(proposal)
        } else {
            // Its parameter may have moved since the analysis.
            let param = params.get(id);
            let normalized = |value: Value| param.parse(&value.to_string());
            match normalized(from).zip(normalized(to)) {
                Some((from, to)) if from != to => {
                    ((param.normalized() - from) / (to - from)).clamp(0.0, max_amount(proposal))
                }
                _ => 1.0,
            }
        };
        (1.0 - share) * proposal.effect.loudness_lu
    }

    /// The share of a proposal that is proposed.
    fn share(&self, proposal: &Proposal) -> f32 {
        let overall = if is_for_delivery(proposal.id) {
            1.0
        } else {
            self.overall.get()
        };
        (overall * self.amount(proposal.id).get()).min(max_amount(proposal))
    }

    /// Whether a proposal is proposed as it was measured.
    pub(crate) fn is_whole(&self, proposal: &Proposal) -> bool {
        (self.share(proposal) - 1.0).abs() < 0.5 * AMOUNT_STEP
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
        let percent = format!("{habit:.0}");
        Some(if amount < 1.0 {
            text!(
                "A little less than usual: you mostly keep {percent} % of it.",
                percent
            )
        } else {
            text!(
                "A little more than usual: you mostly keep {percent} % of it.",
                percent
            )
        })
    }

    /// Sets parameters to the proposed values, as one gesture and one undo step. Returns whether one of them changes.
    pub(crate) fn apply(
        &mut self,
        proposals: &[&Proposal],
        params: &FlowParams,
        history: &mut EditHistory,
    ) -> bool {
        let mut settings = Vec::new();
        for proposal in proposals {
            for change in proposal.changes() {
                let (id, param) = (change.id, params.get(change.id));
                let Some(to) = param.parse(&change.to.to_string()) else {
                    continue;
                };
                // Nothing is learned from matters of taste.
                let is_own = id == proposal.id && proposal.grade > Grade::Taste;
                let applied = AppliedChange {
                    from: param.normalized(),
                    to,
                    full: self.proposed.get(&id).copied(),
                    amount: is_own.then(|| self.amount(id).get()),
                };
                self.applied.insert(id, applied);
                settings.push((param, to));
            }
        }
        let has_changes = settings.iter().any(|(param, to)| param.normalized() != *to);
        history.set_all(&settings);
        has_changes
    }
}

/// The largest share of a proposal.
fn max_amount(proposal: &Proposal) -> f32 {
    proposal.further.max(MAX_AMOUNT)
}

/// Whether a proposal leads to the loudness or the ceiling of the delivery profile. A share of it would miss them.
fn is_for_delivery(id: ParameterId) -> bool {
    matches!(id, ParameterId::LoudnessGain | ParameterId::Ceiling)
}

/// Moves a proposed gain, in steps of 0.1 dB. Returns whether it is still worth a proposal.
fn add_gain(gain: &mut Proposal, by_db: f32) -> bool {
    let [least_db, most_db] = ChainSettings::LOUDNESS_GAIN_DB;
    let (Value::Decibels(from_db), Value::Decibels(to_db)) = (gain.from, gain.to) else {
        return true;
    };
    let to_db = (to_db + by_db).clamp(least_db, most_db);
    gain.to = Value::Decibels((10.0 * to_db).round() / 10.0);
    by_db == 0.0 || (to_db - from_db).abs() >= MIN_GAIN_DB
}

#[cfg(test)]
mod tests;
