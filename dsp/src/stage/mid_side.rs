//! Mid/side dynamics: one compressor for what both channels share, one for what they differ by.

use crate::{
    MidSideSettings, QUANTUM, Spec,
    block::engagement::{Engagement, Work},
    block::processor::Processor,
    block::quantum::Quantum,
    block::ramp::Ramp,
    dynamics::compressor::Compressors,
    filter::quadrature::Envelope,
    lanes,
    simd::isa::Isa,
};

/// Mid and side compressor. No filters in the path: at no reduction nothing changes, phase included.
#[derive(Clone, Debug)]
pub struct MidSide {
    engagement: Engagement,
    envelope: Envelope<1>,
    compressors: Compressors<2>,
    amount: Ramp,
    mixes: [Ramp; 2],
    lowest_gains: [f32; 2],
}

impl MidSide {
    /// Not yet prepared.
    #[must_use]
    pub fn new() -> Self {
        let spec = Spec::default();
        Self {
            engagement: Engagement::of_amounts(),
            envelope: Envelope::new(spec),
            compressors: Compressors::new(spec),
            amount: Ramp::new(),
            mixes: [Ramp::new(); 2],
            lowest_gains: [1.0; 2],
        }
    }

    /// The lowest gains of mid and side in the last quantum, mix included.
    #[must_use]
    pub fn lowest_gains(&self) -> [f32; 2] {
        self.lowest_gains
    }
}

impl Default for MidSide {
    fn default() -> Self {
        Self::new()
    }
}

/// Mid and side of left and right, and the other way round up to a factor of two.
#[inline(always)]
pub(crate) fn mid_side_of(quantum: &Quantum) -> Quantum {
    let [left, right] = &quantum.channels;
    Quantum {
        channels: [
            lanes!(i => 0.5 * (left[i] + right[i])),
            lanes!(i => 0.5 * (left[i] - right[i])),
        ],
    }
}

/// Left and right of mid and side.
#[inline(always)]
pub(crate) fn left_right_of(quantum: &Quantum) -> Quantum {
    let [mid, side] = &quantum.channels;
    Quantum {
        channels: [lanes!(i => mid[i] + side[i]), lanes!(i => mid[i] - side[i])],
    }
}

impl Processor for MidSide {
    type Settings = MidSideSettings;

    fn prepare(&mut self, spec: Spec) {
        self.engagement.prepare(spec);
        self.envelope.prepare(spec);
        self.compressors = Compressors::new(spec);
        self.amount.prepare(spec);
        self.mixes.iter_mut().for_each(|mix| mix.prepare(spec));
        self.reset();
    }

    fn reset(&mut self) {
        self.engagement.reset();
        self.envelope.reset();
        self.compressors.reset();
        self.amount.reset();
        self.mixes.iter_mut().for_each(Ramp::reset);
        self.lowest_gains = [1.0; 2];
    }

    #[inline(always)]
    fn process<I: Isa>(&mut self, settings: MidSideSettings, quantum: &mut Quantum) {
        self.compressors.set(&[settings.mid, settings.side], false);
        let amount = self.amount.advance(settings.amount);
        let mixes = [settings.mid_mix, settings.side_mix];
        let mixes = [
            self.mixes[0].advance(mixes[0]).lane(),
            self.mixes[1].advance(mixes[1]).lane(),
        ];
        let Work::Engaged { mix, begins } = self.engagement.advance(settings.amount == 0.0) else {
            self.lowest_gains = [1.0; 2];
            return;
        };
        if begins {
            self.envelope.reset();
            self.compressors.begin();
        }
        let mut mid_side = mid_side_of(quantum);
        let [powers] = self.envelope.powers::<I>(core::array::from_ref(&mid_side));
        let gains = self.compressors.process(&powers, amount);
        for k in 0..2 {
            let channel = &mut mid_side.channels[k];
            for i in 0..QUANTUM {
                channel[i] *= I::mul_add(mixes[k][i], gains[k][i] - 1.0, 1.0);
            }
        }
        let mut wet = left_right_of(&mid_side);
        mix.crossfade(quantum, &mut wet);
        *quantum = wet;
        let lowest = self.compressors.lowest_gains();
        self.lowest_gains =
            lanes!(k, 2 => 1.0 + mixes[k][QUANTUM - 1] * mix.end * (lowest[k] - 1.0));
    }

    fn latency_samples(&self) -> usize {
        0
    }
}
