//! The result of an analysis, and the settings that it depends on: the vocabulary of everything above.

mod analysis;
mod check;
mod content_class;
mod context;
mod effect;
mod finding;
mod grade;
mod intensity;
mod output_stats;
mod proposal;
mod value;

pub use analysis::{Analysis, ReferenceMatch, TrialResult};
pub use check::Check;
pub use content_class::ContentClass;
pub use context::Context;
pub use effect::Effect;
pub(crate) use effect::HELD_DB;
pub use finding::{AnchorReading, Finding, FindingKind, NoProposal, Remedy, Severity};
pub use grade::Grade;
pub use intensity::Intensity;
pub use output_stats::OutputStats;
pub(crate) use proposal::MIN_CHANGE_DB;
pub use proposal::{MIN_CONFIDENCE, ParameterChange, Proposal};
pub use value::Value;

pub use crate::message::{Message, MessageValue, capitalize, next_placeholder};

use flow_dsp::MatchSettings;

/// Largest amount of a proposal, as a share of its change: the one of Match.
pub const MAX_AMOUNT: f32 = MatchSettings::AMOUNT[1];

/// Largest amount of a proposal, in percent of its change.
// The amount is a positive number of whole percents below 256.
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
pub const MAX_AMOUNT_PERCENT: u8 = (100.0 * MAX_AMOUNT) as u8;
