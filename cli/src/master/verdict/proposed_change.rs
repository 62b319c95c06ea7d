//! A proposal in words.

use flow_analysis::report::{FindingKind, Grade, ParameterChange, Proposal};
use flow_params::ParameterId;
use flow_params::number::with_true_minus;
use serde::Serialize;

/// More linked values than these, such as the bands of Match, aren't listed in texts.
const MAX_LISTED_LINKED: usize = 3;

/// Going further by less than this factor isn't worth a sentence.
const NOTABLY_FURTHER: f64 = 1.1;

/// The source of a proposal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum ProposalOrigin {
    Assistant,
    Reference,
}

impl ProposalOrigin {
    /// The name for texts.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Assistant => "Assistant",
            Self::Reference => "Reference",
        }
    }
}

/// A change of one parameter. The texts of its values are those that `--set` takes.
#[derive(Clone, Debug, Serialize)]
struct ValueChange {
    /// The id that `--set` takes.
    id: ParameterId,
    /// The name that hosts show.
    name: &'static str,
    pillar: &'static str,
    from: String,
    to: String,
    /// Whether texts list it.
    #[serde(skip)]
    is_listed: bool,
}

/// A proposal for one purpose, with all of its changes.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct ProposedChange {
    pub(crate) origin: ProposalOrigin,
    grade: Grade,
    changes: Vec<ValueChange>,
    /// The finding in a few words with a number.
    finding: String,
    /// A sentence with numbers.
    pub(crate) reason: String,
    /// 0 to 1.
    confidence: f64,
    /// The measured effect, such as "Silk −1.2 dB"; empty if nothing is audible.
    effect: Vec<String>,
    /// How many times as far the user may go, 1 or more.
    further: f64,
    /// The kinds of the findings that it answers.
    #[serde(skip)]
    pub(super) answered: Vec<FindingKind>,
}

impl ProposedChange {
    pub(super) fn new(
        proposal: &Proposal,
        origin: ProposalOrigin,
        answered: Vec<FindingKind>,
    ) -> Self {
        let linked = proposal.linked.iter().filter(|change| !change.is_empty());
        let lists_linked = linked.count() <= MAX_LISTED_LINKED;
        let is_linked = |id| proposal.linked.iter().any(|change| change.id == id);
        let change = |change: ParameterChange| ValueChange {
            id: change.id,
            name: change.id.name(),
            pillar: change.id.pillar().name(),
            from: change.from.to_string(),
            to: change.to.to_string(),
            is_listed: lists_linked || !is_linked(change.id),
        };
        let changes = proposal.changes().filter(|change| !change.is_empty());
        Self {
            origin,
            grade: proposal.grade,
            changes: changes.map(change).collect(),
            finding: proposal.finding.clone(),
            reason: proposal.reason.clone(),
            confidence: hundredths(proposal.confidence),
            effect: proposal.effect.descriptions(),
            further: hundredths(proposal.further),
            answered,
        }
    }

    /// Whether it sets this parameter.
    pub(super) fn sets(&self, id: ParameterId) -> bool {
        self.changes.iter().any(|change| change.id == id)
    }

    /// The controls with their values by pillar, such as `Phase Weave · Width 100 % → 110 %, Mono below Off → On`.
    pub(crate) fn values(&self) -> String {
        let mut groups: Vec<(&str, String)> = Vec::new();
        for change in self.changes.iter().filter(|change| change.is_listed) {
            let (from, to) = (with_true_minus(&change.from), with_true_minus(&change.to));
            let value = format!("{} {from} → {to}", change.name);
            let known = groups
                .iter_mut()
                .find(|(pillar, _)| *pillar == change.pillar);
            match known {
                Some((_, values)) => *values += &format!(", {value}"),
                // The switch of a pillar has its name.
                None if change.pillar == change.name => groups.push((change.pillar, value)),
                None => groups.push((change.pillar, format!("{} · {value}", change.pillar))),
            }
        }
        let groups: Vec<String> = groups.into_iter().map(|(_, values)| values).collect();
        groups.join("; ")
    }

    /// The confidence in words.
    pub(crate) fn certainty(&self) -> String {
        format!("{:.0} % sure", 100.0 * self.confidence)
    }

    /// Sentences about the measured effect and how far the user may go; none if nothing is audible.
    pub(crate) fn measured(&self) -> Option<String> {
        let measured =
            (!self.effect.is_empty()).then(|| format!("Measured: {}.", self.effect.join(", ")))?;
        Some(if self.further >= NOTABLY_FURTHER {
            format!(
                "{measured} Up to {:.1} times as far is possible.",
                self.further
            )
        } else {
            measured
        })
    }

    /// Values, confidence, reason and effect.
    pub(crate) fn line(&self) -> String {
        let mut line = format!("{} ({}). {}", self.values(), self.certainty(), self.reason);
        if let Some(measured) = self.measured() {
            line += &format!(" {measured}");
        }
        line
    }
}

/// Two decimals.
pub(super) fn hundredths(value: f32) -> f64 {
    (100.0 * f64::from(value)).round() / 100.0
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use flow_analysis::report::{Effect, Value};

    fn proposal(id: ParameterId, [from, to]: [Value; 2]) -> Proposal {
        Proposal {
            pillar: id.pillar(),
            id,
            from,
            to,
            joint: Vec::new(),
            linked: Vec::new(),
            grade: Grade::Recommended,
            further: 1.0,
            finding: "Wide low end".to_owned(),
            reason: "The low end is wide.".to_owned(),
            confidence: 0.824,
            effect: Effect {
                mono_bass_db: -0.4,
                ..Effect::default()
            },
        }
    }

    fn decibels(id: ParameterId, to_db: f32) -> ParameterChange {
        let [from, to] = [0.0, to_db].map(Value::Decibels);
        ParameterChange { id, from, to }
    }

    /// A switch that is turned on.
    pub(in super::super) fn switch(
        id: ParameterId,
        grade: Grade,
        answered: Vec<FindingKind>,
    ) -> ProposedChange {
        let proposal = Proposal {
            grade,
            ..proposal(id, [false, true].map(Value::Switch))
        };
        ProposedChange::new(&proposal, ProposalOrigin::Assistant, answered)
    }

    #[test]
    fn values_of_joint_changes_are_one_text_by_pillar() {
        let mut tone = proposal(ParameterId::Silk, [0.0, 1.4].map(Value::Decibels));
        tone.joint = vec![
            decibels(ParameterId::Presence, 2.6),
            decibels(ParameterId::Soul, -1.3),
        ];
        tone.linked = vec![decibels(ParameterId::Body, 0.0)];
        let change = ProposedChange::new(&tone, ProposalOrigin::Assistant, Vec::new());
        assert_eq!(
            change.values(),
            "Velvet Curve · Silk 0 dB → 1.4 dB, Soul 0 dB → −1.3 dB; Harmonic Lattice · Presence 0 dB → 2.6 dB"
        );
        assert!(change.sets(ParameterId::Presence) && !change.sets(ParameterId::Body));
        let record = serde_json::to_value(&change).unwrap();
        assert_eq!(record["changes"][2]["to"], "-1.3 dB");
        assert_eq!(record["grade"], "recommended");
        assert_eq!(record["effect"][0], "bass in mono −0.4 dB");
        assert_eq!(
            change.measured().unwrap(),
            "Measured: bass in mono −0.4 dB."
        );
        tone.further = 1.6;
        let change = ProposedChange::new(&tone, ProposalOrigin::Assistant, Vec::new());
        assert_eq!(
            change.measured().unwrap(),
            "Measured: bass in mono −0.4 dB. Up to 1.6 times as far is possible."
        );
    }

    #[test]
    fn values_of_many_linked_changes_are_those_of_the_proposal() {
        let mut matching = proposal(ParameterId::MatchAmount, [0.0, 100.0].map(Value::Percent));
        let bands = [
            ParameterId::Body,
            ParameterId::Soul,
            ParameterId::Silk,
            ParameterId::Air,
        ];
        matching.linked = bands.map(|id| decibels(id, 1.0)).into();
        let change = ProposedChange::new(&matching, ProposalOrigin::Reference, Vec::new());
        assert_eq!(change.values(), "Velvet Curve · Match 0 % → 100 %");
        assert!(change.sets(ParameterId::Air));
    }

    #[test]
    fn values_of_pillar_switch_have_its_name_once() {
        let change = switch(ParameterId::VelvetCurve, Grade::Recommended, Vec::new());
        assert_eq!(change.values(), "Velvet Curve Off → On");
    }
}
