//! From files to what can run them.

use std::path::Path;

use flow_analysis::features::MEL_VALUES;

use super::choice::{Candidate, Choice};
use super::graphics;
use super::store::Store;
use crate::answer::Answer;
use crate::executor::Executor;
use crate::plan::Plan;
#[cfg(feature = "tract")]
use crate::reference::Reference;
use crate::{Backend, Manifest, ModelError, cpu};

/// Files of a network.
#[derive(Clone, Copy, Debug)]
pub struct Files<'a> {
    /// Manifest and file, f32.
    pub float: (&'a str, &'a [u8]),
    /// The same in integers, if it ships.
    pub integer: Option<(&'a str, &'a [u8])>,
}

impl Files<'static> {
    /// Those that Flow ships.
    pub const SHIPPED: Self = Self {
        float: (crate::MANIFEST, crate::ONNX),
        integer: Some((crate::INT8_MANIFEST, crate::INT8_ONNX)),
    };
}

type Made = Result<Box<dyn Executor>, ModelError>;

/// Everything that runs on the CPU, and the way to a GPU.
pub(super) fn read(
    files: Files<'_>,
    folder: Option<&Path>,
) -> Result<(Manifest, Choice), ModelError> {
    let (json, onnx) = files.float;
    let manifest = Manifest::check(json, onnx)?;
    let plan = Plan::read(onnx)?;
    let level = cpu::Level::best();
    let mut candidates = Vec::new();
    let mut add = |backend: Backend, on: &str, made: Made| match made.and_then(tried) {
        Ok(executor) => candidates.push(Candidate {
            backend,
            on: on.to_owned(),
            executor,
        }),
        Err(e) => log::warn!("{} is left out: {}", backend.name(), e.cause()),
    };
    let float = cpu::Float::new(plan.clone(), level).map(|e| Box::new(e) as _);
    add(Backend::Float, level.name(), float);
    let mut integer_sha256 = String::new();
    if let Some((json, onnx)) = files.integer {
        let made = Manifest::check(json, onnx).and_then(|manifest| {
            integer_sha256 = manifest.sha256;
            Ok(Box::new(cpu::Integer::new(Plan::read(onnx)?, level)?) as _)
        });
        add(Backend::Integer, level.name(), made);
    }
    #[cfg(feature = "tract")]
    add(
        Backend::Tract,
        "tract",
        Reference::new(onnx).map(|e| Box::new(e) as _),
    );
    // All that measurements depend on but adapters and their drivers, which stand beside the figures.
    let key = [
        env!("CARGO_PKG_VERSION"),
        &manifest.sha256,
        &integer_sha256,
        level.name(),
        &cpu::model(),
    ];
    let store = Store::open(folder, key.join(" "));
    let choice = Choice::new(candidates, Some(graphics::opener(plan)), store)?;
    Ok((manifest, choice))
}

/// Whatever a file says of itself: this is what comes out.
fn tried(mut executor: Box<dyn Executor>) -> Made {
    let outputs = executor.run(&[0.0; MEL_VALUES])?;
    outputs.iter().try_for_each(|o| Answer::of(o).map(|_| ()))?;
    Ok(executor)
}
