//! The analyzer of the plug-in: the network on the fastest backend, several windows in one run, with cached results.

use std::path::Path;

use flow_analysis::analyzer::{AnalysisRequest, Analyzer, BackendStatus};
use flow_analysis::features::{AnalysisWindow, MEL_VALUES};
use flow_analysis::pipeline::analyze_with;
use flow_analysis::prediction::Prediction;
use flow_analysis::report::Analysis;
use flow_platform::flags::{FLAGS, Flag};

use crate::backend::factory::{self, ModelSet};
use crate::backend::result_cache::{Key, ResultCache};
use crate::backend::selector::BackendSelector;
use crate::error::ModelError;
use crate::executor::Outputs;
use crate::model::manifest::Manifest;
use crate::network_output::NetworkOutput;

/// Makes the plug-in's analyzer. None if the network can't be used, with a line in the log. Timings are cached in `folder`.
#[must_use]
pub fn network_analyzer(models: ModelSet<'_>, folder: Option<&Path>) -> Option<Box<dyn Analyzer>> {
    match NetworkAnalyzer::new(models, folder) {
        Ok(analyzer) => Some(Box::new(analyzer)),
        Err(e) => {
            log::warn!("{e}; the rules take its place");
            None
        }
    }
}

/// The network with its backends and its result cache.
pub struct NetworkAnalyzer {
    manifest: Manifest,
    selector: BackendSelector,
    cache: ResultCache,
    mel: Vec<f32>,
}

impl NetworkAnalyzer {
    /// Reads the network. INT8 files that can't be used are left out with a line in the log. Timings are cached in `folder`.
    ///
    /// # Errors
    /// If the f32 files can't be used.
    pub fn new(models: ModelSet<'_>, folder: Option<&Path>) -> Result<Self, ModelError> {
        let (manifest, selector) = factory::selector(models, folder)?;
        Ok(Self::with_selector(manifest, selector))
    }

    fn with_selector(manifest: Manifest, selector: BackendSelector) -> Self {
        Self {
            manifest,
            selector,
            cache: ResultCache::default(),
            mel: Vec::new(),
        }
    }

    /// A prediction for each window: the mean over the parts that cover it. None for windows with too few frames, and when
    /// no backend works. `under_load` excludes the GPU.
    pub(crate) fn predict(
        &mut self,
        windows: &[&AnalysisWindow],
        under_load: bool,
    ) -> Vec<Option<Prediction>> {
        self.selector.update_flags();
        let starts: Vec<Vec<usize>> = windows.iter().map(|w| w.mel_starts()).collect();
        let mut mel = std::mem::take(&mut self.mel);
        mel.resize(starts.iter().flatten().count() * MEL_VALUES, 0.0);
        let mut slots = mel.as_chunks_mut().0.iter_mut();
        for (window, starts) in windows.iter().zip(&starts) {
            for (start, slot) in starts.iter().zip(&mut slots) {
                window.write_mel(*start, slot);
            }
        }
        let outputs = self.outputs(&mut mel, under_load).unwrap_or_default();
        self.mel = mel;
        let mut rest = &outputs[..];
        let predict = |starts: &Vec<usize>| {
            let (own, others) = rest.split_at_checked(starts.len())?;
            rest = others;
            Some(NetworkOutput::mean(own)?.prediction(self.manifest.calibration))
        };
        starts.iter().map(predict).collect()
    }

    /// The outputs for examples, from the cache or in one run of the rest. Rounds the examples.
    fn outputs(&mut self, mel: &mut [f32], under_load: bool) -> Option<Vec<NetworkOutput>> {
        let backend = self.selector.best(under_load)?;
        let examples = mel.chunks_exact_mut(MEL_VALUES);
        let keys: Vec<Key> = examples.map(|mel| Key::round(backend, mel)).collect();
        let use_cache = FLAGS.is_on(Flag::Cache);
        let look_up = |key: &Key| use_cache.then(|| self.cache.get(*key)).flatten();
        let mut outputs: Vec<Option<Outputs>> = keys.iter().map(look_up).collect();
        let missing = mel.chunks_exact(MEL_VALUES).zip(&outputs);
        let missing = missing.filter(|(_, outputs)| outputs.is_none());
        let missing: Vec<f32> = missing.flat_map(|(mel, _)| mel).copied().collect();
        self.selector.note_run(backend);
        if !missing.is_empty() {
            let (used, computed) = self.selector.run(&missing, under_load)?;
            self.selector.note_run(used);
            let slots = keys.iter().zip(&mut outputs);
            let slots = slots.filter(|(_, outputs)| outputs.is_none());
            for ((key, slot), computed) in slots.zip(computed) {
                if use_cache && used == backend {
                    self.cache.put(*key, computed.clone());
                }
                *slot = Some(computed);
            }
        }
        let named = outputs
            .iter()
            .map(|outputs| NetworkOutput::of(outputs.as_ref()?).ok());
        named.collect()
    }
}

impl Analyzer for NetworkAnalyzer {
    fn name(&self) -> &'static str {
        "network"
    }

    fn status(&self) -> Option<BackendStatus> {
        let (queries, hits) = self.cache.counts();
        Some(BackendStatus {
            backend: self.selector.backend().name(),
            reason: self.selector.reason().to_owned(),
            queries,
            cache_hits: hits,
            failures: self.selector.failures(),
            graphics: self.selector.gpu_status(),
            graphics_bytes: graphics_bytes(),
        })
    }

    fn follow(&mut self) {
        self.selector.update_flags();
    }

    fn prepare(&mut self) -> bool {
        self.selector.prepare()
    }

    fn analyze(
        &mut self,
        requests: &[AnalysisRequest<'_>],
        under_load: bool,
    ) -> Vec<Option<Analysis>> {
        let windows: Vec<&AnalysisWindow> = requests.iter().map(|r| r.window).collect();
        let predictions = self.predict(&windows, under_load);
        let certainty = self.manifest.calibration.least_certainty;
        let analyze = |(request, prediction): (&AnalysisRequest<'_>, Option<Prediction>)| {
            let (window, context) = (request.window, request.context);
            analyze_with(window, context, self.name(), certainty, |_| prediction)
        };
        requests.iter().zip(predictions).map(analyze).collect()
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

/// Without GPU support, no memory is held.
#[cfg(not(feature = "gpu"))]
fn graphics_bytes() -> u64 {
    0
}

#[cfg(test)]
mod tests;
