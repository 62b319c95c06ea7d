//! When a stage works and when it is a pure delay.

use crate::{
    QUANTUM, Spec,
    block::ramp::{Ramp, Segment},
    math,
};

/// How long a stage that has become neutral goes on working, so that automation through its neutral point doesn't
/// switch it to and fro.
const HOLD_MS: f64 = 200.0;

/// The hysteretic crossfade between a stage and its dry signal.
#[derive(Clone, Copy, Debug)]
pub struct Engagement {
    mix: Ramp,
    hold_ms: f64,
    hold_quanta: u32,
    neutral_quanta: u32,
    working: bool,
}

/// What a stage has to do in a quantum.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Work {
    /// Nothing: the output is the dry signal.
    Rest,
    /// Process and crossfade, from cleared memory if it `begins`.
    Engaged {
        /// Share of the processed signal.
        mix: Segment,
        /// The stage rested before.
        begins: bool,
    },
}

impl Engagement {
    /// Of a stage that amounts make neutral. Their own ramps lead there, so what it still does is nothing but phase.
    #[must_use]
    pub fn of_amounts() -> Self {
        Self::new(HOLD_MS)
    }

    /// Of a stage that a switch makes neutral: nobody wants to wait for it.
    #[must_use]
    pub fn of_switch() -> Self {
        Self::new(0.0)
    }

    fn new(hold_ms: f64) -> Self {
        Self {
            mix: Ramp::new(),
            hold_ms,
            hold_quanta: 0,
            neutral_quanta: u32::MAX,
            working: false,
        }
    }

    /// Sets the times from the sample rate, and resets.
    pub fn prepare(&mut self, spec: Spec) {
        self.mix.prepare(spec);
        let quanta = math::samples(self.hold_ms * 0.001 * spec.sample_rate_hz) / QUANTUM;
        self.hold_quanta = u32::try_from(quanta).unwrap_or(u32::MAX);
        self.reset();
    }

    /// The next call decides at once, without a crossfade.
    pub fn reset(&mut self) {
        self.mix.reset();
        self.neutral_quanta = u32::MAX;
        self.working = false;
    }

    /// One quantum of a stage whose settings are neutral or not.
    #[inline(always)]
    pub fn advance(&mut self, neutral: bool) -> Work {
        self.neutral_quanta = if neutral {
            self.neutral_quanta.saturating_add(1)
        } else {
            0
        };
        let wanted = self.neutral_quanta <= self.hold_quanta;
        let mix = self.mix.advance(if wanted { 1.0 } else { 0.0 });
        if mix.is(0.0) {
            self.working = false;
            return Work::Rest;
        }
        let begins = !self.working;
        self.working = true;
        Work::Engaged { mix, begins }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stage_starts_at_once_after_reset_and_else_in_20_ms_and_rests_200_ms_after_its_last_work() {
        let mut engagement = Engagement::of_amounts();
        engagement.prepare(Spec {
            sample_rate_hz: 48_000.0,
        });
        assert_eq!(engagement.advance(true), Work::Rest);
        let Work::Engaged { mix, begins } = engagement.advance(false) else {
            panic!("rests");
        };
        assert!(begins && mix.start == 0.0 && mix.end < 0.02);
        engagement.reset();
        let Work::Engaged { mix, begins } = engagement.advance(false) else {
            panic!("rests");
        };
        assert!(begins && mix.is(1.0));
        let mut quanta = 0;
        while engagement.advance(true) != Work::Rest {
            quanta += 1;
        }
        // 600 of holding, 60 of fading.
        assert!((655..=665).contains(&quanta), "{quanta}");
    }
}
