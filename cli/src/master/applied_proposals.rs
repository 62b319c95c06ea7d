//! The proposals that were applied to a song, for its report and its lines.

use super::remarks::Remark;
use flow_analysis::report::{FindingKind, Proposal};
use flow_params::ParameterId;
use flow_params::number::with_true_minus;
use serde::Serialize;

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

/// An applied change of one parameter, with texts of its values as readers see them.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct AppliedProposal {
    pub(crate) origin: ProposalOrigin,
    /// The id that `--set` takes.
    pub(crate) id: ParameterId,
    /// The name that hosts show.
    pub(crate) name: &'static str,
    pub(crate) pillar: &'static str,
    /// The value before, with its unit.
    pub(crate) from: String,
    /// The applied value, with its unit.
    pub(crate) to: String,
    /// 0 to 1.
    pub(crate) confidence: f32,
    /// A sentence with numbers.
    pub(crate) reason: String,
    /// Parameters that changed together with it.
    #[serde(skip)]
    pub(crate) linked: Vec<ParameterId>,
}

impl AppliedProposal {
    pub(crate) fn new(proposal: &Proposal, origin: ProposalOrigin) -> Self {
        Self {
            origin,
            id: proposal.id,
            name: proposal.id.name(),
            pillar: proposal.pillar.name(),
            from: with_true_minus(&proposal.from.to_string()),
            to: with_true_minus(&proposal.to.to_string()),
            confidence: proposal.confidence,
            reason: proposal.reason.clone(),
            linked: proposal.linked.iter().map(|change| change.id).collect(),
        }
    }

    /// The pillar and the parameter, such as `Phase Weave · Mono below`.
    pub(crate) fn full_name(&self) -> String {
        if self.pillar == self.name {
            self.name.to_owned()
        } else {
            format!("{} · {}", self.pillar, self.name)
        }
    }

    fn line(&self) -> String {
        format!(
            "{}: {}: {} → {} ({:.0} % sure). {}",
            self.origin.name(),
            self.full_name(),
            self.from,
            self.to,
            100.0 * self.confidence,
            self.reason
        )
    }
}

/// A finding of the assistant that no proposal answers.
#[derive(Clone, Debug)]
pub(crate) struct AssistantFinding {
    pub(crate) kind: FindingKind,
    /// One sentence.
    pub(crate) text: String,
}

/// All results of the assistant and the references for one song.
#[derive(Clone, Debug, Default)]
pub(crate) struct AppliedProposals {
    /// The content, style and energy that the assistant recognized.
    pub(crate) recognized: Option<String>,
    pub(crate) findings: Vec<AssistantFinding>,
    pub(crate) changes: Vec<AppliedProposal>,
    /// A sentence about proposals that would have done harm.
    pub(crate) dropped: Option<String>,
    /// The reason why there are no changes.
    pub(crate) note: Option<&'static str>,
}

impl AppliedProposals {
    /// Drops the findings that measurements of the recording state too.
    pub(crate) fn drop_measured(&mut self, measured: &[Remark]) {
        self.findings
            .retain(|finding| !measured.iter().any(|other| other.states(finding.kind)));
    }

    /// One line each.
    pub(crate) fn lines(&self) -> impl Iterator<Item = String> {
        let recognized = self.recognized.iter();
        let recognized = recognized.map(|content| format!("Recognized: {content}."));
        let findings = self.findings.iter();
        let findings = findings.map(|finding| format!("Found: {}", finding.text));
        let changes = self.changes.iter().map(AppliedProposal::line);
        let note = self.note.map(str::to_owned);
        let dropped = self.dropped.clone();
        let found = recognized.chain(findings).chain(changes);
        found.chain(dropped).chain(note)
    }

    /// The source of a parameter's value, if a proposal changed it.
    pub(crate) fn origin(&self, id: ParameterId) -> Option<ProposalOrigin> {
        let has_changed =
            |change: &&AppliedProposal| change.id == id || change.linked.contains(&id);
        self.changes.iter().find(has_changed).map(|c| c.origin)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(kind: FindingKind, text: &str) -> AssistantFinding {
        let text = text.to_owned();
        AssistantFinding { kind, text }
    }

    #[test]
    fn finding_that_was_measured_too_is_said_once() {
        use flow_measure::signal_faults::{ChannelFaults, SignalFaults};
        let channel = |clipped_runs| ChannelFaults {
            rms_dbfs: -20.0,
            dc_offset_dbfs: -80.0,
            clipped_runs,
        };
        let faults = SignalFaults {
            channels: vec![channel(3), channel(0)],
            correlation: 0.5,
            has_equal_channels: false,
        };
        let mut applied = AppliedProposals {
            findings: vec![
                found(FindingKind::Clipping, "Peaks are cut off."),
                found(FindingKind::DcOffset, "A constant part."),
                found(FindingKind::Other, "The treble ends early."),
            ],
            ..AppliedProposals::default()
        };
        applied.drop_measured(&super::super::remarks::of(&faults, -14.0));
        let left: Vec<_> = applied.findings.iter().map(|f| f.kind).collect();
        assert_eq!(left, [FindingKind::DcOffset, FindingKind::Other]);
    }

    #[test]
    fn line_of_change_names_pillar_parameter_and_units() {
        let change = |id: ParameterId, from: &str, to: &str| AppliedProposal {
            origin: ProposalOrigin::Assistant,
            id,
            name: id.name(),
            pillar: id.pillar().name(),
            from: from.to_owned(),
            to: to.to_owned(),
            confidence: 0.824,
            reason: "The low end is wide.".to_owned(),
            linked: vec![ParameterId::MonoBelowFrequency],
        };
        let applied = AppliedProposals {
            recognized: Some("music, rock (90 %), high energy".to_owned()),
            findings: vec![found(FindingKind::Clipping, "12 runs of clipped samples.")],
            changes: vec![
                change(ParameterId::MonoBelow, "Off", "On"),
                change(ParameterId::VelvetCurve, "Off", "On"),
            ],
            ..AppliedProposals::default()
        };
        assert_eq!(
            applied.lines().collect::<Vec<_>>(),
            [
                "Recognized: music, rock (90 %), high energy.",
                "Found: 12 runs of clipped samples.",
                "Assistant: Phase Weave · Mono below: Off → On (82 % sure). The low end is wide.",
                "Assistant: Velvet Curve: Off → On (82 % sure). The low end is wide.",
            ]
        );
        assert_eq!(
            applied.origin(ParameterId::MonoBelowFrequency),
            Some(ProposalOrigin::Assistant)
        );
        assert_eq!(applied.origin(ParameterId::Width), None);
    }
}
