//! The choices of the displays, which the preferences file remembers.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value as Json;

use super::language_choice::LanguageChoice;

use crate::editor::language::key;

/// Reads a value, or takes the default in place of one that this version doesn't know.
///
/// # Errors
/// If it is no JSON.
pub(super) fn known_or_default<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: DeserializeOwned + Default,
{
    let json = Json::deserialize(deserializer)?;
    Ok(serde_json::from_value(json).unwrap_or_default())
}

/// Reads a switch, or takes `DEFAULT` in place of another value.
///
/// # Errors
/// If it is no JSON.
fn switch_or<'de, const DEFAULT: bool, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<bool, D::Error> {
    Ok(Json::deserialize(deserializer)?
        .as_bool()
        .unwrap_or(DEFAULT))
}

/// The choices of all displays.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct DisplayOptions {
    #[serde(deserialize_with = "known_or_default")]
    pub(crate) spectrum: SpectrumOptions,
    #[serde(deserialize_with = "known_or_default")]
    pub(crate) history: HistoryRange,
    #[serde(deserialize_with = "known_or_default")]
    pub(crate) meters: MeterOptions,
    pub(crate) appearance: Appearance,
    /// The size of the user's last window.
    #[serde(deserialize_with = "known_or_default")]
    pub(crate) window: Option<UsualSize>,
}

/// A size of the window, logical pixels.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UsualSize([u16; 2]);

impl UsualSize {
    /// Rounds a size. NaN becomes 0.
    #[must_use]
    pub fn new(logical: [f32; 2]) -> Self {
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
        Self(logical.map(|side| side.round() as u16))
    }

    /// Width and height.
    #[must_use]
    pub fn logical(self) -> [f32; 2] {
        self.0.map(f32::from)
    }
}

/// The choices of the meters.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct MeterOptions {
    #[serde(deserialize_with = "known_or_default")]
    pub(crate) scale: LevelScale,
    /// The user's target in place of that of the delivery.
    #[serde(deserialize_with = "known_or_default")]
    pub(crate) own_target: Option<OwnTarget>,
}

/// A loudness target in tenths of LUFS.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct OwnTarget(i16);

impl OwnTarget {
    /// Ends of the range, LUFS.
    pub(crate) const RANGE_LUFS: [f32; 2] = [-36.0, -3.0];

    /// The nearest tenth within the range.
    pub(crate) fn new(lufs: f32) -> Self {
        let [low, high] = Self::RANGE_LUFS;
        // A few hundred; NaN becomes 0, which is then clamped.
        #[allow(clippy::cast_possible_truncation)]
        let tenths = (10.0 * lufs).round() as i16;
        #[allow(clippy::cast_possible_truncation)]
        let [low, high] = [low, high].map(|end| (10.0 * end) as i16);
        Self(tenths.clamp(low, high))
    }

    pub(crate) fn lufs(self) -> f32 {
        // A file may hold any number.
        let [low, high] = Self::RANGE_LUFS;
        (f32::from(self.0) / 10.0).clamp(low, high)
    }
}

/// The scale of the level meter.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum LevelScale {
    #[default]
    Dbfs,
    K12,
    K14,
    K20,
}

impl LevelScale {
    pub(crate) const ALL: [(Self, &'static str); 4] = [
        (Self::Dbfs, "dBFS"),
        (Self::K20, "K-20"),
        (Self::K14, "K-14"),
        (Self::K12, "K-12"),
    ];

    pub(crate) fn name(self) -> &'static str {
        let named = Self::ALL.iter().find(|(scale, _)| *scale == self);
        named.map_or("", |(_, name)| *name)
    }

    /// The level that the scale calls 0, dBFS.
    pub(crate) fn zero_dbfs(self) -> f32 {
        match self {
            Self::Dbfs => 0.0,
            Self::K12 => -12.0,
            Self::K14 => -14.0,
            Self::K20 => -20.0,
        }
    }

    /// The marks of the scale.
    pub(crate) fn marks(self) -> [f32; 5] {
        match self {
            Self::Dbfs => [0.0, -12.0, -24.0, -36.0, -48.0],
            Self::K12 => [12.0, 4.0, 0.0, -10.0, -24.0],
            Self::K14 => [14.0, 4.0, 0.0, -10.0, -24.0],
            Self::K20 => [20.0, 4.0, 0.0, -10.0, -24.0],
        }
    }

    /// The lowest level of the scale, dBFS.
    pub(crate) fn bottom_dbfs(self) -> f32 {
        self.zero_dbfs() + self.marks()[4]
    }
}

/// The choices for the whole window.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Appearance {
    /// The colors.
    #[serde(deserialize_with = "known_or_default")]
    pub colors: ColorTheme,
    /// Nothing moves faster than can be read.
    #[serde(deserialize_with = "switch_or::<false, _>")]
    pub reduced_motion: bool,
    /// The language of the texts.
    #[serde(deserialize_with = "known_or_default")]
    pub language: LanguageChoice,
}

/// The colors of the window.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ColorTheme {
    /// Light texts on dark grounds.
    #[default]
    Dark,
    /// Dark texts on light grounds.
    Light,
    /// White texts on black, and brighter colors.
    HighContrast,
    /// Dark, with signals and states that differ in every color blindness.
    ColorBlindSafe,
}

impl ColorTheme {
    /// All themes with their names.
    pub const ALL: [(Self, &'static str); 4] = [
        (Self::Dark, key!("Dark")),
        (Self::Light, key!("Light")),
        (Self::HighContrast, key!("High contrast")),
        (Self::ColorBlindSafe, key!("Color-blind safe")),
    ];
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
        (Self::HalfMinute, key!("last 30 s")),
        (Self::TwoMinutes, key!("last 2 minutes")),
        (Self::Song, key!("whole song")),
    ];
}

/// The choices of the spectrum.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct SpectrumOptions {
    #[serde(deserialize_with = "known_or_default")]
    pub(crate) tilt: Tilt,
    #[serde(deserialize_with = "known_or_default")]
    pub(crate) range: LevelRange,
    #[serde(deserialize_with = "known_or_default")]
    pub(crate) averaging: Averaging,
    #[serde(deserialize_with = "known_or_default")]
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
        (Self::Fast, key!("Fast")),
        (Self::Medium, key!("Medium")),
        (Self::Slow, key!("Slow")),
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
    #[serde(deserialize_with = "switch_or::<true, _>")]
    pub(crate) input: bool,
    #[serde(deserialize_with = "switch_or::<true, _>")]
    pub(crate) output: bool,
    #[serde(deserialize_with = "switch_or::<true, _>")]
    pub(crate) peaks: bool,
    /// The mean of the references.
    #[serde(deserialize_with = "switch_or::<true, _>")]
    pub(crate) reference: bool,
    /// The level of the output against that of the input.
    #[serde(deserialize_with = "switch_or::<false, _>")]
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
