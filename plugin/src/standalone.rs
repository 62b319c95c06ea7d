//! The standalone app: the processor and the editor inside the framework's audio and MIDI, and a player of songs.
//!
//! - [`song_panel`]: the window's part for songs.
//! - [`render`]: writes the mastered song into a file.
//! - [`session`]: remembers settings and song.
//! - [`end_signal`]: closes the window on a signal.
//! - [`command_line`]: the framework's options, and a song.
//! - `app`: the instance of Flow that the framework runs.
//!
//! Hosts never use these files; they use `formats`.

#[cfg(feature = "standalone")]
mod app;
pub mod command_line;
pub mod end_signal;
pub mod render;
mod render_page;
pub mod session;
pub mod song_panel;

#[cfg(feature = "standalone")]
pub use app::{Flow, run};
