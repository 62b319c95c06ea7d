//! The stages of the chain whose settings are compared on their own.

use crate::pillar::Pillar;
use crate::table::ParameterId;

/// A stage: the parameters of one page of a pillar's details.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stage {
    /// The low band, trim and low cut.
    VelvetFloor,
    /// The harmonics.
    HarmonicLattice,
    /// Width and mono safety.
    PhaseWeave,
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
    /// Drive, loudness gain, limiter and dither.
    Limiter,
}

impl Stage {
    /// All stages in the order of the signal.
    pub const ALL: [Self; 10] = [
        Self::VelvetFloor,
        Self::HarmonicLattice,
        Self::PhaseWeave,
        Self::Equalizer,
        Self::Match,
        Self::Comfort,
        Self::MidSide,
        Self::Multiband,
        Self::Glue,
        Self::Limiter,
    ];

    /// The name in the window.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::VelvetFloor => "Velvet Floor",
            Self::HarmonicLattice => "Harmonic Lattice",
            Self::PhaseWeave => "Phase Weave",
            Self::Equalizer => "Equalizer",
            Self::Match => "Match",
            Self::Comfort => "Comfort",
            Self::MidSide => "Mid/side",
            Self::Multiband => "Multiband",
            Self::Glue => "Glue",
            Self::Limiter => "Limiter",
        }
    }

    /// The id in saved states. It never changes.
    #[must_use]
    pub fn id(self) -> &'static str {
        match self {
            Self::VelvetFloor => "floor",
            Self::HarmonicLattice => "lattice",
            Self::PhaseWeave => "weave",
            Self::Equalizer => "equalizer",
            Self::Match => "match",
            Self::Comfort => "comfort",
            Self::MidSide => "mid-side",
            Self::Multiband => "multiband",
            Self::Glue => "glue",
            Self::Limiter => "limiter",
        }
    }

    /// The stage that a parameter belongs to. The switches of the pillars and *Bypass* belong to none, because each is a comparison
    /// of its own; *Delivery* and *Style target* neither, because they don't change the sound.
    #[must_use]
    pub fn of(parameter: ParameterId) -> Option<Self> {
        const DYNAMICS: &str = "Master Chain/";
        if Pillar::ALL.map(Pillar::switch).contains(&parameter) {
            return None;
        }
        Some(match (parameter, parameter.pillar()) {
            (ParameterId::Bypass | ParameterId::Delivery | ParameterId::StyleTarget, _) => {
                return None;
            }
            (ParameterId::Trim, _) | (_, Pillar::VelvetFloor) => Self::VelvetFloor,
            (_, Pillar::HarmonicLattice) => Self::HarmonicLattice,
            (_, Pillar::PhaseWeave) => Self::PhaseWeave,
            (ParameterId::Comfort, _) => Self::Comfort,
            (_, Pillar::VelvetCurve) if parameter.group() == "Match" => Self::Match,
            (_, Pillar::VelvetCurve) => Self::Equalizer,
            (_, Pillar::MasterChain) => {
                let group = parameter.group().strip_prefix(DYNAMICS);
                match group.and_then(|group| group.split('/').next()) {
                    Some("Mid and side") => Self::MidSide,
                    Some("Multiband") => Self::Multiband,
                    Some("Glue") => Self::Glue,
                    _ => Self::Limiter,
                }
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stage_has_the_parameters_of_its_compressor() {
        use ParameterId::*;
        for (parameter, stage) in [
            (LowBandSolo, Stage::Multiband),
            (HighCrossover, Stage::Multiband),
            (SideMix, Stage::MidSide),
            (MidSideKnee, Stage::MidSide),
            (GlueSideChainHighPass, Stage::Glue),
            (Ceiling, Stage::Limiter),
            (Drive, Stage::Limiter),
            (NoiseShaping, Stage::Limiter),
            (Trim, Stage::VelvetFloor),
            (LowCutFrequency, Stage::VelvetFloor),
            (Bell2Channels, Stage::Equalizer),
            (Body, Stage::Equalizer),
            (MatchAmount, Stage::Match),
            (MonoSafetyDetector, Stage::PhaseWeave),
        ] {
            assert_eq!(Stage::of(parameter), Some(stage), "{parameter}");
        }
    }

    #[test]
    fn parameters_without_a_stage_are_switches_and_destinations() {
        let without = ParameterId::ALL
            .into_iter()
            .filter(|id| Stage::of(*id).is_none());
        assert_eq!(
            without.collect::<Vec<_>>(),
            [
                ParameterId::Delivery,
                ParameterId::Bypass,
                ParameterId::VelvetFloor,
                ParameterId::HarmonicLattice,
                ParameterId::PhaseWeave,
                ParameterId::VelvetCurve,
                ParameterId::StyleTarget,
                ParameterId::Dynamics,
            ]
        );
    }

    #[test]
    fn stages_have_different_ids_and_at_least_one_parameter() {
        let ids: std::collections::BTreeSet<_> = Stage::ALL.map(Stage::id).into_iter().collect();
        assert_eq!(ids.len(), Stage::ALL.len());
        for stage in Stage::ALL {
            let mut all = ParameterId::ALL.into_iter();
            assert!(all.any(|id| Stage::of(id) == Some(stage)), "{stage:?}");
        }
    }
}
