//! Pages of eight knobs for hardware controllers: loudness first, then the pillars in the order of the signal. A knob does
//! related things on related pages.

use flow_params::ParameterId::{self, *};

/// Knobs on a page.
pub(crate) const KNOBS: usize = 8;

/// One page.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Page {
    /// The heading of a group of pages.
    pub(crate) section: &'static str,
    /// The name of the page.
    pub(crate) name: &'static str,
    /// The parameter of each knob; none where a knob is free.
    pub(crate) knobs: [Option<ParameterId>; KNOBS],
}

const fn page(
    section: &'static str,
    name: &'static str,
    knobs: [Option<ParameterId>; KNOBS],
) -> Page {
    Page {
        section,
        name,
        knobs,
    }
}

/// A page with knobs from left to right; `_` is a free knob.
macro_rules! knobs {
    ($($knob:tt),+) => { [$(knobs!(@ $knob)),+] };
    (@ _) => { None };
    (@ $id:ident) => { Some($id) };
}

/// All pages in their order.
#[rustfmt::skip]
pub(crate) const PAGES: [Page; 16] = [
    page("Flow", "Loudness", knobs![
        Trim, LoudnessGain, Ceiling, Release, StereoLink, LimiterStyle, Delivery, Bypass]),
    page("Flow", "Input and output", knobs![
        Trim, LowCut, LowCutFrequency, _, Dither, NoiseShaping, _, Bypass]),
    page("Pillars", "Velvet Floor", knobs![
        VelvetFloor, Depth, Warmth, Translation, LowCut, LowCutFrequency, _, _]),
    page("Pillars", "Harmonic Lattice", knobs![
        HarmonicLattice, Presence, Sheen, Character, LatticeDrive, _, _, _]),
    page("Pillars", "Phase Weave", knobs![
        PhaseWeave, Width, MonoBelow, MonoBelowFrequency, MonoSafety, MonoSafetyMaximumLoss, MonoSafetyDetector, _]),
    page("Pillars", "Velvet Curve", knobs![
        VelvetCurve, Body, Soul, Silk, Air, Comfort, StyleTarget, MatchAmount]),
    page("Pillars", "Bells", knobs![
        Bell1Frequency, Bell1Gain, Bell1Q, Bell1Channels, Bell2Frequency, Bell2Gain, Bell2Q, Bell2Channels]),
    page("Pillars", "Match, low", knobs![Match1, Match2, Match3, Match4, Match5, Match6, Match7, Match8]),
    page("Pillars", "Match, high", knobs![Match9, Match10, Match11, Match12, Match13, Match14, Match15, Match16]),
    // With the knees, which have no room on the pages of their stages.
    page("Master Chain", "Dynamics", knobs![
        Dynamics, MidSideAmount, MultibandAmount, GlueAmount, Drive, MidSideKnee, MultibandKnee, GlueKnee]),
    page("Master Chain", "Mid", knobs![
        MidSideAmount, MidThreshold, MidRatio, MidAttack, MidRelease, _, MidMix, _]),
    page("Master Chain", "Side", knobs![
        MidSideAmount, SideThreshold, SideRatio, SideAttack, SideRelease, _, SideMix, _]),
    page("Master Chain", "Low band", knobs![
        MultibandAmount, LowBandThreshold, LowBandRatio, LowBandAttack, LowBandRelease, LowCrossover, LowBandGain,
        LowBandSolo]),
    page("Master Chain", "Mid band", knobs![
        MultibandAmount, MidBandThreshold, MidBandRatio, MidBandAttack, MidBandRelease, HighCrossover, MidBandGain,
        MidBandSolo]),
    page("Master Chain", "High band", knobs![
        MultibandAmount, HighBandThreshold, HighBandRatio, HighBandAttack, HighBandRelease, HighCrossover, HighBandGain,
        HighBandSolo]),
    page("Master Chain", "Glue", knobs![
        GlueAmount, GlueThreshold, GlueRatio, GlueAttack, GlueRelease, GlueAutoRelease, GlueMix, GlueSideChainHighPass]),
];

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn page_has_each_parameter_once() {
        for page in PAGES {
            let count = page.knobs.iter().flatten().count();
            assert!(count > 0, "{} is empty", page.name);
            let knobs: HashSet<_> = page.knobs.iter().flatten().collect();
            assert_eq!(knobs.len(), count, "{}", page.name);
        }
    }

    #[test]
    fn pages_together_have_every_parameter() {
        for id in ParameterId::ALL {
            let mut knobs = PAGES.iter().flat_map(|page| page.knobs.iter().flatten());
            assert!(knobs.any(|knob| *knob == id), "no page has {}", id.name());
        }
    }
}
