//! Settings of the Master Chain's dynamics.
//!
//! Thresholds are peak levels of a sine in dBFS. Attack and release are the times in which the gain reduction in dB covers
//! 1 − 1/e (63 %) of a change. A knee of k dB reaches from k/2 below the threshold to k/2 above it.

use super::clamp::within;

/// Pillar 5 up to its gain: mid/side dynamics, three-band compressor, glue compressor, drive.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct DynamicsSettings {
    /// Off is exactly neutral. It doesn't switch loudness gain, limiter and dither.
    pub on: bool,
    /// Mid and side, each with its own compressor.
    pub mid_side: MidSideSettings,
    /// Three bands, each with its own compressor.
    pub multiband: MultibandSettings,
    /// One compressor for the whole mix.
    pub glue: GlueSettings,
    /// Saturation before the limiter, 0 to 1; 0 is exactly neutral.
    pub drive: f32,
}

impl Default for DynamicsSettings {
    fn default() -> Self {
        Self {
            on: true,
            mid_side: MidSideSettings::default(),
            multiband: MultibandSettings::default(),
            glue: GlueSettings::default(),
            drive: 0.0,
        }
    }
}

impl DynamicsSettings {
    /// Sets every amount to 0 if the dynamics are off.
    #[inline(always)]
    #[must_use]
    pub fn switched(mut self) -> Self {
        if !self.on {
            self.mid_side.amount = 0.0;
            self.multiband.amount = 0.0;
            self.glue.amount = 0.0;
            self.drive = 0.0;
        }
        self
    }

    pub(super) fn sanitized(self) -> Self {
        Self {
            on: self.on,
            mid_side: self.mid_side.sanitized(),
            multiband: self.multiband.sanitized(),
            glue: self.glue.sanitized(),
            drive: within(self.drive, 0.0..=1.0, 0.0),
        }
    }
}

/// Settings of every compressor.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct CompressorSettings {
    /// −60 to 0 dBFS.
    pub threshold_db: f32,
    /// 1 to 10.
    pub ratio: f32,
    /// 0 to 24 dB.
    pub knee_db: f32,
    /// 1 to 200 ms.
    pub attack_ms: f32,
    /// 20 to 2000 ms.
    pub release_ms: f32,
}

impl CompressorSettings {
    /// 2 : 1 with a knee of 6 dB.
    const fn new(threshold_db: f32, attack_ms: f32, release_ms: f32) -> Self {
        Self {
            threshold_db,
            ratio: 2.0,
            knee_db: 6.0,
            attack_ms,
            release_ms,
        }
    }

    fn sanitized(self, defaults: Self) -> Self {
        Self {
            threshold_db: within(self.threshold_db, -60.0..=0.0, defaults.threshold_db),
            ratio: within(self.ratio, 1.0..=10.0, defaults.ratio),
            knee_db: within(self.knee_db, 0.0..=24.0, defaults.knee_db),
            attack_ms: within(self.attack_ms, 1.0..=200.0, defaults.attack_ms),
            release_ms: within(self.release_ms, 20.0..=2000.0, defaults.release_ms),
        }
    }
}

/// Settings of `MidSide`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct MidSideSettings {
    /// Scales the gain reduction, 0 to 1; 0 is exactly neutral.
    pub amount: f32,
    /// Compressor of the mid, half the sum of both channels.
    pub mid: CompressorSettings,
    /// Share of the compressed mid, 0 to 1.
    pub mid_mix: f32,
    /// Compressor of the side, half the difference of both channels.
    pub side: CompressorSettings,
    /// Share of the compressed side, 0 to 1.
    pub side_mix: f32,
}

impl Default for MidSideSettings {
    fn default() -> Self {
        Self {
            amount: 0.0,
            mid: CompressorSettings::new(-18.0, 20.0, 200.0),
            mid_mix: 1.0,
            side: CompressorSettings::new(-26.0, 20.0, 200.0),
            side_mix: 1.0,
        }
    }
}

impl MidSideSettings {
    fn sanitized(self) -> Self {
        let defaults = Self::default();
        Self {
            amount: within(self.amount, 0.0..=1.0, defaults.amount),
            mid: self.mid.sanitized(defaults.mid),
            mid_mix: within(self.mid_mix, 0.0..=1.0, defaults.mid_mix),
            side: self.side.sanitized(defaults.side),
            side_mix: within(self.side_mix, 0.0..=1.0, defaults.side_mix),
        }
    }
}

/// Settings of `Multiband`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct MultibandSettings {
    /// Scales gain reduction and band gains, 0 to 1; 0 is exactly neutral.
    pub amount: f32,
    /// Crossover of low and mid band, 40 to 500 Hz.
    pub low_crossover_hz: f32,
    /// Crossover of mid and high band, 800 to 12 000 Hz.
    pub high_crossover_hz: f32,
    /// Low, mid, high.
    pub bands: [BandSettings; 3],
}

/// One of the three bands.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct BandSettings {
    /// Settings of the band's compressor.
    pub compressor: CompressorSettings,
    /// Level after compression, −12 to +12 dB.
    pub gain_db: f32,
    /// Plays this band and other solo bands only.
    pub solo: bool,
}

impl BandSettings {
    const fn new(compressor: CompressorSettings) -> Self {
        Self {
            compressor,
            gain_db: 0.0,
            solo: false,
        }
    }

    fn sanitized(self, defaults: Self) -> Self {
        Self {
            compressor: self.compressor.sanitized(defaults.compressor),
            gain_db: within(self.gain_db, -12.0..=12.0, defaults.gain_db),
            solo: self.solo,
        }
    }
}

impl Default for MultibandSettings {
    fn default() -> Self {
        Self {
            amount: 0.0,
            low_crossover_hz: 120.0,
            high_crossover_hz: 2500.0,
            // Faster towards the treble, because periods are shorter there.
            bands: [
                BandSettings::new(CompressorSettings::new(-20.0, 30.0, 200.0)),
                BandSettings::new(CompressorSettings::new(-22.0, 15.0, 120.0)),
                BandSettings::new(CompressorSettings::new(-30.0, 5.0, 80.0)),
            ],
        }
    }
}

impl MultibandSettings {
    fn sanitized(self) -> Self {
        let defaults = Self::default();
        Self {
            amount: within(self.amount, 0.0..=1.0, defaults.amount),
            low_crossover_hz: within(
                self.low_crossover_hz,
                40.0..=500.0,
                defaults.low_crossover_hz,
            ),
            high_crossover_hz: within(
                self.high_crossover_hz,
                800.0..=12_000.0,
                defaults.high_crossover_hz,
            ),
            bands: core::array::from_fn(|i| self.bands[i].sanitized(defaults.bands[i])),
        }
    }
}

/// The glue compressor's ratios.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum GlueRatio {
    /// 1.5 : 1
    Gentle,
    /// 2 : 1
    #[default]
    Medium,
    /// 4 : 1
    Firm,
}

impl GlueRatio {
    /// The ratio as a number.
    #[must_use]
    pub fn value(self) -> f32 {
        match self {
            Self::Gentle => 1.5,
            Self::Medium => 2.0,
            Self::Firm => 4.0,
        }
    }
}

/// Settings of `Glue`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct GlueSettings {
    /// Scales the gain reduction, 0 to 1; 0 is exactly neutral.
    pub amount: f32,
    /// −60 to 0 dBFS.
    pub threshold_db: f32,
    /// 1.5, 2 or 4.
    pub ratio: GlueRatio,
    /// 0 to 24 dB.
    pub knee_db: f32,
    /// 1 to 200 ms.
    pub attack_ms: f32,
    /// 20 to 2000 ms, when not automatic.
    pub release_ms: f32,
    /// Release that follows the program: 100 ms after a short peak, 1.2 s after dense music.
    pub auto_release: bool,
    /// Corner of the detector's high-pass, 20 to 300 Hz, 12 dB per octave.
    pub side_chain_high_pass_hz: f32,
    /// Share of the compressed signal, 0 to 1.
    pub mix: f32,
}

impl Default for GlueSettings {
    fn default() -> Self {
        Self {
            amount: 0.0,
            threshold_db: -16.0,
            ratio: GlueRatio::Medium,
            knee_db: 6.0,
            attack_ms: 30.0,
            release_ms: 200.0,
            auto_release: true,
            side_chain_high_pass_hz: 80.0,
            mix: 1.0,
        }
    }
}

impl GlueSettings {
    /// The settings of its compressor.
    #[must_use]
    pub fn compressor(&self) -> CompressorSettings {
        CompressorSettings {
            threshold_db: self.threshold_db,
            ratio: self.ratio.value(),
            knee_db: self.knee_db,
            attack_ms: self.attack_ms,
            release_ms: self.release_ms,
        }
    }

    fn sanitized(self) -> Self {
        let defaults = Self::default();
        let compressor = self.compressor().sanitized(defaults.compressor());
        Self {
            amount: within(self.amount, 0.0..=1.0, defaults.amount),
            threshold_db: compressor.threshold_db,
            ratio: self.ratio,
            knee_db: compressor.knee_db,
            attack_ms: compressor.attack_ms,
            release_ms: compressor.release_ms,
            auto_release: self.auto_release,
            side_chain_high_pass_hz: within(
                self.side_chain_high_pass_hz,
                20.0..=300.0,
                defaults.side_chain_high_pass_hz,
            ),
            mix: within(self.mix, 0.0..=1.0, defaults.mix),
        }
    }
}
