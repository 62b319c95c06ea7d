//! Makes the executors of a network.

use std::path::Path;

use flow_analysis::features::MEL_VALUES;
use flow_platform::clock::Clock;

use super::Backend;
use super::gpu_probe;
use super::selector::{BackendSelector, Candidate};
use super::timing_cache::TimingCache;
use crate::cpu;
use crate::error::ModelError;
use crate::executor::Executor;
use crate::model::files::ModelFiles;
use crate::model::manifest::Manifest;
use crate::model::plan::Plan;
use crate::model::shipped;
use crate::network_output::NetworkOutput;

/// The files of one network in f32 and in INT8.
#[derive(Clone, Copy, Debug)]
pub struct ModelSet<'a> {
    /// The network in f32.
    pub f32: ModelFiles<'a>,
    /// The same network in INT8, if there is one.
    pub int8: Option<ModelFiles<'a>>,
}

impl ModelSet<'static> {
    /// The network that Flow ships.
    pub const SHIPPED: Self = Self {
        f32: shipped::F32,
        int8: Some(shipped::INT8),
    };
}

/// Makes the executors for the CPU, and a selector that opens a GPU when it may. Timings are cached in `folder`.
///
/// # Errors
/// If the f32 files can't be used. INT8 files that can't are left out with a warning in the log.
pub(crate) fn selector(
    models: ModelSet<'_>,
    folder: Option<&Path>,
) -> Result<(Manifest, BackendSelector), ModelError> {
    let (manifest, plan) = models.f32.load()?;
    let simd = cpu::SimdLevel::best();
    let mut candidates = Vec::new();
    let mut int8_sha256 = String::new();
    let mut add = |backend: Backend, executor: Result<Box<dyn Executor>, ModelError>| match executor
    {
        Ok(executor) => candidates.push(Candidate {
            backend,
            device: simd.name().to_owned(),
            executor,
        }),
        Err(e) => log::warn!("{} is left out: {}", backend.name(), e.cause()),
    };
    add(Backend::F32, cpu_executor(plan.clone(), simd));
    if let Some(files) = models.int8 {
        let executor = files.load().and_then(|(manifest, plan)| {
            int8_sha256 = manifest.sha256;
            cpu_executor(plan, simd)
        });
        add(Backend::Int8, executor);
    }
    // Everything that timings depend on, except adapters and drivers: those stand beside each timing.
    let key = [
        env!("CARGO_PKG_VERSION"),
        &manifest.sha256,
        &int8_sha256,
        simd.name(),
        &cpu::cpu_name(),
    ];
    let cache = TimingCache::open(folder, key.join(" "));
    let probe = Some(gpu_probe::start_probe(plan));
    let selector = BackendSelector::new(candidates, probe, cache, Clock::System)?;
    Ok((manifest, selector))
}

/// Makes the executor for a plan's number format, and checks the shapes of its outputs on one example.
pub(crate) fn cpu_executor(
    plan: Plan,
    simd: cpu::SimdLevel,
) -> Result<Box<dyn Executor>, ModelError> {
    let mut executor: Box<dyn Executor> = if plan.is_quantized() {
        Box::new(cpu::Int8Executor::new(plan, simd)?)
    } else {
        Box::new(cpu::F32Executor::new(plan, simd)?)
    };
    for outputs in executor.run(&[0.0; MEL_VALUES])? {
        NetworkOutput::of(&outputs)?;
    }
    Ok(executor)
}
