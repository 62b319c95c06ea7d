//! Verdicts: the one source of a finding and of the proposal for it.
//!
//! A finding is built only together with its remedy, from the same figures: either a proposal, or the reason why there is
//! none. Rules, network and references all report through [`Verdicts`].

use flow_dsp::ChainSettings;
use flow_params::{ParameterId, ParameterValue};

use crate::features::Summary;
use crate::finding_text::{Deviation, Text};
use crate::message::Message;
use crate::report::{
    Check, Effect, Finding, FindingKind, Grade, MIN_CONFIDENCE, NoProposal, ParameterChange,
    Proposal, Remedy, Severity, Value,
};

/// A property of the audio with its evaluation.
pub(crate) struct Verdict {
    pub(crate) kind: FindingKind,
    pub(crate) severity: Severity,
    pub(crate) confidence: f32,
    pub(crate) text: Text,
    pub(crate) remedy: Result<Change, NoProposal>,
}

impl Verdict {
    /// A deviation with its remedy. The text says how the change fits the deviation, so it is made from the change.
    pub(crate) fn of_deviation(
        severity: Severity,
        confidence: f32,
        deviation: Deviation<'_>,
        remedy: Result<Change, NoProposal>,
    ) -> Self {
        let change = remedy.as_ref().map_or([0.0; 2], Change::above_default);
        Self {
            kind: match deviation.anchor {
                Some(_) => FindingKind::Other,
                None => FindingKind::Width,
            },
            severity,
            confidence,
            text: deviation.text(change),
            remedy,
        }
    }
}

/// A change of a parameter, and of those that belong to it: see [`Proposal`].
pub(crate) struct Change {
    pub(crate) id: ParameterId,
    pub(crate) from: Value,
    pub(crate) to: Value,
    pub(crate) joint: Vec<ParameterChange>,
    pub(crate) linked: Vec<ParameterChange>,
    pub(crate) confidence: f32,
    pub(crate) grade: Grade,
    /// See [`Proposal::further`].
    pub(crate) further: f32,
}

impl Change {
    /// A recommended change.
    pub(crate) fn new(id: ParameterId, [from, to]: [Value; 2], confidence: f32) -> Self {
        Self {
            id,
            from,
            to,
            joint: Vec::new(),
            linked: Vec::new(),
            confidence,
            grade: Grade::Recommended,
            further: 1.0,
        }
    }

    /// The same with another grade.
    pub(crate) fn graded(self, grade: Grade) -> Self {
        Self { grade, ..self }
    }

    /// Both values less the default, in the parameter's unit; 0 for a switch.
    fn above_default(&self) -> [f32; 2] {
        let number = |value| match value {
            ParameterValue::Number(number) => number,
            ParameterValue::Choice(_) | ParameterValue::Switch(_) => 0.0,
        };
        [self.from, self.to].map(|value| number(value.into()) - number(self.id.default_value()))
    }

    fn proposal(self, text: Text) -> Result<Proposal, NoProposal> {
        let proposal = Proposal {
            pillar: self.id.pillar(),
            id: self.id,
            from: self.from,
            to: self.to,
            joint: self.joint,
            linked: self.linked,
            grade: self.grade,
            further: self.further,
            finding: text.short,
            reason: text.sentence,
            confidence: self.confidence.clamp(0.0, 1.0),
            effect: Effect::default(),
        };
        if self.confidence < MIN_CONFIDENCE {
            Err(NoProposal::Uncertain)
        } else if proposal.is_empty() {
            Err(NoProposal::AlreadySet)
        } else if !proposal.is_worthwhile() {
            Err(NoProposal::TooSmall)
        } else {
            Ok(proposal)
        }
    }
}

/// The findings and proposals of an analysis while they are collected.
#[derive(Debug, Default)]
pub(crate) struct Verdicts {
    pub(crate) findings: Vec<Finding>,
    pub(crate) checks: Vec<Check>,
    pub(crate) proposals: Vec<Proposal>,
}

impl Verdicts {
    /// Adds a verdict, if there is one: see [`Self::add`].
    pub(crate) fn extend(&mut self, verdict: Option<Verdict>) {
        if let Some(verdict) = verdict {
            self.add(verdict);
        }
    }

    /// Adds a verdict as a finding, with its proposal or the reason why there is none.
    pub(crate) fn add(&mut self, verdict: Verdict) {
        let Verdict {
            kind,
            severity,
            confidence,
            text,
            remedy,
        } = verdict;
        let sentence = text.sentence.clone();
        let remedy = match remedy.and_then(|change| change.proposal(text)) {
            Ok(proposal) => {
                let id = proposal.id;
                self.proposals.push(proposal);
                Remedy::Proposal(id)
            }
            Err(reason) => Remedy::None(reason),
        };
        let mut text = sentence;
        if let Remedy::None(reason) = &remedy {
            text += reason.message();
        }
        // Two parameters may correct one deviation.
        if self.findings.iter().any(|finding| finding.text == text) {
            return;
        }
        self.findings.push(Finding {
            kind,
            text,
            severity,
            confidence,
            is_irreversible: remedy == Remedy::None(NoProposal::Irreversible),
            remedy,
        });
    }

    /// Adds a change that answers no finding; nothing if it is empty or uncertain.
    pub(crate) fn propose(&mut self, change: Change, text: Text) {
        self.proposals.extend(change.proposal(text));
    }

    /// States that a property is in order.
    pub(crate) fn fine(&mut self, name: &'static str, text: Message) {
        self.fine_of_kind(FindingKind::Other, name, text);
    }

    /// As [`Self::fine`], for a subject of this kind.
    pub(crate) fn fine_of_kind(&mut self, kind: FindingKind, name: &'static str, text: Message) {
        self.checks.push(Check { kind, name, text });
    }

    pub(crate) fn inform(&mut self, sentence: Message) {
        self.report(Severity::Info, 1.0, sentence, NoProposal::Informative);
    }

    pub(crate) fn damage(
        &mut self,
        kind: FindingKind,
        severity: Severity,
        confidence: f32,
        sentence: Message,
    ) {
        let text = Text {
            short: Message::default(),
            sentence,
        };
        self.add(Verdict {
            kind,
            severity,
            confidence,
            text,
            remedy: Err(NoProposal::Irreversible),
        });
    }

    /// Adds a finding without a proposal.
    pub(crate) fn report(
        &mut self,
        severity: Severity,
        confidence: f32,
        sentence: Message,
        reason: NoProposal,
    ) {
        let text = Text {
            short: Message::default(),
            sentence,
        };
        self.add(Verdict {
            kind: FindingKind::Other,
            severity,
            confidence,
            text,
            remedy: Err(reason),
        });
    }

    /// Withdraws proposals for pillars that are off, with that as the reason. Level and ceiling work without.
    pub(crate) fn withdraw_switched_off(&mut self, settings: &ChainSettings) {
        use ParameterId as P;
        let is_off = |id: ParameterId| {
            let works_always = matches!(id, P::LoudnessGain | P::Ceiling | P::LimiterStyle);
            !works_always && !id.pillar().is_on(settings)
        };
        self.proposals.retain(|proposal| !is_off(proposal.id));
        for finding in &mut self.findings {
            if let Remedy::Proposal(id) = finding.remedy
                && is_off(id)
            {
                let reason = NoProposal::PillarOff(id.pillar());
                finding.text += reason.message();
                finding.remedy = Remedy::None(reason);
            }
        }
    }

    /// Adds all of `others` at the end.
    pub(crate) fn append(&mut self, mut others: Self) {
        self.findings.append(&mut others.findings);
        self.checks.append(&mut others.checks);
        self.proposals.append(&mut others.proposals);
    }
}

/// 0 up to `low`, 1 from `high` on.
pub(crate) fn ramp(x: f32, low: f32, high: f32) -> f32 {
    ((x - low) / (high - low)).clamp(0.0, 1.0)
}

/// Confidence in features of a window, which rises with its duration up to 30 s.
pub(crate) fn duration_confidence(summary: &Summary) -> f32 {
    0.7 + 0.3 * ramp(summary.seconds, 10.0, 30.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn verdict_without_enough_confidence_gives_reason_instead_of_proposal() {
        let values = [0.0, -2.0].map(Value::Decibels);
        for (confidence, remedy) in [
            (0.4, Remedy::None(NoProposal::Uncertain)),
            (0.6, Remedy::Proposal(ParameterId::Silk)),
        ] {
            let mut verdicts = Verdicts::default();
            verdicts.add(Verdict {
                kind: FindingKind::Other,
                severity: Severity::Notice,
                confidence,
                text: Text {
                    short: "Silk 3.0 dB above".into(),
                    sentence: "Silk is 3.0 dB above similar music.".into(),
                },
                remedy: Ok(Change::new(ParameterId::Silk, values, confidence)),
            });
            assert_eq!(verdicts.findings[0].remedy, remedy);
            let is_proposed = !verdicts.proposals.is_empty();
            assert_eq!(is_proposed, matches!(remedy, Remedy::Proposal(_)));
        }
    }
}
