//! Operations that all number formats share: normalization, statistics, padding and im2col.

use std::ops::Range;

use super::simd::{SimdLevel, dispatch};
use crate::model::plan::{Convolution, Normalization, Shape};
use flow_analysis::features::{MEL_BANDS, MEL_FRAMES};
use flow_dsp::math::{count, narrow};

/// Partial sums. Their fixed number hides the latency of additions and gives equal bits on all machines.
const LANES: usize = 16;

/// Adds the partial sums pairwise.
#[inline(always)]
fn total(mut sums: [f32; LANES]) -> f32 {
    for half in [8, 4, 2, 1] {
        for i in 0..half {
            sums[i] += sums[half + i];
        }
    }
    sums[0]
}

/// The dot product, in [`LANES`] partial sums.
#[inline(always)]
pub(super) fn dot(a: &[f32], b: &[f32]) -> f32 {
    let ((whole_a, rest_a), (whole_b, rest_b)) = (a.as_chunks::<LANES>(), b.as_chunks::<LANES>());
    let mut sums = [0.0_f32; LANES];
    for (a, b) in whole_a.iter().zip(whole_b) {
        for i in 0..LANES {
            sums[i] += a[i] * b[i];
        }
    }
    for ((sum, a), b) in sums.iter_mut().zip(rest_a).zip(rest_b) {
        *sum += a * b;
    }
    total(sums)
}

/// The sum of a function of all numbers, in [`LANES`] partial sums.
#[inline(always)]
pub(super) fn sum_of(x: &[f32], of: impl Fn(f32) -> f32) -> f32 {
    let (whole, rest) = x.as_chunks::<LANES>();
    let mut sums = [0.0_f32; LANES];
    for x in whole {
        for (sum, x) in sums.iter_mut().zip(x) {
            *sum += of(*x);
        }
    }
    for (sum, x) in sums.iter_mut().zip(rest) {
        *sum += of(*x);
    }
    total(sums)
}

/// From mid and sides [frames][bands] in dB to [channels][frames] around 0. All machines give equal bits.
pub(super) fn normalize(simd: SimdLevel, mel: &[f32], how: Normalization, out: &mut [f32]) {
    dispatch!(simd, normalize_with(mel, how, out));
}

#[inline(always)]
fn normalize_with<const WIDTH: usize>(mel: &[f32], how: Normalization, out: &mut [f32]) {
    /// A tile of so many frames fits the L1 cache.
    const FRAMES: usize = 16;
    let half = MEL_FRAMES * MEL_BANDS;
    let Normalization {
        floor_db,
        per_db,
        limits,
    } = how;
    let frames = mel.as_chunks::<MEL_BANDS>().0;
    // Sums of frames are added in f64, whose rounding hardly depends on the order.
    let mid = frames[..MEL_FRAMES].iter();
    let mid: f64 = mid
        .map(|frame| f64::from(sum_of(frame, |x| x.max(floor_db))))
        .sum();
    let mean_db = narrow(mid / count(half));
    let parts = frames
        .chunks_exact(MEL_FRAMES)
        .zip(out.chunks_exact_mut(half));
    let mut tile = [[0.0_f32; MEL_BANDS]; FRAMES];
    for (frames, out) in parts {
        for (first, frames) in frames.as_chunks::<FRAMES>().0.iter().enumerate() {
            for (tile, frame) in tile.iter_mut().zip(frames) {
                for (to, x) in tile.iter_mut().zip(frame) {
                    *to = ((x.max(floor_db) - mean_db) * per_db)
                        .max(limits[0])
                        .min(limits[1]);
                }
            }
            for (band, out) in out.chunks_exact_mut(MEL_FRAMES).enumerate() {
                let out = &mut out[first * FRAMES..][..FRAMES];
                for (out, tile) in out.iter_mut().zip(&tile) {
                    *out = tile[band];
                }
            }
        }
    }
}

/// The means of all channels, then their standard deviations.
pub(super) fn mean_std(
    simd: SimdLevel,
    x: &[f32],
    frames: usize,
    min_variance: f32,
    out: &mut [f32],
) {
    dispatch!(simd, mean_std_with(x, frames, min_variance, out));
}

#[inline(always)]
fn mean_std_with<const WIDTH: usize>(x: &[f32], frames: usize, min_variance: f32, out: &mut [f32]) {
    let share = 1.0 / narrow(count(frames));
    let (means, deviations) = out.split_at_mut(x.len() / frames);
    for ((x, mean), deviation) in x.chunks_exact(frames).zip(means).zip(deviations) {
        *mean = sum_of(x, |x| x) * share;
        let variance = sum_of(x, |x| (x - *mean) * (x - *mean)) * share;
        *deviation = (variance + min_variance).sqrt();
    }
}

/// The output frames for which a tap reads one of `len` input frames, and the input frame of the first of them.
pub(super) fn valid_range(
    convolution: &Convolution,
    tap: usize,
    len: usize,
    frames: usize,
) -> (Range<usize>, usize) {
    let Convolution { stride, pad, .. } = *convolution;
    let first = pad.saturating_sub(tap).div_ceil(stride);
    let end = (len + pad).saturating_sub(tap).div_ceil(stride).min(frames);
    (first.min(end)..end, first * stride + tap - pad)
}

/// Pads each row of `len` numbers with `before` and `after` times `padding`.
pub(super) fn pad_rows<T: Copy>(
    x: &[T],
    len: usize,
    [before, after]: [usize; 2],
    padding: T,
    out: &mut Vec<T>,
) {
    out.clear();
    for row in x.chunks_exact(len) {
        out.extend(std::iter::repeat_n(padding, before));
        out.extend_from_slice(row);
        out.extend(std::iter::repeat_n(padding, after));
    }
}

/// The matrix that a convolution multiplies: [channel · kernel + tap][frame], with `padding` outside.
pub(super) fn im2col<T: Copy>(
    convolution: &Convolution,
    x: &[T],
    shape: Shape,
    frames: usize,
    padding: T,
    out: &mut Vec<T>,
) {
    let Convolution { kernel, stride, .. } = *convolution;
    out.clear();
    out.resize(shape.channels * kernel * frames, padding);
    let rows = out.chunks_exact_mut(kernel * frames);
    for (x, out) in x.chunks_exact(shape.frames).zip(rows) {
        for (tap, out) in out.chunks_exact_mut(frames).enumerate() {
            let (inside, at) = valid_range(convolution, tap, shape.frames, frames);
            let values = x.get(at..).unwrap_or_default().iter().step_by(stride);
            out[inside]
                .iter_mut()
                .zip(values)
                .for_each(|(o, x)| *o = *x);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::plan::Weight;

    #[test]
    fn im2col_with_strides_and_padding_gathers_the_inputs_of_each_tap() {
        for (kernel, stride, pad, len) in [(4, 4, 0, 16), (5, 1, 2, 7), (3, 2, 2, 6), (5, 3, 4, 2)]
        {
            let convolution = Convolution {
                kernel,
                stride,
                pad,
                depthwise: false,
                weight: Weight::F32(Vec::new()),
                bias: Vec::new(),
            };
            let frames = (len + 2 * pad - kernel) / stride + 1;
            let shape = Shape {
                channels: 3,
                frames: len,
            };
            let x: Vec<usize> = (100..100 + shape.len()).collect();
            let mut out = Vec::new();
            im2col(&convolution, &x, shape, frames, 7, &mut out);
            let seen = |(channel, tap, t): (usize, usize, usize)| {
                let at = (t * stride + tap).checked_sub(pad).filter(|at| *at < len);
                at.map_or(7, |at| x[channel * len + at])
            };
            let places = (0..3).flat_map(|c| (0..kernel).map(move |k| (c, k)));
            let places = places.flat_map(|(c, k)| (0..frames).map(move |t| (c, k, t)));
            assert_eq!(out, places.map(seen).collect::<Vec<_>>());
        }
    }
}
