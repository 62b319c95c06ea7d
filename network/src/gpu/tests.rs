//! The kernels on Mesa's lavapipe, a software device: it says whether they are right, not how fast they are.

use super::*;
use crate::ONNX;
use crate::parity::{EXAMPLES, assert_near};
use crate::plan::Op;
use crate::reference::Reference;

fn gpu(plan: &Plan) -> Gpu {
    let device = Device::open(true).expect("Mesa's lavapipe (mesa-vulkan-drivers)");
    assert!(device.adapter().is_software);
    Gpu::new(plan, device).unwrap()
}

#[test]
fn kernels_are_tracts_as_a_whole_and_in_batches() {
    let plan = Plan::read(ONNX).unwrap();
    let mut gpu = gpu(&plan);
    println!("{:?}", gpu.adapter());
    let expected = Reference::new(ONNX).unwrap().run(&EXAMPLES).unwrap();
    assert_near(&gpu.run(&EXAMPLES).unwrap(), &expected, 1e-4, "all at once");
    for (mel, expected) in EXAMPLES.chunks_exact(MEL_VALUES).zip(&expected) {
        assert_near(
            &gpu.run(mel).unwrap(),
            std::slice::from_ref(expected),
            1e-4,
            "one by one",
        );
    }
    let many: Vec<f32> = EXAMPLES
        .iter()
        .copied()
        .cycle()
        .take((BATCH + 3) * MEL_VALUES)
        .collect();
    let found = gpu.run(&many).unwrap();
    assert_eq!(found.len(), BATCH + 3);
    let expected: Vec<Outputs> = expected.iter().cloned().cycle().take(BATCH + 3).collect();
    assert_near(&found, &expected, 1e-4, "more than a batch");
    assert!(gpu.run(&[]).unwrap().is_empty());
}

#[test]
fn kernels_are_tracts_in_each_layer() {
    let whole = Plan::read(ONNX).unwrap();
    for step in &whole.steps {
        if matches!(step.op, Op::Join) {
            continue;
        }
        let expected = Reference::up_to(ONNX, &[&step.name])
            .unwrap()
            .run(&EXAMPLES)
            .unwrap();
        let mut part = whole.clone();
        part.outputs = vec![step.output];
        part.steps.retain(|s| s.output <= step.output);
        assert_near(
            &gpu(&part).run(&EXAMPLES).unwrap(),
            &expected,
            1e-4,
            &step.name,
        );
    }
}

#[test]
fn a_lost_device_is_said_and_gives_its_memory_back() {
    let plan = Plan::read(ONNX).unwrap();
    let mut gpu = gpu(&plan);
    assert!(device::held_bytes() > 1 << 20);
    gpu.run(&EXAMPLES).unwrap();
    gpu.device.lose();
    let said = gpu.run(&EXAMPLES).unwrap_err().to_string();
    assert!(said.contains("GPU") && !said.contains('\n'), "{said}");
    gpu.run(&EXAMPLES).unwrap_err();
    drop(gpu);
    assert_eq!(device::held_bytes(), 0);
}
