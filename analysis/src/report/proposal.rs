//! Proposals: parameter changes with their reasons.

use flow_params::{ParameterId, Pillar};
use serde::Serialize;

use super::effect::Effect;
use super::grade::Grade;
use super::value::Value;
use crate::message::Message;

/// Smaller changes of levels are not worth a proposal, dB.
pub(crate) const MIN_CHANGE_DB: f32 = 0.5;

/// Proposals of a lower confidence are left out.
pub const MIN_CONFIDENCE: f32 = 0.5;

/// A change of one parameter.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct ParameterChange {
    /// The parameter.
    pub id: ParameterId,
    /// The present value.
    pub from: Value,
    /// The proposed value.
    pub to: Value,
}

impl ParameterChange {
    /// Whether it changes nothing.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.from.to_string() == self.to.to_string()
    }
}

/// A proposed change of one parameter, and of those that belong to it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Proposal {
    /// The parameter's pillar.
    pub pillar: Pillar,
    /// The parameter.
    pub id: ParameterId,
    /// The present value.
    pub from: Value,
    /// The proposed value.
    pub to: Value,
    /// Changes of other parameters for the same purpose, which an amount scales alike.
    pub joint: Vec<ParameterChange>,
    /// Changes that make sense only together with it, and unscaled.
    pub linked: Vec<ParameterChange>,
    /// How strongly it is proposed.
    pub grade: Grade,
    /// How many times as far the user may go with it, 1 or more. Two times in three that goes in the right direction.
    pub further: f32,
    /// The finding in a few words with a number.
    pub finding: Message,
    /// The reason as a sentence with numbers.
    pub reason: Message,
    /// [`MIN_CONFIDENCE`] to 1.
    pub confidence: f32,
    /// The effect that a trial measured; none before.
    pub effect: Effect,
}

impl Proposal {
    /// The proposal with a share of its own change, of the joint ones and of the effect, and all linked changes.
    #[must_use]
    pub fn scaled(&self, amount: f32) -> Self {
        let mut scaled = self.clone();
        scaled.to = self.from.towards(self.to, amount);
        scaled.effect = self.effect.scaled(amount);
        for change in &mut scaled.joint {
            change.to = change.from.towards(change.to, amount);
        }
        scaled
    }

    /// The proposal as far as the user may go with it.
    #[must_use]
    pub fn furthest(&self) -> Self {
        Self {
            further: 1.0,
            ..self.scaled(self.further)
        }
    }

    /// Whether it changes nothing.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        let own = self.from.to_string() == self.to.to_string();
        own && self.joint.iter().all(ParameterChange::is_empty)
    }

    /// Whether it changes more than levels, or a level by at least half a decibel.
    #[must_use]
    pub fn is_worthwhile(&self) -> bool {
        let is_large = |change: ParameterChange| match (change.from, change.to) {
            // Values are shown in tenths.
            (Value::Decibels(from), Value::Decibels(to)) => {
                (10.0 * (to - from)).round().abs() >= 10.0 * MIN_CHANGE_DB
            }
            _ => !change.is_empty(),
        };
        self.scaled_changes().any(is_large)
    }

    /// Whether it changes the tonal balance.
    #[must_use]
    pub fn changes_balance(&self) -> bool {
        !self.is_empty() && self.effect.anchors_db.iter().any(|db| db.abs() >= 0.1)
    }

    /// The changes that an amount scales, its own first.
    pub fn scaled_changes(&self) -> impl Iterator<Item = ParameterChange> + '_ {
        let Self { id, from, to, .. } = *self;
        let own = ParameterChange { id, from, to };
        std::iter::once(own).chain(self.joint.iter().copied())
    }

    /// All changes, its own first; none if it is empty.
    pub fn changes(&self) -> impl Iterator<Item = ParameterChange> + '_ {
        let all = self.scaled_changes().chain(self.linked.iter().copied());
        all.filter(|_| !self.is_empty())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn changes_of_scaled_proposal_include_linked_ones_unless_empty() {
        let glue = Proposal {
            pillar: Pillar::MasterChain,
            id: ParameterId::GlueAmount,
            from: Value::Percent(0.0),
            to: Value::Percent(40.0),
            joint: Vec::new(),
            grade: Grade::Recommended,
            further: 1.0,
            linked: vec![ParameterChange {
                id: ParameterId::GlueThreshold,
                from: Value::Decibels(-20.0),
                to: Value::Decibels(-12.0),
            }],
            finding: Message::default(),
            reason: Message::default(),
            confidence: 1.0,
            effect: Effect::default(),
        };
        let texts = |amount| -> Vec<String> {
            let changes = glue.scaled(amount);
            let changes = changes.changes();
            changes.map(|c| format!("{} {}", c.id, c.to)).collect()
        };
        assert_eq!(texts(0.5), ["glamt 20 %", "glthr -12 dB"]);
        assert_eq!(texts(0.0), [""; 0]);
        let effect = Effect {
            loudness_lu: -0.8,
            ..Effect::default()
        };
        let measured = Proposal { effect, ..glue };
        assert_eq!(measured.scaled(0.5).effect.loudness_lu, -0.4);
    }
}
