//! All executors on the same network, for `cargo xtask bench inference`.

use std::time::{Duration, Instant};

use flow_analysis::features::AnalysisWindow;

use crate::backend::timing::TimingRun;
use crate::cpu::{F32Executor, Int8Executor, SimdLevel};
use crate::executor::Executor;
use crate::gpu::{AdapterHandle, GpuExecutor, MAX_BYTES};
use crate::model::shipped::{self, INT8_ONNX, ONNX};
use crate::tract_executor::TractExecutor;
use crate::{Backend, BackendTiming, ModelError, ModelSet, NetworkAnalyzer};

/// Examples at once.
const BATCHES: [usize; 3] = [1, 8, 64];

/// Time of an answer that is known already, from the window to the opinion: the least and the median, ns.
///
/// # Errors
/// If the network that ships can't be used.
pub fn cached_prediction_ns(window: &AnalysisWindow) -> Result<[u64; 2], ModelError> {
    let mut engine = NetworkAnalyzer::new(ModelSet::SHIPPED, None)?;
    engine.predictions(&[window], true);
    let mut times: Vec<u64> = (0..2000)
        .map(|_| {
            let start = Instant::now();
            std::hint::black_box(engine.predictions(&[window], true));
            u64::try_from(start.elapsed().as_nanos()).unwrap_or(u64::MAX)
        })
        .collect();
    times.sort_unstable();
    Ok([times[0], times[times.len() / 2]])
}

/// Times every executor that there is here with every instruction set, each batch size for `budget`; those that can't be
/// had say why.
pub fn benchmark(
    budget: Duration,
    mut each: impl FnMut(Result<Vec<BackendTiming>, (&'static str, ModelError)>),
) {
    let mut time = |backend: Backend, on: &str, made: Result<Box<dyn Executor>, ModelError>| {
        let figures = made.and_then(|mut executor| {
            let mut measuring = TimingRun::new(backend, on, &BATCHES, budget);
            loop {
                measuring.step(&mut *executor)?;
                if let Some(figures) = measuring.figures(None) {
                    return Ok(figures);
                }
            }
        });
        each(figures.map_err(|e| (backend.name(), e)));
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
    for level in SimdLevel::all() {
        let float = shipped::F32
            .load()
            .and_then(|(_, plan)| F32Executor::new(plan, level));
        time(Backend::F32, level.name(), float.map(|e| Box::new(e) as _));
        let integer = shipped::INT8
            .load()
            .and_then(|(_, plan)| Int8Executor::new(plan, level));
        time(
            Backend::Int8,
            level.name(),
            integer.map(|e| Box::new(e) as _),
        );
    }
    for software in [false, true] {
        let found = AdapterHandle::find(software);
        let on = found.as_ref().map_or(String::new(), |found| {
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
        time(Backend::Gpu, &on, gpu.map(|e| Box::new(e) as _));
    }
}
