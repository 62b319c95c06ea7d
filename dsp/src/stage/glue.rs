//! The glue compressor: one gain for the whole mix, from a side chain without the bass.
//!
//! No filter lies in the signal path: without gain reduction nothing changes, phase included. No delay, no allocation in
//! `process`. See [`crate::dynamics::compressor`] for the gain computer and [`crate::dynamics::make_up`] for the gain behind.

use crate::{
    GlueSettings, QUANTUM, Spec,
    block::{
        engagement::{Engageable, Engagement},
        processor::Processor,
        quantum::Quantum,
        ramp::{Glide, Ramp},
    },
    dynamics::{
        compressor::Compressors,
        make_up::{MakeUp, Weighting, powers_around},
    },
    filter::{point_filter::POINTS, quadrature::SideChain},
    lanes,
    simd::isa::Isa,
};

/// A stereo-linked compressor.
#[derive(Clone, Debug)]
pub struct Glue(Engagement<LinkedCompressor>);

#[derive(Clone, Debug)]
struct LinkedCompressor {
    spec: Spec,
    high_pass_hz: Glide<1>,
    side_chain: SideChain,
    compressor: Compressors<1>,
    amount: Ramp,
    mix: Ramp,
    weighting: Weighting,
    make_up: MakeUp,
    /// The settings of the last quantum.
    settings: GlueSettings,
    lowest_gain: f32,
}

impl Engageable for LinkedCompressor {
    fn prepare(&mut self, spec: Spec) {
        self.spec = spec;
        self.high_pass_hz.prepare(spec);
        self.compressor = Compressors::new(spec);
        self.weighting = Weighting::new(spec);
        self.make_up = MakeUp::new(spec);
        self.amount.prepare(spec);
        self.mix.prepare(spec);
    }

    fn reset(&mut self) {
        self.begin();
        self.amount.reset();
    }

    /// The amount goes on from 0, where it was at rest.
    #[inline(always)]
    fn begin(&mut self) {
        self.side_chain.reset();
        self.compressor.reset();
        self.high_pass_hz.reset();
        self.mix.reset();
        self.weighting.reset();
        self.make_up.reset();
    }

    #[inline(always)]
    fn rest(&mut self) {
        self.lowest_gain = 1.0;
    }
}

impl Glue {
    /// The lowest gain of the last quantum, with the mix and without the make-up gain.
    #[must_use]
    pub fn lowest_gain(&self) -> f32 {
        self.0.effect.lowest_gain
    }

    /// The make-up gain at the end of the last quantum.
    #[must_use]
    pub fn make_up_gain(&self) -> f32 {
        self.0.effect.make_up.gain()
    }
}

impl Default for Glue {
    fn default() -> Self {
        let spec = Spec::default();
        Self(Engagement::by_amount(LinkedCompressor {
            spec,
            high_pass_hz: Glide::new(),
            side_chain: SideChain::new(80.0, spec),
            compressor: Compressors::new(spec),
            amount: Ramp::new(),
            mix: Ramp::new(),
            weighting: Weighting::new(spec),
            make_up: MakeUp::new(spec),
            settings: GlueSettings::default(),
            lowest_gain: 1.0,
        }))
    }
}

impl Processor for Glue {
    type Settings = GlueSettings;

    fn prepare(&mut self, spec: Spec) {
        self.0.prepare(spec);
    }

    fn reset(&mut self) {
        self.0.reset();
    }

    #[inline(always)]
    fn process<I: Isa>(&mut self, settings: GlueSettings, quantum: &mut Quantum) {
        let Some((effect, mix)) = self.0.advance(settings.amount == 0.0) else {
            return;
        };
        if effect
            .high_pass_hz
            .advance([settings.side_chain_high_pass_hz])
        {
            let [frequency_hz] = effect.high_pass_hz.values();
            effect.side_chain.set(frequency_hz, effect.spec);
        }
        let amount = effect.amount.advance(settings.amount);
        effect
            .compressor
            .set(&[settings.compressor()], settings.auto_release);
        let share = effect.mix.advance(settings.mix).lane::<I>();

        let [left, right] = effect.side_chain.powers::<I>(quantum);
        let power = lanes!(point, POINTS => left[point].max(right[point]));
        let [gain] = effect.compressor.process::<I>(&[power], amount);
        let mixed = lanes!(i => I::mul_add(share[i], gain[i] - 1.0, 1.0));
        let powers = effect.make_up.is_due().then(|| {
            let [left, right] = effect.weighting.process::<I>(quantum);
            let [left, right] = [
                powers_around::<I>(left, &mixed),
                powers_around::<I>(right, &mixed),
            ];
            [left[0] + right[0], left[1] + right[1]]
        });
        let has_changed = effect.settings != settings;
        effect.settings = settings;
        let make_up = effect.make_up.advance(has_changed, powers).lane::<I>();
        let mut wet = *quantum;
        for channel in &mut wet.channels {
            for i in 0..QUANTUM {
                channel[i] *= mixed[i] * make_up[i];
            }
        }
        mix.crossfade_to::<I>(quantum, wet);
        let [lowest] = effect.compressor.lowest_gains();
        effect.lowest_gain = 1.0 + share[QUANTUM - 1] * mix.end * (lowest - 1.0);
    }

    #[inline(always)]
    fn is_at_rest(&self) -> bool {
        self.0.is_at_rest()
    }
}
