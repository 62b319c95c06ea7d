//! The network as the service uses it: on the fastest backend that works, windows together, with answers remembered.

use std::path::Path;

use flow_analysis::analyzer::{AnalysisRequest, Analyzer, BackendStatus};
use flow_analysis::features::{AnalysisWindow, MEL_VALUES};
use flow_analysis::pipeline::analyze_with;
use flow_analysis::prediction::Prediction;
use flow_analysis::prediction::Predictor;
use flow_analysis::prediction::ProposalThresholds;
use flow_analysis::report::Analysis;
use flow_platform::flags::{FLAGS, Flag};

use crate::backend::factory::{self, ModelSet};
use crate::backend::result_cache::{Key, ResultCache};
use crate::backend::selector::BackendSelector;
use crate::error::ModelError;
use crate::executor::Outputs;
use crate::model::manifest::Manifest;
use crate::network_output::NetworkOutput;

/// What the plug-in hands the service: the network, or nobody, with a line in the log. What was measured is kept in
/// `folder`, if there is one.
#[must_use]
pub fn network_analyzer(models: ModelSet<'_>, folder: Option<&Path>) -> Option<Box<dyn Analyzer>> {
    match NetworkAnalyzer::new(models, folder) {
        Ok(engine) => Some(Box::new(engine)),
        Err(e) => {
            log::warn!("{e}; the rules take its place");
            None
        }
    }
}

/// The network, ready to answer.
pub struct NetworkAnalyzer {
    manifest: Manifest,
    choice: BackendSelector,
    cache: ResultCache,
    mel: Vec<f32>,
}

impl NetworkAnalyzer {
    /// Reads the files; what can't be used is left out with a line in the log. What was measured is kept in `folder`.
    ///
    /// # Errors
    /// If the f32 file can't be used at all.
    pub fn new(models: ModelSet<'_>, folder: Option<&Path>) -> Result<Self, ModelError> {
        let (manifest, choice) = factory::selector(models, folder)?;
        Ok(Self::with(manifest, choice))
    }

    fn with(manifest: Manifest, choice: BackendSelector) -> Self {
        Self {
            manifest,
            choice,
            cache: ResultCache::default(),
            mel: Vec::new(),
        }
    }

    /// What it says of windows: of each the mean over as many parts as cover it. None of those with too few frames, or when
    /// nothing can run the network any more. `pressed`: nothing is asked of a GPU.
    pub(crate) fn predictions(
        &mut self,
        windows: &[&AnalysisWindow],
        pressed: bool,
    ) -> Vec<Option<Prediction>> {
        self.choice.follow();
        let starts: Vec<Vec<usize>> = windows.iter().map(|w| w.mel_starts()).collect();
        let mut mel = std::mem::take(&mut self.mel);
        mel.resize(starts.iter().flatten().count() * MEL_VALUES, 0.0);
        let mut slots = mel.as_chunks_mut().0.iter_mut();
        for (window, starts) in windows.iter().zip(&starts) {
            for (start, slot) in starts.iter().zip(&mut slots) {
                window.write_mel(*start, slot);
            }
        }
        let answers = self.answers(&mut mel, pressed).unwrap_or_default();
        self.mel = mel;
        let mut rest = &answers[..];
        let opinion = |starts: &Vec<usize>| {
            let (own, others) = rest.split_at_checked(starts.len())?;
            rest = others;
            Some(NetworkOutput::mean(own)?.prediction(self.manifest.calibration))
        };
        starts.iter().map(opinion).collect()
    }

    /// Answers to examples, known ones without running anything. Rounds the examples.
    fn answers(&mut self, mel: &mut [f32], pressed: bool) -> Option<Vec<NetworkOutput>> {
        let backend = self.choice.best(pressed)?;
        let examples = mel.chunks_exact_mut(MEL_VALUES);
        let keys: Vec<Key> = examples.map(|mel| Key::round(backend, mel)).collect();
        let remember = FLAGS.is_on(Flag::Cache);
        let recall = |key: &Key| remember.then(|| self.cache.get(*key)).flatten();
        let mut known: Vec<Option<Outputs>> = keys.iter().map(recall).collect();
        let missing = mel.chunks_exact(MEL_VALUES).zip(&known);
        let missing = missing.filter(|(_, known)| known.is_none());
        let missing: Vec<f32> = missing.flat_map(|(mel, _)| mel).copied().collect();
        self.choice.answered(backend);
        if !missing.is_empty() {
            let (answered, outputs) = self.choice.run(&missing, pressed)?;
            self.choice.answered(answered);
            let slots = keys.iter().zip(&mut known);
            let slots = slots.filter(|(_, known)| known.is_none());
            for ((key, slot), outputs) in slots.zip(outputs) {
                if remember && answered == backend {
                    self.cache.put(*key, outputs.clone());
                }
                *slot = Some(outputs);
            }
        }
        let answers = known
            .iter()
            .map(|known| NetworkOutput::of(known.as_ref()?).ok());
        answers.collect()
    }
}

impl Analyzer for NetworkAnalyzer {
    fn name(&self) -> &'static str {
        "network"
    }

    fn status(&self) -> Option<BackendStatus> {
        let (asked, known) = self.cache.counts();
        Some(BackendStatus {
            backend: self.choice.backend().name(),
            reason: self.choice.reason().to_owned(),
            queries: asked,
            cache_hits: known,
            failures: self.choice.failures(),
            graphics: self.choice.graphics(),
            graphics_bytes: graphics_bytes(),
        })
    }

    fn follow(&mut self) {
        self.choice.follow();
    }

    fn prepare(&mut self) -> bool {
        self.choice.prepare()
    }

    fn analyze(
        &mut self,
        questions: &[AnalysisRequest<'_>],
        pressed: bool,
    ) -> Vec<Option<Analysis>> {
        let windows: Vec<&AnalysisWindow> = questions.iter().map(|q| q.window).collect();
        let opinions = self.predictions(&windows, pressed);
        let caution = self.manifest.calibration.thresholds();
        let answer = |(question, opinion): (&AnalysisRequest<'_>, Option<Prediction>)| {
            let mut said = Said { opinion, caution };
            analyze_with(question.window, question.context, self.name(), &mut said)
        };
        questions.iter().zip(opinions).map(answer).collect()
    }
}

/// What has been said of a window already, together with others.
struct Said {
    opinion: Option<Prediction>,
    caution: ProposalThresholds,
}

impl Predictor for Said {
    fn predict(&mut self, _: &AnalysisWindow) -> Option<Prediction> {
        self.opinion.take()
    }

    fn thresholds(&self) -> ProposalThresholds {
        self.caution
    }
}

impl std::fmt::Debug for NetworkAnalyzer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("NetworkAnalyzer")
            .field("runs", &self.status())
            .finish_non_exhaustive()
    }
}

#[cfg(feature = "gpu")]
use crate::gpu::held_bytes as graphics_bytes;

/// It was built without.
#[cfg(not(feature = "gpu"))]
fn graphics_bytes() -> u64 {
    0
}

#[cfg(test)]
mod tests;
