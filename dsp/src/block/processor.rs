//! The interface of every processor.

use super::quantum::Quantum;
use crate::{
    Spec,
    simd::isa::{Isa, Kernel},
};

/// Time in which ramps, crossfades and the hold of [`Engagement`](super::engagement::Engagement) end, with some to spare.
pub const SETTLING_MS: f64 = 300.0;

/// A processor of the chain.
///
/// `prepare` may allocate; `reset` and `process` never do. The first `process` after `prepare` or `reset` takes its
/// settings at once; from then on every change ramps or crossfades.
///
/// Arrays of more than a kilobyte live on the heap and are written in place, because hosts call from threads with small
/// stacks.
pub trait Processor {
    /// Plain values in the units of the user interface.
    type Settings: Copy + PartialEq;

    /// Computes everything that depends on the sample rate, and resets. May allocate.
    fn prepare(&mut self, spec: Spec);

    /// Returns to the state after `prepare`.
    fn reset(&mut self);

    /// Processes sixteen frames in place.
    fn process<I: Isa>(&mut self, settings: Self::Settings, quantum: &mut Quantum);

    /// Whether the last quantum passed unchanged but for the delay. A processor that is at rest stays at rest while its
    /// settings stay, and once [`SETTLING_MS`] have passed `process` does nothing but [`pass`](Self::pass).
    #[inline(always)]
    fn is_at_rest(&self) -> bool {
        false
    }

    /// Passes sixteen frames as `process` does at rest: unchanged but for the delay.
    #[inline(always)]
    fn pass(&mut self, _quantum: &mut Quantum) {}

    /// The exact delay from input to output, constant for a sample rate.
    fn latency_samples(&self) -> usize {
        0
    }
}

/// The kernel that runs one processor over some quanta and calls `observe` after each of them.
pub(crate) struct ProcessQuanta<'a, P: Processor, F> {
    pub(crate) processor: &'a mut P,
    pub(crate) settings: P::Settings,
    pub(crate) quanta: &'a mut [Quantum],
    pub(crate) observe: F,
}

impl<P: Processor, F: FnMut(&P)> Kernel for ProcessQuanta<'_, P, F> {
    type Output = ();

    #[inline(always)]
    fn run<I: Isa>(mut self) {
        for quantum in self.quanta {
            self.processor.process::<I>(self.settings, quantum);
            (self.observe)(self.processor);
        }
    }
}
