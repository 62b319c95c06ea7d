//! Songs from files: WAV, FLAC, MP3, Ogg Vorbis and AIFF, mono or stereo.
//!
//! A [`Stream`] gives a song block by block, so that nobody has to hold more of it than he needs; [`read`] gives all of it,
//! and [`reference()`] what is known of one that others shall sound like. What isn't a whole, healthy song is refused; errors
//! say why in one line, without the file's name.
//!
//! ```no_run
//! let mut stream = flow_songs::Stream::open("song.flac".as_ref())?;
//! while let Some(channels) = stream.next_block()? {
//!     println!("{} frames of {}", channels[0].len(), channels.len());
//! }
//! # Ok::<(), anyhow::Error>(())
//! ```

mod ogg;
mod reference;
mod stream;
mod whole;

pub use reference::{LONGEST_REFERENCE_S, reference};
pub use stream::{SAMPLE_RATES_HZ, Stream};
pub use whole::{Song, read};
