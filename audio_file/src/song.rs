//! A song in memory.

use std::path::Path;

use anyhow::Result;

use crate::SongStream;

/// All of a song.
#[derive(Clone, Debug, PartialEq)]
pub struct Song {
    /// Frames per second, Hz.
    pub sample_rate_hz: u32,
    /// One vector of samples a channel, all of one length.
    pub channels: Vec<Vec<f32>>,
    /// What is doubtful about it, if anything.
    pub warning: Option<&'static str>,
}

/// The song at `path`.
///
/// # Errors
///
/// If it isn't a whole, healthy song: in one line, without its name.
pub fn read(path: &Path) -> Result<Song> {
    let mut stream = SongStream::open(path)?;
    let mut channels = vec![Vec::new(); stream.channel_count()];
    while let Some(block) = stream.next_block()? {
        for (channel, block) in channels.iter_mut().zip(block) {
            channel.extend_from_slice(block);
        }
    }
    Ok(Song {
        sample_rate_hz: stream.sample_rate_hz(),
        channels,
        warning: stream.warning(),
    })
}
