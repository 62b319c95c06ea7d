//! Each layer alone, on pseudorandom numbers, against a naive implementation.

use flow_analysis::features::{MEL_BANDS, MEL_FRAMES};

use super::naive;
use super::*;
use crate::model::plan::{
    Convolution, Int8Weight, Normalization, Operand, PLAN_VERSION, Scale, Shape, Step, Weight,
};

/// Weights that are 1 at some places and 0 elsewhere, in the number format of a plan.
fn weight(plan: &Plan, ones: &[(usize, usize)], rows: usize, columns: usize) -> Weight {
    let at = |(row, column): &(usize, usize)| row * columns + column;
    if plan.is_quantized() {
        let mut weight = vec![0_i8; rows * columns];
        ones.iter().for_each(|place| weight[at(place)] = 1);
        Weight::Int8(Int8Weight {
            values: weight,
            scales: vec![1.0; rows],
        })
    } else {
        let mut weight = vec![0.0; rows * columns];
        ones.iter().for_each(|place| weight[at(place)] = 1.0);
        Weight::F32(weight)
    }
}

fn value(plan: &mut Plan, shape: Shape, scale: Option<Scale>) -> usize {
    plan.shapes.push(shape);
    plan.scales.push(scale);
    plan.shapes.len() - 1
}

/// Appends a step that copies some of the features, a different choice for each `k`.
fn copy(plan: &mut Plan, whole: &Plan, k: usize, shape: Shape, scale: Option<Scale>) -> usize {
    let features = plan.shapes[1].channels;
    let stride = MEL_FRAMES / shape.frames;
    // Zero taps shorten the output where the stride alone gives too many frames.
    let kernel = if (MEL_FRAMES - 1) / stride + 1 == shape.frames {
        1
    } else {
        MEL_FRAMES - stride * (shape.frames - 1)
    };
    let from = |row: usize| (7 * row + 13 * k) % features * kernel;
    let ones: Vec<_> = (0..shape.channels).map(|row| (row, from(row))).collect();
    let output = value(plan, shape, scale);
    plan.steps.push(Step {
        name: format!("operand {k}"),
        op: Op::Conv(Convolution {
            kernel,
            stride,
            pad: 0,
            depthwise: false,
            weight: weight(whole, &ones, shape.channels, features * kernel),
            bias: vec![0.0; shape.channels],
        }),
        operands: vec![Operand {
            value: 1,
            quantized: whole.is_quantized(),
        }],
        output,
    });
    output
}

/// A plan of one step of another plan. Each operand is a copy of some of the features. The outputs are the operands, then
/// the output of the step.
fn alone(whole: &Plan, step: &Step) -> Plan {
    let features = Shape {
        channels: 2 * MEL_BANDS,
        frames: MEL_FRAMES,
    };
    let scales = step.operands.iter().map(|o| whole.scales[o.value]);
    let scale = scales.flatten().next().unwrap_or(Scale {
        scale: 8.0 / 255.0,
        zero: 0,
    });
    // The input levels span 140 dB; they are mapped to a little more than the 8-bit range.
    let range = 255.0 * scale.scale;
    let middle = -(f32::from(scale.zero) + 0.5) * scale.scale;
    let mut plan = Plan {
        version: PLAN_VERSION,
        shapes: vec![whole.shapes[0], features],
        scales: vec![None, whole.is_quantized().then_some(scale)],
        steps: vec![Step {
            name: "features".into(),
            op: Op::Normalize(Normalization {
                floor_db: -500.0,
                per_db: range / 130.0,
                limits: [middle - 0.55 * range, middle + 0.55 * range],
            }),
            operands: vec![Operand {
                value: 0,
                quantized: false,
            }],
            output: 1,
        }],
        outputs: Vec::new(),
    };
    if step.operands[0].value == 0 {
        plan.steps[0] = step.clone();
        plan.steps[0].output = 1;
        plan.outputs = vec![1];
        if whole.is_quantized() {
            // An INT8 plan needs at least one INT8 step.
            copy(&mut plan, whole, 0, Shape::vector(1), None);
        }
        return plan;
    }
    let mut operands = Vec::new();
    for (k, operand) in step.operands.iter().enumerate() {
        let shape = whole.shapes[operand.value];
        let scale = whole.scales[operand.value];
        let output = copy(&mut plan, whole, k, shape, scale);
        operands.push(Operand {
            value: output,
            ..*operand
        });
    }
    let output = value(
        &mut plan,
        whole.shapes[step.output],
        whole.scales[step.output],
    );
    plan.outputs = operands.iter().map(|o| o.value).chain([output]).collect();
    plan.steps.push(Step {
        name: step.name.clone(),
        op: step.op.clone(),
        operands,
        output,
    });
    plan
}

/// Two pseudorandom examples.
fn pseudorandom() -> Vec<f32> {
    let mut state = 7_u32;
    let mut next = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        f32::from(state.to_be_bytes()[0]) + f32::from(state.to_be_bytes()[1]) / 256.0
    };
    (0..2 * MEL_VALUES)
        .map(|_| -120.0 + 140.0 * next() / 256.0)
        .collect()
}

fn narrow(x: f64) -> f32 {
    flow_dsp::math::narrow(x)
}

#[test]
fn executors_on_a_single_layer_match_the_naive_reference() {
    let mel = pseudorandom();
    let runners = runners();
    for (file, is_quantized) in [(F32, false), (INT8, true)] {
        let whole = plan(file);
        for step in &whole.steps {
            let part = alone(&whole, step);
            for runner in runners.iter().filter(|r| r.is_quantized == is_quantized) {
                let found = runner.run(part.clone(), &mel);
                for (found, mel) in found.iter().zip(mel.chunks_exact(MEL_VALUES)) {
                    let case = format!("{}: {}", runner.name, step.name);
                    check_outputs(&part, found, mel, &case);
                }
            }
        }
    }
}

/// INT8 products equal the naive ones bit by bit, activations differ by one 8-bit step at most, and all else by the rounding
/// of long f32 sums.
fn check_outputs(part: &Plan, found: &Outputs, mel: &[f32], case: &str) {
    let last = part.outputs.last().unwrap();
    let step = part.steps.iter().find(|s| s.output == *last).unwrap();
    let (output, operands) = found.split_last().unwrap();
    let operands = if operands.is_empty() {
        vec![mel.to_vec()]
    } else {
        operands.to_vec()
    };
    let expected = naive::step(part, step, &operands);
    assert_eq!(output.len(), expected.len(), "{case}");
    let scale = part.scales[step.output];
    match (&step.op, scale) {
        (
            Op::Conv(Convolution {
                weight: Weight::Int8(Int8Weight { scales, .. }),
                bias,
                ..
            }),
            _,
        ) => {
            let by = part.scales[step.operands[0].value].unwrap().scale;
            let frames = part.shapes[step.output].frames;
            for (i, (found, exact)) in output.iter().zip(&expected).enumerate() {
                let (factor, bias) = (scales[i / frames] * by, bias[i / frames]);
                // The integer sum, from the result of the naive implementation.
                let sum = (exact - f64::from(bias)) / f64::from(factor);
                let expected = narrow(sum.round()) * factor + bias;
                assert_eq!(*found, expected, "{case}: {i}");
            }
        }
        (Op::Activation, Some(scale)) => {
            for (found, exact) in output.iter().zip(&expected) {
                let [found, exact] =
                    [f64::from(*found), *exact].map(|x| naive::quantized(scale, x));
                assert!(
                    (found - exact).abs() <= 1,
                    "{case}: {found} instead of {exact}"
                );
            }
        }
        _ => {
            let expected: Vec<f32> = expected.into_iter().map(narrow).collect();
            let expected = vec![vec![expected]];
            assert_near(&[vec![output.clone()]], &expected, 1e-4, case);
        }
    }
}

#[test]
fn convolution_to_one_frame_is_not_run_as_dense_layer() {
    let whole = plan(F32);
    let is_dense = |step: &&Step| whole.shapes[step.output].frames == 1;
    let convolves = |step: &&Step| matches!(step.op, Op::Conv(_));
    let dense = whole.steps.iter().filter(is_dense).find(convolves).unwrap();
    // Such a convolution makes the operand of this layer.
    let part = alone(&whole, dense);
    let found = floats().next().unwrap().run(part, &pseudorandom());
    assert!(found[0][0].iter().any(|x| *x != 0.0));
}

/// A kernel of three frames, and a depthwise convolution, of a single input frame.
#[test]
fn convolution_of_one_frame_is_not_run_as_dense_layer() {
    let whole = plan(F32);
    let is_dense = |step: &&Step| step.name == "dense";
    let dense = whole.steps.iter().find(is_dense).unwrap();
    let channels = whole.shapes[dense.operands[0].value].channels;
    for (kernel, depthwise) in [(3, false), (1, true)] {
        let mut part = alone(&whole, dense);
        let output = *part.outputs.last().unwrap();
        let rows = if depthwise { channels } else { 3 };
        part.shapes[output] = Shape::vector(rows);
        let per_row = kernel * if depthwise { 1 } else { channels };
        let numbers = (0..rows * per_row).map(|i| f32::from(u8::try_from(i % 17).unwrap()) - 8.0);
        part.steps.last_mut().unwrap().op = Op::Conv(Convolution {
            kernel,
            stride: 1,
            pad: kernel / 2,
            depthwise,
            weight: Weight::F32(numbers.collect()),
            bias: vec![0.5; rows],
        });
        let mel = pseudorandom();
        for runner in floats() {
            let found = runner.run(part.clone(), &mel);
            let case = format!("{}, kernel {kernel}", runner.name);
            check_outputs(&part, &found[0], &mel[..MEL_VALUES], &case);
        }
    }
}

#[test]
fn int8_executor_with_unsupported_operands_is_refused() {
    let whole = plan(INT8);
    let new = |change: &dyn Fn(&mut Plan)| {
        let mut plan = whole.clone();
        change(&mut plan);
        Int8Executor::new(plan, SimdLevel::best()).is_ok()
    };
    let at = |name: &str| whole.steps.iter().position(|s| s.name == name).unwrap();
    assert!(new(&|_| ()));
    let real_filter = |plan: &mut Plan| {
        if let Op::Conv(convolution) = &mut plan.steps[at("step")].op {
            convolution.weight = Weight::F32(vec![0.0; 64 * 64]);
        }
    };
    assert!(!new(&real_filter));
    // The value exists as integers only, and this operand asks for f32.
    let more = |plan: &mut Plan| plan.steps[at("x1")].operands[0].quantized = false;
    assert!(!new(&more));
}

#[test]
fn int8_executor_with_quantized_second_operand_reads_its_integers() {
    let whole = plan(INT8);
    let pools = |step: &&Step| step.op == Op::AttentionPool;
    let step = whole.steps.iter().find(pools).unwrap();
    let mut part = alone(&whole, step);
    let scores = part.outputs[1];
    part.scales[scores] = Some(Scale {
        scale: 0.5,
        zero: 3,
    });
    part.steps.last_mut().unwrap().operands[1].quantized = true;
    let mel = pseudorandom();
    for runner in runners().iter().filter(|r| r.is_quantized) {
        let found = runner.run(part.clone(), &mel);
        check_outputs(&part, &found[0], &mel[..MEL_VALUES], &runner.name);
    }
}
