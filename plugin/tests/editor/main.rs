//! The editor's content without a window: pictures, controls and the analysis behind it.

mod bounce;
mod controls;
mod cost;
mod fixture;
mod menu;
mod preferences;
mod proposals;
mod references;
mod snapshots;
