//! The switch between a stage's effect and its dry signal.

use super::ramp::{Ramp, Segment};
use crate::{QUANTUM, Spec, math};

/// Time that an effect goes on after its amounts have become neutral, so that automation through the neutral point
/// doesn't switch it back and forth.
const HOLD_MS: f64 = 200.0;

/// An effect that rests while its settings are neutral.
pub trait Engageable {
    /// Computes everything that depends on the sample rate. May allocate.
    fn prepare(&mut self, spec: Spec);

    /// Clears the memory; the next settings are taken at once.
    fn reset(&mut self);

    /// Clears the memory when the effect begins after a rest.
    #[inline(always)]
    fn begin(&mut self) {
        self.reset();
    }

    /// Sets the readings to those of an effect that does nothing.
    #[inline(always)]
    fn rest(&mut self) {}
}

/// An effect with its engagement: a crossfade of 20 ms with hysteresis between the effect and the dry signal.
///
/// At rest the effect costs nothing and the output has the bits of the dry signal.
#[derive(Clone, Copy, Debug)]
pub struct Engagement<E> {
    /// The effect itself.
    pub effect: E,
    mix: Ramp,
    hold_ms: f64,
    hold_quanta: u32,
    neutral_quanta: u32,
    is_working: bool,
}

impl<E: Engageable> Engagement<E> {
    /// An effect that amounts make neutral. The amounts ramp down first, so only its phase is left to fade.
    #[must_use]
    pub fn by_amount(effect: E) -> Self {
        Self::new(effect, HOLD_MS)
    }

    /// An effect that a switch makes neutral, at once.
    #[must_use]
    pub fn by_switch(effect: E) -> Self {
        Self::new(effect, 0.0)
    }

    fn new(effect: E, hold_ms: f64) -> Self {
        Self {
            effect,
            mix: Ramp::new(),
            hold_ms,
            hold_quanta: 0,
            neutral_quanta: u32::MAX,
            is_working: false,
        }
    }

    /// Sets the times from the sample rate, and resets. Allocates if the effect does.
    pub fn prepare(&mut self, spec: Spec) {
        self.mix.prepare(spec);
        let quanta = math::samples(self.hold_ms * 0.001 * spec.sample_rate_hz) / QUANTUM;
        self.hold_quanta = u32::try_from(quanta).unwrap_or(u32::MAX);
        self.effect.prepare(spec);
        self.reset();
    }

    /// Clears the memory. The next quantum begins engaged or at rest, without a crossfade.
    pub fn reset(&mut self) {
        self.mix.reset();
        self.neutral_quanta = u32::MAX;
        self.is_working = false;
        self.effect.reset();
        self.effect.rest();
    }

    /// Whether the effect rested in the last quantum.
    #[inline(always)]
    #[must_use]
    pub fn is_at_rest(&self) -> bool {
        !self.is_working
    }

    /// Advances by one quantum. Gives the effect and its share of the output, or `None` while it rests.
    #[inline(always)]
    pub fn advance(&mut self, is_neutral: bool) -> Option<(&mut E, Segment)> {
        self.neutral_quanta = if is_neutral {
            self.neutral_quanta.saturating_add(1)
        } else {
            0
        };
        let should_work = self.neutral_quanta <= self.hold_quanta;
        let mix = self.mix.advance(if should_work { 1.0 } else { 0.0 });
        if mix.is(0.0) {
            self.is_working = false;
            self.effect.rest();
            return None;
        }
        if !self.is_working {
            self.is_working = true;
            self.effect.begin();
        }
        Some((&mut self.effect, mix))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Default)]
    struct Counter {
        begins: u32,
    }

    impl Engageable for Counter {
        fn prepare(&mut self, _: Spec) {}
        fn reset(&mut self) {}
        fn begin(&mut self) {
            self.begins += 1;
        }
    }

    #[test]
    fn effect_after_reset_starts_at_once_and_rests_200_ms_after_its_amounts_are_neutral() {
        let mut engaged = Engagement::by_amount(Counter::default());
        engaged.prepare(Spec {
            sample_rate_hz: 48_000.0,
        });
        assert!(engaged.advance(true).is_none());
        let (_, mix) = engaged.advance(false).unwrap();
        assert!(mix.start == 0.0 && mix.end < 0.02);
        engaged.reset();
        let (effect, mix) = engaged.advance(false).unwrap();
        assert!(mix.is(1.0));
        assert_eq!(effect.begins, 2);
        let mut quanta = 0;
        while engaged.advance(true).is_some() {
            quanta += 1;
        }
        // 600 of holding, 60 of fading.
        assert!((655..=665).contains(&quanta), "{quanta}");
    }
}
