//! Turns blocks of audio into windows of features.

use flow_analysis::features::{AnalysisWindow, Extractor, MEL_FRAMES};
use flow_dsp::Spec;

use crate::audio_tap::AudioBlock;

/// Extracts features of the audio of one instance.
#[derive(Default)]
pub(crate) struct FeatureAccumulator {
    extractor: Option<Extractor>,
    window: AnalysisWindow,
    /// Position of the next block, if no audio is missing.
    position: u64,
    /// The window as it was when its newest [`MEL_FRAMES`] frames were complete. It contains the same frames for any
    /// block size of the host and any time of fetching.
    whole_window: Option<AnalysisWindow>,
}

impl FeatureAccumulator {
    /// All frames so far.
    pub(crate) fn window(&self) -> &AnalysisWindow {
        &self.window
    }

    /// Whether a whole window waits to be taken.
    pub(crate) fn has_whole_window(&self) -> bool {
        self.whole_window.is_some()
    }

    /// Takes the newest whole window.
    pub(crate) fn take_whole_window(&mut self) -> Option<AnalysisWindow> {
        self.whole_window.take()
    }

    /// Discards all frames. Audio that follows without a gap continues the extractor.
    pub(crate) fn restart(&mut self) {
        self.window.clear();
        self.whole_window = None;
    }

    /// Discards all frames and the extractor's state.
    pub(crate) fn reset(&mut self) {
        self.restart();
        if let Some(extractor) = &mut self.extractor {
            extractor.reset();
        }
    }

    /// Adds a block. Returns whether the window changed before it was whole.
    pub(crate) fn push(&mut self, block: &AudioBlock) -> bool {
        let rate_hz = f64::from(block.sample_rate_hz);
        // No host offers other rates, and an extractor for them would be useless.
        if !(8_000.0..=768_000.0).contains(&rate_hz) {
            return false;
        }
        let extractor = match &mut self.extractor {
            Some(extractor) if extractor.sample_rate_hz() == rate_hz => extractor,
            other => other.insert(Extractor::new(Spec {
                sample_rate_hz: rate_hz,
            })),
        };
        if block.position != self.position {
            extractor.reset();
        }
        self.position = block.position + block.frames as u64;
        let [left, right] = block.filled();
        let (window, whole_window) = (&mut self.window, &mut self.whole_window);
        let mut has_partial_change = false;
        extractor.push(left, right, |frame| {
            let before = window.sounding_frames();
            window.push(frame);
            let after = window.sounding_frames();
            if after > before && after.is_multiple_of(MEL_FRAMES as u64) {
                *whole_window = Some(window.clone());
            }
            has_partial_change |= after < MEL_FRAMES as u64;
        });
        has_partial_change
    }
}
