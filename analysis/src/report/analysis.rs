//! The complete result.

use serde::Serialize;

use super::check::Check;
use super::content_class::ContentClass;
use super::finding::{AnchorReading, Finding, NoProposal, Remedy};
use super::output_stats::OutputStats;
use super::proposal::Proposal;
use crate::correction::Correction;
use crate::features::{SongLoudness, SongPart, Summary};
use crate::prediction::Prediction;

/// The result of analyzing a window of audio.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Analysis {
    /// Name of the analyzer that made it.
    pub analyzer: &'static str,
    /// The kind of audio. Only music has anchor readings, and proposals for balance and width without references.
    /// Audio that is not [conclusive](Self::is_conclusive) has no proposals.
    pub content: ContentClass,
    /// Measured features of the analyzed part.
    pub summary: Summary,
    /// The same with balance, width, peak and loudness of all audio that was heard: the figures that are compared with references.
    pub song_summary: Summary,
    /// The part that was analyzed; `None` for silence.
    pub part: Option<SongPart>,
    /// Levels of the anchors against the style target.
    pub anchors: Option<[AnchorReading; 4]>,
    /// Findings, the most severe first.
    pub findings: Vec<Finding>,
    /// Properties that were checked and are in order.
    pub checks: Vec<Check>,
    /// Proposed parameter changes, as small as possible.
    pub proposals: Vec<Proposal>,
    /// Estimated loudness of the whole song.
    pub song: Option<SongLoudness>,
    /// The network's prediction, if a network took part.
    pub prediction: Option<Prediction>,
    /// The references that decided balance and width, if there are any.
    pub reference_match: Option<ReferenceMatch>,
    /// The output before and after all recommended proposals; `None` if nothing was tried.
    pub trial: Option<TrialResult>,
}

/// Measurements of the output for the audio that was heard.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct TrialResult {
    /// With the present settings.
    pub before: OutputStats,
    /// With all recommended proposals.
    pub after: OutputStats,
}

/// The references that an analysis follows, and the correction towards them.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ReferenceMatch {
    /// Names of the references.
    pub names: Vec<String>,
    /// The requested share of the difference to the references.
    pub correction: Correction,
}

impl Analysis {
    /// Drops the proposals that `reason` gives a reason against. The findings behind them state it.
    pub fn drop_proposals(&mut self, reason: impl Fn(&Proposal) -> Option<NoProposal>) {
        for proposal in std::mem::take(&mut self.proposals) {
            match reason(&proposal) {
                Some(reason) => self.explain(&proposal, &reason),
                None => self.proposals.push(proposal),
            }
        }
    }

    /// States in the findings behind a proposal why it is not made.
    pub fn explain(&mut self, proposal: &Proposal, reason: &NoProposal) {
        let answered = Remedy::Proposal(proposal.id);
        let findings = self.findings.iter_mut();
        for finding in findings.filter(|finding| finding.remedy == answered) {
            finding.text += reason.message();
            finding.remedy = Remedy::None(reason.clone());
        }
    }

    /// Whether the result is worth keeping: the content can be evaluated, or references decide for it.
    #[must_use]
    pub fn is_conclusive(&self) -> bool {
        self.content.is_conclusive() || self.reference_match.is_some()
    }

    /// The correction behind the proposals: towards the references, or else the network's.
    #[must_use]
    pub fn correction(&self) -> Option<&Correction> {
        let matched = self.reference_match.as_ref().map(|m| &m.correction);
        matched.or(self.prediction.as_ref().map(|p| &p.correction))
    }
}
