//! Verdicts: the one source of a finding and of the proposal for it.
//!
//! A finding is built only together with its remedy, from the same figures: either a proposal, or the reason why there is
//! none. Rules, network and references all report through [`Verdicts`].

use flow_params::ParameterId;

use crate::features::{Anchor, Summary};
use crate::report::{
    Effect, Finding, MIN_CONFIDENCE, NoProposal, ParameterChange, Proposal, Remedy, Severity, Value,
};

/// Smaller deviations of a whole anchor don't explain a change in it, dB.
const MIN_DEVIATION_DB: f32 = 0.3;

/// A judged property of the audio.
pub(crate) struct Verdict {
    pub(crate) severity: Severity,
    pub(crate) confidence: f32,
    pub(crate) text: Text,
    pub(crate) remedy: Result<Change, NoProposal>,
}

/// A verdict in words.
#[derive(Clone)]
pub(crate) struct Text {
    /// A few words with a number.
    pub(crate) short: String,
    /// A sentence with numbers.
    pub(crate) sentence: String,
}

/// A change of a parameter, and of those that make sense only together with it.
pub(crate) struct Change {
    pub(crate) id: ParameterId,
    pub(crate) from: Value,
    pub(crate) to: Value,
    pub(crate) linked: Vec<ParameterChange>,
    pub(crate) confidence: f32,
}

impl Change {
    pub(crate) fn new(id: ParameterId, [from, to]: [Value; 2], confidence: f32) -> Self {
        Self {
            id,
            from,
            to,
            linked: Vec::new(),
            confidence,
        }
    }

    fn proposal(self, text: Text) -> Result<Proposal, NoProposal> {
        let proposal = Proposal {
            pillar: self.id.pillar(),
            id: self.id,
            from: self.from,
            to: self.to,
            linked: self.linked,
            finding: text.short,
            reason: text.sentence,
            confidence: self.confidence.clamp(0.0, 1.0),
            effect: Effect::default(),
        };
        if self.confidence < MIN_CONFIDENCE {
            Err(NoProposal::Uncertain)
        } else if proposal.is_empty() {
            Err(NoProposal::AlreadySet)
        } else {
            Ok(proposal)
        }
    }
}

/// The findings and proposals of an analysis while they are collected.
#[derive(Debug, Default)]
pub(crate) struct Verdicts {
    pub(crate) findings: Vec<Finding>,
    pub(crate) proposals: Vec<Proposal>,
}

impl Verdicts {
    /// Adds a verdict as a finding, with its proposal or the reason why there is none.
    pub(crate) fn add(&mut self, verdict: Verdict) {
        let Verdict {
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
        let text = match &remedy {
            Remedy::None(reason) => format!("{sentence}{reason}"),
            Remedy::Proposal(_) => sentence,
        };
        // Two parameters may correct one deviation.
        if self.findings.iter().any(|finding| finding.text == text) {
            return;
        }
        self.findings.push(Finding {
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

    pub(crate) fn inform(&mut self, sentence: String) {
        self.report(Severity::Info, 1.0, sentence, NoProposal::Informative);
    }

    pub(crate) fn damage(&mut self, severity: Severity, confidence: f32, sentence: String) {
        self.report(severity, confidence, sentence, NoProposal::Irreversible);
    }

    /// Adds a finding without a proposal.
    pub(crate) fn report(
        &mut self,
        severity: Severity,
        confidence: f32,
        sentence: String,
        reason: NoProposal,
    ) {
        let text = Text {
            short: String::new(),
            sentence,
        };
        self.add(Verdict {
            severity,
            confidence,
            text,
            remedy: Err(reason),
        });
    }

    /// Adds all of `others` at the end.
    pub(crate) fn append(&mut self, mut others: Self) {
        self.findings.append(&mut others.findings);
        self.proposals.append(&mut others.proposals);
    }
}

/// The level of an anchor or of the side signal against a comparison.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Deviation<'a> {
    /// The anchor; `None` for the side signal.
    pub(crate) anchor: Option<Anchor>,
    /// Level above the comparison, dB. Negative is below.
    pub(crate) above_db: f32,
    /// Standard deviation, dB, where it is known.
    pub(crate) sd_db: Option<f32>,
    /// The comparison, such as "similar music".
    pub(crate) comparison: &'a str,
}

impl Deviation<'_> {
    /// States the deviation, and how a change to `to_db` from `from_db` fits it. A change that does not oppose the
    /// deviation of the whole anchor corrects only a part of it.
    pub(crate) fn text(self, [from_db, to_db]: [f32; 2]) -> Text {
        let Self {
            above_db,
            comparison,
            ..
        } = self;
        let (name, subject, place) = match self.anchor {
            Some(anchor) => (
                anchor.name(),
                format!("{} is", anchor.name()),
                anchor.place(),
            ),
            None => ("Sides", "The sides are".into(), "above the bass"),
        };
        let opposes = to_db == 0.0 || (to_db > 0.0) == (above_db < 0.0);
        if self.anchor.is_none() && above_db.abs() < MIN_DEVIATION_DB {
            return Text {
                short: "Sides match".into(),
                sentence: format!("The sides match {comparison} without a change of width."),
            };
        }
        if !opposes || above_db.abs() < MIN_DEVIATION_DB {
            return Text {
                short: format!("Part of {name} is off"),
                sentence: format!(
                    "Part of {name} is off: together with the other changes this brings it to {comparison} {place}."
                ),
            };
        }
        let side = if above_db > 0.0 { "above" } else { "below" };
        let off_db = above_db.abs();
        let uncertainty = match self.sd_db {
            Some(sd_db) => format!(", give or take {sd_db:.1} dB"),
            None => String::new(),
        };
        let is_excess = from_db != to_db && (from_db > to_db) != (above_db > 0.0);
        let excess = if is_excess {
            " The current setting corrects too much."
        } else {
            ""
        };
        Text {
            short: format!("{name} {off_db:.1} dB {side}"),
            sentence: format!(
                "{subject} {off_db:.1} dB {side} {comparison} {place}{uncertainty}.{excess}"
            ),
        }
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
mod tests;
