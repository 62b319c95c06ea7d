//! A naive implementation of each step: integer sums in 64 bits, everything else in double precision.

use flow_analysis::features::{MEL_BANDS, MEL_FRAMES};

use crate::model::plan::{
    Convolution, Int8Weight, Normalization, Op, Operand, Plan, Scale, Step, Weight,
};

/// Quantizes as ONNX does: halves round to even.
pub(super) fn quantized(scale: Scale, x: f64) -> i64 {
    let steps = (x / f64::from(scale.scale)).round_ties_even();
    #[expect(clippy::cast_possible_truncation, reason = "it is limited next")]
    let steps = steps as i64;
    (steps + i64::from(scale.zero)).clamp(-128, 127)
}

/// Dequantizes.
pub(super) fn real(scale: Scale, quantized: i64) -> f64 {
    f64::from(scale.scale) * narrow(quantized - i64::from(scale.zero))
}

fn narrow(n: i64) -> f64 {
    f64::from(i32::try_from(n).expect("sums of layers are smaller"))
}

/// The operand as the step reads it.
fn operand_values(plan: &Plan, operand: Operand, x: &[f32]) -> Vec<f64> {
    let scale = plan.scales[operand.value].filter(|_| operand.quantized);
    let read = |x: &f32| match scale {
        None => f64::from(*x),
        Some(scale) => real(scale, quantized(scale, f64::from(*x))),
    };
    x.iter().map(read).collect()
}

/// The output of a step for some operands.
pub(super) fn step(plan: &Plan, step: &Step, operands: &[Vec<f32>]) -> Vec<f64> {
    let first = step.operands[0];
    let shape = plan.shapes[first.value];
    let frames = shape.frames;
    let x = operand_values(plan, first, &operands[0]);
    let second = || operand_values(plan, step.operands[1], &operands[1]);
    match &step.op {
        Op::Normalize(how) => normalize(&x, *how),
        Op::MeanStd { min_variance } => mean_std(&x, frames, f64::from(*min_variance)),
        Op::Conv(convolution) => {
            let sums = sums(plan, step, convolution, &x, &operands[0]);
            let count = plan.shapes[step.output].frames;
            let factor = |row: usize| match &convolution.weight {
                Weight::F32(_) => 1.0,
                Weight::Int8(Int8Weight { scales, .. }) => {
                    let scale = plan.scales[first.value].expect("integers have one");
                    f64::from(scales[row] * scale.scale)
                }
            };
            let bias = |row: usize| f64::from(convolution.bias[row]);
            let sums = sums.iter().enumerate();
            sums.map(|(i, sum)| factor(i / count) * sum + bias(i / count))
                .collect()
        }
        Op::Activation => {
            let other = if step.operands.len() == 2 {
                second()
            } else {
                vec![0.0; x.len()]
            };
            let activation = |x: f64| 0.4 / (1.0 + (-x).exp()) + 0.4 * x.tanh() + 0.2 * x.max(0.0);
            x.iter()
                .zip(other)
                .map(|(x, y)| activation(x + y))
                .collect()
        }
        Op::AttentionPool => {
            let scores = second();
            let per_head = shape.channels * frames / scores.len();
            let channel = |(c, x): (usize, &[f64])| {
                let scores = &scores[c / per_head * frames..][..frames];
                let shares: Vec<f64> = scores.iter().map(|s| s.exp()).collect();
                let along: f64 = x.iter().zip(&shares).map(|(x, s)| x * s).sum();
                along / shares.iter().sum::<f64>()
            };
            x.chunks_exact(frames).enumerate().map(channel).collect()
        }
        Op::Concat => x.into_iter().chain(second()).collect(),
    }
}

/// The sums of a convolution, as integers if its weights are integers.
fn sums(plan: &Plan, step: &Step, convolution: &Convolution, x: &[f64], raw: &[f32]) -> Vec<f64> {
    let first = step.operands[0].value;
    let (shape, out) = (plan.shapes[first], plan.shapes[step.output]);
    let Convolution {
        kernel,
        stride,
        pad,
        depthwise,
        ..
    } = *convolution;
    let per_row = if depthwise { 1 } else { shape.channels };
    let taps = |o: usize, t: usize| {
        let places = (0..per_row).flat_map(move |c| (0..kernel).map(move |k| (c, k)));
        places.filter_map(move |(c, k)| {
            let at = (t * stride + k)
                .checked_sub(pad)
                .filter(|at| *at < shape.frames)?;
            let channel = if depthwise { o } else { c };
            Some(((o * per_row + c) * kernel + k, channel * shape.frames + at))
        })
    };
    let places = (0..out.channels).flat_map(|o| (0..out.frames).map(move |t| (o, t)));
    match &convolution.weight {
        Weight::F32(weight) => places
            .map(|(o, t)| taps(o, t).map(|(w, at)| f64::from(weight[w]) * x[at]).sum())
            .collect(),
        Weight::Int8(Int8Weight { values: weight, .. }) => {
            let scale = plan.scales[first].expect("integers have one");
            let whole: Vec<i64> = raw
                .iter()
                .map(|x| quantized(scale, f64::from(*x)) - i64::from(scale.zero))
                .collect();
            let sum = |(o, t): (usize, usize)| -> i64 {
                let products = taps(o, t).map(|(w, at)| i64::from(weight[w]) * whole[at]);
                products.sum()
            };
            places.map(|place| narrow(sum(place))).collect()
        }
    }
}

fn normalize(mel: &[f64], how: Normalization) -> Vec<f64> {
    let half = MEL_FRAMES * MEL_BANDS;
    let [low, high] = how.limits.map(f64::from);
    let audible = mel.iter().map(|x| x.max(f64::from(how.floor_db)));
    let audible: Vec<f64> = audible.collect();
    let mid: f64 = audible[..half].iter().sum();
    let level = mid / f64::from(u32::try_from(half).expect("a small number"));
    let place = |(channel, frame): (usize, usize)| {
        let (side, band) = (channel / MEL_BANDS, channel % MEL_BANDS);
        let x = audible[(side * MEL_FRAMES + frame) * MEL_BANDS + band];
        ((x - level) * f64::from(how.per_db)).clamp(low, high)
    };
    let places = (0..2 * MEL_BANDS).flat_map(|c| (0..MEL_FRAMES).map(move |t| (c, t)));
    places.map(place).collect()
}

fn mean_std(x: &[f64], frames: usize, min_variance: f64) -> Vec<f64> {
    let count = f64::from(u32::try_from(frames).expect("a small number"));
    let mean = |x: &[f64]| x.iter().sum::<f64>() / count;
    let means: Vec<f64> = x.chunks_exact(frames).map(mean).collect();
    let spread = |(x, m): (&[f64], &f64)| {
        let squares: f64 = x.iter().map(|x| (x - m).powi(2)).sum();
        (squares / count + min_variance).sqrt()
    };
    let spreads: Vec<f64> = x.chunks_exact(frames).zip(&means).map(spread).collect();
    means.into_iter().chain(spreads).collect()
}
