//! A pool of workers, one for each core, with results in the order of the jobs.

use std::num::NonZero;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Condvar, Mutex, PoisonError};

use anyhow::{Result, anyhow};
use flow_analysis::features::{FRAMES_PER_SECOND, Frame};
use flow_audio_file::{SongStream, StoreOptions};
use flow_platform::mutex::lock;

use super::level::level_profile::LevelProfile;

/// The memory that all running jobs may use, in bytes. A song that needs more is processed alone.
const MEMORY_BYTES: u64 = 3 << 30;

/// The stores of a song: input and output.
const STORES: u64 = 2;

/// The features of a second, which an analysis keeps for the whole song, in bytes.
const FEATURE_BYTES: u64 = (FRAMES_PER_SECOND * size_of::<Frame>()) as u64;

/// The memory of meters, report and plug-in for one song, in bytes.
const OTHER_BYTES: u64 = 64 << 20;

/// Runs `work` for each job from 0 to `jobs` on the workers' threads and returns the results. `open` creates the state of
/// a worker; if it fails, the worker's jobs fail. A job that panics fails alone.
pub(crate) fn run<W, T: Send>(
    jobs: usize,
    open: impl Fn() -> Result<W> + Sync,
    work: impl Fn(&mut W, usize) -> Result<T> + Sync,
) -> Vec<Result<T>> {
    let cores = std::thread::available_parallelism().map_or(1, NonZero::get);
    let next = AtomicUsize::new(0);
    let results: Vec<Mutex<Option<Result<T>>>> = (0..jobs).map(|_| Mutex::new(None)).collect();
    let worker = || {
        let mut state = None;
        loop {
            let job = next.fetch_add(1, Ordering::Relaxed);
            let Some(slot) = results.get(job) else { break };
            let result = catch_unwind(AssertUnwindSafe(|| {
                let state = match &mut state {
                    Some(state) => state,
                    none => none.insert(open()?),
                };
                work(state, job)
            }));
            let result = result.unwrap_or_else(|_| {
                // The panic may have left it inconsistent.
                state = None;
                Err(anyhow!("an internal error stopped the job"))
            });
            *lock(slot) = Some(result);
        }
    };
    std::thread::scope(|scope| {
        for _ in 0..cores.min(jobs) {
            scope.spawn(worker);
        }
    });
    let result = |slot: Mutex<Option<Result<T>>>| {
        let result = slot.into_inner().unwrap_or_else(PoisonError::into_inner);
        result.unwrap_or_else(|| Err(anyhow!("the job was not started")))
    };
    results.into_iter().map(result).collect()
}

/// The memory for all running jobs.
pub(crate) struct MemoryBudget {
    free: Mutex<u64>,
    freed: Condvar,
}

/// The memory of one song, returned to the budget on drop.
pub(crate) struct MemoryReservation<'a> {
    memory: &'a MemoryBudget,
    bytes: u64,
}

impl MemoryBudget {
    pub(crate) fn new() -> Self {
        Self {
            free: Mutex::new(MEMORY_BYTES),
            freed: Condvar::new(),
        }
    }

    /// Waits until there is enough memory for a song. The demo song, which has no stream, needs little.
    pub(crate) fn wait_for(&self, song: Option<&SongStream>) -> MemoryReservation<'_> {
        self.take(song.map_or(OTHER_BYTES, needed_bytes))
    }

    fn take(&self, bytes: u64) -> MemoryReservation<'_> {
        let bytes = bytes.min(MEMORY_BYTES);
        let free = lock(&self.free);
        let enough = self.freed.wait_while(free, |free| *free < bytes);
        *enough.unwrap_or_else(PoisonError::into_inner) -= bytes;
        MemoryReservation {
            memory: self,
            bytes,
        }
    }
}

impl Drop for MemoryReservation<'_> {
    fn drop(&mut self) {
        *lock(&self.memory.free) += self.bytes;
        self.memory.freed.notify_all();
    }
}

/// The memory for a song, in bytes. A song of unknown duration counts as ten minutes.
fn needed_bytes(stream: &SongStream) -> u64 {
    let seconds = stream.declared_seconds().unwrap_or(600.0);
    let rate_hz = stream.sample_rate_hz();
    let frames = flow_dsp::math::samples(seconds * f64::from(rate_hz)) as u64;
    let bytes = 4 * stream.channel_count() as u64 * frames;
    let features_bytes = FEATURE_BYTES * (frames / u64::from(rate_hz));
    STORES * bytes.min(StoreOptions::MEMORY_BYTES)
        + LevelProfile::bytes(rate_hz, frames)
        + features_bytes
        + OTHER_BYTES
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::{RecvTimeoutError, channel};
    use std::time::Duration;

    use super::*;

    #[test]
    fn pool_with_failing_jobs_returns_other_results_in_order() {
        let opened = AtomicUsize::new(0);
        let open = || {
            opened.fetch_add(1, Ordering::Relaxed);
            Ok(0)
        };
        let results = run(20, open, |worked, job| {
            *worked += 1;
            match job {
                3 => anyhow::bail!("no"),
                5 => panic!("on purpose"),
                _ => Ok(job * job),
            }
        });
        assert_eq!(results.len(), 20);
        for (job, result) in results.iter().enumerate() {
            match (job, result) {
                (3, Err(e)) => assert_eq!(e.to_string(), "no"),
                (5, Err(e)) => assert_eq!(e.to_string(), "an internal error stopped the job"),
                (_, result) => assert_eq!(*result.as_ref().unwrap(), job * job),
            }
        }
        let cores = std::thread::available_parallelism().map_or(1, NonZero::get);
        // At most one state for each core, and one more after the panic.
        assert!((1..=cores + 1).contains(&opened.into_inner()));
        let none = run(2, || Err::<(), _>(anyhow!("no bundle")), |(), _| Ok(()));
        assert!(
            none.iter()
                .all(|r| r.as_ref().is_err_and(|e| e.to_string() == "no bundle"))
        );
    }

    #[test]
    fn memory_budget_when_used_up_blocks_next_job() {
        let memory = MemoryBudget::new();
        let all = memory.take(u64::MAX);
        assert_eq!(*lock(&memory.free), 0);
        let (sender, taken) = channel();
        std::thread::scope(|scope| {
            scope.spawn(|| {
                let _part = memory.take(1);
                sender.send(()).unwrap();
            });
            // A job that doesn't wait takes its memory long before.
            let early = taken.recv_timeout(Duration::from_millis(200));
            drop(all);
            assert_eq!(early, Err(RecvTimeoutError::Timeout));
            taken.recv().unwrap();
        });
        assert_eq!(*lock(&memory.free), MEMORY_BYTES);
    }
}
