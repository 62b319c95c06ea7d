//! Each layer alone, on numbers that look random: what goes in is seen, and what comes out held against the plainest
//! reference.

use flow_analysis::features::{MEL_BANDS, MEL_FRAMES};

use super::naive;
use super::*;
use crate::model::plan::{
    Convolution, Int8Weight, Operand, PLAN_VERSION, Scale, Shape, Step, Weight,
};

/// What all weights of this plan are.
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

fn vector(channels: usize) -> Shape {
    Shape {
        channels,
        frames: 1,
    }
}

/// A step that copies some of the features, the `k`th choice of them.
fn copy(plan: &mut Plan, whole: &Plan, k: usize, shape: Shape, scale: Option<Scale>) -> usize {
    let features = plan.shapes[1].channels;
    let stride = MEL_FRAMES / shape.frames;
    // Taps that count for nothing, where as many frames as are wanted would else be too many.
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

/// A plan of one step of another: each of its operands is made of some of the features, by nothing but copying. Its outputs
/// are the operands, then what the step makes.
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
    // As much as eight bits can tell apart, and a little more; all of these are drawn over 140 dB.
    let range = 255.0 * scale.scale;
    let middle = -(f32::from(scale.zero) + 0.5) * scale.scale;
    let mut plan = Plan {
        version: PLAN_VERSION,
        shapes: vec![whole.shapes[0], features],
        scales: vec![None, whole.is_quantized().then_some(scale)],
        steps: vec![Step {
            name: "features".into(),
            op: Op::Normalize {
                floor_db: -500.0,
                per_db: range / 130.0,
                limits: [middle - 0.55 * range, middle + 0.55 * range],
            },
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
            // Something for the integers to do, which nobody looks at.
            copy(&mut plan, whole, 0, vector(1), None);
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

/// Two examples that look random.
fn random() -> Vec<f32> {
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
fn each_layer_alone_is_what_it_means() {
    let mel = random();
    let runners = runners();
    for (file, is_quantized) in [(F32, false), (INT8, true)] {
        let whole = plan(file);
        for step in &whole.steps {
            let part = alone(&whole, step);
            for runner in runners.iter().filter(|r| r.is_quantized == is_quantized) {
                let found = runner.run(part.clone(), &mel);
                for (found, mel) in found.iter().zip(mel.chunks_exact(MEL_VALUES)) {
                    let what = format!("{}: {}", runner.name, step.name);
                    judge(&part, found, mel, &what);
                }
            }
        }
    }
}

/// Products of integers have the bits of the plain ones; activations are at most a step of their eight bits off; and all else
/// within single precision's rounding of long sums.
fn judge(part: &Plan, found: &Outputs, mel: &[f32], what: &str) {
    let last = part.outputs.last().unwrap();
    let step = part.steps.iter().find(|s| s.output == *last).unwrap();
    let (output, operands) = found.split_last().unwrap();
    let operands = if operands.is_empty() {
        vec![mel.to_vec()]
    } else {
        operands.to_vec()
    };
    let expected = naive::step(part, step, &operands);
    assert_eq!(output.len(), expected.len(), "{what}");
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
                // The sum itself, from what the reference made of it.
                let sum = (exact - f64::from(bias)) / f64::from(factor);
                let expected = narrow(sum.round()) * factor + bias;
                assert_eq!(*found, expected, "{what}: {i}");
            }
        }
        (Op::Activation, Some(scale)) => {
            for (found, exact) in output.iter().zip(&expected) {
                let [found, exact] =
                    [f64::from(*found), *exact].map(|x| naive::quantized(scale, x));
                assert!(
                    (found - exact).abs() <= 1,
                    "{what}: {found} instead of {exact}"
                );
            }
        }
        _ => {
            let expected: Vec<f32> = expected.into_iter().map(narrow).collect();
            let expected = vec![vec![expected]];
            assert_near(&[vec![output.clone()]], &expected, 1e-4, what);
        }
    }
}

/// It was taken for a dense layer, whose rows are as long as all that goes in.
#[test]
fn a_convolution_that_ends_in_one_frame_is_no_dense_layer() {
    let whole = plan(F32);
    let is_dense = |step: &&Step| whole.shapes[step.output].frames == 1;
    let convolves = |step: &&Step| matches!(step.op, Op::Conv(_));
    let dense = whole.steps.iter().filter(is_dense).find(convolves).unwrap();
    // Its operand is made by such a convolution.
    let part = alone(&whole, dense);
    let found = floats().next().unwrap().run(part, &random());
    assert!(found[0][0].iter().any(|x| *x != 0.0));
}

/// On a GPU too it was taken for one if a single frame goes in: a kernel reads beyond that, and channels may be by themselves.
#[test]
fn a_convolution_of_one_frame_is_no_dense_layer() {
    let whole = plan(F32);
    let is_dense = |step: &&Step| step.name == "dense";
    let dense = whole.steps.iter().find(is_dense).unwrap();
    let channels = whole.shapes[dense.operands[0].value].channels;
    for (kernel, depthwise) in [(3, false), (1, true)] {
        let mut part = alone(&whole, dense);
        let output = *part.outputs.last().unwrap();
        let rows = if depthwise { channels } else { 3 };
        part.shapes[output] = vector(rows);
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
        let mel = random();
        for runner in floats() {
            let found = runner.run(part.clone(), &mel);
            let what = format!("{}, kernel {kernel}", runner.name);
            judge(&part, &found[0], &mel[..MEL_VALUES], &what);
        }
    }
}

#[test]
fn integers_refuse_what_they_would_do_wrong() {
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
    // There in eight bits only, and read as if it were more.
    let more = |plan: &mut Plan| plan.steps[at("x1")].operands[0].quantized = false;
    assert!(!new(&more));
}

/// Scores are seen through eight bits where the file has them read so.
#[test]
fn both_operands_of_integers_are_read_through_their_eight_bits() {
    let whole = plan(INT8);
    let attends = |step: &&Step| step.op == Op::AttentionPool;
    let step = whole.steps.iter().find(attends).unwrap();
    let mut part = alone(&whole, step);
    let scores = part.outputs[1];
    part.scales[scores] = Some(Scale {
        scale: 0.5,
        zero: 3,
    });
    part.steps.last_mut().unwrap().operands[1].quantized = true;
    let mel = random();
    for runner in runners().iter().filter(|r| r.is_quantized) {
        let found = runner.run(part.clone(), &mel);
        judge(&part, &found[0], &mel[..MEL_VALUES], &runner.name);
    }
}
