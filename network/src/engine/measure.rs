//! How long backends take, measured on the network itself.

use std::time::{Duration, Instant};

use flow_inference::features::{MEL_FRAMES, MEL_VALUES, WINDOW_FRAMES};
use serde::{Deserialize, Serialize};

use crate::executor::Executor;
use crate::{Backend, ModelError};

/// Examples of one run: a window that has just become full, and the longest one.
pub(crate) const BATCHES: [usize; 2] = [1, WINDOW_FRAMES.div_ceil(MEL_FRAMES)];

/// Time that measuring one batch size of one backend may take.
const BUDGET: Duration = Duration::from_millis(12);

/// At least as many runs, whatever they take: the first one warms up.
const LEAST_RUNS: usize = 3;

/// How long a backend takes for one example.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Figure {
    /// Which.
    pub backend: Backend,
    /// What it runs on: instructions, or an adapter and its driver.
    pub on: String,
    /// Examples at once.
    pub batch: usize,
    /// The fastest run, ns an example.
    pub least_ns: u64,
    /// Half of the runs are faster, ns an example.
    pub median_ns: u64,
}

/// Examples like music: everything else would be decided by special numbers.
pub(crate) fn examples(count: usize) -> Vec<f32> {
    (0..count * MEL_VALUES)
        .map(|i| -40.0 - f32::from(u8::try_from(i * 37 % 41).unwrap_or(0)))
        .collect()
}

/// Measures one backend, each batch size for `budget`.
pub(crate) fn measure(
    backend: Backend,
    on: &str,
    executor: &mut dyn Executor,
    batches: &[usize],
    budget: Duration,
) -> Result<Vec<Figure>, ModelError> {
    let mel = examples(batches.iter().copied().max().unwrap_or(1));
    let figure = |batch: &usize| {
        let mut times = Vec::new();
        let begin = Instant::now();
        while times.len() < LEAST_RUNS || (begin.elapsed() < budget && times.len() < 10_000) {
            let start = Instant::now();
            executor.run(&mel[..batch * MEL_VALUES])?;
            times.push(start.elapsed());
        }
        times.remove(0);
        times.sort_unstable();
        let of_one = |time: Duration| {
            let batch = u64::try_from(*batch).unwrap_or(1);
            u64::try_from(time.as_nanos()).unwrap_or(u64::MAX) / batch
        };
        Ok(Figure {
            backend,
            on: on.to_owned(),
            batch: *batch,
            least_ns: of_one(times[0]),
            median_ns: of_one(times[times.len() / 2]),
        })
    };
    batches.iter().map(figure).collect()
}

/// Measures one backend at the sizes that the service uses.
pub(super) fn measure_for_service(
    backend: Backend,
    on: &str,
    executor: &mut dyn Executor,
) -> Result<Vec<Figure>, ModelError> {
    measure(backend, on, executor, &BATCHES, BUDGET)
}

/// Those of some backends that were measured, the fastest first, with the time for one run of each batch size, ns: the
/// least, because whatever else a machine does makes runs longer and never shorter.
pub(super) fn ranked(figures: &[Figure], may: &[Backend]) -> Vec<(Backend, u64)> {
    let total_ns = |backend: Backend| {
        let own = figures.iter().filter(|f| f.backend == backend);
        own.map(|f| f.least_ns * u64::try_from(f.batch).unwrap_or(1))
            .reduce(|sum, ns| sum + ns)
    };
    let timed = may.iter().filter_map(|b| total_ns(*b).map(|ns| (*b, ns)));
    let mut timed: Vec<(Backend, u64)> = timed.collect();
    timed.sort_by_key(|(_, ns)| *ns);
    timed
}
