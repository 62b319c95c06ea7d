//! Flow as a CLAP and VST3 plug-in and as a standalone app.
//!
//! The sound is made by [`flow_dsp`]; this crate gives it parameters that a host can automate, a
//! state that later versions can still read, meters that other threads can see, and the exports of
//! both formats.
//!
//! Methods that must only be called from certain threads say so in front: `[audio]` on the host's
//! audio thread, `[main]` on the host's main thread, `[gui]` on any thread but the audio thread.

pub mod attention;
mod choice;
pub mod ears;
pub mod engine;
pub mod exports;
mod formats;
pub mod gestures;
pub mod indications;
mod messages;
pub mod meters;
pub mod moments;
pub mod monitor;
pub mod params;
pub mod presets;
mod processor;
pub mod publisher;
pub mod references;
mod registry;
mod remote_controls;
pub mod shared;
pub mod slots;
#[cfg(feature = "standalone")]
mod standalone;
pub mod state;
pub mod state_listener;
mod text;
pub mod window;

#[cfg(feature = "standalone")]
pub use standalone::Flow;
