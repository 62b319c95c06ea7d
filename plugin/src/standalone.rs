//! The standalone app: the processor and the editor inside the framework's audio and MIDI, and a player of songs.
//!
//! - [`song_panel`]: the window's part for songs.
//! - [`recorder`]: writes the heard audio into a file.
//! - [`render`]: writes the mastered song into a file.
//! - [`session`]: remembers settings and song.
//! - [`end_signal`]: closes the window on a signal, and on macOS `quit_request` on a request to quit.
//! - [`audio_settings`]: the audio devices of a start; [`audio_page`] shows and chooses them.
//! - [`command_line`]: the framework's options, and a song.
//! - `app`: the instance of Flow that the framework runs.
//!
//! Hosts never use these files; they use `formats`.

#[cfg(feature = "standalone")]
mod app;
#[cfg(feature = "standalone")]
mod audio_devices;
pub mod audio_page;
pub mod audio_settings;
pub mod command_line;
#[cfg(all(feature = "standalone", target_os = "linux"))]
mod display;
pub mod end_signal;
mod framework_options;
mod output_file;
#[cfg(target_os = "macos")]
mod quit_request;
mod record_page;
pub mod recorder;
pub mod render;
mod render_page;
pub mod session;
pub mod song_panel;
mod strip_controls;

#[cfg(feature = "standalone")]
pub use app::{Flow, run};
