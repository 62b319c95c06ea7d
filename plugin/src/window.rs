//! The window: shows what the plug-in does, and lets the user change it.
//!
//! [`screen::Screen`] is all of its content and needs no window; [`editor`] puts it into one. It is drawn when something
//! has changed and not otherwise, and nothing is computed for a window that is closed.

mod assistant;
mod assistant_details;
mod balance;
mod chooser;
pub(crate) mod closing;
mod comparison;
mod controls;
mod decisions;
mod details;
pub mod editor;
mod engine_strip;
pub mod hand;
mod header;
mod hearing;
mod layout;
mod left;
pub mod library;
mod listener;
mod loading;
pub mod look;
mod menu;
mod meters_panel;
mod pillars;
mod proposals;
pub mod recordings;
mod references_panel;
mod response;
pub mod screen;
mod size;
mod spectrum_panel;
mod stereo_panel;
pub mod taste;
mod tips;
mod typing;
mod wells;
#[cfg(target_os = "linux")]
mod x11;

pub(crate) use left::Between;
pub use size::WindowSize;
