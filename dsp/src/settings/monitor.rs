//! Monitor states.

use super::ChainSettings;

/// Monitor states. They are no parameters and are never saved; offline renders pass [`Monitor::default`]. Bypass overrides all
/// of them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Monitor {
    /// Loudness-matched compare.
    pub compare: Compare,
    /// Plays the output as loud as the input whatever changes. The gain follows the loudness of the last 3 s, and after a
    /// change of the settings the loudness since then. It lies within ±24 dB, and turns up no further than full scale.
    /// While comparing, it takes the place of the constant gain.
    pub auto_gain: bool,
    /// Plays the difference only: output minus delayed input. With automatic gain the output is as loud as the input.
    pub delta: bool,
    /// Plays half the sum of both channels on both sides.
    pub mono: bool,
    /// Plays the chain with this stage alone. Unlike the other states it is part of the output before monitor states, so that
    /// the meters measure what is heard.
    pub solo: Option<SoloStage>,
}

/// A stage that can be heard alone. Trim, loudness gain, limiter and dither go on in every case, so that the level stays and the
/// ceiling holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SoloStage {
    /// The anchors and the free bells.
    Equalizer,
    /// The fine equalizer.
    Match,
    /// Comfort.
    Comfort,
    /// Mid and side dynamics.
    MidSide,
    /// The three bands.
    Multiband,
    /// The glue compressor.
    Glue,
    /// The limiter.
    Limiter,
}

impl SoloStage {
    /// All stages.
    pub const ALL: [Self; 7] = [
        Self::Equalizer,
        Self::Match,
        Self::Comfort,
        Self::MidSide,
        Self::Multiband,
        Self::Glue,
        Self::Limiter,
    ];
}

impl ChainSettings {
    /// The settings with all stages at rest but one. A stage that is off stays off.
    #[must_use]
    pub(crate) fn soloed(mut self, stage: SoloStage) -> Self {
        self.floor.on = false;
        self.lattice.on = false;
        self.weave.on = false;
        let curve = &mut self.curve;
        let is_in_curve = matches!(
            stage,
            SoloStage::Equalizer | SoloStage::Match | SoloStage::Comfort
        );
        curve.on &= is_in_curve;
        if stage != SoloStage::Equalizer {
            curve.body_db = 0.0;
            curve.soul_db = 0.0;
            curve.silk_db = 0.0;
            curve.air_db = 0.0;
            curve.bells.iter_mut().for_each(|bell| bell.gain_db = 0.0);
        }
        if stage != SoloStage::Match {
            curve.matching.amount = 0.0;
        }
        if stage != SoloStage::Comfort {
            curve.comfort = 0.0;
        }
        let dynamics = &mut self.dynamics;
        dynamics.drive = 0.0;
        if stage != SoloStage::MidSide {
            dynamics.mid_side.amount = 0.0;
        }
        if stage != SoloStage::Multiband {
            dynamics.multiband.amount = 0.0;
        }
        if stage != SoloStage::Glue {
            dynamics.glue.amount = 0.0;
        }
        self
    }
}

/// Largest attenuation for a loudness match, dB.
pub const MAX_MATCH_DB: f64 = 12.0;

/// The side of a loudness-matched comparison that is played. The louder side is turned down by at most 12 dB. The gain is
/// that of the last 3 s when comparing starts, and constant. After a change of the settings it stays for 0.4 s,
/// follows the loudness since the change until 3 s have passed, and is constant again. So it stays under automation.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Compare {
    /// Not comparing: the chain's output at its own level.
    #[default]
    Off,
    /// The chain's output, turned down if it is the louder side.
    Processed,
    /// The delayed input, turned down if it is the louder side.
    Original,
}
