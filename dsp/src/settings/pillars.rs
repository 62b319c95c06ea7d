//! Settings of the first four pillars.

use super::declare::{Sanitize, settings};

settings! {
    /// Settings of `VelvetFloor`, the low end below about 150 Hz.
    FloorSettings {
        /// Off is exactly neutral.
        on: bool = true;
        /// Parallel low band; 0 is exactly neutral, 1 adds [`DEPTH_DB`].
        depth: f32 = 0.0, DEPTH: [0.0, 1.0];
        /// Overtones that make bass audible on small speakers; 0 is exactly neutral.
        warmth: f32 = 0.0, WARMTH: [0.0, 1.0];
        /// The method of Depth and Warmth.
        translation: Translation = Translation::Subtle;
        /// Removes rumble below the music.
        low_cut: LowCutSettings = LowCutSettings::default();
    }
}

/// Lift of the low band at full Depth, dB.
pub const DEPTH_DB: f32 = 6.0;

/// The way that Velvet Floor makes the low end audible.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Translation {
    /// Level only: Depth boosts a broad low band, Warmth the existing overtones.
    #[default]
    Subtle,
    /// A tight low band and new harmonics of it.
    Deep,
    /// A resonant low band and few new harmonics.
    Resonant,
}

impl Sanitize for Translation {}

settings! {
    /// Settings of `LowCut`.
    LowCutSettings {
        /// Off is exactly neutral.
        on: bool = false;
        /// −3 dB corner, Hz, 12 dB per octave.
        frequency_hz: f32 = 20.0, FREQUENCY_HZ: [10.0, 40.0];
    }
}

settings! {
    /// Settings of `HarmonicLattice`, upper warmth.
    LatticeSettings {
        /// Off is exactly neutral.
        on: bool = true;
        /// Bell over 1 to 3 kHz, dB.
        presence_db: f32 = 0.0, PRESENCE_DB: [-6.0, 6.0];
        /// High shelf, dB.
        sheen_db: f32 = 0.0, SHEEN_DB: [-6.0, 6.0];
        /// The balance of the harmonics.
        character: Character = Character::Neutral;
        /// Level of the harmonics; 0 is exactly neutral.
        drive: f32 = 0.0, DRIVE: [0.0, 1.0];
    }
}

/// The harmonic balance of Harmonic Lattice.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Character {
    /// Odd harmonics of all frequencies.
    #[default]
    Neutral,
    /// Mostly the second harmonic, more from the low mids.
    Warm,
    /// Odd harmonics of the treble.
    Bright,
    /// Even and odd harmonics at low levels, with a soft treble.
    Vintage,
}

impl Sanitize for Character {}

settings! {
    /// Settings of `PhaseWeave`, the stereo image.
    WeaveSettings {
        /// Off is exactly neutral.
        on: bool = true;
        /// Side level, 0 (mono) to 2; 1 is exactly neutral. Bass is widened less.
        width: f32 = 1.0, WIDTH: [0.0, 2.0];
        /// Folds the low end to mono.
        mono_below: bool = false;
        /// Corner of `mono_below`, Hz, 12 dB per octave.
        mono_below_hz: f32 = 120.0, MONO_BELOW_HZ: [40.0, 400.0];
        /// Keeps the loss of a mono fold-down below `max_loss_db`; 0 is exactly off.
        mono_safety: f32 = 0.0, MONO_SAFETY: [0.0, 1.0];
        /// Allowed loss of level by folding down to mono, dB.
        max_loss_db: f32 = 3.0, MAX_LOSS_DB: [1.0, 12.0];
        /// Averaging time of the loss, ms.
        detector_ms: f32 = 150.0, DETECTOR_MS: [50.0, 300.0];
    }
}

settings! {
    /// Settings of `VelvetCurve`, the tonal balance.
    CurveSettings {
        /// Off is exactly neutral.
        on: bool = true;
        /// Below 200 Hz, dB.
        body_db: f32 = 0.0, BODY_DB: [-6.0, 6.0];
        /// 200 Hz to 2 kHz, dB.
        soul_db: f32 = 0.0, SOUL_DB: Self::BODY_DB;
        /// 2 to 8 kHz, dB.
        silk_db: f32 = 0.0, SILK_DB: Self::BODY_DB;
        /// Above 8 kHz, dB.
        air_db: f32 = 0.0, AIR_DB: Self::BODY_DB;
        /// Amount of Comfort; 0 is exactly neutral.
        comfort: f32 = 0.0, COMFORT: [0.0, 1.0];
        /// The fine equalizer before the anchors.
        matching: MatchSettings = MatchSettings::default();
        /// The free bells behind it, at first where mud and honk lie.
        bells: [BellSettings; BELL_COUNT] = [BellSettings::at(300.0), BellSettings::at(1000.0)];
    }
}

/// Frequencies between the anchors Body, Soul, Silk and Air, Hz.
pub const ANCHOR_EDGES_HZ: [f32; 3] = [200.0, 2000.0, 8000.0];

/// Number of bands of `MatchEq`.
pub const MATCH_BAND_COUNT: usize = 16;

/// Centers of these bands, Hz.
pub const MATCH_HZ: [f32; MATCH_BAND_COUNT] = [
    40.0, 60.0, 90.0, 130.0, 190.0, 280.0, 410.0, 600.0, 880.0, 1300.0, 1900.0, 2800.0, 4100.0,
    6000.0, 9000.0, 13_500.0,
];

settings! {
    /// Settings of `MatchEq`.
    MatchSettings {
        /// Scales the bands' gains; 0 is exactly neutral.
        amount: f32 = 0.0, AMOUNT: [0.0, 1.5];
        /// Gain of each band at an amount of 1, dB.
        bands_db: [f32; MATCH_BAND_COUNT] = [0.0; MATCH_BAND_COUNT], BAND_DB: [-12.0, 12.0];
    }
}

/// Number of free bells.
pub const BELL_COUNT: usize = 2;

settings! {
    /// Settings of one of `FreeBells`.
    BellSettings {
        /// Gain at the center, dB; 0 is exactly neutral.
        gain_db: f32 = 0.0, GAIN_DB: [-6.0, 6.0];
        /// Center, Hz.
        frequency_hz: f32 = 1000.0, FREQUENCY_HZ: [20.0, 20_000.0];
        /// Center over width; the gain is half of its decibels at both ends of the width.
        q: f32 = 1.0, Q: [0.3, 6.0];
        /// The part of the stereo signal that it works on.
        channels: BellChannels = BellChannels::Stereo;
    }
}

impl BellSettings {
    /// A neutral bell at a frequency, Hz.
    const fn at(frequency_hz: f32) -> Self {
        Self {
            gain_db: 0.0,
            frequency_hz,
            q: 1.0,
            channels: BellChannels::Stereo,
        }
    }
}

/// The part of the stereo signal that a free bell works on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum BellChannels {
    /// Left and right alike.
    #[default]
    Stereo,
    /// The sum of both: voice, bass, kick.
    Mid,
    /// The difference of both: width, room.
    Side,
}

impl Sanitize for BellChannels {}

impl MatchSettings {
    /// The scaled gain of each band, −12 to +12 dB.
    #[must_use]
    pub fn gains_db(&self) -> [f32; MATCH_BAND_COUNT] {
        let [least, most] = Self::BAND_DB;
        self.bands_db
            .map(|db| (self.amount * db).clamp(least, most))
    }
}

impl CurveSettings {
    /// The gains of Match, dB; 0 if the pillar is off.
    #[must_use]
    pub fn match_gains_db(&self) -> [f32; MATCH_BAND_COUNT] {
        if self.on {
            self.matching.gains_db()
        } else {
            [0.0; MATCH_BAND_COUNT]
        }
    }

    /// The free bells; without gain if the pillar is off.
    #[must_use]
    pub fn free_bells(&self) -> [BellSettings; BELL_COUNT] {
        self.bells.map(|bell| BellSettings {
            gain_db: if self.on { bell.gain_db } else { 0.0 },
            ..bell
        })
    }
}
