//! The editor's content without a window: pictures, controls and the analysis behind it.

mod accessibility;
mod appearance;
mod bounce;
mod controls;
mod costs;
mod displays;
mod fixture;
mod handles;
mod instruments;
mod keyboard;
mod menu;
mod monitoring;
mod picture_regions;
mod preferences;
mod presets;
mod proposals;
mod references;
mod snapshots;
mod songs;
