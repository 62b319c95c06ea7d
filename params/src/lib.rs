//! The registry of Flow's parameters.
//!
//! `table.rs` has one row for each parameter: its id, name, label, group, pillar, range, texts, and its place in the chain's
//! settings. The plug-in, the assistant, presets and the command line read it, and none of them spells a parameter out.
//! A new parameter is one row at the end of the table, and its signal processing.

mod choice;
mod id;
mod kind;
pub mod number;
mod pillar;
pub mod presets;
mod stage;
mod table;
mod value;

pub use id::{UnknownParameter, host_id};
pub use kind::{Access, Choice, ChoiceTarget, Kind, Number, Switch, Taper, Unit, UnknownPosition};
pub use pillar::Pillar;
pub use presets::Preset;
pub use stage::Stage;
pub use table::{ANCHORS, MATCH_BANDS, ParameterId};
pub use value::{ParameterValue, RefusedValue};
