//! How Flow presents itself to CLAP and VST3 hosts. The ids are in saved projects: never change
//! them.

use nice_plug::prelude::*;

use crate::Flow;

impl ClapPlugin for Flow {
    const CLAP_ID: &'static str = "org.flow-audio.flow";
    const CLAP_DESCRIPTION: Option<&'static str> =
        Some("Mastering with a true-peak limiter and honest meters");
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
        let params = self.flow_params();
        context.add_section("Flow", |section| {
            section.add_page("Loudness", |page| {
                page.add_param(&params.input.trim);
                page.add_param(&params.limiter.loudness_gain);
                page.add_param(&params.limiter.ceiling);
                page.add_param(&params.limiter.release);
                page.add_param(&params.limiter.stereo_link);
                page.add_param(&params.limiter.style);
                page.add_param(&params.delivery);
                page.add_param(&params.bypass);
            });
            // The same functions stay in the same half of both pages: into the chain left, out of
            // it right.
            section.add_page("Input and output", |page| {
                page.add_param(&params.input.trim);
                page.add_param(&params.input.low_cut);
                page.add_param(&params.input.low_cut_frequency);
                page.add_spacer();
                page.add_param(&params.output.dither);
                page.add_param(&params.output.noise_shaping);
                page.add_spacer();
                page.add_param(&params.bypass);
            });
        });
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
