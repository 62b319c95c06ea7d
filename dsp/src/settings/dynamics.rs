//! Settings of the Master Chain's dynamics.
//!
//! Thresholds are peak levels of a sine in dBFS. Attack and release are the times in which the gain reduction in dB covers
//! 1 − 1/e (63 %) of a change. A knee of k dB reaches from k/2 below the threshold to k/2 above it.

use super::declare::{Sanitize, settings};

settings! {
    /// Pillar 5 up to its gain: mid/side dynamics, three-band compressor, glue compressor, drive.
    DynamicsSettings {
        /// Off is exactly neutral. It doesn't switch loudness gain, limiter and dither.
        on: bool = true;
        /// Mid and side, each with its own compressor.
        mid_side: MidSideSettings = MidSideSettings::default();
        /// Three bands, each with its own compressor.
        multiband: MultibandSettings = MultibandSettings::default();
        /// One compressor for the whole mix.
        glue: GlueSettings = GlueSettings::default();
        /// Saturation before the limiter; 0 is exactly neutral.
        drive: f32 = 0.0, DRIVE: [0.0, 1.0];
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
}

settings! {
    /// Settings of every compressor.
    CompressorSettings {
        /// dBFS.
        threshold_db: f32 = -18.0, THRESHOLD_DB: [-60.0, 0.0];
        /// Decibels above the threshold for one decibel out of the compressor.
        ratio: f32 = 2.0, RATIO: [1.0, 10.0];
        /// Width of the knee, dB.
        knee_db: f32 = 6.0, KNEE_DB: [0.0, 24.0];
        /// Time constant of more gain reduction, ms.
        attack_ms: f32 = 20.0, ATTACK_MS: [1.0, 200.0];
        /// Time constant of less gain reduction, ms.
        release_ms: f32 = 200.0, RELEASE_MS: [20.0, 2000.0];
    }
}

settings! {
    /// Settings of `MidSide`.
    MidSideSettings {
        /// Scales the gain reduction; 0 is exactly neutral.
        amount: f32 = 0.0, AMOUNT: [0.0, 1.0];
        /// Compressor of the mid, half the sum of both channels.
        mid: CompressorSettings = CompressorSettings::default();
        /// Share of the compressed mid.
        mid_mix: f32 = 1.0, MID_MIX: [0.0, 1.0];
        /// Compressor of the side, half the difference of both channels.
        side: CompressorSettings = CompressorSettings {
            threshold_db: -26.0,
            ..CompressorSettings::default()
        };
        /// Share of the compressed side.
        side_mix: f32 = 1.0, SIDE_MIX: [0.0, 1.0];
    }
}

settings! {
    /// Settings of `Multiband`.
    MultibandSettings {
        /// Scales gain reduction and band gains; 0 is exactly neutral.
        amount: f32 = 0.0, AMOUNT: [0.0, 1.0];
        /// Crossover of low and mid band, Hz.
        low_crossover_hz: f32 = 120.0, LOW_CROSSOVER_HZ: [40.0, 500.0];
        /// Crossover of mid and high band, Hz.
        high_crossover_hz: f32 = 2500.0, HIGH_CROSSOVER_HZ: [800.0, 12_000.0];
        /// Low, mid, high. Faster towards the treble, because periods are shorter there.
        bands: [BandSettings; 3] = [
            BandSettings::new(-20.0, 30.0, 200.0),
            BandSettings::new(-22.0, 15.0, 120.0),
            BandSettings::new(-30.0, 5.0, 80.0),
        ];
    }
}

settings! {
    /// One of the three bands.
    BandSettings {
        /// Settings of the band's compressor.
        compressor: CompressorSettings = CompressorSettings::default();
        /// Level after compression, dB.
        gain_db: f32 = 0.0, GAIN_DB: [-12.0, 12.0];
        /// Plays this band and other solo bands only.
        solo: bool = false;
    }
}

impl BandSettings {
    fn new(threshold_db: f32, attack_ms: f32, release_ms: f32) -> Self {
        Self {
            compressor: CompressorSettings {
                threshold_db,
                attack_ms,
                release_ms,
                ..CompressorSettings::default()
            },
            ..Self::default()
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

impl Sanitize for GlueRatio {}

settings! {
    /// Settings of `Glue`.
    GlueSettings {
        /// Scales the gain reduction; 0 is exactly neutral.
        amount: f32 = 0.0, AMOUNT: [0.0, 1.0];
        /// dBFS.
        threshold_db: f32 = -16.0, THRESHOLD_DB: CompressorSettings::THRESHOLD_DB;
        /// 1.5, 2 or 4.
        ratio: GlueRatio = GlueRatio::Medium;
        /// Width of the knee, dB.
        knee_db: f32 = 6.0, KNEE_DB: CompressorSettings::KNEE_DB;
        /// Time constant of more gain reduction, ms.
        attack_ms: f32 = 30.0, ATTACK_MS: CompressorSettings::ATTACK_MS;
        /// Time constant of less gain reduction when not automatic, ms.
        release_ms: f32 = 200.0, RELEASE_MS: CompressorSettings::RELEASE_MS;
        /// Release that follows the program: 100 ms after a short peak, 1.2 s after dense music.
        auto_release: bool = true;
        /// Corner of the detector's high-pass, Hz, 12 dB per octave.
        side_chain_high_pass_hz: f32 = 80.0, SIDE_CHAIN_HIGH_PASS_HZ: [20.0, 300.0];
        /// Share of the compressed signal.
        mix: f32 = 1.0, MIX: [0.0, 1.0];
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
}
