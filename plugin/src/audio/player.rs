//! The player of songs: decodes on a background thread, and replaces a signal on the audio thread. The app plays songs in
//! place of the live input, and every instance plays a reference in place of its output.
//!
//! The window holds a [`SongPlayer`], and the audio thread a [`Playback`]. Songs move between them through queues, so that
//! the audio thread never frees one; the transport and the position are small values that are replaced as a whole.

mod decoded_song;
mod level_ramp;
mod playback;
mod song_levels;
mod song_player;
mod transport;
mod view;
mod waveform;

pub use decoded_song::{DecodeError, DecodedSong, MAX_SONG_BYTES, Overview};
pub use playback::{Playback, SourceChoice};
pub use song_levels::SongLevels;
pub use song_player::SongPlayer;
pub use transport::Transport;
pub use view::{PlayerAction, PlayerView, SongView, StartPlace};
pub use waveform::Waveform;
