//! Low cut: removes rumble and DC below the music. A second-order Butterworth high-pass.

use crate::{
    LowCutSettings, Spec,
    block::engagement::{Engagement, Work},
    block::processor::Processor,
    block::quantum::Quantum,
    block::ramp::Glide,
    filter::block_filter::BlockFilter,
    filter::section::Section,
    simd::isa::Isa,
};

/// 10 to 40 Hz, 12 dB per octave; off is exactly neutral.
#[derive(Clone, Debug)]
pub struct LowCut {
    rate_hz: f64,
    engagement: Engagement,
    frequency_hz: Glide<1>,
    filter: BlockFilter<2, 1>,
}

impl LowCut {
    /// Not yet prepared.
    #[must_use]
    pub fn new() -> Self {
        let rate_hz = Spec::default().sample_rate_hz;
        Self {
            rate_hz,
            engagement: Engagement::of_switch(),
            frequency_hz: Glide::new(),
            filter: BlockFilter::new(&Section::high_pass(20.0, rate_hz)),
        }
    }
}

impl Default for LowCut {
    fn default() -> Self {
        Self::new()
    }
}

impl Processor for LowCut {
    type Settings = LowCutSettings;

    fn prepare(&mut self, spec: Spec) {
        self.rate_hz = spec.sample_rate_hz;
        self.engagement.prepare(spec);
        self.frequency_hz.prepare(spec);
        self.reset();
    }

    fn reset(&mut self) {
        self.engagement.reset();
        self.frequency_hz.reset();
        self.filter.reset();
    }

    #[inline(always)]
    fn process<I: Isa>(&mut self, settings: LowCutSettings, quantum: &mut Quantum) {
        let Work::Engaged { mix, begins } = self.engagement.advance(!settings.on) else {
            return;
        };
        if begins {
            self.filter.reset();
            self.frequency_hz.reset();
        }
        if self.frequency_hz.advance([settings.frequency_hz]) {
            let [frequency_hz] = self.frequency_hz.values().map(f64::from);
            self.filter
                .set(&Section::high_pass(frequency_hz, self.rate_hz));
        }
        let [mut wet] = self.filter.process::<I>(quantum);
        mix.crossfade(quantum, &mut wet);
        *quantum = wet;
    }

    fn latency_samples(&self) -> usize {
        0
    }
}
