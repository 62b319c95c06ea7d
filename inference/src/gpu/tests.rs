//! The kernels on a device that the CPU emulates, or on a Mac's GPU. These tests show whether they are right, not how fast they are.

use super::*;
use crate::model::shipped;
use crate::parity::EXAMPLES;

fn gpu(plan: &Plan) -> GpuExecutor {
    let found = AdapterHandle::of_tests().unwrap();
    GpuExecutor::new(plan, found.open(MAX_BYTES).unwrap()).unwrap()
}

#[test]
fn gpu_executor_with_more_than_a_batch_submits_several() {
    let mut gpu = gpu(&shipped::F32.load().unwrap().1);
    let expected = gpu.run(&EXAMPLES).unwrap();
    let values = EXAMPLES.iter().copied().cycle();
    let many: Vec<f32> = values.take((BATCH + 3) * MEL_VALUES).collect();
    let found = gpu.run(&many).unwrap();
    let expected: Vec<Outputs> = expected.into_iter().cycle().take(BATCH + 3).collect();
    assert_eq!(found, expected);
    assert!(gpu.run(&[]).unwrap().is_empty());
}

#[test]
fn gpu_executor_beyond_its_memory_limit_is_refused_and_frees_all() {
    let plan = shipped::F32.load().unwrap().1;
    let needed = {
        let _gpu = gpu(&plan);
        device::held_bytes()
    };
    let with = |max_bytes| GpuExecutor::new(&plan, AdapterHandle::of_tests()?.open(max_bytes)?);
    assert!(with(needed).is_ok());
    let refusal = with(needed - 1).err().unwrap().to_string();
    assert!(refusal.contains("needs more than"), "{refusal}");
    assert_eq!(device::held_bytes(), 0, "all memory is freed");
    // The README states this number.
    println!("{} MiB", needed >> 20);
    assert!(needed < MAX_BYTES / 2);
}

#[test]
fn gpu_executor_with_lost_device_reports_it_and_frees_all() {
    let plan = shipped::F32.load().unwrap().1;
    let mut gpu = gpu(&plan);
    assert!(device::held_bytes() > 1 << 20);
    gpu.run(&EXAMPLES).unwrap();
    gpu.lose();
    let said = gpu.run(&EXAMPLES).unwrap_err().to_string();
    assert!(said.contains("GPU") && !said.contains('\n'), "{said}");
    gpu.run(&EXAMPLES).unwrap_err();
    drop(gpu);
    assert_eq!(device::held_bytes(), 0);
}
