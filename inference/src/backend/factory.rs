//! From files to what can run them.

use std::path::Path;

use flow_analysis::features::MEL_VALUES;

use super::Backend;
use super::gpu_probe;
use super::selector::{BackendSelector, Candidate};
use super::timing_cache::TimingCache;
use crate::cpu;
use crate::error::ModelError;
use crate::executor::Executor;
use crate::model::manifest::Manifest;
use crate::model::plan::Plan;
use crate::model::shipped;
use crate::network_output::NetworkOutput;
#[cfg(feature = "tract")]
use crate::tract_executor::TractExecutor;

/// ModelFiles of a network.
#[derive(Clone, Copy, Debug)]
pub struct ModelFiles<'a> {
    /// Manifest and file, f32.
    pub float: (&'a str, &'a [u8]),
    /// The same in integers, if it ships.
    pub integer: Option<(&'a str, &'a [u8])>,
}

impl ModelFiles<'static> {
    /// Those that Flow ships.
    pub const SHIPPED: Self = Self {
        float: (shipped::MANIFEST, shipped::ONNX),
        integer: Some((shipped::INT8_MANIFEST, shipped::INT8_ONNX)),
    };
}

type Made = Result<Box<dyn Executor>, ModelError>;

/// Everything that runs on the CPU, and the way to a GPU.
pub(crate) fn read(
    files: ModelFiles<'_>,
    folder: Option<&Path>,
) -> Result<(Manifest, BackendSelector), ModelError> {
    let (json, onnx) = files.float;
    let manifest = Manifest::check(json, onnx)?;
    let plan = Plan::read(onnx)?;
    let level = cpu::SimdLevel::best();
    let mut candidates = Vec::new();
    let mut add = |backend: Backend, on: &str, made: Made| match made.and_then(tried) {
        Ok(executor) => candidates.push(Candidate {
            backend,
            on: on.to_owned(),
            executor,
        }),
        Err(e) => log::warn!("{} is left out: {}", backend.name(), e.cause()),
    };
    let float = cpu::F32Executor::new(plan.clone(), level).map(|e| Box::new(e) as _);
    add(Backend::F32, level.name(), float);
    let mut integer_sha256 = String::new();
    if let Some((json, onnx)) = files.integer {
        let made = Manifest::check(json, onnx).and_then(|manifest| {
            integer_sha256 = manifest.sha256;
            Ok(Box::new(cpu::Int8Executor::new(Plan::read(onnx)?, level)?) as _)
        });
        add(Backend::Int8, level.name(), made);
    }
    #[cfg(feature = "tract")]
    add(
        Backend::Tract,
        "tract",
        TractExecutor::new(onnx).map(|e| Box::new(e) as _),
    );
    // All that measurements depend on but adapters and their drivers, which stand beside the figures.
    let key = [
        env!("CARGO_PKG_VERSION"),
        &manifest.sha256,
        &integer_sha256,
        level.name(),
        &cpu::cpu_name(),
    ];
    let store = TimingCache::open(folder, key.join(" "));
    let choice = BackendSelector::new(candidates, Some(gpu_probe::opener(plan)), store)?;
    Ok((manifest, choice))
}

/// Whatever a file says of itself: this is what comes out.
fn tried(mut executor: Box<dyn Executor>) -> Made {
    let outputs = executor.run(&[0.0; MEL_VALUES])?;
    outputs
        .iter()
        .try_for_each(|o| NetworkOutput::of(o).map(|_| ()))?;
    Ok(executor)
}
