//! Selects the backend: the fastest of those that the flags allow and that haven't failed.

use std::time::Duration;

use flow_analysis::features::MEL_VALUES;
use flow_platform::clock::Clock;
use flow_platform::flags::{FLAGS, Flag};

use super::Backend;
use super::gpu_probe::{GpuProbe, ProbeError, StartProbe};
use super::timing::{BackendTiming, TimingRun, examples, ranked};
use super::timing_cache::{GpuFailure, TimingCache};
use super::worker_executor::THREADS;
use crate::backend::gpu_adapter::GpuAdapter;
use crate::error::ModelError;
use crate::executor::{Executor, Outputs, max_relative_error};

/// After so many runs in a row that take twice as long as measured, the machine counts as changed.
const SLOW_RUNS: u32 = 64;

/// The largest relative error of a GPU against f32: ten times that of its kernels.
const GPU_TOLERANCE: f32 = 1e-3;

/// A backend that can be selected.
pub(crate) struct Candidate {
    pub(crate) backend: Backend,
    /// See [`BackendTiming::device`].
    pub(crate) device: String,
    pub(crate) executor: Box<dyn Executor>,
}

/// The state of the GPU.
enum GpuState {
    Closed,
    Opening(GpuProbe),
    /// It is among the candidates.
    Open(GpuAdapter),
    /// It isn't used, for this reason.
    Unusable(String),
}

/// The flags as they were last read.
#[derive(Clone, Copy, PartialEq)]
struct Flags {
    gpu: bool,
    int8: bool,
    /// See [`flow_platform::flags::Flags::gpu_switch_count`].
    gpu_switch_count: u32,
}

impl Flags {
    fn now() -> Self {
        Self {
            gpu: FLAGS.is_on(Flag::Gpu),
            int8: FLAGS.is_on(Flag::Int8),
            gpu_switch_count: FLAGS.gpu_switch_count(),
        }
    }
}

/// All backends, and which of them runs the network.
pub(crate) struct BackendSelector {
    /// Until timings are known, the first one that is allowed is selected.
    candidates: Vec<Candidate>,
    timings: Vec<BackendTiming>,
    timing_run: Option<TimingRun>,
    start_probe: Option<StartProbe>,
    gpu: GpuState,
    cache: TimingCache,
    /// Whether there are timings that aren't in the cache.
    has_new_timings: bool,
    selected: Backend,
    reason: String,
    /// The backend that ran last since the selection.
    last_run: Option<Backend>,
    failures: u64,
    flags: Flags,
    slow_runs: u32,
    clock: Clock,
}

impl BackendSelector {
    /// Selects among the candidates, and a GPU if `start_probe` opens one.
    ///
    /// # Errors
    /// If there are no candidates.
    pub(crate) fn new(
        candidates: Vec<Candidate>,
        start_probe: Option<StartProbe>,
        cache: TimingCache,
        clock: Clock,
    ) -> Result<Self, ModelError> {
        let first = candidates
            .first()
            .ok_or_else(|| ModelError::new("no backend can run it"))?;
        let timings = candidates
            .iter()
            .flat_map(|c| cache.timings(c.backend, &c.device));
        let mut selector = Self {
            timings: timings.collect(),
            timing_run: None,
            selected: first.backend,
            candidates,
            start_probe,
            gpu: GpuState::Closed,
            cache,
            has_new_timings: false,
            reason: String::new(),
            last_run: None,
            failures: 0,
            flags: Flags::now(),
            slow_runs: 0,
            clock,
        };
        selector.select("");
        Ok(selector)
    }

    /// The backend that ran last, or would run now.
    pub(crate) fn backend(&self) -> Backend {
        self.last_run.unwrap_or(self.selected)
    }

    /// The reason for that backend, with timings.
    pub(crate) fn reason(&self) -> &str {
        if self.selected == Backend::Gpu && self.backend() != Backend::Gpu {
            return "audio was short of time, so that the GPU was left alone";
        }
        &self.reason
    }

    /// Notes the backend that ran, or whose results were cached.
    pub(crate) fn note_run(&mut self, backend: Backend) {
        self.last_run = Some(backend);
    }

    /// The number of backends that failed in use.
    pub(crate) fn failures(&self) -> u64 {
        self.failures
    }

    /// The state of the GPU for the window; empty while none is wanted.
    pub(crate) fn gpu_status(&self) -> String {
        match &self.gpu {
            GpuState::Closed if self.flags.gpu && is_driver_blocked() => {
                "a driver still holds an earlier request".into()
            }
            GpuState::Closed => String::new(),
            GpuState::Opening(_) => "being opened".into(),
            GpuState::Open(adapter) => adapter.key(),
            GpuState::Unusable(cause) => cause.clone(),
        }
    }

    /// Does one step of opening and measuring, 50 ms at most unless a GPU takes longer for one run. False if nothing is left
    /// to do now.
    pub(crate) fn prepare(&mut self) -> bool {
        self.update_flags();
        if self.poll_gpu() {
            return true;
        }
        let unmeasured = self.candidates.iter().position(|c| {
            self.is_allowed(c.backend, false) && self.timings.iter().all(|t| t.backend != c.backend)
        });
        if let Some(index) = unmeasured {
            self.measure(index);
            return true;
        }
        if self.has_new_timings {
            self.has_new_timings = false;
            self.select("");
            self.cache.store_timings(&self.timings);
            return true;
        }
        false
    }

    /// The backend that would run now. `under_load` excludes the GPU.
    pub(crate) fn best(&self, under_load: bool) -> Option<Backend> {
        let allowed = self.allowed(under_load);
        let best = ranked(&self.timings, &allowed).first().map(|(b, _)| *b);
        best.or_else(|| allowed.first().copied())
    }

    /// Reads the flags, and selects anew if they have changed.
    pub(crate) fn update_flags(&mut self) {
        let flags = Flags::now();
        let before = std::mem::replace(&mut self.flags, flags);
        if before == flags {
            return;
        }
        if before.gpu_switch_count != flags.gpu_switch_count {
            // Switching off frees the GPU's memory at once; switching on again tries it anew.
            self.candidates.retain(|c| c.backend != Backend::Gpu);
            // The cache has its timings; the next GPU may be another one.
            self.timings.retain(|t| t.backend != Backend::Gpu);
            self.gpu = GpuState::Closed;
            if flags.gpu {
                self.cache.clear_failure();
            }
        }
        self.select("");
    }

    /// Runs examples on the best backend, or on the next one if that fails, and returns which one it was.
    pub(crate) fn run(&mut self, mel: &[f32], under_load: bool) -> Option<(Backend, Vec<Outputs>)> {
        loop {
            let backend = self.best(under_load)?;
            let candidate = self.candidates.iter_mut().find(|c| c.backend == backend)?;
            let begin_ns = self.clock.now_ns();
            let outputs = candidate.executor.run(mel).and_then(check_finite);
            match outputs {
                Ok(outputs) => {
                    let took_ns = self.clock.now_ns() - begin_ns;
                    self.watch_time(backend, took_ns, mel.len() / MEL_VALUES);
                    return Some((backend, outputs));
                }
                Err(e) => self.drop_failed(backend, &e),
            }
        }
    }

    /// Drops a backend that failed in use, and remembers a GPU.
    fn drop_failed(&mut self, backend: Backend, error: &ModelError) {
        let cause = error.cause();
        log::warn!("the network lost {}: {cause}", backend.name());
        self.failures += 1;
        self.candidates.retain(|c| c.backend != backend);
        self.timings.retain(|t| t.backend != backend);
        if let GpuState::Open(adapter) = &self.gpu
            && backend == Backend::Gpu
        {
            let failure = GpuFailure {
                device: adapter.key(),
                cause: cause.to_owned(),
            };
            self.gpu = GpuState::Unusable(cause.to_owned());
            self.cache.store_failure(failure);
        }
        self.select(&format!("{} failed", backend.name()));
    }

    /// Has all backends measured anew once the machine has been slower than measured for many runs.
    fn watch_time(&mut self, backend: Backend, took_ns: u64, examples: usize) {
        let own = self.timings.iter().filter(|t| t.backend == backend);
        let Some(usual_ns) = own.map(|t| t.median_ns).max() else {
            return;
        };
        let examples = u64::try_from(examples).unwrap_or(1);
        let is_slow = took_ns > usual_ns.saturating_mul(2 * examples);
        self.slow_runs = if is_slow { self.slow_runs + 1 } else { 0 };
        if self.slow_runs >= SLOW_RUNS {
            self.slow_runs = 0;
            self.timings.clear();
            self.select("slower than it was measured");
        }
    }

    /// Starts or polls the probe. True if that was a step of its own.
    fn poll_gpu(&mut self) -> bool {
        match &mut self.gpu {
            // One device at a time: a hung driver keeps its memory.
            GpuState::Closed if self.flags.gpu && !is_driver_blocked() => {
                if let Some(start) = &mut self.start_probe {
                    self.gpu = GpuState::Opening(start(self.cache.failure().cloned()));
                }
                false
            }
            GpuState::Opening(probe) => match probe.poll() {
                None => false,
                Some(Ok(adapter)) => {
                    self.add_gpu(adapter);
                    true
                }
                Some(Err(error)) => {
                    self.refuse_gpu(error);
                    true
                }
            },
            GpuState::Closed | GpuState::Open(_) | GpuState::Unusable(_) => false,
        }
    }

    /// Adds the GPU that has just been opened, if its outputs are right.
    fn add_gpu(&mut self, adapter: GpuAdapter) {
        let GpuState::Opening(probe) = std::mem::replace(&mut self.gpu, GpuState::Closed) else {
            return;
        };
        let mut executor = probe.into_executor();
        let device = adapter.key();
        if let Err(error) = self.check_gpu(&mut *executor, &device) {
            return self.refuse_gpu(error);
        }
        self.timings
            .extend(self.cache.timings(Backend::Gpu, &device));
        self.candidates.push(Candidate {
            backend: Backend::Gpu,
            device,
            executor,
        });
        self.gpu = GpuState::Open(adapter);
        self.select("");
    }

    /// Compares a GPU's outputs with those in f32.
    fn check_gpu(&mut self, executor: &mut dyn Executor, device: &str) -> Result<(), ProbeError> {
        let mel = examples(1);
        // A failure of f32 isn't the GPU's.
        let expected = self.run_f32(&mel).map_err(ProbeError::Unavailable)?;
        let failed = |cause| ProbeError::Failed {
            device: device.to_owned(),
            cause,
        };
        let error = max_relative_error(&executor.run(&mel).map_err(failed)?, &expected);
        if error > GPU_TOLERANCE {
            let cause = ModelError::new(format!("its outputs are off by {error:.0e}"));
            return Err(failed(cause));
        }
        Ok(())
    }

    fn run_f32(&mut self, mel: &[f32]) -> Result<Vec<Outputs>, ModelError> {
        let is_f32 = |c: &&mut Candidate| matches!(c.backend, Backend::F32 | Backend::Tract);
        let candidate = self.candidates.iter_mut().find(is_f32);
        let candidate =
            candidate.ok_or_else(|| ModelError::new("there is no f32 backend to check it by"))?;
        candidate.executor.run(mel).and_then(check_finite)
    }

    /// Gives the GPU up; one that failed in the next sessions too.
    fn refuse_gpu(&mut self, error: ProbeError) {
        let cause = match error {
            ProbeError::Unavailable(cause) => {
                log::info!("no GPU is used: {}", cause.cause());
                cause.cause().to_owned()
            }
            ProbeError::Failed { device, cause } => {
                let cause = cause.cause().to_owned();
                log::warn!("the GPU {device:?} can't be used: {cause}");
                self.cache.store_failure(GpuFailure {
                    device,
                    cause: cause.clone(),
                });
                cause
            }
        };
        self.gpu = GpuState::Unusable(cause);
    }

    /// Does one step of measuring a candidate.
    fn measure(&mut self, index: usize) {
        let Candidate {
            backend,
            device,
            executor,
        } = &mut self.candidates[index];
        let begun = self.timing_run.take().filter(|m| m.is_of(*backend, device));
        let clock = self.clock.clone();
        let mut run = begun.unwrap_or_else(|| TimingRun::for_analysis(*backend, device, clock));
        if let Err(e) = run.step(&mut **executor) {
            let backend = *backend;
            return self.drop_failed(backend, &e);
        }
        let ranked = ranked(&self.timings, &self.allowed(false));
        let best = ranked.first().map(|(_, ns)| Duration::from_nanos(*ns));
        if let Some(timings) = run.timings(best) {
            self.timings.extend(timings);
            self.has_new_timings = true;
        } else {
            self.timing_run = Some(run);
        }
    }

    fn is_allowed(&self, backend: Backend, under_load: bool) -> bool {
        let Flags { gpu, int8, .. } = self.flags;
        match backend {
            // Software that emulates a GPU would compete with audio for the CPU.
            Backend::Gpu => {
                let is_real = matches!(&self.gpu, GpuState::Open(a) if !a.is_software);
                gpu && !under_load && is_real
            }
            Backend::Int8 => int8,
            Backend::F32 | Backend::Tract => true,
        }
    }

    fn allowed(&self, under_load: bool) -> Vec<Backend> {
        let backends = self.candidates.iter().map(|c| c.backend);
        backends
            .filter(|b| self.is_allowed(*b, under_load))
            .collect()
    }

    /// Selects the best backend and logs why; `cause` comes before the timings.
    fn select(&mut self, cause: &str) {
        let Some(backend) = self.best(false) else {
            log::warn!("no backend can run the network any more: the rules take its place");
            return;
        };
        let ranked = ranked(&self.timings, &self.allowed(false));
        let timings = ranked.iter().map(|(backend, ns)| {
            let candidate = self.candidates.iter().find(|c| c.backend == *backend);
            let device = candidate.map_or("", |c| &c.device);
            format!("{} ({device}) {} µs", backend.name(), ns / 1000)
        });
        let timings = timings.collect::<Vec<_>>().join(", ");
        let timings = if timings.is_empty() {
            "not yet measured".to_owned()
        } else {
            format!("fastest of {timings}")
        };
        let reason = match cause {
            "" => timings,
            cause => format!("{cause}; {timings}"),
        };
        if (self.selected, &self.reason) != (backend, &reason) {
            log::info!("the network runs on {}: {reason}", backend.name());
        }
        self.selected = backend;
        self.reason = reason;
        self.last_run = None;
    }
}

/// Whether a driver holds a thread that was abandoned.
fn is_driver_blocked() -> bool {
    THREADS.abandoned_running() > 0
}

fn check_finite(outputs: Vec<Outputs>) -> Result<Vec<Outputs>, ModelError> {
    let is_finite = outputs.iter().flatten().flatten().all(|x| x.is_finite());
    is_finite
        .then_some(outputs)
        .ok_or_else(|| ModelError::new("its outputs aren't finite"))
}
