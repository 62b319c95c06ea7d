//! Low cut: removes rumble and DC below the music. A second-order Butterworth high-pass, without delay.

use crate::{
    LowCutSettings, Spec,
    block::{engagement::Engagement, processor::Processor, quantum::Quantum},
    filter::{gliding_filter::GlidingFilter, network::Series, section::Section},
    simd::isa::Isa,
};

/// 10 to 40 Hz, 12 dB per octave; off is exactly neutral.
#[derive(Clone, Debug)]
pub struct LowCut(Engagement<GlidingFilter<1, 2, 1>>);

fn high_pass([frequency_hz]: [f32; 1], spec: Spec) -> Series<1> {
    Series([Section::high_pass(
        f64::from(frequency_hz),
        spec.sample_rate_hz,
    )])
}

impl Default for LowCut {
    fn default() -> Self {
        Self(Engagement::by_switch(GlidingFilter::new(&high_pass(
            [20.0],
            Spec::default(),
        ))))
    }
}

impl Processor for LowCut {
    type Settings = LowCutSettings;

    fn prepare(&mut self, spec: Spec) {
        self.0.prepare(spec);
    }

    fn reset(&mut self) {
        self.0.reset();
    }

    #[inline(always)]
    fn process<I: Isa>(&mut self, settings: LowCutSettings, quantum: &mut Quantum) {
        if let Some((filter, mix)) = self.0.advance(!settings.on) {
            let [wet] = filter.process::<I, _>([settings.frequency_hz], high_pass, quantum);
            mix.crossfade_to::<I>(quantum, wet);
        }
    }

    #[inline(always)]
    fn is_at_rest(&self) -> bool {
        self.0.is_at_rest()
    }
}
