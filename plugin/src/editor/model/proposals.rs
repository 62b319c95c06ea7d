//! What the user decided about proposals: how much of them, which not at all, and which were taken.

use std::collections::{BTreeMap, BTreeSet};

use flow_analysis::preferences::{ALL_PARAMETERS, Preferences};
use flow_analysis::report::{ParameterChange, Proposal};
use flow_analysis::solver::TONE_PARAMETERS;
use flow_params::ParameterId;

use crate::editor::model::preferences_file::PreferencesFile;
use crate::editor::model::undo::EditHistory;
use crate::params::FlowParams;

/// The most of a proposal that can be had.
pub(crate) const MOST: f32 = 1.5;

/// Amounts go in steps of this.
const STEP: f32 = 0.05;

/// Parameters that are nearer than this to where a proposal brought them are still there.
const SAME: f32 = 1e-3;

/// Proposals that differ by less of a parameter's range are the same one: 0.1 dB of Silk, 0.5 dB of gain.
const ALIKE: f32 = 0.01;

/// How much of something, 0 to [`MOST`].
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Amount(f32);

impl Default for Amount {
    fn default() -> Self {
        Self(1.0)
    }
}

impl Amount {
    /// So much of it.
    #[must_use]
    pub(crate) fn new(amount: f32) -> Self {
        Self(amount.clamp(0.0, MOST))
    }

    /// What the user usually wants.
    fn usual(taste: &Preferences, id: &str) -> Self {
        Self(taste.amount(id))
    }

    /// On its grid.
    #[must_use]
    pub(crate) fn get(self) -> f32 {
        (self.0 / STEP).round() * STEP
    }

    /// More or less of it.
    pub(crate) fn change(&mut self, by: f32) {
        self.0 = (self.0 + by).clamp(0.0, MOST);
    }

    /// One step up or down.
    pub(crate) fn step(&mut self, up: bool) {
        self.0 = self.get();
        self.change(if up { STEP } else { -STEP });
    }
}

/// A proposal that was taken.
#[derive(Clone, Copy, Debug)]
struct Taken {
    /// Its parameter's way, normalized.
    from: f32,
    to: f32,
    /// How much of it that was, apart from what was wanted of all.
    amount: f32,
    /// The value of the whole proposal, normalized.
    whole: Option<f32>,
}

/// All decisions since listening began. They outlive windows: the next one finds them in `PluginShared`.
#[derive(Debug, Default)]
pub(crate) struct ProposalDecisions {
    /// Of all proposals.
    pub(crate) overall: Amount,
    /// What is too loud for its destination is turned down too.
    pub(crate) turn_down: bool,
    each: BTreeMap<ParameterId, Amount>,
    discarded: BTreeSet<ParameterId>,
    taken: BTreeMap<ParameterId, Taken>,
    /// All that is proposed, where it would lead without any decision, normalized.
    offered: BTreeMap<ParameterId, f32>,
    /// Of these something was learnt already: a song says nothing twice.
    learnt: BTreeSet<&'static str>,
    /// As it was when listening began: what is on the screen doesn't move because something is learnt from it.
    taste: Preferences,
    /// Nothing is learnt of these, because the user had all forgotten.
    is_off_the_record: bool,
}

impl ProposalDecisions {
    /// None yet, by someone with this taste.
    #[must_use]
    pub(crate) fn by(taste: Preferences) -> Self {
        Self {
            overall: Amount::usual(&taste, ALL_PARAMETERS),
            taste,
            ..Self::default()
        }
    }

    /// As if nothing had been decided; what is no decision about a single proposal stays.
    pub(crate) fn forget(&mut self, taste: Preferences) {
        let overall = if self.overall == Amount::usual(&self.taste, ALL_PARAMETERS) {
            Amount::usual(&taste, ALL_PARAMETERS)
        } else {
            self.overall
        };
        *self = Self {
            overall,
            turn_down: self.turn_down,
            taste,
            ..Self::default()
        };
    }

    /// Proposals lead elsewhere from now on: what was taken is no longer where it shall be. `others`: and to whom, so that
    /// what was discarded of balance and width was another proposal.
    pub(crate) fn aim_anew(&mut self, others: bool) {
        self.taken.clear();
        if others {
            self.discarded.retain(|id| !TONE_PARAMETERS.contains(id));
        }
    }

    /// Takes what was kept into the user's taste, each once.
    pub(crate) fn teach(
        &mut self,
        taste: &mut PreferencesFile,
        params: &FlowParams,
        history: &EditHistory,
    ) {
        let mut kept = self.kept(params, history);
        kept.retain(|(id, _)| !self.learnt.contains(id));
        taste.learn(&kept);
        self.learnt.extend(kept.into_iter().map(|(id, _)| id));
    }

    /// What was learnt is forgotten, and nothing is learnt before listening begins anew. What is on the screen stays.
    pub(crate) fn go_off_the_record(&mut self) {
        self.is_off_the_record = true;
    }

    /// What was kept of each proposal that was decided on, as a share: none of what was discarded or taken back, and of
    /// what was set by hand since, what is there now.
    #[must_use]
    pub(crate) fn kept(
        &self,
        params: &FlowParams,
        history: &EditHistory,
    ) -> Vec<(&'static str, f32)> {
        if self.is_off_the_record {
            return Vec::new();
        }
        let of_taken = |(id, taken): (&ParameterId, &Taken)| {
            let Taken {
                from, to, amount, ..
            } = *taken;
            if from == to {
                return None;
            }
            let is_back = (params.get(*id).normalized() - from).abs() < SAME;
            let share = if is_back && !history.has_brought(*id, to) {
                0.0
            } else {
                let there = history.turned_to(*id).unwrap_or(to);
                amount * (there - from) / (to - from)
            };
            Some((id.as_str(), share))
        };
        let discarded = self.discarded.iter().map(|id| (id.as_str(), 0.0));
        let taken = self.taken.iter().filter_map(of_taken);
        let mut kept: BTreeMap<_, _> = taken.chain(discarded).collect();
        if !self.taken.is_empty() {
            kept.insert(ALL_PARAMETERS, self.overall.get());
        }
        kept.into_iter().collect()
    }

    /// How much of one proposal.
    pub(crate) fn amount_of(&mut self, id: ParameterId) -> &mut Amount {
        let usual = Amount::usual(&self.taste, id.as_str());
        self.each.entry(id).or_insert(usual)
    }

    /// No more of this one, until listening begins anew.
    pub(crate) fn discard(&mut self, id: ParameterId) {
        self.discarded.insert(id);
    }

    /// What there is still to decide of proposals, as much of each as is wanted. One that was taken comes back when its
    /// parameter goes elsewhere, by undo or by hand, or when more was heard and it leads elsewhere itself. What is set
    /// already is no proposal, whoever set it: a report may be older than that.
    #[must_use]
    pub(crate) fn open(&mut self, proposals: &[Proposal], params: &FlowParams) -> Vec<Proposal> {
        let all = proposals.iter().flat_map(Proposal::changes);
        let all = all.filter_map(|change| {
            let to = params.get(change.id).parse(&change.to.to_string())?;
            Some((change.id, to))
        });
        self.offered = all.collect();
        let is_at = |id, to: f32| (params.get(id).normalized() - to).abs() < SAME;
        let undecided = |p: &&Proposal| {
            let still_there = |change: ParameterChange| {
                let (taken, offered) = (self.taken.get(&change.id), self.offered.get(&change.id));
                taken.is_some_and(|taken| {
                    let is_alike = |(a, b): (&f32, f32)| (a - b).abs() < ALIKE;
                    is_at(change.id, taken.to) && offered.zip(taken.whole).is_some_and(is_alike)
                })
            };
            let is_set = |change: ParameterChange| {
                let to = self.offered.get(&change.id);
                to.is_some_and(|to| is_at(change.id, *to))
            };
            let is_done = p.changes().all(still_there) || p.changes().all(is_set);
            !self.discarded.contains(&p.id) && !is_done
        };
        let scaled = |p: &Proposal| {
            let mut scaled = p.scaled((self.overall.get() * self.wanted(p.id).get()).min(MOST));
            if let Some(usual) = self.usually(p.id) {
                scaled.reason = format!("{} {usual}", scaled.reason);
            }
            scaled
        };
        proposals.iter().filter(undecided).map(scaled).collect()
    }

    /// How much of one proposal is wanted now.
    fn wanted(&self, id: ParameterId) -> Amount {
        let usual = Amount::usual(&self.taste, id.as_str());
        self.each.get(&id).copied().unwrap_or(usual)
    }

    /// What is said of a proposal that taste has changed.
    fn usually(&self, id: ParameterId) -> Option<String> {
        let amount = Amount::usual(&self.taste, id.as_str()).get();
        let habit = 100.0 * self.taste.habit(id.as_str()).filter(|_| amount != 1.0)?;
        let less = if amount < 1.0 { "less" } else { "more" };
        Some(format!(
            "A little {less} than usual: you mostly take {habit:.0} % of it."
        ))
    }

    /// Sets parameters to what is proposed, as one gesture and one step. Of what nothing is wanted nothing is set.
    pub(crate) fn take(
        &mut self,
        proposals: &[&Proposal],
        params: &FlowParams,
        history: &mut EditHistory,
    ) {
        let changes = proposals.iter().flat_map(|proposal| proposal.changes());
        let wanted: Vec<_> = changes
            .filter_map(|change| {
                let param = params.get(change.id);
                Some((change.id, param, param.parse(&change.to.to_string())?))
            })
            .collect();
        let settings: Vec<_> = wanted.iter().map(|(_, param, to)| (*param, *to)).collect();
        for (id, param, to) in &wanted {
            let taken = Taken {
                from: param.normalized(),
                to: *to,
                amount: self.wanted(*id).get(),
                whole: self.offered.get(id).copied(),
            };
            self.taken.insert(*id, taken);
        }
        history.all(&settings);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use flow_analysis::report::Effect;
    use flow_analysis::report::Value;
    use nice_plug::params::internals::ParamPtr;

    use super::*;
    use crate::editor::model::undo::Host;
    use crate::gestures::Gestures;

    /// A host that does what it is told.
    struct Obedient;

    impl Host for Obedient {
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
            linked: Vec::new(),
            finding: String::new(),
            reason: "It is too loud.".into(),
            confidence: 1.0,
            effect: Effect::default(),
        }
    }

    /// Silk and Air were proposed, to someone with a taste.
    struct Song {
        params: Arc<FlowParams>,
        history: EditHistory,
        decisions: ProposalDecisions,
        proposals: [Proposal; 2],
    }

    impl Song {
        fn new(taste: Preferences) -> Self {
            let params = Arc::new(FlowParams::default());
            Self {
                history: EditHistory::new(params.clone(), Box::new(Obedient)),
                decisions: ProposalDecisions::by(taste),
                proposals: [
                    proposal(ParameterId::Silk, -4.0),
                    proposal(ParameterId::Air, 2.0),
                ],
                params,
            }
        }

        fn open(&mut self) -> Vec<Proposal> {
            self.decisions.open(&self.proposals, &self.params)
        }

        fn take(&mut self) {
            let open = self.open();
            let all: Vec<&Proposal> = open.iter().collect();
            self.decisions.take(&all, &self.params, &mut self.history);
        }

        fn turn(&mut self, id: ParameterId, text: &str) {
            let param = self.params.get(id);
            self.history.set(param, param.parse(text).unwrap());
        }

        /// Shares in hundredths.
        fn kept(&self) -> Vec<(&'static str, i32)> {
            let kept = self.decisions.kept(&self.params, &self.history);
            let hundredths = |share: f32| format!("{:.0}", 100.0 * share).parse().unwrap();
            let kept = kept.into_iter();
            kept.map(|(id, share)| (id, hundredths(share))).collect()
        }
    }

    #[test]
    fn what_is_kept_of_a_proposal_is_what_is_there_in_the_end() {
        let mut song = Song::new(Preferences::default());
        assert_eq!(song.kept(), [], "nothing is decided");
        song.decisions.amount_of(ParameterId::Silk).change(-0.5);
        song.take();
        assert_eq!(song.kept(), [("all", 100), ("crair", 100), ("crsil", 50)]);
        // By hand, after it was taken: 3 of 4 dB.
        song.turn(ParameterId::Silk, "-3 dB");
        assert_eq!(song.kept(), [("all", 100), ("crair", 100), ("crsil", 75)]);
        // Round the other way is none of it and not less than none, as far as taste goes.
        song.turn(ParameterId::Silk, "4 dB");
        let mut taste = Preferences::default();
        for (id, share) in song.decisions.kept(&song.params, &song.history) {
            (0..3).for_each(|_| taste.note(id, share));
        }
        assert_eq!(taste.habit("crsil"), Some(0.0));
        // Taken back.
        (0..3).for_each(|_| song.history.undo());
        assert_eq!(song.kept(), [("all", 100), ("crair", 0), ("crsil", 0)]);
        // What was only looked at without is kept.
        song.history.redo();
        assert_eq!(song.kept(), [("all", 100), ("crair", 100), ("crsil", 50)]);
    }

    #[test]
    fn what_leads_elsewhere_with_more_heard_is_a_new_proposal() {
        let mut song = Song::new(Preferences::default());
        song.decisions.amount_of(ParameterId::Silk).change(-0.5);
        song.take();
        assert_eq!(song.open(), [], "half of it is all that is wanted");
        // A little else is the same, and much is not.
        song.proposals[0].to = Value::Decibels(-4.1);
        assert_eq!(song.open(), []);
        song.proposals[0].to = Value::Decibels(-5.0);
        assert_eq!(song.open().len(), 1);
        song.take();
        assert_eq!(song.open(), []);
    }

    #[test]
    fn another_goal_is_another_proposal_and_a_song_teaches_once() {
        let folder = tempfile::tempdir().unwrap();
        let mut file = PreferencesFile::at(Some(folder.path().join("taste.json")));
        let mut song = Song::new(Preferences::default());
        song.decisions.discard(ParameterId::Air);
        for _ in 0..3 {
            song.decisions.teach(&mut file, &song.params, &song.history);
        }
        assert_eq!(file.read().decisions(), 1);
        song.decisions.aim_anew(false);
        assert_eq!(song.open().len(), 1, "more or less of the same");
        song.decisions.aim_anew(true);
        assert_eq!(song.open().len(), 2);
    }

    #[test]
    fn presets_and_slots_say_nothing_of_a_proposal() {
        let mut song = Song::new(Preferences::default());
        song.take();
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
    fn what_is_wanted_of_all_is_not_counted_for_each() {
        let mut song = Song::new(Preferences::default());
        song.decisions.overall.change(-0.5);
        song.decisions.discard(ParameterId::Air);
        song.take();
        assert_eq!(song.kept(), [("all", 50), ("crair", 0), ("crsil", 100)]);
        song.decisions.go_off_the_record();
        assert_eq!(song.kept(), []);
        song.decisions.forget(Preferences::default());
        assert_eq!(song.kept(), []);
        assert_eq!(song.decisions.overall, Amount(0.5));
    }

    #[test]
    fn a_taste_is_where_proposals_begin_and_is_said() {
        let mut taste = Preferences::default();
        (0..3).for_each(|_| taste.note("crsil", 0.8));
        let mut song = Song::new(taste);
        let open = song.open();
        assert_eq!(open[0].to, Value::Decibels(-3.2));
        assert_eq!(
            open[0].reason,
            "It is too loud. A little less than usual: you mostly take 80 % of it."
        );
        assert_eq!(open[1], song.proposals[1], "nothing is known of that");
        // Whoever doesn't touch it agrees.
        song.take();
        assert_eq!(song.kept(), [("all", 100), ("crair", 100), ("crsil", 80)]);
        // A double click is all of it.
        *song.decisions.amount_of(ParameterId::Silk) = Amount::default();
        song.history.undo();
        assert_eq!(song.open()[0].to, Value::Decibels(-4.0));
    }

    #[test]
    fn amounts_stay_on_their_grid_and_in_their_range() {
        let mut amount = Amount::default();
        amount.change(0.031);
        assert!((amount.get() - 1.05).abs() < 1e-6);
        amount.step(false);
        assert!((amount.get() - 1.0).abs() < 1e-6);
        amount.change(9.0);
        assert!((amount.get() - MOST).abs() < 1e-6);
        amount.change(-9.0);
        assert_eq!(amount.get(), 0.0);
    }
}
