//! Flush to zero: inaudible samples become exact zeros. No delay, no allocation.

use crate::{
    Spec,
    block::{
        processor::Processor,
        quantum::{Lane, Quantum},
    },
    lanes,
    simd::isa::{Isa, rolled},
};

/// Level (−320 dBFS) below which samples become zero, so that neither they nor their squares are ever subnormal.
pub const SMALLEST: f32 = 1e-16;

/// Replaces samples below [`SMALLEST`] by zero. Has no settings.
#[derive(Clone, Copy, Debug, Default)]
pub struct FlushToZero;

impl Processor for FlushToZero {
    type Settings = ();

    fn prepare(&mut self, _: Spec) {}

    fn reset(&mut self) {}

    #[inline(always)]
    fn process<I: Isa>(&mut self, (): (), quantum: &mut Quantum) {
        // The compiler vectorizes the inner loop only if the outer one isn't unrolled.
        for channel in quantum.channels.iter_mut().take(rolled(2)) {
            *channel = flush_to_zero(channel);
        }
    }
}

/// The samples with zeros in place of those below [`SMALLEST`].
#[inline(always)]
#[must_use]
pub fn flush_to_zero(lane: &Lane) -> Lane {
    lanes!(i => if lane[i].abs() > SMALLEST { lane[i] } else { 0.0 })
}

/// Zero in place of a subnormal number; every other number, −0 included, stays as it is.
///
/// It reads the bits: on a thread that treats subnormal numbers as zero (DAZ) no comparison of values tells them from
/// zero, while a copy keeps them.
#[inline(always)]
#[must_use]
pub fn flush_subnormal(sample: f32) -> f32 {
    let magnitude = sample.to_bits() & 0x7fff_ffff;
    // Zero wraps around to the highest number.
    if magnitude.wrapping_sub(1) < f32::MIN_POSITIVE.to_bits() - 1 {
        0.0
    } else {
        sample
    }
}
