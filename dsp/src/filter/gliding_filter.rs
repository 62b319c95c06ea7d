//! A block filter whose parameters glide.

use super::{block_filter::BlockFilter, network::Network};
use crate::{
    Spec,
    block::{
        engagement::Engageable,
        quantum::{Lane, Quantum},
        ramp::{Glide, RAMP_MS},
    },
    simd::isa::Isa,
};

/// A filter with `G` parameters that glide to their targets, in 20 ms unless another time is set. No delay; allocates in `new` only.
#[derive(Clone, Debug)]
pub struct GlidingFilter<const G: usize, const N: usize, const OUT: usize> {
    spec: Spec,
    parameters: Glide<G>,
    ramp_ms: f64,
    filter: BlockFilter<N, OUT>,
}

impl<const G: usize, const N: usize, const OUT: usize> GlidingFilter<G, N, OUT> {
    /// A filter that isn't prepared yet; `network` only gives it its shape. Allocates.
    #[must_use]
    pub fn new(network: &impl Network<N, OUT>) -> Self {
        Self {
            spec: Spec::default(),
            parameters: Glide::new(),
            ramp_ms: RAMP_MS,
            filter: BlockFilter::new(network),
        }
    }

    /// The filter with another duration of the glides, ms. Takes effect when it is prepared.
    #[must_use]
    pub fn gliding_for(self, ramp_ms: f64) -> Self {
        Self { ramp_ms, ..self }
    }

    /// Processes one quantum. `design` gives the network for some parameters and is called while they move.
    #[inline(always)]
    pub fn process<I: Isa, W: Network<N, OUT>>(
        &mut self,
        targets: [f32; G],
        design: impl FnOnce([f32; G], Spec) -> W,
        input: &Quantum,
    ) -> [Quantum; OUT] {
        if self.parameters.advance(targets) {
            self.filter
                .set(&design(self.parameters.values(), self.spec));
        }
        self.filter.process::<I>(input)
    }

    /// Processes one quantum of a filter that has one channel only.
    #[inline(always)]
    pub fn process_one<I: Isa, W: Network<N, OUT>>(
        &mut self,
        targets: [f32; G],
        design: impl FnOnce([f32; G], Spec) -> W,
        input: &Lane,
    ) -> [Lane; OUT] {
        if self.parameters.advance(targets) {
            self.filter
                .set(&design(self.parameters.values(), self.spec));
        }
        self.filter.process_one::<I>(input)
    }
}

impl<const G: usize, const N: usize, const OUT: usize> Engageable for GlidingFilter<G, N, OUT> {
    fn prepare(&mut self, spec: Spec) {
        self.spec = spec;
        self.parameters.prepare_for(self.ramp_ms, spec);
    }

    #[inline(always)]
    fn reset(&mut self) {
        self.parameters.reset();
        self.filter.reset();
    }
}
