//! WAV files and their relatives.

mod file;
mod riff;

pub(super) use file::open;
