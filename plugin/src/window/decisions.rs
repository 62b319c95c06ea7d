//! What the user decided about proposals: how much of them, which not at all, and which were taken.

use std::collections::{BTreeMap, BTreeSet};

use flow_dsp::ChainSettings;
use flow_inference::analysis::{Analysis, Heard, Proposal};
use flow_inference::service::Report;
use flow_inference::solver;

use crate::gestures::Gestures;
use crate::params::{AnyParam, FlowParams};

use super::hand::Hand;

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
    each: BTreeMap<&'static str, Amount>,
    discarded: BTreeSet<&'static str>,
    /// Where parameters were brought, normalised.
    taken: BTreeMap<&'static str, f32>,
}

impl Decisions {
    /// As if nothing had been decided; the overall amount stays.
    pub(crate) fn forget(&mut self) {
        *self = Self {
            overall: self.overall,
            ..Self::default()
        };
    }

    /// How much of one proposal.
    pub(crate) fn amount_of(&mut self, id: &'static str) -> &mut Amount {
        self.each.entry(id).or_default()
    }

    /// No more of this one, until listening begins anew.
    pub(crate) fn discard(&mut self, id: &'static str) {
        self.discarded.insert(id);
    }

    /// What there is still to decide about a report's proposals, as much of each as is wanted. One that was taken comes
    /// back when its parameter goes elsewhere, by undo or by hand.
    #[must_use]
    pub(crate) fn open(&self, report: Option<&Report>, params: &FlowParams) -> Vec<Proposal> {
        let analysis = report.and_then(|report| report.analysis.as_deref());
        let music = analysis.filter(|a: &&Analysis| a.heard == Heard::Music);
        let all = music.map_or(&[][..], |analysis| &analysis.proposals);
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
        all.iter().filter(undecided).map(scaled).collect()
    }

    /// Sets parameters to what is proposed, as one step.
    pub(crate) fn take(&mut self, proposals: &[&Proposal], params: &FlowParams, hand: &mut Hand) {
        if proposals.is_empty() {
            return;
        }
        hand.together(|hand| {
            for proposal in proposals {
                let wanted = param_of(params, proposal.id)
                    .and_then(|param| Some((param, param.parse(&proposal.to.to_string())?)));
                if let Some((param, normalised)) = wanted {
                    hand.set(param, normalised);
                    self.taken.insert(proposal.id, normalised);
                }
            }
        });
    }
}

/// Settings with proposals for the balance in them.
#[must_use]
pub(crate) fn with(settings: &ChainSettings, proposals: &[Proposal]) -> ChainSettings {
    let mut settings = *settings;
    for proposal in proposals {
        solver::set(&mut settings, proposal.id, proposal.to);
    }
    settings.sanitised()
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
