//! Bells whose gain moves: a signal plus a share of its band-pass.

use crate::{
    QUANTUM,
    block::{quantum::Quantum, ramp::Segment},
    simd::isa::Isa,
};

/// Adds the share of a band-pass that makes it a bell of `gain`.
#[inline(always)]
pub(super) fn add_band<I: Isa>(quantum: &mut Quantum, band: &Quantum, gain: Segment, mix: Segment) {
    let (gain, mix) = (gain.lane(), mix.lane());
    for (channel, band) in quantum.channels.iter_mut().zip(&band.channels) {
        for i in 0..QUANTUM {
            channel[i] = I::mul_add(band[i], mix[i] * (gain[i] - 1.0), channel[i]);
        }
    }
}
