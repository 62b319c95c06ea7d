//! Mid/side dynamics: one compressor for the sum of both channels and one for their difference.
//!
//! No filter lies in the signal path: without gain reduction nothing changes, phase included. No delay, no allocation in
//! `process`. See [`crate::dynamics::compressor`] for the gain computer and [`crate::dynamics::make_up`] for the gain behind.

use crate::{
    MidSideSettings, QUANTUM, Spec,
    block::{
        engagement::{Engageable, Engagement},
        processor::Processor,
        quantum::Quantum,
        ramp::Ramp,
    },
    dynamics::{
        compressor::Compressors,
        make_up::{MakeUp, Weighting, powers_around},
    },
    filter::quadrature::Envelope,
    lanes,
    simd::isa::Isa,
};

/// Mid and side compressor.
#[derive(Clone, Debug)]
pub struct MidSide(Engagement<MidSideCompressor>);

#[derive(Clone, Debug)]
struct MidSideCompressor {
    envelope: Envelope<1>,
    compressors: Compressors<2>,
    amount: Ramp,
    mixes: [Ramp; 2],
    weighting: Weighting,
    make_up: MakeUp,
    /// The settings of the last quantum.
    settings: MidSideSettings,
    lowest_gains: [f32; 2],
}

impl Engageable for MidSideCompressor {
    fn prepare(&mut self, spec: Spec) {
        self.envelope.prepare(spec);
        self.compressors = Compressors::new(spec);
        self.weighting = Weighting::new(spec);
        self.make_up = MakeUp::new(spec);
        self.amount.prepare(spec);
        self.mixes.iter_mut().for_each(|mix| mix.prepare(spec));
    }

    fn reset(&mut self) {
        self.envelope.reset();
        self.compressors.reset();
        self.weighting.reset();
        self.make_up.reset();
        self.amount.reset();
        self.mixes.iter_mut().for_each(Ramp::reset);
    }

    /// The settings glide at rest too, and go on.
    #[inline(always)]
    fn begin(&mut self) {
        self.envelope.reset();
        self.compressors.begin();
        self.weighting.reset();
        self.make_up.reset();
    }

    #[inline(always)]
    fn rest(&mut self) {
        self.lowest_gains = [1.0; 2];
    }
}

impl MidSide {
    /// The lowest gains of mid and side in the last quantum, with the mix and without the make-up gain.
    #[must_use]
    pub fn lowest_gains(&self) -> [f32; 2] {
        self.0.effect.lowest_gains
    }

    /// The make-up gain at the end of the last quantum.
    #[must_use]
    pub fn make_up_gain(&self) -> f32 {
        self.0.effect.make_up.gain()
    }
}

impl Default for MidSide {
    fn default() -> Self {
        let spec = Spec::default();
        Self(Engagement::by_amount(MidSideCompressor {
            envelope: Envelope::new(spec),
            compressors: Compressors::new(spec),
            amount: Ramp::new(),
            mixes: [Ramp::new(); 2],
            weighting: Weighting::new(spec),
            make_up: MakeUp::new(spec),
            settings: MidSideSettings::default(),
            lowest_gains: [1.0; 2],
        }))
    }
}

impl Processor for MidSide {
    type Settings = MidSideSettings;

    fn prepare(&mut self, spec: Spec) {
        self.0.prepare(spec);
    }

    fn reset(&mut self) {
        self.0.reset();
    }

    #[inline(always)]
    fn process<I: Isa>(&mut self, settings: MidSideSettings, quantum: &mut Quantum) {
        let effect = &mut self.0.effect;
        effect
            .compressors
            .set(&[settings.mid, settings.side], false);
        let amount = effect.amount.advance(settings.amount);
        let mixes = [
            effect.mixes[0].advance(settings.mid_mix).lane::<I>(),
            effect.mixes[1].advance(settings.side_mix).lane::<I>(),
        ];
        let Some((effect, mix)) = self.0.advance(settings.amount == 0.0) else {
            return;
        };
        let mut mid_side = quantum.to_mid_side();
        let [powers] = effect
            .envelope
            .powers::<I>(core::array::from_ref(&mid_side));
        let gains = effect.compressors.process::<I>(&powers, amount);
        let mut mixed = [[0.0; QUANTUM]; 2];
        for k in 0..2 {
            mixed[k] = lanes!(i => I::mul_add(mixes[k][i], gains[k][i] - 1.0, 1.0));
        }
        let powers = effect.make_up.is_due().then(|| {
            let [mid, side] = effect.weighting.process::<I>(&mid_side);
            let [mid, side] = [
                powers_around::<I>(mid, &mixed[0]),
                powers_around::<I>(side, &mixed[1]),
            ];
            [mid[0] + side[0], mid[1] + side[1]]
        });
        let has_changed = effect.settings != settings;
        effect.settings = settings;
        let make_up = effect.make_up.advance(has_changed, powers).lane::<I>();
        for k in 0..2 {
            let channel = &mut mid_side.channels[k];
            for i in 0..QUANTUM {
                channel[i] *= mixed[k][i] * make_up[i];
            }
        }
        mix.crossfade_to::<I>(quantum, mid_side.to_left_right());
        let lowest = effect.compressors.lowest_gains();
        effect.lowest_gains =
            lanes!(k, 2 => 1.0 + mixes[k][QUANTUM - 1] * mix.end * (lowest[k] - 1.0));
    }

    #[inline(always)]
    fn is_at_rest(&self) -> bool {
        self.0.is_at_rest()
    }
}
