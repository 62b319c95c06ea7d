//! Songs in files and in memory.
//!
//! - [`SongStream`] decodes a song block by block: WAV, FLAC, MP3, Ogg Vorbis and AIFF, mono or stereo. [`read`] decodes a
//!   whole song. Truncated and damaged files are errors of one line, without the file's name.
//! - [`Audio`] is planar audio in memory. [`SampleStore`] holds songs of any length, on disk if they are long.
//! - [`wav`] writes 24-bit files, which appear complete or not at all.
//!
//! ```no_run
//! let mut stream = flow_audio_file::SongStream::open("song.flac".as_ref())?;
//! while let Some(channels) = stream.next_block()? {
//!     println!("{} frames of {}", channels[0].len(), channels.len());
//! }
//! # Ok::<(), anyhow::Error>(())
//! ```

mod audio;
mod ogg;
mod sample_store;
mod song;
mod song_stream;
pub mod wav;

pub use audio::{Audio, db_to_gain, gain_to_db, seconds_to_samples};
pub use sample_store::{SampleReader, SampleStore};
pub use song::{Song, read};
pub use song_stream::{SONG_EXTENSIONS, SONG_RATES_HZ, SongStream};
