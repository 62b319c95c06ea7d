//! Which backend is fastest here: measured, kept, and held against what it is like later.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};

use crate::executor::Executor;
use crate::{Backend, ModelError};
use flow_inference::features::MEL_VALUES;

/// Examples of one run: a window that has just become full, and one of a minute.
pub(crate) const BATCHES: [usize; 2] = [1, 4];

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

/// What was measured, and what follows.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Verdict {
    /// Everything that it depends on; with another one it means nothing.
    pub key: String,
    /// All measurements.
    pub figures: Vec<Figure>,
    /// The fastest that may be chosen.
    pub backend: Backend,
    /// Why, for people.
    pub reason: String,
}

/// Measures one backend.
pub(crate) fn measure(
    backend: Backend,
    on: &str,
    executor: &mut dyn Executor,
    batches: &[usize],
    budget: Duration,
) -> Result<Vec<Figure>, ModelError> {
    // Like music: everything else would be decided by special numbers.
    let mel: Vec<f32> = (0..batches.iter().max().unwrap_or(&1) * MEL_VALUES)
        .map(|i| -40.0 - f32::from(u8::try_from(i * 37 % 41).unwrap_or(0)))
        .collect();
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
pub(crate) fn measure_for_service(
    backend: Backend,
    on: &str,
    executor: &mut dyn Executor,
) -> Result<Vec<Figure>, ModelError> {
    measure(backend, on, executor, &BATCHES, BUDGET)
}

/// Time for one run of each batch size.
pub(crate) fn total_ns(figures: &[Figure], backend: Backend) -> Option<u64> {
    let mut own = figures.iter().filter(|f| f.backend == backend).peekable();
    own.peek()?;
    Some(
        own.map(|f| f.median_ns * u64::try_from(f.batch).unwrap_or(1))
            .sum(),
    )
}

/// The fastest of those that may be chosen.
pub(crate) fn fastest(figures: &[Figure], may: &[Backend]) -> Option<(Backend, String)> {
    let timed = may
        .iter()
        .filter_map(|b| total_ns(figures, *b).map(|ns| (*b, ns)));
    let mut timed: Vec<(Backend, u64)> = timed.collect();
    timed.sort_by_key(|(_, ns)| *ns);
    let (best, _) = *timed.first()?;
    let said = timed.iter().map(|(backend, ns)| {
        let on = figures
            .iter()
            .find(|f| f.backend == *backend)
            .map_or("", |f| &f.on);
        format!("{} ({on}) {} µs", backend.name(), ns / 1000)
    });
    let said: Vec<String> = said.collect();
    Some((best, format!("fastest of {}", said.join(", "))))
}

/// Where verdicts are kept between sessions; none where there is no such folder.
pub(crate) fn file() -> Option<PathBuf> {
    dirs::cache_dir().map(|folder| folder.join("Flow").join("backends.json"))
}

/// The verdict that was kept, if it was made under the same circumstances.
pub(crate) fn recall(file: &Path, key: &str) -> Option<Verdict> {
    let verdict: Verdict = serde_json::from_slice(&std::fs::read(file).ok()?).ok()?;
    (verdict.key == key).then_some(verdict)
}

/// Keeps a verdict. Where that can't be done, it is measured again next time.
pub(crate) fn keep(file: &Path, verdict: &Verdict) {
    let write = || {
        std::fs::create_dir_all(file.parent()?).ok()?;
        // Nobody ever reads half of it.
        let partial = file.with_extension(format!("{}.partial", std::process::id()));
        std::fs::write(&partial, serde_json::to_vec_pretty(verdict).ok()?).ok()?;
        std::fs::rename(&partial, file).ok()
    };
    if write().is_none() {
        log::info!(
            "the choice of a backend could not be kept in {}",
            file.display()
        );
    }
}
