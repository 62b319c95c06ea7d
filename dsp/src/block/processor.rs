//! The one shape that every processor has.

use crate::{Spec, block::quantum::Quantum, simd::isa::Isa};

/// A stage of the chain.
///
/// `prepare` may allocate; `reset` and `process` never do. After `prepare` and after `reset` the next `process`
/// takes its settings at once; from then on every change ramps or crossfades.
///
/// Arrays of more than a kilobyte live on the heap and are written in place, because hosts call from threads with small
/// stacks.
pub trait Processor {
    /// Plain values in the units of the user interface.
    type Settings: Copy;

    /// Allocates and computes what depends on the sample rate, and resets.
    fn prepare(&mut self, spec: Spec);

    /// As freshly prepared.
    fn reset(&mut self);

    /// Works on sixteen frames in place.
    fn process<I: Isa>(&mut self, settings: Self::Settings, quantum: &mut Quantum);

    /// Exact delay from input to output, constant for a sample rate.
    fn latency_samples(&self) -> usize;
}
