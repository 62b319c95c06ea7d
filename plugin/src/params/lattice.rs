//! Pillar 2, upper warmth.

use flow_dsp::{Character, LatticeSettings};
use nice_plug::prelude::{BoolParam, FloatParam, IntParam, Params};

use super::kinds::{decibels, finite, fraction, percent, switch};
use crate::choice::{choice, pick};

/// In the order of [`CHARACTER_NAMES`].
const CHARACTERS: [Character; 4] = [
    Character::Neutral,
    Character::Warm,
    Character::Bright,
    Character::Vintage,
];
const CHARACTER_NAMES: [&str; 4] = ["Neutral", "Warm", "Bright", "Vintage"];

/// Harmonic Lattice.
#[derive(Params)]
pub struct LatticeParams {
    /// The pillar's switch.
    #[id = "lat"]
    pub on: BoolParam,

    /// Bell over 1 to 3 kHz, −6 to +6 dB.
    #[id = "lapre"]
    pub presence: FloatParam,

    /// High shelf, −6 to +6 dB.
    #[id = "lashn"]
    pub sheen: FloatParam,

    /// A [`Character`].
    #[id = "lachr"]
    pub character: IntParam,

    /// How many harmonics, 0 to 100 %.
    #[id = "ladrv"]
    pub drive: FloatParam,
}

impl Default for LatticeParams {
    fn default() -> Self {
        let settings = LatticeSettings::default();
        Self {
            on: switch("Harmonic Lattice", settings.on),
            presence: decibels("Presence", settings.presence_db, -6.0..=6.0),
            sheen: decibels("Sheen", settings.sheen_db, -6.0..=6.0),
            character: choice("Character", &CHARACTER_NAMES, 0),
            drive: percent("Lattice drive", settings.drive, 0.0..=1.0),
        }
    }
}

impl LatticeParams {
    pub(super) fn settings(&self) -> LatticeSettings {
        LatticeSettings {
            on: self.on.value(),
            presence_db: finite(&self.presence),
            sheen_db: finite(&self.sheen),
            character: *pick(&CHARACTERS, self.character.value()),
            drive: fraction(&self.drive),
        }
    }
}
