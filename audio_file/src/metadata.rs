//! Tags, pictures, broadcast data and cue points of a song.

mod bext;
mod comments;
mod cue;
mod model;
mod quicktime;
mod read;
mod riff;
mod tags;
mod wav;

pub use bext::MasterLoudness;
pub(crate) use comments::FlacBlocks;
pub use model::Metadata;
