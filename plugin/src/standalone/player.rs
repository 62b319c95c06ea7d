//! The player of songs: decodes on a background thread, and replaces the live input on the audio thread.
//!
//! The window holds a [`SongPlayer`], and the audio thread a [`Playback`]. Songs move between them through queues, so that
//! the audio thread never frees one; the transport and the position are small values that are replaced as a whole.

mod decoded_song;
mod playback;
mod song_player;
mod transport;
mod waveform;

pub use decoded_song::{DecodeError, DecodedSong, MAX_SONG_BYTES};
pub use playback::Playback;
pub use song_player::{PlayerAction, PlayerView, SongPlayer, SongView, StartPlace};
pub use transport::Transport;
pub use waveform::Waveform;
