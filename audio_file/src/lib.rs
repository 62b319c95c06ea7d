//! Songs in files and in memory.
//!
//! - [`SongStream`] decodes a song block by block: WAV, AIFF, FLAC, MP3, Ogg Vorbis, Opus, AAC and ALAC, mono or stereo.
//!   [`read`] decodes a whole song. Truncated and damaged files are errors of one line, without the file's name.
//! - [`Audio`] is planar audio in memory. [`StoredAudio`] has any length, and lies on disk if it is long.
//! - [`SongWriter`] writes WAV, FLAC and Ogg Vorbis files, which appear complete or not at all.
//! - [`Metadata`] has tags, pictures, broadcast data and cue points, which it reads from a song for the writer.
//!
//! ```no_run
//! let mut stream = flow_audio_file::SongStream::open("song.flac".as_ref())?;
//! while let Some(channels) = stream.next_block()? {
//!     println!("{} frames of {}", channels[0].len(), channels.len());
//! }
//! # Ok::<(), anyhow::Error>(())
//! ```

mod audio;
mod decode;
mod encode;
mod metadata;
mod output_format;
mod resample;
mod sample_store;
mod song;
mod song_stream;
mod song_writer;
mod stored_audio;

pub use audio::{Audio, db_to_gain, gain_to_db, seconds_to_samples};
pub use encode::flac_16_in_memory;
pub use metadata::{MasterLoudness, Metadata};
pub use output_format::{Bits, Container, OutputFormat};
pub use resample::{RateConverter, converted_frames, resample};
pub use sample_store::{SampleStore, StoreOptions};
pub use song::{Song, read};
pub use song_stream::{SONG_EXTENSIONS, SONG_RATES_HZ, SongStream};
pub use song_writer::{SongWriter, write};
pub use stored_audio::{StoredAudio, StoredAudioReader};
