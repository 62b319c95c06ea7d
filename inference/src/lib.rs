//! Flow's network: from log-mel spectra to what is wrong, what kind of music it is, and how it moves.
//!
//! Its file and how it was made are in `models/`. What runs it are executors of our own, and tract.

mod answer;
#[cfg(all(feature = "gpu", feature = "tract"))]
mod benchmark;
mod cpu;
mod engine;
mod executor;
#[cfg(feature = "gpu")]
mod gpu;
mod manifest;
mod onnx;
mod plan;
#[cfg(feature = "tract")]
mod reference;

use std::fmt;

use serde::{Deserialize, Serialize};

use flow_analysis::assistant::Listener;
use flow_analysis::features::{MEL_VALUES, Window};
use flow_analysis::opinion::Opinion;
use flow_analysis::solver::Caution;

use answer::Answer;
use executor::Executor;
use plan::Plan;

#[cfg(all(feature = "gpu", feature = "tract"))]
pub use benchmark::{benchmark, known_answer_ns};
pub use engine::{Engine, Figure, Files, analyst};
pub use manifest::{Calibration, Manifest};

/// The network that Flow ships.
const MANIFEST: &str = include_str!("../../models/flow.json");
const ONNX: &[u8] = include_bytes!("../../models/flow.onnx");
/// The same in eight bits.
const INT8_MANIFEST: &str = include_str!("../../models/flow-int8.json");
const INT8_ONNX: &[u8] = include_bytes!("../../models/flow-int8.onnx");

/// Why a network can't be used, in one line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ModelError(String);

impl ModelError {
    fn new(what: impl Into<String>) -> Self {
        Self(what.into())
    }

    /// What is wrong, without saying with what.
    fn cause(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ModelError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the network can't be used: {}", self.0)
    }
}

impl std::error::Error for ModelError {}

/// What can run a network.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Backend {
    /// tract, on the CPU: what the others are held against.
    Tract,
    /// Flow's own kernels for f32, on the CPU.
    Float,
    /// Flow's own kernels for 8-bit integers, on the CPU.
    Integer,
    /// Flow's own compute kernels, through wgpu.
    Gpu,
}

impl Backend {
    /// For people.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Tract => "tract",
            Self::Float => "f32",
            Self::Integer => "int8",
            Self::Gpu => "wgpu",
        }
    }
}

/// A network as one of Flow's own kernels runs it: for programs that ask it now and then. The plug-in's is an [`Engine`].
pub struct Network {
    executor: Box<dyn Executor>,
    manifest: Manifest,
    mel: Vec<f32>,
}

impl Network {
    /// The one that Flow ships, in f32.
    ///
    /// # Errors
    /// As for [`load`](Self::load); a test makes sure that there are none.
    pub fn shipped() -> Result<Self, ModelError> {
        Self::load(MANIFEST, ONNX)
    }

    /// Reads a network's file and holds it against its manifest.
    ///
    /// # Errors
    /// Files that are damaged, or of another version than this one of Flow.
    pub fn load(manifest: &str, onnx: &[u8]) -> Result<Self, ModelError> {
        let manifest = Manifest::check(manifest, onnx)?;
        let plan = Plan::read(onnx)?;
        let level = cpu::Level::best();
        let mut executor: Box<dyn Executor> = if plan.is_quantised() {
            Box::new(cpu::Integer::new(plan, level)?)
        } else {
            Box::new(cpu::Float::new(plan, level)?)
        };
        // Whatever the file says of itself: this is what comes out.
        let outputs = executor.run(&[0.0; MEL_VALUES])?;
        outputs.iter().try_for_each(|o| Answer::of(o).map(|_| ()))?;
        Ok(Self {
            executor,
            manifest,
            mel: Vec::new(),
        })
    }

    /// What it is.
    #[must_use]
    pub fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    /// Reads its answers otherwise than its manifest says: to find out how they are best read.
    pub fn recalibrate(&mut self, calibration: Calibration) {
        self.manifest.calibration = calibration;
    }
}

impl Listener for Network {
    fn listen(&mut self, window: &Window) -> Option<Opinion> {
        let starts = window.mel_starts();
        self.mel.resize(starts.len() * MEL_VALUES, 0.0);
        for (start, mel) in starts.iter().zip(self.mel.as_chunks_mut().0) {
            window.write_mel(*start, mel);
        }
        let outputs = self.executor.run(&self.mel).ok()?;
        let answers = outputs.iter().map(Answer::of);
        let answers: Vec<Answer> = answers.collect::<Result<_, _>>().ok()?;
        Answer::mean(&answers).map(|mean| mean.opinion(self.manifest.calibration))
    }

    fn caution(&self) -> Caution {
        self.manifest.calibration.caution()
    }
}

impl fmt::Debug for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Network")
            .field("manifest", &self.manifest)
            .finish_non_exhaustive()
    }
}

#[cfg(all(test, feature = "gpu", feature = "tract"))]
mod parity;
#[cfg(all(test, feature = "tract"))]
mod tests;
