//! Theme, controls of parameters, buttons and value entry.

pub(crate) mod param_ui;
pub mod theme;
pub(crate) mod value_entry;
