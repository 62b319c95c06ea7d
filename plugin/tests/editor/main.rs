//! The editor's content without a window: pictures, controls and the analysis behind it.

mod bounce;
mod controls;
mod costs;
mod fixture;
mod instruments;
mod menu;
mod picture_regions;
mod preferences;
mod proposals;
mod references;
mod snapshots;
