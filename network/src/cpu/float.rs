//! The plan in f32 on the CPU: one example at a time, so that its values stay in the nearest caches.

use super::curves::superposition;
use super::layout::{columns, moments, normalise, reach, sum};
use super::level::{Level, by_level};
use crate::ModelError;
use crate::executor::{Executor, Outputs};
use crate::plan::{Convolution, Op, Plan, Shape, Step, Weight};
use flow_inference::features::MEL_VALUES;

/// Runs a plan whose weights are floating-point numbers.
#[derive(Debug)]
pub(crate) struct Float {
    plan: Plan,
    level: Level,
    values: Vec<Vec<f32>>,
    /// What a convolution multiplies, one column for each frame.
    columns: Vec<f32>,
}

impl Float {
    pub(crate) fn new(plan: Plan, level: Level) -> Result<Self, ModelError> {
        if plan.is_quantised() {
            return Err(ModelError::new("its weights are integers"));
        }
        let values = plan.shapes.iter().map(|s| vec![0.0; s.len()]).collect();
        Ok(Self {
            plan,
            level,
            values,
            columns: Vec::new(),
        })
    }

    fn step(&mut self, step: &Step, mel: &[f32]) {
        // Taken out, so that the operands can be read meanwhile.
        let mut out = std::mem::take(&mut self.values[step.output]);
        let x = &self.values[step.operands[0].value];
        let shape = self.plan.shapes[step.operands[0].value];
        match &step.op {
            Op::Normalise {
                floor_db,
                per_db,
                limits,
            } => normalise(mel, *floor_db, *per_db, *limits, &mut out),
            Op::Moments { least_variance } => moments(x, shape.frames, *least_variance, &mut out),
            Op::Convolve(convolution) => {
                self.columns.clear();
                let frames = self.plan.shapes[step.output].frames;
                convolve(
                    self.level,
                    convolution,
                    x,
                    shape,
                    frames,
                    &mut self.columns,
                    &mut out,
                );
            }
            Op::Bend => {
                let other = step.operands.get(1).map(|o| &self.values[o.value][..]);
                bend(self.level, x, other, &mut out);
            }
            Op::Attend => attend(x, &self.values[step.operands[1].value], shape, &mut out),
            Op::Join => {
                let (first, second) = out.split_at_mut(x.len());
                first.copy_from_slice(x);
                second.copy_from_slice(&self.values[step.operands[1].value]);
            }
        }
        self.values[step.output] = out;
    }
}

impl Executor for Float {
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

/// `frames` columns of products; see [`Convolution`].
fn convolve(
    level: Level,
    convolution: &Convolution,
    x: &[f32],
    shape: Shape,
    frames: usize,
    scratch: &mut Vec<f32>,
    out: &mut [f32],
) {
    let Weight::F32(weight) = &convolution.weight else {
        // `new` has refused such plans.
        return;
    };
    if convolution.by_channel {
        by_level!(
            level,
            by_channel(convolution, weight, x, shape, frames, out)
        );
    } else if convolution.kernel == 1 && x.len() == shape.channels {
        by_level!(level, dense(weight, &convolution.bias, x, out));
    } else {
        let plain = convolution.kernel == 1 && convolution.stride == 1 && convolution.pad == 0;
        if !plain {
            columns(convolution, x, shape, frames, 0.0, scratch);
        }
        let matrix = if plain { x } else { scratch };
        by_level!(
            level,
            products(weight, &convolution.bias, matrix, frames, out)
        );
    }
}

/// Each channel by itself.
#[inline(always)]
fn by_channel<const WIDTH: usize>(
    convolution: &Convolution,
    weight: &[f32],
    x: &[f32],
    shape: Shape,
    frames: usize,
    out: &mut [f32],
) {
    let Convolution { kernel, stride, .. } = *convolution;
    let rows = x
        .chunks_exact(shape.frames)
        .zip(out.chunks_exact_mut(frames));
    for (channel, (x, out)) in rows.enumerate() {
        out.fill(convolution.bias[channel]);
        for tap in 0..kernel {
            let w = weight[channel * kernel + tap];
            let (inside, at) = reach(convolution, tap, shape.frames, frames);
            let values = x.get(at..).unwrap_or_default();
            let out = &mut out[inside];
            // Neighbours, which the compiler can take together.
            if stride == 1 {
                let both = out.iter_mut().zip(values);
                both.for_each(|(out, x)| *out = fused::<WIDTH>(w, *x, *out));
            } else {
                let both = out.iter_mut().zip(values.iter().step_by(stride));
                both.for_each(|(out, x)| *out = fused::<WIDTH>(w, *x, *out));
            }
        }
    }
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

/// The same bits on all machines.
pub(super) fn dense_portable(weight: &[f32], bias: &[f32], x: &[f32], out: &mut [f32]) {
    dense::<0>(weight, bias, x, out);
}

/// out[o][t] = bias[o] + Σ weight[o][k] · x[k][t].
#[inline(always)]
fn products<const WIDTH: usize>(
    weight: &[f32],
    bias: &[f32],
    x: &[f32],
    frames: usize,
    out: &mut [f32],
) {
    // As many sums as there are registers for, beside what is multiplied.
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

/// Some rows and frames of a product at once, so that sums stay in registers.
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

/// a · b + c, in one rounding where the processor has an instruction for it.
#[inline(always)]
fn fused<const WIDTH: usize>(a: f32, b: f32, c: f32) -> f32 {
    if WIDTH > 0 {
        a.mul_add(b, c)
    } else {
        a * b + c
    }
}

fn bend(level: Level, x: &[f32], other: Option<&[f32]>, out: &mut [f32]) {
    match other {
        None => by_level!(level, bend_one(x, out)),
        Some(other) => by_level!(level, bend_two(x, other, out)),
    }
}

#[inline(always)]
fn bend_one<const WIDTH: usize>(x: &[f32], out: &mut [f32]) {
    out.iter_mut()
        .zip(x)
        .for_each(|(out, x)| *out = superposition(*x));
}

#[inline(always)]
fn bend_two<const WIDTH: usize>(x: &[f32], other: &[f32], out: &mut [f32]) {
    for ((out, x), other) in out.iter_mut().zip(x).zip(other) {
        *out = superposition(x + other);
    }
}

/// Means over time of some channels each, weighted by the softmax of a score.
pub(super) fn attend(x: &[f32], scores: &[f32], shape: Shape, out: &mut [f32]) {
    let frames = shape.frames;
    let per_head = shape.channels * frames / scores.len();
    let heads = x
        .chunks_exact(per_head * frames)
        .zip(out.chunks_exact_mut(per_head));
    for ((x, out), scores) in heads.zip(scores.chunks_exact(frames)) {
        let highest = scores.iter().copied().fold(f32::MIN, f32::max);
        let shares: Vec<f32> = scores.iter().map(|s| (s - highest).exp()).collect();
        let all = sum(shares.iter().copied());
        for (x, out) in x.chunks_exact(frames).zip(out) {
            *out = sum(x.iter().zip(&shares).map(|(x, s)| x * s)) / all;
        }
    }
}
