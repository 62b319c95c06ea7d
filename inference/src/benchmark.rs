//! Times all executors on the same network, for `cargo xtask measure --table executors`.

use std::time::{Duration, Instant};

use flow_analysis::features::AnalysisWindow;
use flow_platform::clock::Clock;

use crate::backend::timing::TimingRun;
use crate::cpu::{F32Executor, Int8Executor, SimdLevel};
use crate::executor::Executor;
use crate::gpu::{AdapterHandle, GpuExecutor, MAX_BYTES};
use crate::model::shipped::{self, INT8_ONNX, ONNX};
use crate::tract_executor::TractExecutor;
use crate::{Backend, BackendTiming, ModelError, ModelSet, NetworkAnalyzer};

/// Examples of one run.
const BATCHES: [usize; 3] = [1, 8, 64];

/// The time of a cached prediction, from the window to the prediction: the least and the median, ns.
///
/// # Errors
/// If the network can't be used.
pub fn cached_prediction_ns(window: &AnalysisWindow) -> Result<[u64; 2], ModelError> {
    let mut analyzer = NetworkAnalyzer::new(ModelSet::SHIPPED, None)?;
    analyzer.predict(&[window], true);
    let mut times: Vec<u64> = (0..2000)
        .map(|_| {
            let start = Instant::now();
            std::hint::black_box(analyzer.predict(&[window], true));
            u64::try_from(start.elapsed().as_nanos()).unwrap_or(u64::MAX)
        })
        .collect();
    times.sort_unstable();
    Ok([times[0], times[times.len() / 2]])
}

/// Times every executor on every instruction set of this machine, each batch size for `budget`. An executor that can't be
/// made passes its error on.
pub fn benchmark(
    budget: Duration,
    mut each: impl FnMut(Result<Vec<BackendTiming>, (&'static str, ModelError)>),
) {
    let mut time = |backend: Backend, device: &str, made: Result<Box<dyn Executor>, ModelError>| {
        let timings = made.and_then(|mut executor| {
            let mut run = TimingRun::new(backend, device, &BATCHES, budget, Clock::System);
            loop {
                run.step(&mut *executor)?;
                if let Some(timings) = run.timings(None) {
                    return Ok(timings);
                }
            }
        });
        each(timings.map_err(|e| (backend.name(), e)));
    };
    time(
        Backend::Tract,
        "f32 file",
        TractExecutor::new(ONNX).map(|e| Box::new(e) as _),
    );
    time(
        Backend::Tract,
        "int8 file",
        TractExecutor::new(INT8_ONNX).map(|e| Box::new(e) as _),
    );
    for simd in SimdLevel::all() {
        let f32 = shipped::F32
            .load()
            .and_then(|(_, plan)| F32Executor::new(plan, simd));
        time(Backend::F32, simd.name(), f32.map(|e| Box::new(e) as _));
        let int8 = shipped::INT8
            .load()
            .and_then(|(_, plan)| Int8Executor::new(plan, simd));
        time(Backend::Int8, simd.name(), int8.map(|e| Box::new(e) as _));
    }
    for software in [false, true] {
        let found = AdapterHandle::find(software);
        let device = found.as_ref().map_or(String::new(), |found| {
            let adapter = found.adapter();
            let kind = if adapter.is_software {
                " (software)"
            } else {
                ""
            };
            format!("{}{kind}", adapter.name)
        });
        let gpu = found
            .and_then(|found| GpuExecutor::new(&shipped::F32.load()?.1, found.open(MAX_BYTES)?));
        time(Backend::Gpu, &device, gpu.map(|e| Box::new(e) as _));
    }
}
