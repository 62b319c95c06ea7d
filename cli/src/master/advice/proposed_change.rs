//! A proposal in words.

use flow_analysis::report::{FindingKind, Grade, ParameterChange, Proposal};
use flow_params::ParameterId;
use flow_params::number::with_true_minus;
use serde::Serialize;

/// More linked values than these, such as the bands of Match, aren't listed in texts.
const MAX_LISTED_LINKED: usize = 3;

/// Going further by less than this factor isn't worth a sentence.
const NOTABLY_FURTHER: f32 = 1.1;

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

impl ValueChange {
    /// "0 → −1.5 dB": a common unit is named once.
    fn values(&self) -> String {
        let [from, to] = [&self.from, &self.to].map(|text| shown(text));
        let unit = to.rfind(' ').map_or("", |at| &to[at..]);
        let from = from.strip_suffix(unit).unwrap_or(&from);
        format!("{from} → {to}")
    }
}

/// A value with a true minus sign, or with a plus sign for a level above 0 dB.
fn shown(text: &str) -> String {
    let text = with_true_minus(text);
    let is_level = text.ends_with(" dB") && text.starts_with(|c: char| c.is_ascii_digit());
    if is_level && !text.starts_with("0 ") {
        format!("+{text}")
    } else {
        text
    }
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
    /// The values of all changes as far as the user may go; empty if that is no further.
    furthest: Vec<ValueChange>,
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
        let of = |proposal: &Proposal| -> Vec<ValueChange> {
            let changes = proposal.changes().filter(|change| !change.is_empty());
            changes.map(change).collect()
        };
        let mut furthest = Vec::new();
        if proposal.further >= NOTABLY_FURTHER {
            furthest = of(&proposal.furthest());
        }
        let effect = proposal.effect.descriptions();
        Self {
            origin,
            grade: proposal.grade,
            changes: of(proposal),
            finding: proposal.finding.to_string(),
            reason: proposal.reason.to_string(),
            confidence: hundredths(proposal.confidence),
            effect: effect.iter().map(ToString::to_string).collect(),
            further: hundredths(proposal.further),
            furthest,
            answered,
        }
    }

    /// Whether it sets this parameter.
    pub(super) fn sets(&self, id: ParameterId) -> bool {
        self.changes.iter().any(|change| change.id == id)
    }

    /// The controls with their values by pillar, such as `Phase Weave · Width 100 → 110 %, Mono below Off → On`.
    pub(crate) fn values(&self) -> String {
        let mut groups: Vec<(&str, String)> = Vec::new();
        for change in self.changes.iter().filter(|change| change.is_listed) {
            let value = format!("{} {}", change.name, change.values());
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

    /// The confidence in words; none for a matter of taste.
    pub(crate) fn certainty(&self) -> Option<String> {
        let is_sure = self.grade > Grade::Taste;
        is_sure.then(|| format!("{:.0} % sure", 100.0 * self.confidence))
    }

    /// Sentences about the measured effect and how far the user may go; none if nothing is audible.
    pub(crate) fn measured(&self) -> Option<String> {
        let measured =
            (!self.effect.is_empty()).then(|| format!("Measured: {}.", self.effect.join(", ")))?;
        let furthest = self.furthest.iter().filter(|change| change.is_listed);
        let furthest = furthest.map(|c| format!("{} {}", c.name, shown(&c.to)));
        let furthest: Vec<String> = furthest.collect();
        Some(if furthest.is_empty() {
            measured
        } else {
            format!("{measured} As far as {} is possible.", furthest.join(", "))
        })
    }

    /// Values, confidence, reason and effect.
    pub(crate) fn line(&self) -> String {
        let certainty = self.certainty().map(|certainty| format!(" ({certainty})"));
        let certainty = certainty.unwrap_or_default();
        let mut line = format!("{}{certainty}. {}", self.values(), self.reason);
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
            finding: "Wide low end".into(),
            reason: "The low end is wide.".into(),
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
            "Velvet Curve · Silk 0 → +1.4 dB, Soul 0 → −1.3 dB; Harmonic Lattice · Presence 0 → +2.6 dB"
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
            "Measured: bass in mono −0.4 dB. As far as Silk +2.2 dB, Presence +4.2 dB, Soul −2.1 dB is possible."
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
        assert_eq!(change.values(), "Velvet Curve · Match 0 → 100 %");
        assert!(change.sets(ParameterId::Air));
    }

    #[test]
    fn values_of_pillar_switch_have_its_name_once() {
        let change = switch(ParameterId::VelvetCurve, Grade::Recommended, Vec::new());
        assert_eq!(change.values(), "Velvet Curve Off → On");
    }
}
