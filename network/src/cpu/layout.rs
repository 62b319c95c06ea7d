//! Steps that move numbers more than they compute.

use crate::plan::{Convolution, Shape};
use flow_dsp::math::{count, narrow};
use flow_inference::features::{MEL_BANDS, MEL_FRAMES};

/// Mid and sides [frames][bands] in dB to [channels][frames] around 0.
pub(super) fn normalise(
    mel: &[f32],
    floor_db: f32,
    per_db: f32,
    limits: [f32; 2],
    out: &mut [f32],
) {
    let half = MEL_FRAMES * MEL_BANDS;
    let mid: f64 = mel[..half].iter().map(|x| f64::from(x.max(floor_db))).sum();
    let level = narrow(mid / count(half));
    for (channel, out) in out.chunks_exact_mut(MEL_FRAMES).enumerate() {
        let (side, band) = (channel / MEL_BANDS, channel % MEL_BANDS);
        for (frame, out) in out.iter_mut().enumerate() {
            let x = mel[(side * MEL_FRAMES + frame) * MEL_BANDS + band];
            *out = ((x.max(floor_db) - level) * per_db)
                .max(limits[0])
                .min(limits[1]);
        }
    }
}

/// Means of all channels, then their standard deviations.
pub(super) fn moments(x: &[f32], frames: usize, least_variance: f32, out: &mut [f32]) {
    let share = 1.0 / narrow(count(frames));
    let (means, deviations) = out.split_at_mut(x.len() / frames);
    for ((x, mean), deviation) in x.chunks_exact(frames).zip(means).zip(deviations) {
        *mean = x.iter().sum::<f32>() * share;
        let variance = x.iter().map(|x| (x - *mean).powi(2)).sum::<f32>() * share;
        *deviation = (variance + least_variance).sqrt();
    }
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
    let Convolution {
        kernel,
        stride,
        pad,
        ..
    } = *convolution;
    out.clear();
    for x in x.chunks_exact(shape.frames) {
        for tap in 0..kernel {
            let at = |t: usize| (t * stride + tap).checked_sub(pad);
            let value = |t: usize| at(t).and_then(|at| x.get(at)).copied().unwrap_or(padding);
            out.extend((0..frames).map(value));
        }
    }
}
