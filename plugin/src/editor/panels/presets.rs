//! The presets in the header: browser, dialogs, and the page of preset files.

pub(crate) mod browser;
pub(crate) mod dialog;
pub(crate) mod file_page;
