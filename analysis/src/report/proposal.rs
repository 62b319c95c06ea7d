//! Proposals: parameter changes with their reasons.

use flow_params::{ParameterId, Pillar};
use serde::Serialize;

use super::effect::Effect;
use super::value::Value;

/// Proposals of a lower confidence are left out.
pub const MIN_CONFIDENCE: f32 = 0.5;

/// A parameter on its way.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct ParameterChange {
    /// The parameter.
    pub id: ParameterId,
    /// Its value now.
    pub from: Value,
    /// The value that is proposed.
    pub to: Value,
}

/// A change of one parameter, and of those that belong to it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Proposal {
    /// The pillar that it belongs to.
    pub pillar: Pillar,
    /// The parameter.
    pub id: ParameterId,
    /// Its value now.
    pub from: Value,
    /// The value that is proposed.
    pub to: Value,
    /// What makes sense only together with it, and as a whole.
    pub linked: Vec<ParameterChange>,
    /// What was found, in a few words with a number.
    pub finding: String,
    /// One sentence with numbers.
    pub reason: String,
    /// [`MIN_CONFIDENCE`] to 1.
    pub confidence: f32,
    /// What it is expected to do.
    pub effect: Effect,
}

impl Proposal {
    /// The same with so much of its change, and all of what belongs to it; parameters keep themselves in their ranges.
    #[must_use]
    pub fn scaled(&self, amount: f32) -> Self {
        Self {
            to: self.from.towards(self.to, amount),
            ..self.clone()
        }
    }

    /// Whether nothing is left of it.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.from.to_string() == self.to.to_string()
    }

    /// Whether it is about the tonal balance.
    #[must_use]
    pub fn changes_balance(&self) -> bool {
        !self.is_empty() && self.effect.anchors_db.iter().any(|db| db.abs() >= 0.1)
    }

    /// All changes that it makes: its own first, and none if nothing is left of that.
    pub fn changes(&self) -> impl Iterator<Item = ParameterChange> + '_ {
        let Self { id, from, to, .. } = *self;
        let own = ParameterChange { id, from, to };
        let all = std::iter::once(own).chain(self.linked.iter().copied());
        all.filter(|_| !self.is_empty())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_belongs_together_changes_together_or_not_at_all() {
        let glue = Proposal {
            pillar: Pillar::MasterChain,
            id: ParameterId::GlueAmount,
            from: Value::Percent(0.0),
            to: Value::Percent(40.0),
            linked: vec![ParameterChange {
                id: ParameterId::GlueThreshold,
                from: Value::Decibels(-20.0),
                to: Value::Decibels(-12.0),
            }],
            finding: String::new(),
            reason: String::new(),
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
    }
}
