//! Flow's command line: masters songs through the built plug-in.
//!
//! The program `flow` and `cargo xtask master` are the same code; they differ in where the plug-in comes from.

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
