//! How Flow presents itself to CLAP and VST3 hosts. The ids are in saved projects: never change
//! them.

use nice_plug::prelude::*;

use crate::{Flow, remote_controls};

impl ClapPlugin for Flow {
    const CLAP_ID: &'static str = "org.flow-audio.flow";
    const CLAP_DESCRIPTION: Option<&'static str> =
        Some("Mastering in five pillars, with a true-peak limiter and honest meters");
    const CLAP_MANUAL_URL: Option<&'static str> = None;
    const CLAP_SUPPORT_URL: Option<&'static str> = None;
    const CLAP_FEATURES: &'static [ClapFeature] = &[
        ClapFeature::AudioEffect,
        ClapFeature::Stereo,
        ClapFeature::Mono,
        ClapFeature::Mastering,
        ClapFeature::Limiter,
    ];

    fn remote_controls(&self, context: &mut impl RemoteControlsContext) {
        remote_controls::add_pages(self.flow_params(), context);
    }
}

impl Vst3Plugin for Flow {
    const VST3_CLASS_ID: [u8; 16] = *b"FlowMasteringPlg";
    const VST3_SUBCATEGORIES: &'static [Vst3SubCategory] = &[
        Vst3SubCategory::Fx,
        Vst3SubCategory::Mastering,
        Vst3SubCategory::Dynamics,
    ];
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_frozen() {
        assert_eq!(Flow::CLAP_ID, "org.flow-audio.flow");
        assert_eq!(&Flow::VST3_CLASS_ID, b"FlowMasteringPlg");
    }
}
