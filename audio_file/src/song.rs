//! A whole song in memory.

use std::path::Path;

use anyhow::Result;

use crate::{Audio, SongStream};

/// A decoded song.
#[derive(Clone, Debug, PartialEq)]
pub struct Song {
    /// The samples.
    pub audio: Audio,
    /// Warnings about the file's completeness, each a clause without the file's name.
    pub warnings: Vec<String>,
}

impl Song {
    /// Decodes all blocks of a stream.
    ///
    /// # Errors
    ///
    /// If the file is damaged or truncated. The error is one line without the file's name.
    pub fn decode(mut stream: SongStream) -> Result<Self> {
        let mut channels = vec![Vec::new(); stream.channel_count()];
        while let Some(block) = stream.next_block()? {
            for (channel, block) in channels.iter_mut().zip(block) {
                channel.extend_from_slice(block);
            }
        }
        Ok(Self {
            audio: Audio::new(stream.sample_rate_hz(), channels),
            warnings: stream.warnings().to_vec(),
        })
    }
}

/// Decodes the song at `path`.
///
/// # Errors
///
/// If the file is no supported song, damaged or truncated. The error is one line without the file's name.
pub fn read(path: &Path) -> Result<Song> {
    Song::decode(SongStream::open(path)?)
}
