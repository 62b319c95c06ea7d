//! References: songs that proposals lead to.

mod difference;
pub(crate) mod matching;
pub(crate) mod song;
mod song_stats;
mod target;

pub use difference::towards;
pub use song::{Reference, ReferenceError};
pub use song_stats::SongStats;
pub use target::ReferenceTarget;
