//! How long backends take, measured on the network itself.

use std::time::{Duration, Instant};

use flow_analysis::features::{ANALYSIS_WINDOW_FRAMES, MEL_FRAMES, MEL_VALUES};
use serde::{Deserialize, Serialize};

use super::Backend;
use crate::error::ModelError;
use crate::executor::Executor;

/// Examples of one run: a window that has just become full, and the longest one.
pub(crate) const BATCHES: [usize; 2] = [1, ANALYSIS_WINDOW_FRAMES.div_ceil(MEL_FRAMES)];

/// Time that measuring one batch size of one backend may take.
const BUDGET: Duration = Duration::from_millis(12);

/// At least as many runs, whatever they take: the first one warms up.
const LEAST_RUNS: usize = 3;
const MOST_RUNS: usize = 10_000;

/// Whoever takes as long, and much longer than another, isn't asked again: listening waits meanwhile.
const HOPELESS: Duration = Duration::from_millis(100);

/// Nothing that is used takes as long for one example, ns.
const MOST_NS: u64 = 100_000_000_000;

/// How long a backend takes for one example.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct BackendTiming {
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

impl BackendTiming {
    /// Whether somebody may have measured it.
    pub(crate) fn is_plausible(&self) -> bool {
        let is = |ns: u64| (1..MOST_NS).contains(&ns);
        is(self.least_ns) && is(self.median_ns)
    }
}

/// Examples like music: everything else would be decided by special numbers.
pub(crate) fn examples(count: usize) -> Vec<f32> {
    (0..count * MEL_VALUES)
        .map(|i| -40.0 - f32::from(u8::try_from(i * 37 % 41).unwrap_or(0)))
        .collect()
}

/// A backend that is being measured, a step at a time.
pub(crate) struct TimingRun {
    backend: Backend,
    on: String,
    batches: &'static [usize],
    /// For each batch size.
    budget: Duration,
    mel: Vec<f32>,
    /// Runs of the batch size that it has got to.
    times: Vec<Duration>,
    figures: Vec<BackendTiming>,
}

impl TimingRun {
    pub(crate) fn new(
        backend: Backend,
        on: &str,
        batches: &'static [usize],
        budget: Duration,
    ) -> Self {
        Self {
            backend,
            on: on.to_owned(),
            batches,
            budget,
            mel: examples(batches.iter().copied().max().unwrap_or(1)),
            times: Vec::new(),
            figures: Vec::new(),
        }
    }

    /// At the sizes that the service uses.
    pub(crate) fn for_service(backend: Backend, on: &str) -> Self {
        Self::new(backend, on, &BATCHES, BUDGET)
    }

    /// Whether it is of this backend there.
    pub(crate) fn is_of(&self, backend: Backend, on: &str) -> bool {
        self.backend == backend && self.on == on
    }

    /// Runs it for no longer than the budget, but once at least.
    pub(crate) fn step(&mut self, executor: &mut dyn Executor) -> Result<(), ModelError> {
        let Some(batch) = self.batches.get(self.figures.len()) else {
            return Ok(());
        };
        let begin = Instant::now();
        loop {
            let start = Instant::now();
            executor.run(&self.mel[..batch * MEL_VALUES])?;
            self.times.push(start.elapsed());
            let is_spent = self.times.iter().sum::<Duration>() >= self.budget;
            if self.times.len() >= LEAST_RUNS && (is_spent || self.times.len() >= MOST_RUNS) {
                self.times.remove(0);
                self.times.sort_unstable();
                let (least, median) = (self.times[0], self.times[self.times.len() / 2]);
                self.figures.push(self.figure(*batch, least, median));
                self.times.clear();
                return Ok(());
            }
            if begin.elapsed() >= self.budget {
                return Ok(());
            }
        }
    }

    /// All figures, once they are known. What is far slower than the `best` one is asked no more; no batch takes less than
    /// what it was asked takes.
    pub(crate) fn figures(&self, best: Option<Duration>) -> Option<Vec<BackendTiming>> {
        let mut figures = self.figures.clone();
        let warm = self.times.iter().skip(1).min();
        if let (Some(best), Some(took)) = (best, warm)
            && *took >= (best * 4).max(HOPELESS)
        {
            let rest = self.batches.iter().skip(figures.len());
            figures.extend(rest.map(|batch| self.figure(*batch, *took, *took)));
        }
        (figures.len() == self.batches.len()).then_some(figures)
    }

    fn figure(&self, batch: usize, least: Duration, median: Duration) -> BackendTiming {
        let of_one = |time: Duration| {
            let batch = u64::try_from(batch).unwrap_or(1);
            u64::try_from(time.as_nanos()).unwrap_or(u64::MAX) / batch
        };
        BackendTiming {
            backend: self.backend,
            on: self.on.clone(),
            batch,
            least_ns: of_one(least),
            median_ns: of_one(median),
        }
    }
}

/// Those of some backends that were measured, the fastest first, with the time for one run of each batch size, ns: the
/// least, because whatever else a machine does makes runs longer and never shorter.
pub(crate) fn ranked(figures: &[BackendTiming], may: &[Backend]) -> Vec<(Backend, u64)> {
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
