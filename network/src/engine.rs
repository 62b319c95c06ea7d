//! The network as the service uses it: on the fastest backend that works, with answers remembered.
//!
//! It begins with what needs no choice (f32, or tract where even that can't be had), measures what else there is, and goes on
//! with the fastest. A backend that fails is dropped, and the next one answers the same question.

mod cache;
mod remote;
pub(crate) mod verdict;

use std::time::{Duration, Instant};

use flow_inference::analysis::{Analysis, Analyst, Context, Runs};
use flow_inference::assistant::{self, Listener};
use flow_inference::features::{MEL_VALUES, Window};
use flow_inference::flags::{FLAGS, Flag};

use crate::executor::{Answer, Executor, Outputs};
#[cfg(feature = "gpu")]
use crate::gpu;
use crate::plan::Plan;
#[cfg(feature = "tract")]
use crate::reference::Reference;
use crate::{Backend, Manifest, ModelError, cpu};
use cache::{Cache, Key};
use flow_inference::opinion::Opinion;
use flow_inference::solver::Caution;
use remote::{Remote, Start};
use verdict::{fastest, measure_for_service};

pub use remote::stuck;
pub use verdict::{Figure, Verdict};

/// A GPU that takes longer for an answer has hung.
const PATIENCE: Duration = Duration::from_millis(1500);

/// Runs that all take twice as long as measured mean that the machine has changed for good.
const SLOW_RUNS: u32 = 64;

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

/// A graphics processor, or what pretends to be one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Adapter {
    /// As its driver calls it.
    pub name: String,
    /// Driver and its version.
    pub driver: String,
    /// Whether it is a program on the CPU, such as Mesa's lavapipe.
    pub is_software: bool,
}

/// What the engine does and has done.
#[derive(Clone, Debug, PartialEq)]
pub struct Status {
    /// Who answers.
    pub backend: Backend,
    /// Why, with figures.
    pub reason: String,
    /// The GPU, if one was opened.
    pub adapter: Option<Adapter>,
    /// Windows asked about, and those whose answer was known.
    pub asked: u64,
    /// See `asked`.
    pub known: u64,
    /// Backends that failed while they were in use.
    pub failures: u64,
    /// Changes whenever `backend` or `reason` do.
    pub version: u64,
}

/// What the plug-in hands the service: the network that ships, or nobody, with a line in the log.
#[must_use]
pub fn analyst() -> Option<Box<dyn Analyst>> {
    match Engine::new(Files::SHIPPED) {
        Ok(engine) => Some(Box::new(engine)),
        Err(e) => {
            log::warn!("{e}");
            None
        }
    }
}

/// One way to run the network.
struct Candidate {
    backend: Backend,
    on: String,
    executor: Box<dyn Executor>,
}

/// The network, ready to answer.
pub struct Engine {
    manifest: Manifest,
    candidates: Vec<Candidate>,
    /// What a GPU that hasn't been started yet would run.
    gpu_plan: Option<Plan>,
    gpu: Option<Remote<Adapter>>,
    figures: Vec<Figure>,
    cache: Cache,
    status: Status,
    key: String,
    /// Flags that the choice was made with.
    chosen_with: [bool; 2],
    slow_runs: u32,
    mel: Vec<f32>,
}

impl Engine {
    /// Reads the files. What can't be used is left out with a line in the log.
    ///
    /// # Errors
    /// If the f32 file can't be used at all.
    pub fn new(files: Files<'_>) -> Result<Self, ModelError> {
        let (json, onnx) = files.float;
        let manifest = Manifest::check(json, onnx)?;
        let level = cpu::Level::best();
        let mut candidates = Vec::new();
        let mut add = |backend, on: &str, made: Result<Box<dyn Executor>, ModelError>| match made {
            Ok(executor) => candidates.push(Candidate {
                backend,
                on: on.to_owned(),
                executor,
            }),
            Err(e) => log::warn!("{} left out: {e}", Backend::name(backend)),
        };
        let plan = Plan::read(onnx);
        let float = plan.clone().and_then(|plan| cpu::Float::new(plan, level));
        add(
            Backend::Float,
            level.name(),
            float.map(|e| Box::new(e) as _),
        );
        let integer = files.integer.map(|(json, onnx)| {
            Manifest::check(json, onnx)?;
            cpu::Integer::new(Plan::read(onnx)?, level)
        });
        if let Some(integer) = integer {
            add(
                Backend::Integer,
                level.name(),
                integer.map(|e| Box::new(e) as _),
            );
        }
        #[cfg(feature = "tract")]
        add(
            Backend::Tract,
            "tract",
            Reference::new(onnx).map(|e| Box::new(e) as _),
        );
        // Whatever a file says of itself: this is what comes out.
        candidates.retain_mut(|candidate| {
            let outputs = candidate.executor.run(&[0.0; MEL_VALUES]);
            let checked =
                outputs.and_then(|o| o.iter().try_for_each(|o| Answer::of(o).map(|_| ())));
            checked
                .inspect_err(|e| log::warn!("{} left out: {e}", candidate.backend.name()))
                .is_ok()
        });
        let gpu = plan.ok().filter(|_| FLAGS.is_on(Flag::Gpu)).map(start_gpu);
        let key = format!(
            "{} {} {}",
            manifest.sha256,
            level.name(),
            env!("CARGO_PKG_VERSION")
        );
        Self::with(manifest, candidates, gpu, key)
    }

    fn with(
        manifest: Manifest,
        candidates: Vec<Candidate>,
        gpu: Option<Remote<Adapter>>,
        key: String,
    ) -> Result<Self, ModelError> {
        let first = candidates
            .first()
            .ok_or_else(|| ModelError::new("nothing can run it"))?;
        let status = Status {
            backend: first.backend,
            reason: "not yet measured".into(),
            adapter: None,
            asked: 0,
            known: 0,
            failures: 0,
            version: 0,
        };
        let mut engine = Self {
            manifest,
            candidates,
            gpu_plan: None,
            gpu,
            figures: Vec::new(),
            cache: Cache::default(),
            status,
            key,
            chosen_with: [false; 2],
            slow_runs: 0,
            mel: Vec::new(),
        };
        engine.choose(true);
        Ok(engine)
    }

    /// What it is.
    #[must_use]
    pub fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    /// What it does.
    #[must_use]
    pub fn status(&self) -> Status {
        let (asked, known) = self.cache.counts();
        Status {
            asked,
            known,
            ..self.status.clone()
        }
    }

    /// What the choice rests on.
    #[must_use]
    pub fn verdict(&self) -> Verdict {
        Verdict {
            key: self.key.clone(),
            figures: self.figures.clone(),
            backend: self.status.backend,
            reason: self.status.reason.clone(),
        }
    }

    /// Answers to examples, known ones without running anything.
    fn answers(&mut self, mel: &[f32]) -> Option<Vec<Answer>> {
        let remember = FLAGS.is_on(Flag::Cache);
        let examples = mel.chunks_exact(MEL_VALUES);
        let keys: Vec<Key> = examples.clone().map(Key::of).filter(|_| remember).collect();
        let mut known: Vec<Option<Outputs>> = keys.iter().map(|key| self.cache.get(*key)).collect();
        known.resize(examples.len(), None);
        let missing = examples.zip(&known).filter(|(_, known)| known.is_none());
        let missing: Vec<f32> = missing.flat_map(|(mel, _)| mel).copied().collect();
        let mut found = if missing.is_empty() {
            Vec::new()
        } else {
            self.run(&missing)?
        }
        .into_iter();
        for (i, slot) in known.iter_mut().enumerate() {
            if slot.is_none() {
                let outputs = found.next()?;
                if let Some(key) = keys.get(i) {
                    self.cache.put(*key, outputs.clone());
                }
                *slot = Some(outputs);
            }
        }
        let answers = known.iter().flatten().map(Answer::of);
        answers.collect::<Result<_, _>>().ok()
    }

    /// Runs examples on the chosen backend, or on the next one if that fails.
    fn run(&mut self, mel: &[f32]) -> Option<Vec<Outputs>> {
        loop {
            let backend = self.status.backend;
            let candidate = self.candidates.iter_mut().find(|c| c.backend == backend)?;
            let begin = Instant::now();
            match candidate.executor.run(mel) {
                Ok(outputs) => {
                    self.watch(begin.elapsed(), mel.len() / MEL_VALUES);
                    return Some(outputs);
                }
                Err(e) => {
                    log::warn!("{} failed: {e}", backend.name());
                    self.status.failures += 1;
                    self.candidates.retain(|c| c.backend != backend);
                    self.figures.retain(|f| f.backend != backend);
                    self.decide(format!("{} failed", backend.name()));
                }
            }
        }
    }

    /// Chooses anew once the machine has been slower than measured for a long time.
    fn watch(&mut self, took: Duration, examples: usize) {
        let own = self
            .figures
            .iter()
            .filter(|f| f.backend == self.status.backend);
        let Some(usual_ns) = own.map(|f| f.median_ns).max() else {
            return;
        };
        let examples = u128::try_from(examples).unwrap_or(1);
        let is_slow = took.as_nanos() > 2 * examples * u128::from(usual_ns);
        self.slow_runs = if is_slow { self.slow_runs + 1 } else { 0 };
        if self.slow_runs >= SLOW_RUNS {
            self.choose(false);
        }
    }

    /// Before each window: a GPU that has started, flags that have changed.
    fn follow(&mut self) {
        if FLAGS.is_on(Flag::Gpu)
            && let Some(plan) = self.gpu_plan.take()
        {
            self.gpu = Some(start_gpu(plan));
        }
        if let Some(gpu) = &mut self.gpu {
            match gpu.poll() {
                Start::Pending => {}
                Start::Failed(e) => {
                    log::info!("no GPU: {e}");
                    self.gpu = None;
                }
                Start::Ready(adapter) => {
                    self.status.adapter = Some(adapter.clone());
                    if let Some(remote) = self.gpu.take() {
                        self.candidates.push(Candidate {
                            backend: Backend::Gpu,
                            on: format!("{}, {}", adapter.name, adapter.driver),
                            executor: Box::new(remote),
                        });
                        self.choose(true);
                    }
                }
            }
        }
        if self.chosen_with != flags() {
            self.decide(String::new());
        }
    }

    /// Measures what hasn't been measured, and decides. `recall`: figures of an earlier session are as good.
    fn choose(&mut self, recall: bool) {
        self.slow_runs = 0;
        if !recall {
            self.figures.clear();
        }
        let file = verdict::file().filter(|_| !cfg!(test));
        if recall && let Some(kept) = file.as_deref().and_then(|f| verdict::recall(f, &self.key)) {
            // Of the same backends on the same devices and drivers.
            let is_here = |f: &Figure| {
                self.candidates
                    .iter()
                    .any(|c| c.backend == f.backend && c.on == f.on)
            };
            self.figures = kept.figures.into_iter().filter(is_here).collect();
        }
        let mut measured = false;
        for candidate in &mut self.candidates {
            if self.figures.iter().any(|f| f.backend == candidate.backend) {
                continue;
            }
            match measure_for_service(candidate.backend, &candidate.on, &mut *candidate.executor) {
                Ok(figures) => self.figures.extend(figures),
                Err(e) => log::warn!("{} can't be measured: {e}", candidate.backend.name()),
            }
            measured = true;
        }
        self.decide(String::new());
        if let Some(file) = file.filter(|_| measured) {
            verdict::keep(&file, &self.verdict());
        }
    }

    /// Takes the fastest that flags allow; `because` comes before the figures.
    fn decide(&mut self, because: String) {
        self.chosen_with = flags();
        let [gpu, int8] = self.chosen_with;
        let is_software = self.status.adapter.as_ref().is_some_and(|a| a.is_software);
        let may = |backend: Backend| match backend {
            // Software on the same processor as everything else is never chosen for its speed.
            Backend::Gpu => gpu && !is_software,
            Backend::Integer => int8,
            Backend::Float | Backend::Tract => true,
        };
        let here = self
            .candidates
            .iter()
            .map(|c| c.backend)
            .filter(|b| may(*b));
        let here: Vec<Backend> = here.collect();
        let found = fastest(&self.figures, &here);
        let found = found.or_else(|| here.first().map(|b| (*b, "not measured".to_owned())));
        let Some((backend, reason)) = found else {
            return;
        };
        let because = Some(because).filter(|b| !b.is_empty());
        self.status.reason = because
            .into_iter()
            .chain([reason])
            .collect::<Vec<_>>()
            .join("; ");
        if self.status.backend != backend {
            // Others' last bits.
            self.cache.clear();
        }
        self.status.backend = backend;
        self.status.version += 1;
        log::info!(
            "the network runs on {}: {}",
            backend.name(),
            self.status.reason
        );
    }
}

impl Listener for Engine {
    /// The mean over as many parts of the window as cover it. None while there are too few frames, or when nothing can run
    /// the network any more.
    fn listen(&mut self, window: &Window) -> Option<Opinion> {
        self.follow();
        let starts = window.mel_starts();
        let mut mel = std::mem::take(&mut self.mel);
        mel.resize(starts.len() * MEL_VALUES, 0.0);
        for (start, mel) in starts.iter().zip(mel.as_chunks_mut().0) {
            window.write_mel(*start, mel);
        }
        let answers = self.answers(&mel);
        self.mel = mel;
        Answer::mean(&answers?).map(|mean| mean.opinion(self.manifest.calibration))
    }

    fn caution(&self) -> Caution {
        self.manifest.calibration.caution()
    }
}

impl Analyst for Engine {
    fn name(&self) -> &'static str {
        "network"
    }

    fn runs(&self) -> Option<Runs> {
        let status = self.status();
        Some(Runs {
            on: status.backend.name(),
            reason: status.reason,
            asked: status.asked,
            known: status.known,
        })
    }

    fn analyse(&mut self, window: &Window, context: &Context) -> Option<Analysis> {
        assistant::analyse(window, context, self.name(), self)
    }
}

impl std::fmt::Debug for Engine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Engine")
            .field("status", &self.status)
            .finish_non_exhaustive()
    }
}

fn flags() -> [bool; 2] {
    [FLAGS.is_on(Flag::Gpu), FLAGS.is_on(Flag::Int8)]
}

fn start_gpu(plan: Plan) -> Remote<Adapter> {
    #[cfg(not(feature = "gpu"))]
    let make = move || {
        drop(plan);
        Err(ModelError::new("it was built without"))
    };
    #[cfg(feature = "gpu")]
    let make = move || {
        let gpu = gpu::Gpu::new(&plan, gpu::Device::open(false)?)?;
        let adapter = gpu.adapter().clone();
        Ok((Box::new(gpu) as Box<dyn Executor>, adapter))
    };
    Remote::start(Box::new(make), PATIENCE)
}

#[cfg(test)]
mod tests;
