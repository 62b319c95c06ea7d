//! Fourier transforms, and the filter that converts sample rates.
//!
//! The libraries behind them are generic over the type of a sample: every crate that plans a transform compiles all of their
//! kernels again, for a minute and longer. So the workspace plans them here only, and uses what it gets through its trait.
//!
//! Transforms aren't scaled. A plan is made once and then used without allocation.

use realfft::RealFftPlanner;
use rubato::{FixedSync, Resampler, ResamplerConstructionError, WindowFunction};
use rustfft::FftPlanner;
use std::sync::Arc;

pub use realfft::{ComplexToReal, RealToComplex, num_complex};
pub use rustfft::Fft;

/// From `length` complex samples to as many frequencies, in place.
#[must_use]
pub fn complex_forward(length: usize) -> Arc<dyn Fft<f32>> {
    FftPlanner::new().plan_fft_forward(length)
}

/// As [`complex_forward`], in double precision.
#[must_use]
pub fn complex_forward_f64(length: usize) -> Arc<dyn Fft<f64>> {
    FftPlanner::new().plan_fft_forward(length)
}

/// From `length` real samples to `length / 2 + 1` frequencies.
#[must_use]
pub fn real_forward(length: usize) -> Arc<dyn RealToComplex<f32>> {
    RealFftPlanner::new().plan_fft_forward(length)
}

/// As [`real_forward`], in double precision.
#[must_use]
pub fn real_forward_f64(length: usize) -> Arc<dyn RealToComplex<f64>> {
    RealFftPlanner::new().plan_fft_forward(length)
}

/// From `length / 2 + 1` frequencies to `length` real samples.
#[must_use]
pub fn real_inverse(length: usize) -> Arc<dyn ComplexToReal<f32>> {
    RealFftPlanner::new().plan_fft_inverse(length)
}

/// A converter between two rates in Hz: a linear-phase low-pass filter in the frequency domain, which takes blocks of
/// `block_frames` frames of the first rate.
///
/// # Errors
///
/// If a rate is 0, or if the block is no whole number of frames at both rates.
pub fn rate_filter(
    from_hz: usize,
    to_hz: usize,
    block_frames: usize,
    channel_count: usize,
) -> Result<Box<dyn Resampler<f64>>, ResamplerConstructionError> {
    let filter = rubato::Fft::new_custom(
        from_hz,
        to_hz,
        block_frames,
        1,
        channel_count,
        WindowFunction::BlackmanHarris2,
        FixedSync::Both,
    )?;
    Ok(Box::new(filter))
}
