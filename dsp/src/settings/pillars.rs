//! Settings of the first four pillars.

use super::clamp::within;

/// Settings of `VelvetFloor`, the low end below about 150 Hz.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct FloorSettings {
    /// Off is exactly neutral.
    pub on: bool,
    /// Parallel low band, 0 to 1; 0 is exactly neutral, 1 adds 6 dB.
    pub depth: f32,
    /// Overtones that make bass audible on small speakers, 0 to 1; 0 is exactly neutral.
    pub warmth: f32,
    /// The method of Depth and Warmth.
    pub translation: Translation,
    /// Removes rumble below the music.
    pub low_cut: LowCutSettings,
}

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

impl Default for FloorSettings {
    fn default() -> Self {
        Self {
            on: true,
            depth: 0.0,
            warmth: 0.0,
            translation: Translation::Subtle,
            low_cut: LowCutSettings::default(),
        }
    }
}

impl FloorSettings {
    pub(super) fn sanitized(self) -> Self {
        Self {
            depth: within(self.depth, 0.0..=1.0, 0.0),
            warmth: within(self.warmth, 0.0..=1.0, 0.0),
            low_cut: self.low_cut.sanitized(),
            ..self
        }
    }
}

/// Settings of `LowCut`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LowCutSettings {
    /// Off is exactly neutral.
    pub on: bool,
    /// −3 dB corner, 10 to 40 Hz, 12 dB per octave.
    pub frequency_hz: f32,
}

impl Default for LowCutSettings {
    fn default() -> Self {
        Self {
            on: false,
            frequency_hz: 20.0,
        }
    }
}

impl LowCutSettings {
    fn sanitized(self) -> Self {
        Self {
            frequency_hz: within(self.frequency_hz, 10.0..=40.0, Self::default().frequency_hz),
            ..self
        }
    }
}

/// Settings of `HarmonicLattice`, upper warmth.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LatticeSettings {
    /// Off is exactly neutral.
    pub on: bool,
    /// Bell over 1 to 3 kHz, −6 to +6 dB.
    pub presence_db: f32,
    /// High shelf, −6 to +6 dB.
    pub sheen_db: f32,
    /// The balance of the harmonics.
    pub character: Character,
    /// Level of the harmonics, 0 to 1; 0 is exactly neutral.
    pub drive: f32,
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

impl Default for LatticeSettings {
    fn default() -> Self {
        Self {
            on: true,
            presence_db: 0.0,
            sheen_db: 0.0,
            character: Character::Neutral,
            drive: 0.0,
        }
    }
}

impl LatticeSettings {
    pub(super) fn sanitized(self) -> Self {
        Self {
            presence_db: within(self.presence_db, -6.0..=6.0, 0.0),
            sheen_db: within(self.sheen_db, -6.0..=6.0, 0.0),
            drive: within(self.drive, 0.0..=1.0, 0.0),
            ..self
        }
    }
}

/// Settings of `PhaseWeave`, the stereo image.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct WeaveSettings {
    /// Off is exactly neutral.
    pub on: bool,
    /// Side level, 0 (mono) to 2; 1 is exactly neutral. Bass is widened less.
    pub width: f32,
    /// Folds the low end to mono.
    pub mono_below: bool,
    /// Crossover of `mono_below`, 40 to 400 Hz, 24 dB per octave.
    pub mono_below_hz: f32,
    /// Keeps the loss of a mono fold-down below `max_loss_db`, 0 to 1; 0 is exactly off.
    pub mono_safety: f32,
    /// Allowed loss of level by folding down to mono, 1 to 12 dB.
    pub max_loss_db: f32,
    /// Averaging time of the loss, 50 to 300 ms.
    pub detector_ms: f32,
}

impl Default for WeaveSettings {
    fn default() -> Self {
        Self {
            on: true,
            width: 1.0,
            mono_below: false,
            mono_below_hz: 120.0,
            mono_safety: 0.0,
            max_loss_db: 3.0,
            detector_ms: 150.0,
        }
    }
}

impl WeaveSettings {
    pub(super) fn sanitized(self) -> Self {
        let defaults = Self::default();
        Self {
            width: within(self.width, 0.0..=2.0, defaults.width),
            mono_below_hz: within(self.mono_below_hz, 40.0..=400.0, defaults.mono_below_hz),
            mono_safety: within(self.mono_safety, 0.0..=1.0, defaults.mono_safety),
            max_loss_db: within(self.max_loss_db, 1.0..=12.0, defaults.max_loss_db),
            detector_ms: within(self.detector_ms, 50.0..=300.0, defaults.detector_ms),
            ..self
        }
    }
}

/// Settings of `VelvetCurve`, the tonal balance.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct CurveSettings {
    /// Off is exactly neutral.
    pub on: bool,
    /// Below 200 Hz, −6 to +6 dB.
    pub body_db: f32,
    /// 200 Hz to 2 kHz, −6 to +6 dB.
    pub soul_db: f32,
    /// 2 to 8 kHz, −6 to +6 dB.
    pub silk_db: f32,
    /// Above 8 kHz, −6 to +6 dB.
    pub air_db: f32,
    /// Amount of Comfort, 0 to 1; 0 is exactly neutral.
    pub comfort: f32,
    /// The fine equalizer before the anchors.
    pub matching: MatchSettings,
}

/// Number of bands of `MatchEq`.
pub const MATCH_BANDS: usize = 16;

/// Centers of these bands, Hz.
pub const MATCH_HZ: [f32; MATCH_BANDS] = [
    40.0, 60.0, 90.0, 130.0, 190.0, 280.0, 410.0, 600.0, 880.0, 1300.0, 1900.0, 2800.0, 4100.0,
    6000.0, 9000.0, 13_500.0,
];

/// Largest gain of a band, dB.
const MOST_MATCH_DB: f32 = 12.0;

/// Settings of `MatchEq`.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct MatchSettings {
    /// Scales the bands' gains, 0 to 1.5; 0 is exactly neutral.
    pub amount: f32,
    /// Gain of each band at an amount of 1, −12 to +12 dB.
    pub bands_db: [f32; MATCH_BANDS],
}

impl MatchSettings {
    /// The scaled gain of each band, −12 to +12 dB.
    #[must_use]
    pub fn gains_db(&self) -> [f32; MATCH_BANDS] {
        let limited = |db: f32| (self.amount * db).clamp(-MOST_MATCH_DB, MOST_MATCH_DB);
        self.bands_db.map(limited)
    }

    fn sanitized(self) -> Self {
        Self {
            amount: within(self.amount, 0.0..=1.5, 0.0),
            bands_db: self
                .bands_db
                .map(|db| within(db, -MOST_MATCH_DB..=MOST_MATCH_DB, 0.0)),
        }
    }
}

impl Default for CurveSettings {
    fn default() -> Self {
        Self {
            on: true,
            body_db: 0.0,
            soul_db: 0.0,
            silk_db: 0.0,
            air_db: 0.0,
            comfort: 0.0,
            matching: MatchSettings::default(),
        }
    }
}

impl CurveSettings {
    pub(super) fn sanitized(self) -> Self {
        let gain = |value| within(value, -6.0..=6.0, 0.0);
        Self {
            on: self.on,
            body_db: gain(self.body_db),
            soul_db: gain(self.soul_db),
            silk_db: gain(self.silk_db),
            air_db: gain(self.air_db),
            comfort: within(self.comfort, 0.0..=1.0, 0.0),
            matching: self.matching.sanitized(),
        }
    }

    /// The gains of Match, dB; 0 if the pillar is off.
    #[must_use]
    pub fn match_gains_db(&self) -> [f32; MATCH_BANDS] {
        if self.on {
            self.matching.gains_db()
        } else {
            [0.0; MATCH_BANDS]
        }
    }
}
