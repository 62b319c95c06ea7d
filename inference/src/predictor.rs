//! A network on the CPU, for programs that need single predictions.

use std::fmt;

use flow_analysis::features::{AnalysisWindow, MEL_VALUES};
use flow_analysis::pipeline::analyze_with;
use flow_analysis::prediction::Prediction;
use flow_analysis::report::{Analysis, Context};

use crate::backend::factory::cpu_executor;
use crate::cpu::SimdLevel;
use crate::error::ModelError;
use crate::executor::Executor;
use crate::model::files::ModelFiles;
use crate::model::manifest::{Calibration, Manifest};
use crate::model::shipped;
use crate::network_output::NetworkOutput;

/// A network on Flow's own kernels for the CPU. The plug-in uses a [`NetworkAnalyzer`](crate::NetworkAnalyzer) instead.
pub struct NetworkPredictor {
    executor: Box<dyn Executor>,
    manifest: Manifest,
    mel: Vec<f32>,
}

impl NetworkPredictor {
    /// The network that Flow ships, in f32.
    ///
    /// # Errors
    /// As for [`load`](Self::load); a test makes sure that there are none.
    pub fn shipped() -> Result<Self, ModelError> {
        Self::load(shipped::F32)
    }

    /// Reads a network and checks it against its manifest.
    ///
    /// # Errors
    /// Files that are damaged, or of another version than this one of Flow.
    pub fn load(files: ModelFiles<'_>) -> Result<Self, ModelError> {
        let (manifest, plan) = files.load()?;
        Ok(Self {
            executor: cpu_executor(plan, SimdLevel::best())?,
            manifest,
            mel: Vec::new(),
        })
    }

    /// The network's manifest.
    #[must_use]
    pub fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    /// Replaces the manifest's calibration, to find the best one.
    pub fn recalibrate(&mut self, calibration: Calibration) {
        self.manifest.calibration = calibration;
    }

    /// The analysis of a window; none if the network fails.
    pub fn analyze(&mut self, window: &AnalysisWindow, context: &Context) -> Option<Analysis> {
        let least_certainty = self.manifest.calibration.least_certainty;
        let predict = |window: &AnalysisWindow| self.predict(window);
        analyze_with(window, context, "network", least_certainty, predict)
    }

    /// The prediction for a window; none if it has too few frames.
    pub fn predict(&mut self, window: &AnalysisWindow) -> Option<Prediction> {
        let starts = window.mel_starts();
        self.mel.resize(starts.len() * MEL_VALUES, 0.0);
        for (start, mel) in starts.iter().zip(self.mel.as_chunks_mut().0) {
            window.write_mel(*start, mel);
        }
        let outputs = self.executor.run(&self.mel).ok()?;
        let outputs = outputs.iter().map(NetworkOutput::of);
        let outputs: Vec<NetworkOutput> = outputs.collect::<Result<_, _>>().ok()?;
        NetworkOutput::mean(&outputs).map(|mean| mean.prediction(self.manifest.calibration))
    }
}

impl fmt::Debug for NetworkPredictor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NetworkPredictor")
            .field("manifest", &self.manifest)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
