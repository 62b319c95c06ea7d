//! All executors do the same.

use std::sync::LazyLock;

use flow_dsp::Spec;
use flow_inference::features::{Extractor, MEL_VALUES, Window};

use crate::cpu::{Float, Integer, Level};
use crate::executor::{Executor, Outputs};
use crate::plan::{Op, Plan};
use crate::reference::Reference;
use crate::{INT8_ONNX, ONNX};

/// Features of the demo song, and numbers that look random.
pub(crate) static EXAMPLES: LazyLock<Vec<f32>> = LazyLock::new(|| {
    let song = flow_tests::music::demo_song(48_000).channels;
    let mut extractor = Extractor::new(Spec::default());
    let mut window = Window::new(800);
    extractor.push(&song[0], &song[1], |frame| window.push(frame));
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
    // Silence, and levels that no window has.
    examples.extend(std::iter::repeat_n(-200.0, MEL_VALUES));
    examples.extend(std::iter::repeat_n(300.0, MEL_VALUES));
    examples
});

fn examples() -> usize {
    EXAMPLES.len() / MEL_VALUES
}

/// Whether two executors' outputs are as near as `relative` to the largest of each value.
pub(crate) fn assert_near(found: &[Outputs], expected: &[Outputs], relative: f32, what: &str) {
    assert_eq!(found.len(), expected.len(), "{what}");
    for (found, expected) in found.iter().flatten().zip(expected.iter().flatten()) {
        assert_eq!(found.len(), expected.len(), "{what}");
        let largest = expected.iter().fold(0.0_f32, |most, x| most.max(x.abs()));
        for (f, e) in found.iter().zip(expected) {
            assert!(
                (f - e).abs() <= relative * (0.1 + largest),
                "{what}: {f} instead of {e}"
            );
        }
    }
}

fn plan(onnx: &[u8]) -> Plan {
    Plan::read(onnx).expect("Flow's own file")
}

#[test]
fn floats_are_tracts_as_a_whole() {
    let expected = Reference::new(ONNX).unwrap().run(&EXAMPLES).unwrap();
    for level in Level::all() {
        let found = Float::new(plan(ONNX), level)
            .unwrap()
            .run(&EXAMPLES)
            .unwrap();
        assert_near(&found, &expected, 1e-4, level.name());
    }
}

#[test]
fn floats_are_tracts_in_each_layer() {
    let whole = plan(ONNX);
    for step in &whole.steps {
        // tract sees no use in naming what it fuses away.
        if matches!(step.op, Op::Join) {
            continue;
        }
        let expected = Reference::up_to(ONNX, &[&step.name])
            .unwrap()
            .run(&EXAMPLES)
            .unwrap();
        let mut part = whole.clone();
        part.outputs = vec![step.output];
        for level in Level::all() {
            let found = Float::new(part.clone(), level)
                .unwrap()
                .run(&EXAMPLES)
                .unwrap();
            assert_near(&found, &expected, 1e-4, &step.name);
        }
    }
}

#[test]
fn integers_are_the_same_bits_on_all_instructions() {
    let run = |level| {
        Integer::new(plan(INT8_ONNX), level)
            .unwrap()
            .run(&EXAMPLES)
            .unwrap()
    };
    let expected = run(Level::Portable);
    for level in Level::all() {
        assert_eq!(run(level), expected, "{}", level.name());
    }
}

/// Each layer reads what the file itself would have made of the layers before: sums to the last bits, activations to one
/// step of their eight bits.
#[test]
fn integers_are_the_files_in_each_layer() {
    let whole = plan(INT8_ONNX);
    let real = &EXAMPLES[..(examples() - 4) * MEL_VALUES];
    for step in &whole.steps {
        if matches!(step.op, Op::Join) {
            continue;
        }
        let bent = matches!(step.op, Op::Bend) && whole.scales[step.output].is_some();
        let name = format!("{}{}", step.name, if bent { "_through" } else { "" });
        let expected = Reference::up_to(INT8_ONNX, &[&name])
            .unwrap()
            .run(real)
            .unwrap();
        let mut part = whole.clone();
        part.outputs = vec![step.output];
        let found = Integer::new(part, Level::best())
            .unwrap()
            .run(real)
            .unwrap();
        // How often and how far values differ: what one layer rounds otherwise, the next ones carry on.
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

#[test]
fn batches_are_what_their_parts_are() {
    let executors: [Box<dyn Executor>; 3] = [
        Box::new(Reference::new(ONNX).unwrap()),
        Box::new(Float::new(plan(ONNX), Level::best()).unwrap()),
        Box::new(Integer::new(plan(INT8_ONNX), Level::best()).unwrap()),
    ];
    for mut executor in executors {
        let alone: Vec<Outputs> = EXAMPLES
            .chunks_exact(MEL_VALUES)
            .flat_map(|mel| executor.run(mel).unwrap())
            .collect();
        for batch in [1, 2, 7, 64] {
            let mel: Vec<f32> = EXAMPLES
                .iter()
                .copied()
                .cycle()
                .take(batch * MEL_VALUES)
                .collect();
            let found = executor.run(&mel).unwrap();
            assert_eq!(found.len(), batch);
            for (i, found) in found.iter().enumerate() {
                assert_eq!(found, &alone[i % examples()], "{i} of {batch}");
            }
        }
        assert_eq!(executor.run(&[]).unwrap(), Vec::<Outputs>::new());
    }
}
