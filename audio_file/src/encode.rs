//! The encoders, one for each container.

mod flac;
mod header;
mod samples;
mod vorbis;
mod wav;

pub(crate) use flac::FlacEncoder;
pub use flac::flac_16_in_memory;
pub(crate) use header::WavLayout;
pub(crate) use vorbis::VorbisEncoder;
pub(crate) use wav::WavEncoder;
