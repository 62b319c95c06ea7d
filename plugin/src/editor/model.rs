//! The state behind the panels, without egui.

pub(crate) mod analyzers;
pub(crate) mod chain_response;
pub(crate) mod editor_model;
pub(crate) mod export_file;
pub(crate) mod favorite_presets;
pub(crate) mod listening_state;
pub(crate) mod losses;
pub(crate) mod monitor_choice;
pub(crate) mod number_text;
pub mod preferences_file;
pub(crate) mod preset_choice;
pub(crate) mod proposals;
pub(crate) mod reference_import;
pub(crate) mod session_state;
pub mod session_statistics;
pub(crate) mod tonal_balance;
pub mod trace_export;
pub mod undo;
pub mod user_presets;
pub(crate) mod verdict_texts;
