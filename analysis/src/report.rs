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
pub use finding::{AnchorReading, Finding, NoProposal, Remedy, Severity};
pub use proposal::{MIN_CONFIDENCE, ParameterChange, Proposal};
pub use value::Value;
