//! Turns blocks of audio into windows of features.

use flow_analysis::features::{AnalysisWindow, Extractor, MEL_FRAMES};
use flow_analysis::trial::Excerpt;
use flow_dsp::Spec;

use crate::audio_tap::AudioBlock;

/// A window with the audio behind it.
#[derive(Clone, Default)]
pub(crate) struct HeardAudio {
    pub(crate) window: AnalysisWindow,
    pub(crate) excerpt: Excerpt,
}

/// Extracts features of the audio of one instance.
#[derive(Default)]
pub(crate) struct FeatureAccumulator {
    extractor: Option<Extractor>,
    heard: HeardAudio,
    /// Position of the next block, if no audio is missing.
    position: u64,
    /// The audio as it was when its newest [`MEL_FRAMES`] frames were complete. It contains the same frames for any
    /// block size of the host and any time of fetching.
    whole_window: Option<HeardAudio>,
}

impl FeatureAccumulator {
    /// All frames so far.
    pub(crate) fn window(&self) -> &AnalysisWindow {
        &self.heard.window
    }

    /// The audio of all frames so far.
    pub(crate) fn excerpt(&self) -> &Excerpt {
        &self.heard.excerpt
    }

    /// Whether a whole window waits to be taken.
    pub(crate) fn has_whole_window(&self) -> bool {
        self.whole_window.is_some()
    }

    /// Takes the newest whole window.
    pub(crate) fn take_whole_window(&mut self) -> Option<HeardAudio> {
        self.whole_window.take()
    }

    /// Discards all frames. Audio that follows without a gap continues the extractor.
    pub(crate) fn restart(&mut self) {
        self.heard.window.clear();
        self.heard.excerpt.clear();
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
        let (heard, whole_window) = (&mut self.heard, &mut self.whole_window);
        let mut has_partial_change = false;
        extractor.push(left, right, |frame, hop| {
            let before = heard.window.sounding_frames();
            heard.window.push(frame);
            let after = heard.window.sounding_frames();
            if after > before {
                heard.excerpt.push(rate_hz, hop);
                if after.is_multiple_of(MEL_FRAMES as u64) {
                    *whole_window = Some(heard.clone());
                }
            }
            has_partial_change |= after < MEL_FRAMES as u64;
        });
        has_partial_change
    }
}
