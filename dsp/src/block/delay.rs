//! A pure delay.

use super::{lookback::Lookback, processor::Processor, quantum::Quantum};
use crate::{Spec, simd::isa::Isa};

/// Delays both channels by a whole number of samples, bit for bit.
#[derive(Clone, Debug)]
pub struct Delay {
    samples: usize,
    memory: [Lookback; 2],
}

impl Delay {
    /// A delay of `samples`. Allocates.
    #[must_use]
    pub fn new(samples: usize) -> Self {
        Self {
            samples,
            memory: core::array::from_fn(|_| Lookback::new(samples, 0.0)),
        }
    }
}

impl Processor for Delay {
    type Settings = ();

    fn prepare(&mut self, _spec: Spec) {
        self.reset();
    }

    fn reset(&mut self) {
        self.memory.iter_mut().for_each(Lookback::reset);
    }

    #[inline(always)]
    fn process<I: Isa>(&mut self, (): (), quantum: &mut Quantum) {
        self.pass(quantum);
    }

    #[inline(always)]
    fn is_at_rest(&self) -> bool {
        true
    }

    #[inline(always)]
    fn pass(&mut self, quantum: &mut Quantum) {
        for (memory, channel) in self.memory.iter_mut().zip(&mut quantum.channels) {
            memory.push(channel);
            *channel = memory.delayed(self.samples);
        }
    }

    fn latency_samples(&self) -> usize {
        self.samples
    }
}
