//! Steps that move numbers more than they compute.

use std::ops::Range;

use crate::plan::{Convolution, Shape};
use flow_dsp::math::{count, narrow};
use flow_inference::features::{MEL_BANDS, MEL_FRAMES};

/// A sum, in sixteen parts so that it needn't wait for each addition: the same bits on all machines.
pub(super) fn sum(terms: impl ExactSizeIterator<Item = f32>) -> f32 {
    const LANES: usize = 16;
    let mut sums = [0.0_f32; LANES];
    for (i, term) in terms.enumerate() {
        sums[i % LANES] += term;
    }
    sums.iter().sum()
}

/// Mid and sides [frames][bands] in dB to [channels][frames] around 0.
pub(super) fn normalise(
    mel: &[f32],
    floor_db: f32,
    per_db: f32,
    limits: [f32; 2],
    out: &mut [f32],
) {
    /// As many frames as stay in the nearest cache.
    const FRAMES: usize = 16;
    let half = MEL_FRAMES * MEL_BANDS;
    // Each frame by itself: their sum in f64 hardly depends on the order.
    let frames = mel[..half].chunks_exact(MEL_BANDS);
    let mid: f64 = frames
        .map(|frame| f64::from(sum(frame.iter().map(|x| x.max(floor_db)))))
        .sum();
    let level = narrow(mid / count(half));
    let parts = mel.chunks_exact(half).zip(out.chunks_exact_mut(half));
    for (mel, out) in parts {
        for (first, frames) in mel.chunks_exact(FRAMES * MEL_BANDS).enumerate() {
            for (band, out) in out.chunks_exact_mut(MEL_FRAMES).enumerate() {
                let out = &mut out[first * FRAMES..][..FRAMES];
                for (frame, out) in frames.chunks_exact(MEL_BANDS).zip(out) {
                    *out = ((frame[band].max(floor_db) - level) * per_db)
                        .max(limits[0])
                        .min(limits[1]);
                }
            }
        }
    }
}

/// Means of all channels, then their standard deviations.
pub(super) fn moments(x: &[f32], frames: usize, least_variance: f32, out: &mut [f32]) {
    let share = 1.0 / narrow(count(frames));
    let (means, deviations) = out.split_at_mut(x.len() / frames);
    for ((x, mean), deviation) in x.chunks_exact(frames).zip(means).zip(deviations) {
        *mean = sum(x.iter().copied()) * share;
        let variance = sum(x.iter().map(|x| (x - *mean) * (x - *mean))) * share;
        *deviation = (variance + least_variance).sqrt();
    }
}

/// Frames for which a tap lies inside of `len` frames, and where it lies for the first of them.
pub(super) fn reach(
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

/// What a convolution multiplies: [channel · kernel + tap][frame], `padding` outside.
pub(super) fn columns<T: Copy>(
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
            let (inside, at) = reach(convolution, tap, shape.frames, frames);
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
    use crate::plan::Weight;

    #[test]
    fn columns_are_what_taps_see() {
        for (kernel, stride, pad, len) in [(4, 4, 0, 16), (5, 1, 2, 7), (3, 2, 2, 6), (5, 3, 4, 2)]
        {
            let convolution = Convolution {
                kernel,
                stride,
                pad,
                by_channel: false,
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
            columns(&convolution, &x, shape, frames, 7, &mut out);
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
