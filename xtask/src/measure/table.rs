//! The tables that a command writes.

use clap::ValueEnum;

/// A table of docs/measurements.md.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Table {
    /// The songs mastered for the profiles: loudness, peaks and dynamics before and after.
    Songs,
    /// The effect of each factory preset, as medians over the songs.
    Presets,
}
