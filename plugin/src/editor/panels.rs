//! The parts of the window.

pub(crate) mod activity_view;
pub(crate) mod analysis_column;
pub(crate) mod assistant;
pub(crate) mod assistant_details;
pub(crate) mod drop_target;
pub(crate) mod file_browser;
pub(crate) mod header;
pub(crate) mod history;
pub(crate) mod instruments;
pub(crate) mod menu;
pub(crate) mod meters;
pub(crate) mod monitoring;
pub(crate) mod pillar_details;
pub(crate) mod pillars;
pub(crate) mod presets;
pub(crate) mod proposal_row;
pub(crate) mod references;
pub(crate) mod spectrum;
pub(crate) mod status_bar;
pub(crate) mod stereo;
