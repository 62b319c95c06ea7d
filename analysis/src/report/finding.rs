//! Findings and anchor readings.

use std::fmt;

use flow_params::{ParameterId, Pillar};
use serde::Serialize;

use crate::features::Anchor;
use crate::message::{Message, message};

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

/// The subject of a finding, as far as other measurements find the same or the sound of the mix is named by it.
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
    /// Treble that ends early.
    MissingTreble,
    /// Little distance of the peaks from the loudness.
    Compression,
    /// Anything else.
    Other,
}

/// A fact about the audio.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Finding {
    /// Its subject.
    pub kind: FindingKind,
    /// A sentence with numbers.
    pub text: Message,
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
    Harmful(ParameterId, Message),
    /// Tried on the audio, it changes nothing audible, or doesn't do what it is there for.
    Ineffective(ParameterId),
    /// The pillar is off.
    PillarOff(Pillar),
    /// Another reason, as a sentence: the user has decided.
    Other(String),
    /// A network or references decide on balance and width instead of the rules.
    DecidedBy(Message),
}

impl NoProposal {
    /// The reason as a text that continues the finding.
    #[must_use]
    pub fn message(&self) -> Message {
        match self {
            Self::Informative => Message::default(),
            Self::Irreversible => message!(" No setting repairs that."),
            Self::Other(sentence) => Message::from(format!(" {sentence}")),
            Self::NotAdjustable => message!(" No parameter changes that."),
            Self::Limited => message!(" The limiter keeps the output below the ceiling."),
            Self::AlreadySet => message!(" The current settings correct that already."),
            Self::Uncertain => message!(" That is too uncertain for a proposal."),
            Self::TooSmall => message!(" The change would be too small to hear."),
            Self::InUse(part) => message!(
                " {part} could correct it, but is in use for something else: correct it with another control.",
                part = *part
            ),
            Self::TooMuchLimiting => message!(" More gain would take too much limiting."),
            Self::Harmful(id, cost) => message!(
                " {name} could correct it, but that would cost {cost}.",
                name = id.name(),
                cost = cost.clone()
            ),
            Self::Ineffective(ParameterId::MultibandAmount) => {
                message!(" The three-band compressor was tried, and doesn't reduce them enough.")
            }
            Self::Ineffective(ParameterId::GlueAmount) => {
                message!(" Glue was tried, and doesn't lower the peaks.")
            }
            Self::Ineffective(id) => {
                message!(" {name} changes nothing audible here.", name = id.name())
            }
            Self::PillarOff(pillar) => message!(
                " {name} is switched off: switch it on for a proposal.",
                name = pillar.name()
            ),
            Self::DecidedBy(source) => message!(
                " Balance and width follow {source}.",
                source = source.clone()
            ),
        }
    }
}

impl fmt::Display for NoProposal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.message().fmt(f)
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
