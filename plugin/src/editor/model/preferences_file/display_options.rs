//! The choices of the displays, which the preferences file remembers.

use serde::{Deserialize, Serialize};

/// The choices of all displays.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct DisplayOptions {
    pub(crate) spectrum: SpectrumOptions,
    pub(crate) history: HistoryRange,
}

/// The time that the history shows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum HistoryRange {
    HalfMinute,
    #[default]
    TwoMinutes,
    Song,
}

impl HistoryRange {
    pub(crate) const ALL: [(Self, &'static str); 3] = [
        (Self::HalfMinute, "last 30 s"),
        (Self::TwoMinutes, "last 2 minutes"),
        (Self::Song, "whole song"),
    ];
}

/// The choices of the spectrum.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct SpectrumOptions {
    pub(crate) tilt: Tilt,
    pub(crate) range: LevelRange,
    pub(crate) averaging: Averaging,
    pub(crate) layers: Layers,
}

/// The slope that is drawn as a level line, for spectral density as most analyzers show it: pink noise falls by 3 dB per
/// octave.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Tilt {
    #[serde(rename = "0")]
    Flat,
    #[serde(rename = "3")]
    Pink,
    /// The usual slope of music.
    #[default]
    #[serde(rename = "4.5")]
    Music,
}

impl Tilt {
    pub(crate) const ALL: [(Self, &'static str); 3] = [
        (Self::Flat, "0 dB"),
        (Self::Pink, "3 dB"),
        (Self::Music, "4.5 dB"),
    ];

    /// The slope that is added to levels of third octaves, dB/octave. These rise by 3 dB against spectral density.
    pub(crate) fn of_third_octaves_db(self) -> f32 {
        match self {
            Self::Flat => -3.0,
            Self::Pink => 0.0,
            Self::Music => 1.5,
        }
    }
}

/// The range of levels below 0 dB.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum LevelRange {
    #[default]
    #[serde(rename = "60")]
    Narrow,
    #[serde(rename = "90")]
    Medium,
    #[serde(rename = "120")]
    Wide,
}

impl LevelRange {
    pub(crate) const ALL: [(Self, &'static str); 3] = [
        (Self::Narrow, "60 dB"),
        (Self::Medium, "90 dB"),
        (Self::Wide, "120 dB"),
    ];

    pub(crate) fn decibels(self) -> f32 {
        match self {
            Self::Narrow => 60.0,
            Self::Medium => 90.0,
            Self::Wide => 120.0,
        }
    }
}

/// The time over which levels are averaged.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Averaging {
    Fast,
    #[default]
    Medium,
    Slow,
}

impl Averaging {
    pub(crate) const ALL: [(Self, &'static str); 3] = [
        (Self::Fast, "Fast"),
        (Self::Medium, "Medium"),
        (Self::Slow, "Slow"),
    ];

    /// Time constant, s.
    pub(crate) fn seconds(self) -> f32 {
        match self {
            Self::Fast => 0.15,
            Self::Medium => 0.5,
            Self::Slow => 2.5,
        }
    }
}

/// The curves of levels that are drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
// One switch for each curve.
#[allow(clippy::struct_excessive_bools)]
pub(crate) struct Layers {
    pub(crate) input: bool,
    pub(crate) output: bool,
    pub(crate) peaks: bool,
    /// The mean of the references.
    pub(crate) reference: bool,
    /// The level of the output against that of the input.
    pub(crate) delta: bool,
}

impl Default for Layers {
    fn default() -> Self {
        Self {
            input: true,
            output: true,
            peaks: true,
            reference: true,
            delta: false,
        }
    }
}
