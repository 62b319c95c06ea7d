//! The INT8 executor for the CPU: 8-bit weights and activations, 32-bit sums, activations by table.
//!
//! Integer sums are exact, and their conversion to real numbers is a product and a sum, each rounded once. All instruction
//! sets therefore give equal bits.

mod activation_table;
mod matmul;

use super::f32::{dense_portable, run_without_weights};
use super::ops::{im2col, pad_rows};
use super::simd::{SimdLevel, dispatch};
use crate::error::ModelError;
use crate::executor::{Executor, Outputs};
use crate::model::plan::{
    Convolution, Int8Weight, Op, Operand, Plan, Scale, Shape, Step, ValueId, Weight,
};
use activation_table::Table;
use flow_analysis::features::MEL_VALUES;
use matmul::{BEYOND, Product, Taps};

/// Runs a plan with INT8 weights. Its output layers are in f32.
pub(crate) struct Int8Executor {
    plan: Plan,
    simd: SimdLevel,
    prepared: Vec<Int8Step>,
    values: Vec<Value>,
    columns: Vec<i8>,
}

/// The precomputed part of a step.
enum Int8Step {
    Nothing,
    Product(Product),
    Table(Table),
}

/// A value in both number formats. A format that no step reads may stay empty.
#[derive(Default)]
struct Value {
    real: Vec<f32>,
    int8: Vec<i8>,
}

impl Int8Executor {
    pub(crate) fn new(plan: Plan, simd: SimdLevel) -> Result<Self, ModelError> {
        if !plan.is_quantized() {
            return Err(ModelError::new("its weights aren't integers"));
        }
        if let Some(step) = plan.steps.iter().find(|step| !is_supported(&plan, step)) {
            let name = &step.name;
            return Err(ModelError::new(format!("{name:?} isn't supported in INT8")));
        }
        let prepared = plan.steps.iter().map(|step| prepare(&plan, step, simd));
        let prepared = prepared.collect::<Result<_, _>>()?;
        let value = |(shape, scale): (&Shape, &Option<Scale>)| Value {
            real: vec![0.0; shape.len()],
            int8: vec![0; if scale.is_some() { shape.len() } else { 0 }],
        };
        let values = plan.shapes.iter().zip(&plan.scales).map(value).collect();
        Ok(Self {
            plan,
            simd,
            prepared,
            values,
            columns: Vec::new(),
        })
    }

    fn step(&mut self, index: usize, mel: &[f32]) {
        let Self {
            plan,
            simd,
            prepared,
            values,
            columns: scratch,
        } = self;
        let step = &plan.steps[index];
        // The output is taken out, so that the operands can be borrowed.
        let mut out = std::mem::take(&mut values[step.output]);
        let first = step.operands[0];
        let shape = plan.shapes[first.value];
        match (&step.op, &mut prepared[index]) {
            (Op::Activation, Int8Step::Table(table)) => real_of(*simd, plan, values, first, |x| {
                let Some(other) = step.operands.get(1) else {
                    return dispatch!(*simd, activate(table, x, &mut out.int8));
                };
                real_of(*simd, plan, values, *other, |other| {
                    dispatch!(*simd, activate_sum(table, x, other, &mut out.int8));
                });
            }),
            (Op::Conv(convolution), Int8Step::Product(product)) => {
                let scale = plan.scales[first.value].unwrap_or(Scale {
                    scale: 1.0,
                    zero: 0,
                });
                let x = &values[first.value].int8;
                let frames = plan.shapes[step.output].frames;
                let zero = scale.zero;
                let Convolution {
                    kernel,
                    stride,
                    pad,
                    depthwise,
                    ..
                } = *convolution;
                let taps = Taps {
                    len: shape.frames + 2 * pad + BEYOND,
                    kernel,
                    stride,
                };
                let around = [pad, pad + BEYOND];
                let out = &mut out.real;
                if depthwise {
                    pad_rows(x, shape.frames, around, zero, scratch);
                    product.filter(scratch, taps, frames, zero, out);
                } else if kernel == 1 && stride == 1 {
                    product.run(x, frames, zero, out);
                } else if frames > 1 && product.convolves(stride) {
                    pad_rows(x, shape.frames, around, zero, scratch);
                    product.convolve(scratch, taps, frames, zero, out);
                } else {
                    im2col(convolution, x, shape, frames, zero, scratch);
                    product.run(scratch, frames, zero, out);
                }
            }
            (Op::Conv(Convolution { weight, bias, .. }), _) => {
                if let Weight::F32(weight) = weight {
                    real_of(*simd, plan, values, first, |x| {
                        dense_portable(weight, bias, x, &mut out.real);
                    });
                }
            }
            (op, _) => real_of(*simd, plan, values, first, |x| {
                let mut run = |second: Option<&[f32]>| {
                    run_without_weights(*simd, op, mel, (x, second), shape, &mut out.real);
                };
                match step.operands.get(1) {
                    None => run(None),
                    Some(other) => real_of(*simd, plan, values, *other, |y| run(Some(y))),
                }
            }),
        }
        if let Some(scale) = plan.scales[step.output]
            && !matches!(prepared[index], Int8Step::Table(_))
        {
            dispatch!(*simd, quantize(scale, &out.real, &mut out.int8));
        }
        values[step.output] = out;
    }
}

impl Int8Executor {
    /// An output of the network.
    fn output(&self, value: ValueId) -> Vec<f32> {
        let made_by = self.plan.steps.iter().position(|step| step.output == value);
        let by_table = made_by.is_some_and(|i| matches!(self.prepared[i], Int8Step::Table(_)));
        let operand = Operand {
            value,
            quantized: by_table,
        };
        real_of(
            self.simd,
            &self.plan,
            &self.values,
            operand,
            <[f32]>::to_vec,
        )
    }
}

impl Executor for Int8Executor {
    fn run(&mut self, mel: &[f32]) -> Result<Vec<Outputs>, ModelError> {
        let outputs = |mel: &[f32]| {
            (0..self.plan.steps.len()).for_each(|index| self.step(index, mel));
            self.plan.outputs.iter().map(|o| self.output(*o)).collect()
        };
        Ok(mel.chunks_exact(MEL_VALUES).map(outputs).collect())
    }
}

/// Whether this executor supports a step. A valid plan may hold steps that Flow's own plans don't.
fn is_supported(plan: &Plan, step: &Step) -> bool {
    // The only convolutions with f32 weights are dense layers.
    let is_done = match &step.op {
        Op::Conv(convolution) if matches!(convolution.weight, Weight::F32(_)) => {
            let frames = plan.shapes[step.operands[0].value].frames;
            convolution.is_dense(frames)
        }
        _ => true,
    };
    // Values from a table exist as integers only.
    let by_table = |value: ValueId| {
        let makes_it = |s: &Step| s.output == value && s.op == Op::Activation;
        plan.scales[value].is_some() && plan.steps.iter().any(makes_it)
    };
    let is_there = |o: &Operand| o.quantized || !by_table(o.value);
    is_done && step.operands.iter().all(is_there)
}

fn prepare(plan: &Plan, step: &Step, simd: SimdLevel) -> Result<Int8Step, ModelError> {
    let first = step.operands[0];
    match &step.op {
        Op::Conv(convolution) => {
            let Weight::Int8(Int8Weight {
                values: weight,
                scales,
            }) = &convolution.weight
            else {
                return Ok(Int8Step::Nothing);
            };
            let Some(scale) = plan.scales[first.value].filter(|_| first.quantized) else {
                let name = &step.name;
                return Err(ModelError::new(format!(
                    "the operand of {name:?} has no scale"
                )));
            };
            let scales: Vec<f32> = scales.iter().map(|s| s * scale.scale).collect();
            Ok(Int8Step::Product(Product::new(
                weight,
                scales,
                &convolution.bias,
                simd,
            )))
        }
        Op::Activation => Ok(match plan.scales[step.output] {
            Some(scale) => Int8Step::Table(Table::new(scale)),
            None => Int8Step::Nothing,
        }),
        _ => Ok(Int8Step::Nothing),
    }
}

/// Passes on a value in f32, dequantized if the operand is quantized.
fn real_of<R>(
    simd: SimdLevel,
    plan: &Plan,
    values: &[Value],
    operand: Operand,
    then: impl FnOnce(&[f32]) -> R,
) -> R {
    let value = &values[operand.value];
    match plan.scales[operand.value].filter(|_| operand.quantized) {
        None => then(&value.real),
        Some(scale) => {
            let mut real = vec![0.0; value.int8.len()];
            dispatch!(simd, dequantize(scale, &value.int8, &mut real));
            then(&real)
        }
    }
}

#[inline(always)]
fn dequantize<const WIDTH: usize>(Scale { scale, zero }: Scale, x: &[i8], out: &mut [f32]) {
    for (x, out) in x.iter().zip(out) {
        *out = scale * f32::from(i16::from(*x) - i16::from(zero));
    }
}

#[inline(always)]
fn quantize<const WIDTH: usize>(scale: Scale, x: &[f32], out: &mut [i8]) {
    x.iter()
        .zip(out)
        .for_each(|(x, out)| *out = activation_table::quantized(scale, *x));
}

#[inline(always)]
fn activate<const WIDTH: usize>(table: &Table, x: &[f32], out: &mut [i8]) {
    x.iter().zip(out).for_each(|(x, out)| *out = table.at(*x));
}

#[inline(always)]
fn activate_sum<const WIDTH: usize>(table: &Table, x: &[f32], other: &[f32], out: &mut [i8]) {
    for ((x, other), out) in x.iter().zip(other).zip(out) {
        *out = table.at(x + other);
    }
}
