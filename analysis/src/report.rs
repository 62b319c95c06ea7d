//! The result of an analysis, and the settings that it depends on: the vocabulary of everything above.

mod analysis;
mod content_class;
mod context;
mod effect;
mod finding;
mod proposal;
mod value;

pub use analysis::{Analysis, ReferenceMatch};
pub use content_class::ContentClass;
pub use context::Context;
pub use effect::Effect;
pub use finding::{AnchorReading, Finding, FindingKind, NoProposal, Remedy, Severity};
pub use proposal::{MIN_CONFIDENCE, ParameterChange, Proposal};
pub use value::Value;

/// Largest amount of a proposal, in percent of its change.
pub const MAX_AMOUNT_PERCENT: u8 = 150;

/// Largest amount of a proposal, as a share of its change.
pub const MAX_AMOUNT: f32 = MAX_AMOUNT_PERCENT as f32 / 100.0;
