//! A delayed dry signal with an effect beside it.
//!
//! ```text
//! input ─┬─ delay ── + ── output
//!        └─ effect ──┘
//! ```

use super::{
    delay::Delay,
    engagement::{Engageable, Engagement},
    processor::Processor,
    quantum::Quantum,
    ramp::Segment,
};
use crate::{Spec, simd::isa::Isa};

/// An effect that takes the input and changes the dry signal, which is delayed by as much as the effect.
pub trait ParallelEffect: Engageable + Default {
    /// Plain values in the units of the user interface.
    type Settings: Copy + PartialEq;

    /// The delay of the effect and of the dry signal.
    const LATENCY_SAMPLES: usize;

    /// Whether the settings leave the dry signal unchanged.
    fn is_neutral(settings: Self::Settings) -> bool;

    /// Adds the effect of `input` to `output`, the dry signal, with the share `mix`.
    fn process<I: Isa>(
        &mut self,
        settings: Self::Settings,
        mix: Segment,
        input: &Quantum,
        output: &mut Quantum,
    );
}

/// A dry signal and a [`ParallelEffect`], which rests while its settings are neutral.
#[derive(Clone, Debug)]
pub struct Parallel<E> {
    delay: Delay,
    effect: Engagement<E>,
}

impl<E> Parallel<E> {
    /// The effect, for its readings.
    #[inline(always)]
    pub(crate) fn effect(&self) -> &E {
        &self.effect.effect
    }
}

impl<E: ParallelEffect> Default for Parallel<E> {
    fn default() -> Self {
        Self {
            delay: Delay::new(E::LATENCY_SAMPLES),
            effect: Engagement::by_amount(E::default()),
        }
    }
}

impl<E: ParallelEffect> Processor for Parallel<E> {
    type Settings = E::Settings;

    fn prepare(&mut self, spec: Spec) {
        self.delay.prepare(spec);
        self.effect.prepare(spec);
    }

    fn reset(&mut self) {
        self.delay.reset();
        self.effect.reset();
    }

    #[inline(always)]
    fn process<I: Isa>(&mut self, settings: E::Settings, quantum: &mut Quantum) {
        let input = *quantum;
        self.delay.process::<I>((), quantum);
        if let Some((effect, mix)) = self.effect.advance(E::is_neutral(settings)) {
            effect.process::<I>(settings, mix, &input, quantum);
        }
    }

    #[inline(always)]
    fn is_at_rest(&self) -> bool {
        self.effect.is_at_rest()
    }

    #[inline(always)]
    fn pass(&mut self, quantum: &mut Quantum) {
        self.delay.pass(quantum);
    }

    fn latency_samples(&self) -> usize {
        E::LATENCY_SAMPLES
    }
}
