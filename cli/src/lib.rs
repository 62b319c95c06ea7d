//! Flow's command line: masters songs through the built plug-in.
//!
//! The program `flow` and `cargo xtask master` share this code. `flow` uses the installed plug-in, and xtask builds it.

mod arguments;
mod master;
mod messages;
mod plugin_path;
pub mod plugin_session;
pub mod svg;

pub use arguments::MasterArguments;
pub use master::master;
pub use messages::{print_error, usage};
pub use plugin_path::installed_plugin;
