//! The Five Pillars, Flow's groups of sound tools.

use flow_dsp::ChainSettings;
use serde::Serialize;

use crate::table::ParameterId;
use crate::value::ParameterValue;

/// One of the Five Pillars, in the order of the signal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub enum Pillar {
    /// The low end.
    VelvetFloor,
    /// Upper warmth.
    HarmonicLattice,
    /// Stereo.
    PhaseWeave,
    /// Tonal balance.
    VelvetCurve,
    /// Dynamics, loudness and ceiling.
    MasterChain,
}

impl Pillar {
    /// All pillars in the order of the signal.
    pub const ALL: [Self; 5] = [
        Self::VelvetFloor,
        Self::HarmonicLattice,
        Self::PhaseWeave,
        Self::VelvetCurve,
        Self::MasterChain,
    ];

    /// The switch of the pillar.
    #[must_use]
    pub fn switch(self) -> ParameterId {
        match self {
            Self::VelvetFloor => ParameterId::VelvetFloor,
            Self::HarmonicLattice => ParameterId::HarmonicLattice,
            Self::PhaseWeave => ParameterId::PhaseWeave,
            Self::VelvetCurve => ParameterId::VelvetCurve,
            Self::MasterChain => ParameterId::Dynamics,
        }
    }

    /// Whether the pillar is on. Loudness gain, limiter and dither of the Master Chain work without its switch.
    #[must_use]
    pub fn is_on(self, settings: &ChainSettings) -> bool {
        self.switch().get(settings) == ParameterValue::Switch(true)
    }

    /// The name in the window.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::VelvetFloor => "Velvet Floor",
            Self::HarmonicLattice => "Harmonic Lattice",
            Self::PhaseWeave => "Phase Weave",
            Self::VelvetCurve => "Velvet Curve",
            Self::MasterChain => "Master Chain",
        }
    }
}
