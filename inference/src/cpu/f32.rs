//! The f32 executor for the CPU. It runs one example at a time, so that all values stay in the caches.

use super::activation::{exp_of_negative, mixed_activation};
use super::ops::{dot, im2col, mean_std, normalize, pad_rows, sum_of};
use super::simd::{SimdLevel, dispatch};
use crate::error::ModelError;
use crate::executor::{Executor, Outputs};
use crate::model::plan::{Convolution, Op, Plan, Shape, Step, Weight};
use flow_analysis::features::MEL_VALUES;

/// Runs a plan with f32 weights.
#[derive(Debug)]
pub(crate) struct F32Executor {
    plan: Plan,
    simd: SimdLevel,
    values: Vec<Vec<f32>>,
    /// The im2col matrix or the padded rows of a convolution.
    columns: Vec<f32>,
}

impl F32Executor {
    pub(crate) fn new(plan: Plan, simd: SimdLevel) -> Result<Self, ModelError> {
        if plan.is_quantized() {
            return Err(ModelError::new("its weights are integers"));
        }
        let values = plan.shapes.iter().map(|s| vec![0.0; s.len()]).collect();
        Ok(Self {
            plan,
            simd,
            values,
            columns: Vec::new(),
        })
    }

    fn step(&mut self, step: &Step, mel: &[f32]) {
        // The output is taken out, so that the operands can be borrowed.
        let mut out = std::mem::take(&mut self.values[step.output]);
        let x = &self.values[step.operands[0].value];
        let shape = self.plan.shapes[step.operands[0].value];
        if let Op::Conv(convolution) = &step.op {
            let frames = self.plan.shapes[step.output].frames;
            let columns = &mut self.columns;
            convolve(self.simd, convolution, x, shape, frames, columns, &mut out);
        } else {
            let second = step.operands.get(1).map(|o| &self.values[o.value][..]);
            run_without_weights(self.simd, &step.op, mel, (x, second), shape, &mut out);
        }
        self.values[step.output] = out;
    }
}

impl Executor for F32Executor {
    fn run(&mut self, mel: &[f32]) -> Result<Vec<Outputs>, ModelError> {
        let steps = std::mem::take(&mut self.plan.steps);
        let outputs = mel
            .chunks_exact(MEL_VALUES)
            .map(|mel| {
                steps.iter().for_each(|step| self.step(step, mel));
                self.plan
                    .outputs
                    .iter()
                    .map(|o| self.values[*o].clone())
                    .collect()
            })
            .collect();
        self.plan.steps = steps;
        Ok(outputs)
    }
}

/// Runs a step without weights; `second` is its second operand. Each executor has convolutions of its own.
pub(super) fn run_without_weights(
    simd: SimdLevel,
    op: &Op,
    mel: &[f32],
    (x, second): (&[f32], Option<&[f32]>),
    shape: Shape,
    out: &mut [f32],
) {
    match op {
        Op::Normalize(how) => normalize(simd, mel, *how, out),
        Op::MeanStd { min_variance } => mean_std(simd, x, shape.frames, *min_variance, out),
        Op::AttentionPool => attention_pool(simd, x, second.unwrap_or_default(), shape, out),
        Op::Activation => activate(simd, x, second, out),
        Op::Concat => {
            let (first, rest) = out.split_at_mut(x.len());
            first.copy_from_slice(x);
            rest.copy_from_slice(second.unwrap_or_default());
        }
        Op::Conv(_) => {}
    }
}

/// A convolution with `frames` output frames.
fn convolve(
    simd: SimdLevel,
    convolution: &Convolution,
    x: &[f32],
    shape: Shape,
    frames: usize,
    scratch: &mut Vec<f32>,
    out: &mut [f32],
) {
    let Weight::F32(weight) = &convolution.weight else {
        // `new` refuses such plans.
        return;
    };
    if convolution.depthwise {
        // The split into phases reads up to a stride beyond the last tap.
        let around = [convolution.pad, convolution.pad + convolution.stride - 1];
        pad_rows(x, shape.frames, around, 0.0, scratch);
        dispatch!(simd, depthwise(convolution, weight, scratch, frames, out));
    } else if convolution.is_dense(shape.frames) {
        dispatch!(simd, dense(weight, &convolution.bias, x, out));
    } else {
        let plain = convolution.kernel == 1 && convolution.stride == 1 && convolution.pad == 0;
        if !plain {
            im2col(convolution, x, shape, frames, 0.0, scratch);
        }
        let matrix = if plain { x } else { scratch };
        dispatch!(simd, matmul(weight, &convolution.bias, matrix, frames, out));
    }
}

/// A depthwise convolution of padded rows.
#[inline(always)]
fn depthwise<const WIDTH: usize>(
    convolution: &Convolution,
    weight: &[f32],
    x: &[f32],
    frames: usize,
    out: &mut [f32],
) {
    /// Sums that are computed side by side, to hide the latency.
    const LANES: usize = 64;
    let Convolution { kernel, stride, .. } = *convolution;
    let channels = convolution.bias.len();
    let rows = x.chunks_exact(x.len() / channels);
    let weights = weight.chunks_exact(kernel).zip(&convolution.bias);
    // Each phase holds every `stride`th number, so that the taps read contiguous memory.
    let count = frames.next_multiple_of(LANES) + (kernel - 1) / stride;
    let mut phases = vec![0.0; stride * count];
    for ((x, (weight, bias)), out) in rows.zip(weights).zip(out.chunks_exact_mut(frames)) {
        for (first, phase) in phases.chunks_exact_mut(count).enumerate() {
            let x = x.get(first..).unwrap_or_default();
            match stride {
                1 => every::<1>(x, phase),
                2 => every::<2>(x, phase),
                _ => x
                    .iter()
                    .step_by(stride)
                    .zip(phase)
                    .for_each(|(x, to)| *to = *x),
            }
        }
        for (t, out) in (0..).step_by(LANES).zip(out.chunks_mut(LANES)) {
            let sums = filtered::<WIDTH, LANES>(weight, *bias, &phases, (stride, count), t);
            out.copy_from_slice(&sums[..out.len()]);
        }
    }
}

/// Copies every `STRIDE`th number.
#[inline(always)]
fn every<const STRIDE: usize>(x: &[f32], to: &mut [f32]) {
    let both = x.as_chunks::<STRIDE>().0.iter().zip(to);
    both.for_each(|(x, to)| *to = x[0]);
}

/// `LANES` output frames of a filter, from frame `t` on.
#[inline(always)]
fn filtered<const WIDTH: usize, const LANES: usize>(
    weight: &[f32],
    bias: f32,
    phases: &[f32],
    (stride, count): (usize, usize),
    t: usize,
) -> [f32; LANES] {
    let mut sums = [bias; LANES];
    let (mut phase, mut ahead) = (0, 0);
    for w in weight {
        let here = &phases[phase * count + ahead + t..][..LANES];
        for lane in 0..LANES {
            sums[lane] = fused::<WIDTH>(*w, here[lane], sums[lane]);
        }
        phase += 1;
        if phase == stride {
            (phase, ahead) = (0, ahead + 1);
        }
    }
    sums
}

/// out[o] = bias[o] + Σ weight[o][k] · x[k].
#[inline(always)]
fn dense<const WIDTH: usize>(weight: &[f32], bias: &[f32], x: &[f32], out: &mut [f32]) {
    const LANES: usize = 32;
    for ((row, bias), out) in weight.chunks_exact(x.len()).zip(bias).zip(out) {
        let mut sums = [0.0_f32; LANES];
        let (weights, values) = (row.chunks_exact(LANES), x.chunks_exact(LANES));
        let rest: f32 = weights
            .remainder()
            .iter()
            .zip(values.remainder())
            .map(|(w, x)| w * x)
            .sum();
        for (w, x) in weights.zip(values) {
            for lane in 0..LANES {
                sums[lane] = fused::<WIDTH>(w[lane], x[lane], sums[lane]);
            }
        }
        *out = bias + rest + sums.iter().sum::<f32>();
    }
}

/// A dense layer without fused multiply-add: all machines give equal bits.
pub(super) fn dense_portable(weight: &[f32], bias: &[f32], x: &[f32], out: &mut [f32]) {
    dense::<0>(weight, bias, x, out);
}

/// out[o][t] = bias[o] + Σ weight[o][k] · x[k][t].
#[inline(always)]
fn matmul<const WIDTH: usize>(
    weight: &[f32],
    bias: &[f32],
    x: &[f32],
    frames: usize,
    out: &mut [f32],
) {
    // The tile is as large as the registers allow beside the operands.
    if WIDTH == 16 {
        blocks::<WIDTH, 8, 32>(weight, bias, x, frames, out);
    } else {
        blocks::<WIDTH, 4, 16>(weight, bias, x, frames, out);
    }
}

#[inline(always)]
fn blocks<const WIDTH: usize, const ROWS: usize, const LANES: usize>(
    weight: &[f32],
    bias: &[f32],
    x: &[f32],
    frames: usize,
    out: &mut [f32],
) {
    let depth = x.len() / frames;
    let whole_rows = bias.len() - bias.len() % ROWS;
    let whole_lanes = frames - frames % LANES;
    for t in (0..whole_lanes).step_by(LANES) {
        for o in (0..whole_rows).step_by(ROWS) {
            tile::<WIDTH, ROWS, LANES>(
                &weight[o * depth..],
                &bias[o..],
                x,
                frames,
                t,
                &mut out[o * frames..],
            );
        }
        for o in whole_rows..bias.len() {
            tile::<WIDTH, 1, LANES>(
                &weight[o * depth..],
                &bias[o..],
                x,
                frames,
                t,
                &mut out[o * frames..],
            );
        }
    }
    for t in whole_lanes..frames {
        for o in 0..bias.len() {
            tile::<WIDTH, 1, 1>(
                &weight[o * depth..],
                &bias[o..],
                x,
                frames,
                t,
                &mut out[o * frames..],
            );
        }
    }
}

/// A tile of a matrix product, whose sums stay in registers.
#[inline(always)]
fn tile<const WIDTH: usize, const ROWS: usize, const LANES: usize>(
    weight: &[f32],
    bias: &[f32],
    x: &[f32],
    frames: usize,
    t: usize,
    out: &mut [f32],
) {
    let depth = x.len() / frames;
    let rows: [&[f32]; ROWS] = std::array::from_fn(|r| &weight[r * depth..][..depth]);
    let mut sums: [[f32; LANES]; ROWS] = std::array::from_fn(|r| [bias[r]; LANES]);
    for k in 0..depth {
        let here = &x[k * frames + t..][..LANES];
        for r in 0..ROWS {
            let w = rows[r][k];
            for lane in 0..LANES {
                sums[r][lane] = fused::<WIDTH>(w, here[lane], sums[r][lane]);
            }
        }
    }
    for r in 0..ROWS {
        out[r * frames + t..][..LANES].copy_from_slice(&sums[r]);
    }
}

/// a · b + c, rounded once on levels with fused multiply-add.
#[inline(always)]
fn fused<const WIDTH: usize>(a: f32, b: f32, c: f32) -> f32 {
    if WIDTH > 0 {
        a.mul_add(b, c)
    } else {
        a * b + c
    }
}

/// The activation of x, or of a sum. All machines give equal bits.
fn activate(simd: SimdLevel, x: &[f32], other: Option<&[f32]>, out: &mut [f32]) {
    match other {
        None => dispatch!(simd, activate_one(x, out)),
        Some(other) => dispatch!(simd, activate_two(x, other, out)),
    }
}

#[inline(always)]
fn activate_one<const WIDTH: usize>(x: &[f32], out: &mut [f32]) {
    out.iter_mut()
        .zip(x)
        .for_each(|(out, x)| *out = mixed_activation(*x));
}

#[inline(always)]
fn activate_two<const WIDTH: usize>(x: &[f32], other: &[f32], out: &mut [f32]) {
    for ((out, x), other) in out.iter_mut().zip(x).zip(other) {
        *out = mixed_activation(x + other);
    }
}

/// Means over time, weighted by the softmax of the scores of each head. All machines give equal bits.
fn attention_pool(simd: SimdLevel, x: &[f32], scores: &[f32], shape: Shape, out: &mut [f32]) {
    dispatch!(simd, attention_pool_with(x, scores, shape, out));
}

#[inline(always)]
fn attention_pool_with<const WIDTH: usize>(
    x: &[f32],
    scores: &[f32],
    shape: Shape,
    out: &mut [f32],
) {
    let frames = shape.frames;
    let per_head = shape.channels * frames / scores.len();
    let heads = x
        .chunks_exact(per_head * frames)
        .zip(out.chunks_exact_mut(per_head));
    for ((x, out), scores) in heads.zip(scores.chunks_exact(frames)) {
        let highest = scores.iter().copied().fold(f32::MIN, f32::max);
        let share = |score: &f32| {
            let below = score - highest;
            // NaN fails the comparison and stays NaN.
            exp_of_negative(if below < -87.0 { -87.0 } else { below })
        };
        let shares: Vec<f32> = scores.iter().map(share).collect();
        let all = sum_of(&shares, |share| share);
        for (x, out) in x.chunks_exact(frames).zip(out) {
            *out = dot(x, &shares) / all;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn depthwise_convolution_on_all_instruction_sets_equals_the_exact_sums() {
        for (channels, kernel, stride, pad, len) in [
            (3, 31, 2, 0, 256),
            (2, 5, 2, 0, 7),
            (2, 5, 1, 2, 70),
            (1, 7, 3, 4, 40),
            (2, 2, 2, 1, 2),
            (1, 4, 4, 0, 16),
        ] {
            let number =
                |i: usize| flow_dsp::math::narrow(flow_dsp::math::count(i * 37 % 17)) - 8.0;
            let weight: Vec<f32> = (0..channels * kernel).map(number).collect();
            let x: Vec<f32> = (3..3 + channels * len).map(number).collect();
            let convolution = Convolution {
                kernel,
                stride,
                pad,
                depthwise: true,
                weight: Weight::F32(weight.clone()),
                bias: (0..channels).map(number).collect(),
            };
            let frames = (len + 2 * pad - kernel) / stride + 1;
            let shape = Shape {
                channels,
                frames: len,
            };
            // Integers, whose sums are exact in f32.
            let exact = |c: usize, t: usize| {
                let product = |k: usize| {
                    let at = (t * stride + k).checked_sub(pad).filter(|at| *at < len);
                    at.map_or(0.0, |at| weight[c * kernel + k] * x[c * len + at])
                };
                convolution.bias[c] + (0..kernel).map(product).sum::<f32>()
            };
            let places = (0..channels).flat_map(|c| (0..frames).map(move |t| (c, t)));
            let expected: Vec<f32> = places.map(|(c, t)| exact(c, t)).collect();
            for simd in SimdLevel::all() {
                let mut out = vec![f32::NAN; channels * frames];
                let mut scratch = Vec::new();
                convolve(
                    simd,
                    &convolution,
                    &x,
                    shape,
                    frames,
                    &mut scratch,
                    &mut out,
                );
                assert_eq!(out, expected, "{}: {kernel} by {stride}", simd.name());
            }
        }
    }

    #[test]
    fn attention_pool_on_all_instruction_sets_gives_equal_bits() {
        const FRAMES: usize = 64;
        let scores: [f32; FRAMES] = std::array::from_fn(|t| {
            flow_dsp::math::narrow(flow_dsp::math::count(t * 29 % 64)) / 7.0
        });
        let shape = Shape {
            channels: FRAMES,
            frames: FRAMES,
        };
        // Channel c is 1 in frame c, and 0 in all others.
        let x = |i: usize| f32::from(u8::from(i / FRAMES == i % FRAMES));
        let x: Vec<f32> = (0..shape.len()).map(x).collect();
        let shares = scores.map(|score| exp_of_negative(score - 9.0));
        let all = sum_of(&shares, |share| share);
        for simd in SimdLevel::all() {
            let mut out = vec![0.0; FRAMES];
            attention_pool(simd, &x, &scores, shape, &mut out);
            assert_eq!(out, shares.map(|share| share / all), "{}", simd.name());
            attention_pool(simd, &x, &scores.map(|s| s - 200.0 * s), shape, &mut out);
            assert!(
                (out[0] - 1.0).abs() < 1e-6,
                "scores far below the highest weigh nothing"
            );
            attention_pool(simd, &x, &[f32::NAN; FRAMES], shape, &mut out);
            assert!(out.iter().all(|x| x.is_nan()));
        }
    }
}
