//! The player as the window sees it, and the actions of its controls.

use std::path::Path;

use super::song_levels::SongLevels;
use super::waveform::Waveform;

/// The place at which a song is entered, and its loop.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct StartPlace {
    /// The position, s.
    pub position_s: f64,
    /// The section of the loop, s; none for the whole song.
    pub section_s: Option<[f64; 2]>,
    /// Whether the loop is on.
    pub is_looping: bool,
}

/// The user's wish.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum PlayerAction {
    /// Plays, or pauses.
    SetPlaying(bool),
    /// Moves to a position in seconds, within the song.
    Seek(f64),
    /// Switches the loop on or off. A position outside of its section moves to the section's start.
    SetLooping(bool),
    /// Sets the section of the loop in seconds. It lies within the song and lasts 0.1 s or more, if the song does.
    SetSection([f64; 2]),
    /// Sets the section of the loop and switches it on, without a seek.
    Loop([f64; 2]),
    /// Sets the linear gain of the song.
    SetGain(f32),
    /// Hides the message.
    Dismiss,
    /// Gives up the song that is being opened.
    Cancel,
    /// Closes the song: the signal that it replaces is heard again.
    Close,
}

/// The player in one frame.
pub struct PlayerView<'a> {
    /// Whether the audio thread has the song, and is at the place of the last seek.
    pub is_followed: bool,
    /// The song that is open.
    pub song: Option<SongView<'a>>,
    /// The progress of the song that is being opened, one line.
    pub progress: Option<String>,
    /// The last error, or a lasting one, one line.
    pub message: Option<String>,
}

/// The song in one frame.
pub struct SongView<'a> {
    /// The file's name.
    pub name: &'a str,
    /// The file.
    pub path: &'a Path,
    /// Length, s.
    pub duration_s: f64,
    /// Position, s.
    pub position_s: f64,
    /// Whether it plays.
    pub is_playing: bool,
    /// The section of the loop, s.
    pub section_s: [f64; 2],
    /// Whether the loop is on.
    pub is_looping: bool,
    /// The overview of the waveform.
    pub waveform: &'a Waveform,
    /// Its loudness and peaks over time.
    pub levels: &'a SongLevels,
    /// The sample rate that it was converted to, Hz.
    pub rate_hz: u32,
}
