//! The Five Pillars, Flow's groups of sound tools.

use serde::Serialize;

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
