//! The presets in the header: browser and dialogs.

pub(crate) mod browser;
pub(crate) mod dialog;
