//! Which backend answers: the fastest of those that flags allow and that haven't failed.

use std::time::{Duration, Instant};

use flow_analysis::features::MEL_VALUES;
use flow_platform::flags::{FLAGS, Flag};

use super::Backend;
use super::gpu_probe::{GpuProbe, Open, ProbeError};
use super::timing::{BackendTiming, TimingRun, examples, ranked};
use super::timing_cache::{Failure, TimingCache};
use super::worker_executor::THREADS;
use crate::adapter::GpuAdapter;
use crate::error::ModelError;
use crate::executor::{Executor, Outputs, max_relative_error};

/// Runs that all take twice as long as measured mean that the machine has changed for good.
const SLOW_RUNS: u32 = 64;

/// A GPU's answers may be this far from those in f32, as a share of the largest: ten times what its kernels are off by.
const GPU_TOLERANCE: f32 = 1e-3;

/// One way to run the network.
pub(crate) struct Candidate {
    pub(crate) backend: Backend,
    /// See [`BackendTiming::on`].
    pub(crate) on: String,
    pub(crate) executor: Box<dyn Executor>,
}

/// How far it is with the GPU.
enum Graphics {
    /// Not looked for.
    Off,
    GpuProbe(GpuProbe),
    /// It is among the candidates.
    Open(GpuAdapter),
    /// It is left alone, for this reason.
    Unusable(String),
}

/// What users allow, when it was last looked at.
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

/// All backends, and which of them answers.
pub(crate) struct BackendSelector {
    /// Until they are measured, the first that may be answers.
    candidates: Vec<Candidate>,
    figures: Vec<BackendTiming>,
    measuring: Option<TimingRun>,
    open: Option<Open>,
    graphics: Graphics,
    store: TimingCache,
    /// There are figures that haven't been kept.
    is_new: bool,
    backend: Backend,
    reason: String,
    /// Who answered since that was decided.
    answered: Option<Backend>,
    failures: u64,
    flags: Flags,
    slow_runs: u32,
}

impl BackendSelector {
    /// Of those that are here, and a GPU if one can be opened.
    ///
    /// # Errors
    /// If there are none.
    pub(crate) fn new(
        candidates: Vec<Candidate>,
        open: Option<Open>,
        store: TimingCache,
    ) -> Result<Self, ModelError> {
        let first = candidates
            .first()
            .ok_or_else(|| ModelError::new("nothing can run it"))?;
        let figures = candidates
            .iter()
            .flat_map(|c| store.figures(c.backend, &c.on));
        let mut choice = Self {
            figures: figures.collect(),
            measuring: None,
            backend: first.backend,
            candidates,
            open,
            graphics: Graphics::Off,
            store,
            is_new: false,
            reason: String::new(),
            answered: None,
            failures: 0,
            flags: Flags::now(),
            slow_runs: 0,
        };
        choice.decide("");
        Ok(choice)
    }

    /// Who answered last, or would now.
    pub(crate) fn backend(&self) -> Backend {
        self.answered.unwrap_or(self.backend)
    }

    /// Why, with figures.
    pub(crate) fn reason(&self) -> &str {
        if self.backend == Backend::Gpu && self.backend() != Backend::Gpu {
            return "audio was short of time, so that the GPU was left alone";
        }
        &self.reason
    }

    /// Takes in who has answered, or was known to.
    pub(crate) fn answered(&mut self, backend: Backend) {
        self.answered = Some(backend);
    }

    /// Backends that failed while they were in use.
    pub(crate) fn failures(&self) -> u64 {
        self.failures
    }

    /// How it is with the GPU, for people; empty where none was looked for.
    pub(crate) fn graphics(&self) -> String {
        match &self.graphics {
            Graphics::Off if self.flags.gpu && is_held_up() => {
                "a driver still holds what was asked of it before".into()
            }
            Graphics::Off => String::new(),
            Graphics::GpuProbe(_) => "being opened".into(),
            Graphics::Open(adapter) => adapter.on(),
            Graphics::Unusable(why) => why.clone(),
        }
    }

    /// Does a step of what makes the choice, 50 ms at most unless a GPU takes longer for one answer; false if there is nothing to do now.
    pub(crate) fn prepare(&mut self) -> bool {
        self.follow();
        if self.look_for_graphics() {
            return true;
        }
        let unmeasured = self.candidates.iter().position(|c| {
            self.may(c.backend, false) && self.figures.iter().all(|f| f.backend != c.backend)
        });
        if let Some(index) = unmeasured {
            self.measure(index);
            return true;
        }
        if self.is_new {
            self.is_new = false;
            self.decide("");
            self.store.keep_figures(&self.figures);
            return true;
        }
        false
    }

    /// Who would answer now. `pressed`: nothing is asked of a GPU.
    pub(crate) fn best(&self, pressed: bool) -> Option<Backend> {
        let may = self.allowed(pressed);
        let best = ranked(&self.figures, &may).first().map(|(b, _)| *b);
        best.or_else(|| may.first().copied())
    }

    /// Takes in which flags have changed since.
    pub(crate) fn follow(&mut self) {
        let flags = Flags::now();
        let before = std::mem::replace(&mut self.flags, flags);
        if before == flags {
            return;
        }
        if before.gpu_switch_count != flags.gpu_switch_count {
            // Switched off, it gives its memory back and isn't touched any more; switched on again, it is tried anew.
            self.candidates.retain(|c| c.backend != Backend::Gpu);
            // They come back with it from the store; the next one may be another.
            self.figures.retain(|f| f.backend != Backend::Gpu);
            self.graphics = Graphics::Off;
            if flags.gpu {
                self.store.forgive();
            }
        }
        self.decide("");
    }

    /// Runs examples on the best backend, or on the next one if that fails, and says who answered.
    pub(crate) fn run(&mut self, mel: &[f32], pressed: bool) -> Option<(Backend, Vec<Outputs>)> {
        loop {
            let backend = self.best(pressed)?;
            let candidate = self.candidates.iter_mut().find(|c| c.backend == backend)?;
            let begin = Instant::now();
            let outputs = candidate.executor.run(mel).and_then(are_numbers);
            match outputs {
                Ok(outputs) => {
                    self.watch(backend, begin.elapsed(), mel.len() / MEL_VALUES);
                    return Some((backend, outputs));
                }
                Err(e) => self.lose(backend, &e),
            }
        }
    }

    /// It failed while it was in use.
    fn lose(&mut self, backend: Backend, why: &ModelError) {
        log::warn!("the network lost {}: {}", backend.name(), why.cause());
        self.failures += 1;
        self.candidates.retain(|c| c.backend != backend);
        self.figures.retain(|f| f.backend != backend);
        if let Graphics::Open(adapter) = &self.graphics
            && backend == Backend::Gpu
        {
            let failure = Failure {
                on: adapter.on(),
                why: why.cause().to_owned(),
            };
            self.graphics = Graphics::Unusable(why.cause().to_owned());
            self.store.keep_failure(failure);
        }
        self.decide(&format!("{} failed", backend.name()));
    }

    /// Has everything measured anew once the machine has been slower than measured for a long time.
    fn watch(&mut self, backend: Backend, took: Duration, examples: usize) {
        let own = self.figures.iter().filter(|f| f.backend == backend);
        let Some(usual_ns) = own.map(|f| f.median_ns).max() else {
            return;
        };
        let examples = u128::try_from(examples).unwrap_or(1);
        let is_slow = took.as_nanos() > 2 * examples * u128::from(usual_ns);
        self.slow_runs = if is_slow { self.slow_runs + 1 } else { 0 };
        if self.slow_runs >= SLOW_RUNS {
            self.slow_runs = 0;
            self.figures.clear();
            self.decide("slower than it was measured");
        }
    }

    /// Whether there was anything to do for it but to wait.
    fn look_for_graphics(&mut self) -> bool {
        match &mut self.graphics {
            // One device at a time: a hung driver keeps what it has.
            Graphics::Off if self.flags.gpu && !is_held_up() => {
                if let Some(open) = &mut self.open {
                    self.graphics = Graphics::GpuProbe(open(self.store.failure().cloned()));
                }
                false
            }
            Graphics::GpuProbe(opening) => match opening.poll() {
                None => false,
                Some(Ok(adapter)) => {
                    self.admit(adapter);
                    true
                }
                Some(Err(refused)) => {
                    self.refuse(refused);
                    true
                }
            },
            Graphics::Off | Graphics::Open(_) | Graphics::Unusable(_) => false,
        }
    }

    /// Takes the GPU in that has just been opened, if it can be trusted.
    fn admit(&mut self, adapter: GpuAdapter) {
        let Graphics::GpuProbe(opening) = std::mem::replace(&mut self.graphics, Graphics::Off)
        else {
            return;
        };
        let mut executor = opening.executor();
        let on = adapter.on();
        if let Err(refused) = self.check(&mut *executor, &on) {
            return self.refuse(refused);
        }
        self.figures.extend(self.store.figures(Backend::Gpu, &on));
        self.candidates.push(Candidate {
            backend: Backend::Gpu,
            on,
            executor,
        });
        self.graphics = Graphics::Open(adapter);
        self.decide("");
    }

    /// Whether an executor answers as f32 does.
    fn check(&mut self, executor: &mut dyn Executor, on: &str) -> Result<(), ProbeError> {
        let mel = examples(1);
        // No fault of the GPU's.
        let expected = self.by_float(&mel).map_err(ProbeError::Nowhere)?;
        let failed = |why| ProbeError::Failed {
            on: on.to_owned(),
            why,
        };
        let off = max_relative_error(&executor.run(&mel).map_err(failed)?, &expected);
        if off > GPU_TOLERANCE {
            let why = ModelError::new(format!("its answers are off by {off:.0e}"));
            return Err(failed(why));
        }
        Ok(())
    }

    /// What others are held against.
    fn by_float(&mut self, mel: &[f32]) -> Result<Vec<Outputs>, ModelError> {
        let float = |c: &&mut Candidate| matches!(c.backend, Backend::F32 | Backend::Tract);
        let float = self.candidates.iter_mut().find(float);
        let float = float.ok_or_else(|| ModelError::new("there is nothing to check it by"))?;
        float.executor.run(mel).and_then(are_numbers)
    }

    /// Leaves the GPU alone, and one that failed in the next sessions too.
    fn refuse(&mut self, refused: ProbeError) {
        let why = match refused {
            ProbeError::Nowhere(why) => {
                log::info!("no GPU is used: {}", why.cause());
                why.cause().to_owned()
            }
            ProbeError::Failed { on, why } => {
                log::warn!("the GPU {on:?} can't be used: {}", why.cause());
                let why = why.cause().to_owned();
                self.store.keep_failure(Failure {
                    on,
                    why: why.clone(),
                });
                why
            }
        };
        self.graphics = Graphics::Unusable(why);
    }

    fn measure(&mut self, index: usize) {
        let Candidate {
            backend,
            on,
            executor,
        } = &mut self.candidates[index];
        let begun = self.measuring.take().filter(|m| m.is_of(*backend, on));
        let mut measuring = begun.unwrap_or_else(|| TimingRun::for_service(*backend, on));
        if let Err(e) = measuring.step(&mut **executor) {
            let backend = *backend;
            return self.lose(backend, &e);
        }
        let ranked = ranked(&self.figures, &self.allowed(false));
        let best = ranked.first().map(|(_, ns)| Duration::from_nanos(*ns));
        if let Some(figures) = measuring.figures(best) {
            self.figures.extend(figures);
            self.is_new = true;
        } else {
            self.measuring = Some(measuring);
        }
    }

    fn may(&self, backend: Backend, pressed: bool) -> bool {
        let Flags { gpu, int8, .. } = self.flags;
        match backend {
            // Software on the same processor as everything else is never chosen for its speed.
            Backend::Gpu => {
                gpu && !pressed && matches!(&self.graphics, Graphics::Open(a) if !a.is_software)
            }
            Backend::Int8 => int8,
            Backend::F32 | Backend::Tract => true,
        }
    }

    fn allowed(&self, pressed: bool) -> Vec<Backend> {
        let backends = self.candidates.iter().map(|c| c.backend);
        backends.filter(|b| self.may(*b, pressed)).collect()
    }

    /// Says who answers from now on; `because` comes before the figures.
    fn decide(&mut self, because: &str) {
        let Some(backend) = self.best(false) else {
            log::warn!("nothing can run the network any more: the rules take its place");
            return;
        };
        let ranked = ranked(&self.figures, &self.allowed(false));
        let said = ranked.iter().map(|(backend, ns)| {
            let on = self.candidates.iter().find(|c| c.backend == *backend);
            let on = on.map_or("", |c| &c.on);
            format!("{} ({on}) {} µs", backend.name(), ns / 1000)
        });
        let said = said.collect::<Vec<_>>().join(", ");
        let figures = if said.is_empty() {
            "not yet measured".to_owned()
        } else {
            format!("fastest of {said}")
        };
        let parts = [because, &figures];
        let reason = parts.into_iter().filter(|part| !part.is_empty());
        let reason = reason.collect::<Vec<_>>().join("; ");
        if (self.backend, &self.reason) != (backend, &reason) {
            log::info!("the network runs on {}: {reason}", backend.name());
        }
        self.backend = backend;
        self.reason = reason;
        self.answered = None;
    }
}

/// Whether a driver holds a thread that was left behind.
fn is_held_up() -> bool {
    THREADS.abandoned_running() > 0
}

/// What isn't a number is no answer.
fn are_numbers(outputs: Vec<Outputs>) -> Result<Vec<Outputs>, ModelError> {
    let finite = outputs.iter().flatten().flatten().all(|x| x.is_finite());
    finite
        .then_some(outputs)
        .ok_or_else(|| ModelError::new("its answers are no numbers"))
}
