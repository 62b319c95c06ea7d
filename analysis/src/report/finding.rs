//! Findings and anchor readings.

use std::fmt;

use flow_params::{ParameterId, Pillar};
use serde::Serialize;

use crate::features::Anchor;

/// Severity of a finding.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub enum Severity {
    /// For information.
    Info,
    /// Worth a look.
    Notice,
    /// A defect.
    Problem,
}

/// The subject of a finding, as far as other measurements find the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum FindingKind {
    /// Clipped samples.
    Clipping,
    /// A constant part.
    DcOffset,
    /// All sound is on one side.
    EmptyChannel,
    /// Left and right are the same.
    EqualChannels,
    /// Much of the sound cancels in mono.
    MonoCompatibility,
    /// The width of the stereo image.
    Width,
    /// The loudness of the song against the target.
    Loudness,
    /// Anything else.
    Other,
}

/// A fact about the audio.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Finding {
    /// Its subject.
    pub kind: FindingKind,
    /// A sentence with numbers.
    pub text: String,
    /// Its severity.
    pub severity: Severity,
    /// 0 to 1.
    pub confidence: f32,
    /// Whether it is damage that no setting repairs.
    pub is_irreversible: bool,
    /// The proposal that answers it, or the reason why there is none.
    pub remedy: Remedy,
}

/// The answer to a finding.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub enum Remedy {
    /// The proposal for this parameter.
    Proposal(ParameterId),
    /// No proposal.
    None(NoProposal),
}

/// The reason why a finding has no proposal. As text it continues the finding.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub enum NoProposal {
    /// The finding is no defect.
    Informative,
    /// No setting repairs the damage.
    Irreversible,
    /// No parameter changes it.
    NotAdjustable,
    /// The limiter removes it.
    Limited,
    /// The current settings correct it already.
    AlreadySet,
    /// The confidence is too low.
    Uncertain,
    /// The change would be inaudible.
    TooSmall,
    /// The part that would answer it has another task already.
    InUse(&'static str),
    /// It would take more limiting than is proposed.
    TooMuchLimiting,
    /// Tried on the audio, it costs this.
    Harmful(ParameterId, String),
    /// Tried on the audio, it changes nothing audible, or doesn't do what it is there for.
    Ineffective(ParameterId),
    /// The pillar is off.
    PillarOff(Pillar),
    /// Another reason, as a sentence: the user has decided.
    Other(String),
    /// A network or references decide on balance and width instead of the rules.
    DecidedBy(String),
}

impl fmt::Display for NoProposal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Informative => Ok(()),
            Self::Irreversible => f.write_str(" No setting repairs that."),
            Self::Other(sentence) => write!(f, " {sentence}"),
            Self::NotAdjustable => f.write_str(" No parameter changes that."),
            Self::Limited => f.write_str(" The limiter keeps the output below the ceiling."),
            Self::AlreadySet => f.write_str(" The current settings correct that already."),
            Self::Uncertain => f.write_str(" That is too uncertain for a proposal."),
            Self::TooSmall => f.write_str(" The change would be too small to hear."),
            Self::InUse(part) => {
                write!(
                    f,
                    " {part}, which would answer it, has another task already."
                )
            }
            Self::TooMuchLimiting => f.write_str(" More gain would take too much limiting."),
            Self::Harmful(id, cost) => {
                write!(f, " {} would answer it, but would cost {cost}.", id.name())
            }
            Self::Ineffective(ParameterId::MultibandAmount) => {
                f.write_str(" The three-band compressor was tried, and doesn't hold them.")
            }
            Self::Ineffective(ParameterId::GlueAmount) => {
                f.write_str(" Glue was tried, and doesn't lower the peaks.")
            }
            Self::Ineffective(id) => write!(f, " {} changes nothing audible here.", id.name()),
            Self::PillarOff(pillar) => write!(f, " {} is off.", pillar.name()),
            Self::DecidedBy(source) => write!(f, " Balance and width follow {source}."),
        }
    }
}

/// The level of an anchor against the style target.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct AnchorReading {
    /// The anchor.
    pub anchor: Anchor,
    /// Level above the median of the style target, dB. Negative is below.
    pub above_median_db: f32,
    /// Share of the style's songs with a lower level, 0 to 100.
    pub percentile: f32,
}
