//! All executors on the same network, for `cargo xtask bench inference`.

use std::time::{Duration, Instant};

use flow_analysis::features::Window;

use crate::cpu::{Float, Integer, Level};
use crate::engine::measure::Measuring;
use crate::executor::Executor;
use crate::gpu::{Found, Gpu, MOST_BYTES};
use crate::plan::Plan;
use crate::reference::Reference;
use crate::{Backend, Engine, Figure, Files, INT8_ONNX, ModelError, ONNX};

/// Examples at once.
const BATCHES: [usize; 3] = [1, 8, 64];

/// Time of an answer that is known already, from the window to the opinion: the least and the median, ns.
///
/// # Errors
/// If the network that ships can't be used.
pub fn known_answer_ns(window: &Window) -> Result<[u64; 2], ModelError> {
    let mut engine = Engine::new(Files::SHIPPED, None)?;
    engine.opinions(&[window], true);
    let mut times: Vec<u64> = (0..2000)
        .map(|_| {
            let start = Instant::now();
            std::hint::black_box(engine.opinions(&[window], true));
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
    mut each: impl FnMut(Result<Vec<Figure>, (&'static str, ModelError)>),
) {
    let mut time = |backend: Backend, on: &str, made: Result<Box<dyn Executor>, ModelError>| {
        let figures = made.and_then(|mut executor| {
            let mut measuring = Measuring::new(backend, on, &BATCHES, budget);
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
        Reference::new(ONNX).map(|e| Box::new(e) as _),
    );
    time(
        Backend::Tract,
        "int8 file",
        Reference::new(INT8_ONNX).map(|e| Box::new(e) as _),
    );
    for level in Level::all() {
        let float = Plan::read(ONNX).and_then(|plan| Float::new(plan, level));
        time(
            Backend::Float,
            level.name(),
            float.map(|e| Box::new(e) as _),
        );
        let integer = Plan::read(INT8_ONNX).and_then(|plan| Integer::new(plan, level));
        time(
            Backend::Integer,
            level.name(),
            integer.map(|e| Box::new(e) as _),
        );
    }
    for software in [false, true] {
        let found = Found::find(software);
        let on = found.as_ref().map_or(String::new(), |found| {
            let adapter = found.adapter();
            let kind = if adapter.is_software {
                " (software)"
            } else {
                ""
            };
            format!("{}{kind}", adapter.name)
        });
        let gpu = found.and_then(|found| Gpu::new(&Plan::read(ONNX)?, found.open(MOST_BYTES)?));
        time(Backend::Gpu, &on, gpu.map(|e| Box::new(e) as _));
    }
}
