//! Flow as a CLAP and VST3 plug-in and as a standalone app.
//!
//! [`flow_dsp`] makes the sound. This crate adds parameters that a host can automate, a state that later versions can
//! read, meters that other threads can see, the editor, and the exports of both formats.
//!
//! Methods that only certain threads may call say so in front: `[audio]` on the host's audio thread, `[main]` on the
//! host's main thread, `[gui]` on any thread but the audio thread, `[any]` on any thread.

pub mod analysis_client;
pub mod audio;
pub mod editor;
pub mod exports;
mod formats;
pub mod gestures;
pub mod host_connection;
pub mod indications;
mod instances;
mod logging;
pub mod params;
pub mod plugin_shared;
pub mod presets;
pub mod references;
mod remote_controls;
pub mod slots;
pub mod standalone;
pub mod state;
