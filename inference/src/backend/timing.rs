//! Measures how long backends take for the network itself.

use std::time::Duration;

use flow_analysis::features::{ANALYSIS_WINDOW_FRAMES, MEL_FRAMES, MEL_VALUES};
use flow_platform::clock::Clock;
use serde::{Deserialize, Serialize};

use super::Backend;
use crate::error::ModelError;
use crate::executor::Executor;

/// Examples of one run: an analysis window that has just become full, and the longest one.
pub(crate) const BATCHES: [usize; 2] = [1, ANALYSIS_WINDOW_FRAMES.div_ceil(MEL_FRAMES)];

/// The time for one batch size of one backend.
const BUDGET: Duration = Duration::from_millis(12);

/// The first run only warms up.
const MIN_RUNS: usize = 3;
const MAX_RUNS: usize = 10_000;

/// A backend whose run takes this long, and four times as long as another's, isn't run again: analysis waits meanwhile.
const TOO_SLOW: Duration = Duration::from_millis(100);

/// No backend in use takes as long for one example, ns.
const MAX_NS: u64 = 100_000_000_000;

/// The time of a backend for one example.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct BackendTiming {
    /// The backend.
    pub backend: Backend,
    /// The instruction set, or the adapter and its driver.
    #[serde(rename = "on")]
    pub device: String,
    /// Examples of one run.
    pub batch: usize,
    /// The fastest run, ns an example.
    pub least_ns: u64,
    /// The median run, ns an example.
    pub median_ns: u64,
}

impl BackendTiming {
    /// Whether a measurement can have had this result.
    pub(crate) fn is_plausible(&self) -> bool {
        let is = |ns: u64| (1..MAX_NS).contains(&ns);
        is(self.least_ns) && is(self.median_ns)
    }
}

#[cfg(test)]
impl BackendTiming {
    /// Equal timings of each batch size.
    pub(crate) fn of_all_batches(backend: Backend, device: &str, ns: u64) -> [Self; BATCHES.len()] {
        BATCHES.map(|batch| Self {
            backend,
            device: device.into(),
            batch,
            least_ns: ns,
            median_ns: ns,
        })
    }
}

/// Examples with levels like those of music.
pub(crate) fn examples(count: usize) -> Vec<f32> {
    (0..count * MEL_VALUES)
        .map(|i| -40.0 - f32::from(u8::try_from(i * 37 % 41).unwrap_or(0)))
        .collect()
}

/// A measurement of one backend, which goes on step by step.
pub(crate) struct TimingRun {
    backend: Backend,
    device: String,
    batches: &'static [usize],
    /// For each batch size.
    budget: Duration,
    mel: Vec<f32>,
    /// The runs of the current batch size.
    times: Vec<Duration>,
    timings: Vec<BackendTiming>,
    clock: Clock,
}

impl TimingRun {
    pub(crate) fn new(
        backend: Backend,
        device: &str,
        batches: &'static [usize],
        budget: Duration,
        clock: Clock,
    ) -> Self {
        Self {
            backend,
            device: device.to_owned(),
            batches,
            budget,
            mel: examples(batches.iter().copied().max().unwrap_or(1)),
            times: Vec::new(),
            timings: Vec::new(),
            clock,
        }
    }

    /// A measurement at the batch sizes of the analysis.
    pub(crate) fn for_analysis(backend: Backend, device: &str, clock: Clock) -> Self {
        Self::new(backend, device, &BATCHES, BUDGET, clock)
    }

    pub(crate) fn is_of(&self, backend: Backend, device: &str) -> bool {
        self.backend == backend && self.device == device
    }

    /// Runs the executor at least once, and until the budget is spent.
    ///
    /// # Errors
    /// Returns the errors of the executor.
    pub(crate) fn step(&mut self, executor: &mut dyn Executor) -> Result<(), ModelError> {
        let Some(batch) = self.batches.get(self.timings.len()) else {
            return Ok(());
        };
        let since = |ns: u64| Duration::from_nanos(self.clock.now_ns() - ns);
        let begin_ns = self.clock.now_ns();
        loop {
            let start_ns = self.clock.now_ns();
            executor.run(&self.mel[..batch * MEL_VALUES])?;
            self.times.push(since(start_ns));
            let is_spent = self.times.iter().sum::<Duration>() >= self.budget;
            if self.times.len() >= MIN_RUNS && (is_spent || self.times.len() >= MAX_RUNS) {
                self.times.remove(0);
                self.times.sort_unstable();
                let (least, median) = (self.times[0], self.times[self.times.len() / 2]);
                self.timings.push(self.timing(*batch, least, median));
                self.times.clear();
                return Ok(());
            }
            if since(begin_ns) >= self.budget {
                return Ok(());
            }
        }
    }

    /// All timings, once they are known. A backend that is far slower than the `best` one is measured no further: the time
    /// of its current batch stands for the larger ones, which can't be faster.
    pub(crate) fn timings(&self, best: Option<Duration>) -> Option<Vec<BackendTiming>> {
        let mut timings = self.timings.clone();
        let warm = self.times.iter().skip(1).min();
        if let (Some(best), Some(took)) = (best, warm)
            && *took >= (best * 4).max(TOO_SLOW)
        {
            let rest = self.batches.iter().skip(timings.len());
            timings.extend(rest.map(|batch| self.timing(*batch, *took, *took)));
        }
        (timings.len() == self.batches.len()).then_some(timings)
    }

    fn timing(&self, batch: usize, least: Duration, median: Duration) -> BackendTiming {
        let per_example = |time: Duration| {
            let batch = u64::try_from(batch).unwrap_or(1);
            u64::try_from(time.as_nanos()).unwrap_or(u64::MAX) / batch
        };
        BackendTiming {
            backend: self.backend,
            device: self.device.clone(),
            batch,
            least_ns: per_example(least),
            median_ns: per_example(median),
        }
    }
}

/// The allowed backends that were measured, the fastest first, with the sum of one run of each batch size, ns. The fastest
/// run counts, because other load on the machine only makes runs longer.
pub(crate) fn ranked(timings: &[BackendTiming], allowed: &[Backend]) -> Vec<(Backend, u64)> {
    let total_ns = |backend: Backend| {
        let own = timings.iter().filter(|t| t.backend == backend);
        own.map(|t| t.least_ns * u64::try_from(t.batch).unwrap_or(1))
            .reduce(|sum, ns| sum + ns)
    };
    let timed = allowed
        .iter()
        .filter_map(|b| total_ns(*b).map(|ns| (*b, ns)));
    let mut timed: Vec<(Backend, u64)> = timed.collect();
    timed.sort_by_key(|(_, ns)| *ns);
    timed
}
