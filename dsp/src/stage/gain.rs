//! A gain in decibels: trim and loudness gain. No delay, no allocation.

use crate::{
    Spec,
    block::{processor::Processor, quantum::Quantum, ramp::Ramp},
    math,
    simd::isa::Isa,
};

/// Multiplies both channels; exactly neutral at 0 dB.
#[derive(Clone, Debug)]
pub struct Gain {
    gain_db: f32,
    gain: f32,
    ramp: Ramp,
    is_neutral: bool,
}

impl Default for Gain {
    fn default() -> Self {
        Self {
            gain_db: 0.0,
            gain: 1.0,
            ramp: Ramp::new(),
            is_neutral: false,
        }
    }
}

impl Processor for Gain {
    /// Gain in dB.
    type Settings = f32;

    fn prepare(&mut self, spec: Spec) {
        self.ramp.prepare(spec);
    }

    fn reset(&mut self) {
        self.ramp.reset();
    }

    #[inline(always)]
    fn process<I: Isa>(&mut self, gain_db: f32, quantum: &mut Quantum) {
        if gain_db != self.gain_db {
            self.gain_db = gain_db;
            self.gain = math::narrow(math::gain_from_db(f64::from(gain_db)));
        }
        let segment = self.ramp.advance(self.gain);
        self.is_neutral = segment.is(1.0);
        if self.is_neutral {
            return;
        }
        let gain = segment.lane::<I>();
        for channel in &mut quantum.channels {
            for (sample, gain) in channel.iter_mut().zip(&gain) {
                *sample *= gain;
            }
        }
    }

    #[inline(always)]
    fn is_at_rest(&self) -> bool {
        self.is_neutral
    }
}
