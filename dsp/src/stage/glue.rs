//! The glue compressor: one gain for the whole mix, driven by a side chain that doesn't hear the bass.

use crate::{
    GlueSettings, QUANTUM, Spec,
    block::engagement::{Engagement, Work},
    block::processor::Processor,
    block::quantum::Quantum,
    block::ramp::{Glide, Ramp},
    dynamics::compressor::Compressors,
    filter::block_filter::POINTS,
    filter::quadrature::SideChain,
    lanes,
    simd::isa::Isa,
};

/// A stereo-linked compressor. No filters in the path: at no reduction nothing changes, phase included.
#[derive(Clone, Debug)]
pub struct Glue {
    spec: Spec,
    engagement: Engagement,
    high_pass_hz: Glide<1>,
    side_chain: SideChain,
    compressor: Compressors<1>,
    amount: Ramp,
    mix: Ramp,
    lowest_gain: f32,
}

impl Glue {
    /// Not yet prepared.
    #[must_use]
    pub fn new() -> Self {
        let spec = Spec::default();
        Self {
            spec,
            engagement: Engagement::of_amounts(),
            high_pass_hz: Glide::new(),
            side_chain: SideChain::new(80.0, spec),
            compressor: Compressors::new(spec),
            amount: Ramp::new(),
            mix: Ramp::new(),
            lowest_gain: 1.0,
        }
    }

    /// The lowest gain of the last quantum, mix included.
    #[must_use]
    pub fn lowest_gain(&self) -> f32 {
        self.lowest_gain
    }
}

impl Default for Glue {
    fn default() -> Self {
        Self::new()
    }
}

impl Processor for Glue {
    type Settings = GlueSettings;

    fn prepare(&mut self, spec: Spec) {
        self.spec = spec;
        self.engagement.prepare(spec);
        self.high_pass_hz.prepare(spec);
        self.compressor = Compressors::new(spec);
        self.amount.prepare(spec);
        self.mix.prepare(spec);
        self.reset();
    }

    fn reset(&mut self) {
        self.engagement.reset();
        self.high_pass_hz.reset();
        self.side_chain.reset();
        self.compressor.reset();
        self.amount.reset();
        self.mix.reset();
        self.lowest_gain = 1.0;
    }

    #[inline(always)]
    fn process<I: Isa>(&mut self, settings: GlueSettings, quantum: &mut Quantum) {
        let Work::Engaged { mix, begins } = self.engagement.advance(settings.amount == 0.0) else {
            self.lowest_gain = 1.0;
            return;
        };
        if begins {
            self.side_chain.reset();
            self.compressor.reset();
            self.high_pass_hz.reset();
            self.mix.reset();
        }
        if self
            .high_pass_hz
            .advance([settings.side_chain_high_pass_hz])
        {
            let [frequency_hz] = self.high_pass_hz.values();
            self.side_chain.set(frequency_hz, self.spec);
        }
        let amount = self.amount.advance(settings.amount);
        self.compressor
            .set(&[settings.compressor()], settings.auto_release);
        let share = self.mix.advance(settings.mix).lane();

        let [left, right] = self.side_chain.powers::<I>(quantum);
        let power = lanes!(point, POINTS => left[point].max(right[point]));
        let [gain] = self.compressor.process(&[power], amount);
        let mut wet = *quantum;
        for channel in &mut wet.channels {
            for i in 0..QUANTUM {
                channel[i] *= I::mul_add(share[i], gain[i] - 1.0, 1.0);
            }
        }
        mix.crossfade(quantum, &mut wet);
        *quantum = wet;
        let [lowest] = self.compressor.lowest_gains();
        self.lowest_gain = 1.0 + share[QUANTUM - 1] * mix.end * (lowest - 1.0);
    }

    fn latency_samples(&self) -> usize {
        0
    }
}
