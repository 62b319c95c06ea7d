//! Findings and proposals of the rules while they are collected.

use flow_params::ParameterId;

use crate::features::Summary;
use crate::report::{Effect, Finding, MIN_CONFIDENCE, Proposal, Severity, Value};

/// What the rules write down.
#[derive(Default)]
pub(crate) struct Notes {
    pub(crate) findings: Vec<Finding>,
    pub(crate) proposals: Vec<Proposal>,
}

impl Notes {
    pub(crate) fn info(&mut self, text: String) {
        self.find(Severity::Info, 1.0, text);
    }

    pub(crate) fn find(&mut self, severity: Severity, confidence: f32, text: String) {
        self.findings.push(Finding {
            text,
            severity,
            confidence,
            is_irreversible: false,
        });
    }

    pub(crate) fn damage(&mut self, severity: Severity, confidence: f32, text: String) {
        self.findings.push(Finding {
            text,
            severity,
            confidence,
            is_irreversible: true,
        });
    }

    /// Proposes a change, unless it is none, or too uncertain. `finding`: what was found, in a few words; `reason`: in a
    /// sentence.
    pub(crate) fn propose(
        &mut self,
        id: ParameterId,
        [from, to]: [Value; 2],
        confidence: f32,
        [finding, reason]: [String; 2],
    ) {
        let proposal = Proposal {
            pillar: id.pillar(),
            id,
            from,
            to,
            linked: Vec::new(),
            finding,
            reason,
            confidence: confidence.min(1.0),
            effect: Effect::default(),
        };
        if confidence >= MIN_CONFIDENCE && !proposal.is_empty() {
            self.proposals.push(proposal);
        }
    }
}

/// 0 up to `low`, 1 from `high` on.
pub(crate) fn ramp(x: f32, low: f32, high: f32) -> f32 {
    ((x - low) / (high - low)).clamp(0.0, 1.0)
}

/// How much a window can say of a song: more with every second up to half a minute.
pub(crate) fn trust(summary: &Summary) -> f32 {
    0.7 + 0.3 * ramp(summary.seconds, 10.0, 30.0)
}
