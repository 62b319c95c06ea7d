//! What the user decided about proposals: how much of them, which not at all, and which were taken.

use std::collections::{BTreeMap, BTreeSet};

use flow_inference::analysis::Proposal;

use super::hand::Hand;
use crate::params::{AnyParam, FlowParams};

/// The most of a proposal that can be had.
pub(crate) const MOST: f32 = 1.5;

/// Amounts go in steps of this.
const STEP: f32 = 0.05;

/// Parameters that are nearer than this to where a proposal brought them are still there.
const SAME: f32 = 1e-3;

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

/// All decisions since listening began.
#[derive(Debug, Default)]
pub(crate) struct Decisions {
    /// Of all proposals.
    pub(crate) overall: Amount,
    /// What is too loud for its destination is turned down too.
    pub(crate) turn_down: bool,
    each: BTreeMap<&'static str, Amount>,
    discarded: BTreeSet<&'static str>,
    /// Where parameters were brought, normalised.
    taken: BTreeMap<&'static str, f32>,
}

impl Decisions {
    /// As if nothing had been decided; what is no decision about a single proposal stays.
    pub(crate) fn forget(&mut self) {
        *self = Self {
            overall: self.overall,
            turn_down: self.turn_down,
            ..Self::default()
        };
    }

    /// Proposals lead elsewhere from now on: what was taken is no longer where it shall be.
    pub(crate) fn aim_anew(&mut self) {
        self.taken.clear();
    }

    /// How much of one proposal.
    pub(crate) fn amount_of(&mut self, id: &'static str) -> &mut Amount {
        self.each.entry(id).or_default()
    }

    /// No more of this one, until listening begins anew.
    pub(crate) fn discard(&mut self, id: &'static str) {
        self.discarded.insert(id);
    }

    /// What there is still to decide of proposals, as much of each as is wanted. One that was taken comes back when its
    /// parameter goes elsewhere, by undo or by hand.
    #[must_use]
    pub(crate) fn open(&self, proposals: &[Proposal], params: &FlowParams) -> Vec<Proposal> {
        let undecided = |p: &&Proposal| {
            let still_there = self.taken.get(p.id).is_some_and(|taken| {
                param_of(params, p.id)
                    .is_some_and(|param| (param.normalised() - taken).abs() < SAME)
            });
            !still_there && !self.discarded.contains(p.id)
        };
        let scaled = |p: &Proposal| {
            let own = self.each.get(p.id).copied().unwrap_or_default();
            p.scaled((self.overall.get() * own.get()).min(MOST))
        };
        proposals.iter().filter(undecided).map(scaled).collect()
    }

    /// Sets parameters to what is proposed, as one gesture and one step. Of what nothing is wanted nothing is set.
    pub(crate) fn take(&mut self, proposals: &[&Proposal], params: &FlowParams, hand: &mut Hand) {
        let changes = proposals.iter().flat_map(|proposal| proposal.changes());
        let wanted: Vec<_> = changes
            .filter_map(|change| {
                let param = param_of(params, change.id)?;
                Some((change.id, param, param.parse(&change.to.to_string())?))
            })
            .collect();
        let settings: Vec<_> = wanted.iter().map(|(_, param, to)| (*param, *to)).collect();
        hand.all(&settings);
        self.taken
            .extend(wanted.iter().map(|(id, _, to)| (*id, *to)));
    }
}

pub(crate) fn param_of<'p>(params: &'p FlowParams, id: &str) -> Option<AnyParam<'p>> {
    params
        .each()
        .find_map(|(known, param)| (known == id).then_some(param))
}

#[cfg(test)]
mod tests {
    use super::*;

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
