//! A headless CLAP host: loads a bundle from disk, reads and sets its parameters and state, and renders audio.
//!
//! Thread roles are real: the thread that opens a [`Bundle`] and its [`Instance`]s is CLAP's main thread, and all
//! processing runs on a second thread that lives for the duration of the call. The plug-in can ask which it is on.
//!
//! There are two levels. [`Instance::render_stream`] and [`Instance::render`] process audio from its start to its end and
//! compensate the latency. [`Instance::start`] opens a [`Session`], which processes block by block and deactivates when it is dropped.

mod audio_thread;
mod bundle;
mod error;
mod host_handlers;
mod instance;
mod parameter;
mod readings;
mod remote_controls;
mod render;
mod session;
mod window;

pub use audio_thread::AudioThread;
pub use bundle::{Bundle, Descriptor, FLOW_ID, executable_in};
pub use error::{HostError, StreamError};
pub use flow_params::host_id;
pub use instance::Instance;
pub use parameter::{ClapParameterId, Parameter, ParameterEvent};
pub use readings::{READINGS_EXTENSION, RawReadingsExtension};
pub use remote_controls::RemoteControlsPage;
pub use render::{
    Automation, BlockSizes, RenderOptions, RenderResult, RenderedBlock, StreamFormat, StreamResult,
};
pub use session::Session;
pub use window::Pixels;
