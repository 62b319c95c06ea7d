//! A headless CLAP host: loads a bundle from disk, reads and sets its parameters and state, and renders audio.
//!
//! Thread roles are real: the thread that opens a [`Bundle`] and its [`Instance`]s is CLAP's main thread, and all
//! processing runs on a second thread that lives for the duration of the call. The plug-in can ask which it is on.
//!
//! Two levels: [`Instance::render`] takes a whole piece of audio and gives it back processed, latency compensated.
//! [`Instance::start`] opens a [`Session`], which stays active for as long as it lives and processes block by block.

mod audio_thread;
mod bundle;
mod error;
mod handlers;
mod instance;
mod parameter;
mod remote_controls;
mod render;
mod session;
mod window;

pub use audio_thread::AudioThread;
pub use bundle::{Bundle, Descriptor};
pub use error::HostError;
pub use instance::Instance;
pub use parameter::{Parameter, ParameterId, parameter_id};
pub use remote_controls::RemoteControlsPage;
pub use render::{Automation, BlockSizes, RenderOptions, Rendered};
pub use session::{Event, Session};
pub use window::Pixels;
