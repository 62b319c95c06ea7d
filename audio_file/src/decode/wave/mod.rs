//! WAV files and their relatives.

mod file;
mod riff;

pub(super) use file::open;
pub(crate) use riff::ChunkReader;
