//! One executor on the best instruction set: predictions for programs that ask now and then.

use std::fmt;

use flow_analysis::features::{AnalysisWindow, MEL_VALUES};
use flow_analysis::prediction::Prediction;
use flow_analysis::prediction::Predictor;
use flow_analysis::prediction::ProposalThresholds;

use crate::cpu;
use crate::error::ModelError;
use crate::executor::Executor;
use crate::model::manifest::{Calibration, Manifest};
use crate::model::plan::Plan;
use crate::model::shipped;
use crate::network_output::NetworkOutput;

/// A network as one of Flow's own kernels runs it: for programs that ask it now and then. The plug-in's is an [`NetworkAnalyzer`](crate::NetworkAnalyzer).
pub struct NetworkPredictor {
    executor: Box<dyn Executor>,
    manifest: Manifest,
    mel: Vec<f32>,
}

impl NetworkPredictor {
    /// The one that Flow ships, in f32.
    ///
    /// # Errors
    /// As for [`load`](Self::load); a test makes sure that there are none.
    pub fn shipped() -> Result<Self, ModelError> {
        Self::load(shipped::MANIFEST, shipped::ONNX)
    }

    /// Reads a network's file and holds it against its manifest.
    ///
    /// # Errors
    /// ModelFiles that are damaged, or of another version than this one of Flow.
    pub fn load(manifest: &str, onnx: &[u8]) -> Result<Self, ModelError> {
        let manifest = Manifest::check(manifest, onnx)?;
        let plan = Plan::read(onnx)?;
        let level = cpu::SimdLevel::best();
        let mut executor: Box<dyn Executor> = if plan.is_quantized() {
            Box::new(cpu::Int8Executor::new(plan, level)?)
        } else {
            Box::new(cpu::F32Executor::new(plan, level)?)
        };
        // Whatever the file says of itself: this is what comes out.
        let outputs = executor.run(&[0.0; MEL_VALUES])?;
        outputs
            .iter()
            .try_for_each(|o| NetworkOutput::of(o).map(|_| ()))?;
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

impl Predictor for NetworkPredictor {
    fn predict(&mut self, window: &AnalysisWindow) -> Option<Prediction> {
        let starts = window.mel_starts();
        self.mel.resize(starts.len() * MEL_VALUES, 0.0);
        for (start, mel) in starts.iter().zip(self.mel.as_chunks_mut().0) {
            window.write_mel(*start, mel);
        }
        let outputs = self.executor.run(&self.mel).ok()?;
        let answers = outputs.iter().map(NetworkOutput::of);
        let answers: Vec<NetworkOutput> = answers.collect::<Result<_, _>>().ok()?;
        NetworkOutput::mean(&answers).map(|mean| mean.prediction(self.manifest.calibration))
    }

    fn thresholds(&self) -> ProposalThresholds {
        self.manifest.calibration.thresholds()
    }
}

impl fmt::Debug for NetworkPredictor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NetworkPredictor")
            .field("manifest", &self.manifest)
            .finish_non_exhaustive()
    }
}

#[cfg(all(test, feature = "tract"))]
mod tests;
