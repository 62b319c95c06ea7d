//! The tables that a command writes.

use clap::ValueEnum;
use std::ops::RangeInclusive;

/// A table of docs/measurements.md.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Table {
    /// The promises, with the figures that their tests print.
    Promises,
    /// Instructions and times of the chain, its stages and the analysis.
    Cost,
    /// The songs mastered for the profiles: loudness, peaks and dynamics before and after.
    Songs,
    /// The effect of each factory preset, as medians over the songs.
    Presets,
    /// Flow's limiter beside those of other open plug-ins and programs, at equal loudness and equal true peak. The loudest
    /// 12 seconds of each song count.
    Limiters,
    /// The processor time of Flow's stages beside that of other open plug-ins that do the same job, on two minutes of one song.
    Stages,
    /// The time of a master beside ffmpeg's loudnorm and matchering. The first song is mastered, the second is matchering's
    /// reference.
    Programs,
    /// The reference match beside matchering, on the pairs of songs of tests/compare/pairs.csv.
    Matching,
    /// The content classes of windows of songs, speech and single instruments. It downloads the training songs, and recorded speech.
    ContentClasses,
    /// The loudness of whole songs against that of their loud parts. It downloads the training songs.
    SongLoudness,
    /// The network's executors, and onnxruntime if Python has it, on one core.
    Executors,
    /// Dropouts of real-time audio while both cores are busy. It takes eight minutes.
    Busy,
}

impl Table {
    /// The name on the command line and in the page.
    pub(super) fn name(self) -> String {
        self.to_possible_value()
            .map_or_else(String::new, |value| value.get_name().to_owned())
    }

    /// How many songs it needs.
    pub(super) fn songs(self) -> RangeInclusive<usize> {
        match self {
            Self::Promises
            | Self::Cost
            | Self::Matching
            | Self::ContentClasses
            | Self::SongLoudness
            | Self::Executors
            | Self::Busy => 0..=0,
            Self::Songs | Self::Presets | Self::Limiters => 1..=usize::MAX,
            Self::Stages => 1..=1,
            Self::Programs => 2..=2,
        }
    }
}
