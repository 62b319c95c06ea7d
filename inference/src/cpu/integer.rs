//! The plan in integers on the CPU: 8-bit weights and activations, 32-bit sums, activations by table.
//!
//! Sums are exact whatever the instructions; what turns them into activations is a product and a sum, each rounded once. So
//! all instruction sets give the same bits.

mod product;
mod table;

use super::float::{self, attend, dense_portable};
use super::layout::{Normal, columns, moments, normalise, padded};
use super::level::{Level, by_level};
use crate::ModelError;
use crate::executor::{Executor, Outputs};
use crate::plan::{Convolution, Op, Operand, Plan, Scale, Shape, Step, ValueId, Weight};
use flow_analysis::features::MEL_VALUES;
use product::{BEYOND, Product, Taps};
use table::Table;

/// Runs a plan whose weights are integers; its output layers are floating-point numbers.
pub(crate) struct Integer {
    plan: Plan,
    level: Level,
    prepared: Vec<Prepared>,
    values: Vec<Value>,
    columns: Vec<i8>,
}

/// What a step needs besides the plan.
enum Prepared {
    Nothing,
    Product(Product),
    Table(Table),
}

/// A value in both of its forms; what nothing reads stays empty.
#[derive(Default)]
struct Value {
    real: Vec<f32>,
    small: Vec<i8>,
}

impl Integer {
    pub(crate) fn new(plan: Plan, level: Level) -> Result<Self, ModelError> {
        if !plan.is_quantised() {
            return Err(ModelError::new("its weights aren't integers"));
        }
        if let Some(step) = plan.steps.iter().find(|step| !is_for_integers(&plan, step)) {
            let name = &step.name;
            return Err(ModelError::new(format!("{name:?} isn't for integers")));
        }
        let prepared = plan.steps.iter().map(|step| prepare(&plan, step, level));
        let prepared = prepared.collect::<Result<_, _>>()?;
        let value = |(shape, scale): (&Shape, &Option<Scale>)| Value {
            real: vec![0.0; shape.len()],
            small: vec![0; if scale.is_some() { shape.len() } else { 0 }],
        };
        let values = plan.shapes.iter().zip(&plan.scales).map(value).collect();
        Ok(Self {
            plan,
            level,
            prepared,
            values,
            columns: Vec::new(),
        })
    }

    fn step(&mut self, index: usize, mel: &[f32]) {
        let Self {
            plan,
            level,
            prepared,
            values,
            columns: scratch,
        } = self;
        let step = &plan.steps[index];
        // Taken out, so that the operands can be read meanwhile.
        let mut out = std::mem::take(&mut values[step.output]);
        let first = step.operands[0];
        let shape = plan.shapes[first.value];
        match (&step.op, &mut prepared[index]) {
            (Op::Bend, Prepared::Table(table)) => real_of(*level, plan, values, first, |x| {
                let Some(other) = step.operands.get(1) else {
                    return by_level!(*level, bend(table, x, &mut out.small));
                };
                real_of(*level, plan, values, *other, |other| {
                    by_level!(*level, bend_sum(table, x, other, &mut out.small));
                });
            }),
            (Op::Convolve(convolution), Prepared::Product(product)) => {
                let scale = plan.scales[first.value].unwrap_or(Scale {
                    scale: 1.0,
                    zero: 0,
                });
                let x = &values[first.value].small;
                let frames = plan.shapes[step.output].frames;
                let zero = scale.zero;
                let Convolution {
                    kernel,
                    stride,
                    pad,
                    by_channel,
                    ..
                } = *convolution;
                let taps = Taps {
                    len: shape.frames + 2 * pad + BEYOND,
                    kernel,
                    stride,
                };
                let around = [pad, pad + BEYOND];
                let out = &mut out.real;
                if by_channel {
                    padded(x, shape.frames, around, zero, scratch);
                    product.filter(scratch, taps, frames, zero, out);
                } else if kernel == 1 && stride == 1 {
                    product.run(x, frames, zero, out);
                } else if frames > 1 && product.convolves(stride) {
                    padded(x, shape.frames, around, zero, scratch);
                    product.convolve(scratch, taps, frames, zero, out);
                } else {
                    columns(convolution, x, shape, frames, zero, scratch);
                    product.run(scratch, frames, zero, out);
                }
            }
            (op, _) => real_of(*level, plan, values, first, |x| {
                let Some(second) = step.operands.get(1) else {
                    return plainly(*level, op, mel, x, (None, shape), &mut out.real);
                };
                real_of(*level, plan, values, *second, |second| {
                    plainly(*level, op, mel, x, (Some(second), shape), &mut out.real);
                });
            }),
        }
        if let Some(scale) = plan.scales[step.output]
            && !matches!(prepared[index], Prepared::Table(_))
        {
            by_level!(*level, quantise(scale, &out.real, &mut out.small));
        }
        values[step.output] = out;
    }
}

impl Integer {
    /// What came out of the network.
    fn output(&self, value: ValueId) -> Vec<f32> {
        let made_by = self.plan.steps.iter().position(|step| step.output == value);
        let by_table = made_by.is_some_and(|i| matches!(self.prepared[i], Prepared::Table(_)));
        let operand = Operand {
            value,
            quantised: by_table,
        };
        real_of(
            self.level,
            &self.plan,
            &self.values,
            operand,
            <[f32]>::to_vec,
        )
    }
}

impl Executor for Integer {
    fn run(&mut self, mel: &[f32]) -> Result<Vec<Outputs>, ModelError> {
        let outputs = |mel: &[f32]| {
            (0..self.plan.steps.len()).for_each(|index| self.step(index, mel));
            self.plan.outputs.iter().map(|o| self.output(*o)).collect()
        };
        Ok(mel.chunks_exact(MEL_VALUES).map(outputs).collect())
    }
}

/// Whether a step is one that is done right here: plans may be more than Flow's own files are.
fn is_for_integers(plan: &Plan, step: &Step) -> bool {
    // Only dense layers are left in floating-point numbers.
    let is_done = match &step.op {
        Op::Convolve(convolution) if matches!(convolution.weight, Weight::F32(_)) => {
            let frames = plan.shapes[step.operands[0].value].frames;
            convolution.is_dense(frames)
        }
        _ => true,
    };
    // What a table makes is there in eight bits only.
    let by_table = |value: ValueId| {
        let bends = |s: &Step| s.output == value && s.op == Op::Bend;
        plan.scales[value].is_some() && plan.steps.iter().any(bends)
    };
    let is_there = |o: &Operand| o.quantised || !by_table(o.value);
    is_done && step.operands.iter().all(is_there)
}

fn prepare(plan: &Plan, step: &Step, level: Level) -> Result<Prepared, ModelError> {
    let first = step.operands[0];
    match &step.op {
        Op::Convolve(convolution) => {
            let Weight::I8(weight, scales) = &convolution.weight else {
                return Ok(Prepared::Nothing);
            };
            let Some(scale) = plan.scales[first.value].filter(|_| first.quantised) else {
                let name = &step.name;
                return Err(ModelError::new(format!("what {name:?} reads has no scale")));
            };
            let scales: Vec<f32> = scales.iter().map(|s| s * scale.scale).collect();
            Ok(Prepared::Product(Product::new(
                weight,
                scales,
                &convolution.bias,
                level,
            )))
        }
        Op::Bend => Ok(match plan.scales[step.output] {
            Some(scale) => Prepared::Table(Table::new(scale)),
            None => Prepared::Nothing,
        }),
        _ => Ok(Prepared::Nothing),
    }
}

/// A value as real numbers, through eight bits if that is how it is read.
fn real_of<R>(
    level: Level,
    plan: &Plan,
    values: &[Value],
    operand: Operand,
    then: impl FnOnce(&[f32]) -> R,
) -> R {
    let value = &values[operand.value];
    match plan.scales[operand.value].filter(|_| operand.quantised) {
        None => then(&value.real),
        Some(scale) => {
            let mut real = vec![0.0; value.small.len()];
            by_level!(level, dequantise(scale, &value.small, &mut real));
            then(&real)
        }
    }
}

/// Steps that aren't done in integers.
fn plainly(
    level: Level,
    op: &Op,
    mel: &[f32],
    x: &[f32],
    (second, shape): (Option<&[f32]>, Shape),
    out: &mut [f32],
) {
    match op {
        Op::Normalise {
            floor_db,
            per_db,
            limits,
        } => {
            let how = Normal {
                floor_db: *floor_db,
                per_db: *per_db,
                limits: *limits,
            };
            normalise(level, mel, how, out);
        }
        Op::Moments { least_variance } => moments(level, x, shape.frames, *least_variance, out),
        Op::Attend => attend(level, x, second.unwrap_or_default(), shape, out),
        Op::Bend => float::bend(level, x, second, out),
        Op::Join => {
            let (first, rest) = out.split_at_mut(x.len());
            first.copy_from_slice(x);
            rest.copy_from_slice(second.unwrap_or_default());
        }
        Op::Convolve(Convolution { weight, bias, .. }) => {
            if let Weight::F32(weight) = weight {
                dense_portable(weight, bias, x, out);
            }
        }
    }
}

#[inline(always)]
fn dequantise<const WIDTH: usize>(Scale { scale, zero }: Scale, x: &[i8], out: &mut [f32]) {
    for (x, out) in x.iter().zip(out) {
        *out = scale * f32::from(i16::from(*x) - i16::from(zero));
    }
}

#[inline(always)]
fn quantise<const WIDTH: usize>(scale: Scale, x: &[f32], out: &mut [i8]) {
    x.iter()
        .zip(out)
        .for_each(|(x, out)| *out = table::quantised(scale, *x));
}

#[inline(always)]
fn bend<const WIDTH: usize>(table: &Table, x: &[f32], out: &mut [i8]) {
    x.iter().zip(out).for_each(|(x, out)| *out = table.at(*x));
}

#[inline(always)]
fn bend_sum<const WIDTH: usize>(table: &Table, x: &[f32], other: &[f32], out: &mut [i8]) {
    for ((x, other), out) in x.iter().zip(other).zip(out) {
        *out = table.at(x + other);
    }
}
