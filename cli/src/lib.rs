//! Flow's command line: masters songs through the built plug-in, and analyzes them.
//!
//! The program `flow` and `cargo xtask master` share this code. `flow` uses the installed plug-in, and xtask builds it.

mod analyze;
mod arguments;
mod content_text;
mod documentation;
mod file_url;
mod interrupt;
mod master;
mod messages;
mod plugin_path;
pub mod plugin_session;
mod preset_list;
pub mod setting;
mod similar_names;
mod song_source;
pub mod stage_activity;
mod stored_song;
pub mod svg;

pub use analyze::analyze;
pub use arguments::{Cli, Command, MasterArguments};
pub use documentation::{completions, man, write_documentation};
pub use master::master;
pub use messages::{finish, print_error, set_color, usage};
pub use plugin_path::installed_plugin;
pub use preset_list::presets;
