//! The user's settings.

use flow_dsp::{ChainSettings, Delivery};

use super::intensity::Intensity;
use crate::reference::ReferenceTarget;

/// The user's settings, which an analysis reads.
#[derive(Clone, Debug, PartialEq)]
pub struct Context {
    /// The chain's settings: the style target, and the start of all proposals.
    pub settings: ChainSettings,
    /// The delivery profile.
    pub delivery: Delivery,
    /// The user's own loudness target in place of that of the delivery profile, LUFS.
    pub own_target_lufs: Option<f32>,
    /// How far proposals move the balance.
    pub intensity: Intensity,
    /// Whether proposals may lower the gain of audio above the target loudness.
    pub allow_gain_reduction: bool,
    /// The references that proposals lead to.
    pub reference_target: ReferenceTarget,
}

impl Default for Context {
    fn default() -> Self {
        Self {
            settings: ChainSettings::default(),
            delivery: flow_dsp::DELIVERIES[0],
            own_target_lufs: None,
            intensity: Intensity::default(),
            allow_gain_reduction: false,
            reference_target: ReferenceTarget::default(),
        }
    }
}
