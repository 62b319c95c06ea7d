//! Parity of all executors with tract, as a whole and layer by layer.

mod layers;
mod naive;

use std::sync::LazyLock;

use flow_analysis::features::{AnalysisWindow, MEL_VALUES};
use flow_dsp::Spec;

use crate::cpu::{F32Executor, Int8Executor, SimdLevel};
use crate::error::ModelError;
use crate::executor::{Executor, Outputs, max_relative_error};
#[cfg(feature = "gpu")]
use crate::gpu::{AdapterHandle, GpuExecutor, MAX_BYTES};
use crate::model::files::ModelFiles;
use crate::model::plan::{Op, Plan};
use crate::model::shipped::{F32, INT8, INT8_ONNX, ONNX};
use crate::tract_executor::TractExecutor;

/// Features of the demo song, pseudorandom numbers, silence, and levels that no window has.
pub(crate) static EXAMPLES: LazyLock<Vec<f32>> = LazyLock::new(|| {
    let song = flow_demo_song::demo_song(48_000).channels;
    let window = AnalysisWindow::new(800).with_recording(Spec::default(), &song[0], &song[1]);
    let mut examples = Vec::new();
    let mut mel = Box::new([0.0; MEL_VALUES]);
    for start in window.mel_starts() {
        window.write_mel(start, &mut mel);
        examples.extend_from_slice(&mel[..]);
    }
    let mut state = 1_u32;
    examples.extend((0..2 * MEL_VALUES).map(|_| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        -120.0
            + 140.0
                * f32::from(u16::from_be_bytes([
                    state.to_be_bytes()[0],
                    state.to_be_bytes()[1],
                ]))
                / 65_536.0
    }));
    examples.extend(std::iter::repeat_n(-200.0, MEL_VALUES));
    examples.extend(std::iter::repeat_n(300.0, MEL_VALUES));
    examples
});

fn examples() -> usize {
    EXAMPLES.len() / MEL_VALUES
}

/// Asserts a largest error of `relative` to each output's largest value.
pub(crate) fn assert_near(found: &[Outputs], expected: &[Outputs], relative: f32, case: &str) {
    let off = max_relative_error(found, expected);
    assert!(off <= relative, "{case}: off by {off}");
}

fn plan(files: ModelFiles<'_>) -> Plan {
    files.load().expect("Flow's own files").1
}

/// Makes an executor of a plan.
type Make = Box<dyn Fn(Plan) -> Result<Box<dyn Executor>, ModelError>>;

/// One of Flow's own executors.
struct Runner {
    name: String,
    is_quantized: bool,
    make: Make,
}

impl Runner {
    fn run(&self, plan: Plan, mel: &[f32]) -> Vec<Outputs> {
        let made = (self.make)(plan);
        let mut executor = made.unwrap_or_else(|e| panic!("{}: {e}", self.name));
        executor
            .run(mel)
            .unwrap_or_else(|e| panic!("{}: {e}", self.name))
    }
}

/// All executors: the CPU's on all instruction sets of this machine, and the GPU's on Mesa's lavapipe.
fn runners() -> Vec<Runner> {
    let mut runners = Vec::new();
    for level in SimdLevel::all() {
        runners.push(Runner {
            name: format!("f32, {}", level.name()),
            is_quantized: false,
            make: Box::new(move |plan| Ok(Box::new(F32Executor::new(plan, level)?))),
        });
        runners.push(Runner {
            name: format!("int8, {}", level.name()),
            is_quantized: true,
            make: Box::new(move |plan| Ok(Box::new(Int8Executor::new(plan, level)?))),
        });
    }
    #[cfg(feature = "gpu")]
    runners.push(Runner {
        name: "wgpu".into(),
        is_quantized: false,
        make: Box::new(|plan| {
            let found = AdapterHandle::of_tests()?;
            Ok(Box::new(GpuExecutor::new(&plan, found.open(MAX_BYTES)?)?))
        }),
    });
    runners
}

fn floats() -> impl Iterator<Item = Runner> {
    runners().into_iter().filter(|r| !r.is_quantized)
}

#[test]
fn f32_executors_in_each_layer_match_tract() {
    let whole = plan(F32);
    let runners: Vec<Runner> = floats().collect();
    for step in &whole.steps {
        // tract fuses these steps away and loses their names.
        if matches!(step.op, Op::Concat) {
            continue;
        }
        let expected = TractExecutor::up_to(ONNX, &[&step.name])
            .unwrap()
            .run(&EXAMPLES)
            .unwrap();
        let mut part = whole.clone();
        part.outputs = vec![step.output];
        part.steps.retain(|s| s.output <= step.output);
        for runner in &runners {
            let found = runner.run(part.clone(), &EXAMPLES);
            let case = format!("{}: {}", runner.name, step.name);
            assert_near(&found, &expected, 1e-4, &case);
        }
    }
}

#[test]
fn int8_executor_on_all_instruction_sets_gives_equal_bits() {
    let run = |level| {
        Int8Executor::new(plan(INT8), level)
            .unwrap()
            .run(&EXAMPLES)
            .unwrap()
    };
    let expected = run(SimdLevel::Portable);
    for level in SimdLevel::all() {
        assert_eq!(run(level), expected, "{}", level.name());
    }
}

/// Each layer reads the outputs of the layers before: sums differ in their last bits, activations by one 8-bit step.
#[test]
fn int8_executor_in_each_layer_matches_tract() {
    let whole = plan(INT8);
    let real = &EXAMPLES[..(examples() - 4) * MEL_VALUES];
    for step in &whole.steps {
        if matches!(step.op, Op::Concat) {
            continue;
        }
        let has_integers = matches!(step.op, Op::Activation) && whole.scales[step.output].is_some();
        let name = format!(
            "{}{}",
            step.name,
            if has_integers { "_through" } else { "" }
        );
        let expected = TractExecutor::up_to(INT8_ONNX, &[&name])
            .unwrap()
            .run(real)
            .unwrap();
        let mut part = whole.clone();
        part.outputs = vec![step.output];
        let found = Int8Executor::new(part, SimdLevel::best())
            .unwrap()
            .run(real)
            .unwrap();
        // The RMS error, since later layers carry on the rounding of earlier ones.
        let (mut square, mut all) = (0.0_f64, 0.0_f64);
        for (f, e) in found
            .iter()
            .flatten()
            .flatten()
            .zip(expected.iter().flatten().flatten())
        {
            square += f64::from(f - e).powi(2);
            all += f64::from(*e).powi(2);
        }
        let relative = (square / all.max(1e-9)).sqrt();
        println!("{}: {relative:.1e}", step.name);
        assert!(relative < 0.02, "{}: {relative}", step.name);
    }
}

/// At any batch size, f32 outputs are tract's, and INT8 outputs have the bits of the portable level.
#[test]
fn executors_with_any_batch_size_give_equal_outputs() {
    let alone = |executor: &mut dyn Executor| -> Vec<Outputs> {
        let each = EXAMPLES.chunks_exact(MEL_VALUES);
        each.flat_map(|mel| executor.run(mel).unwrap()).collect()
    };
    let by_tract = alone(&mut TractExecutor::new(ONNX).unwrap());
    let portable = Int8Executor::new(plan(INT8), SimdLevel::Portable);
    let by_integers = alone(&mut portable.unwrap());
    for runner in runners() {
        let file = if runner.is_quantized { INT8 } else { F32 };
        let mut executor = (runner.make)(plan(file)).unwrap();
        let by_itself = alone(&mut *executor);
        for batch in [1, 2, 7, 8, 63, 64] {
            let values = EXAMPLES.iter().copied().cycle();
            let mel: Vec<f32> = values.take(batch * MEL_VALUES).collect();
            let found = executor.run(&mel).unwrap();
            let of_batch = |known: &[Outputs]| -> Vec<Outputs> {
                known.iter().cloned().cycle().take(batch).collect()
            };
            let case = format!("{}, batch of {batch}", runner.name);
            if runner.is_quantized {
                assert_eq!(found, of_batch(&by_integers), "{case}");
            } else {
                assert_near(&found, &of_batch(&by_tract), 1e-4, &case);
                // The rest of the batch changes no bit.
                assert_eq!(found, of_batch(&by_itself), "{case}");
            }
        }
        assert_eq!(executor.run(&[]).unwrap(), Vec::<Outputs>::new());
    }
}
