//! Turns blocks of audio into windows of features.

use flow_analysis::features::{
    ANALYSIS_WINDOW_FRAMES, AnalysisWindow, Extractor, FRAMES_PER_SECOND, MEL_FRAMES,
};
use flow_analysis::trial::Excerpt;
use flow_dsp::Spec;
use flow_dsp::math::count;

use crate::audio_tap::AudioBlock;

/// An analyzed part is softer than another one by at least this share of its energy, 3 dB.
const LOUDER: f64 = 2.0;

/// A part of the audio with its features.
#[derive(Clone, Default)]
pub(crate) struct AudioPart {
    pub(crate) window: AnalysisWindow,
    pub(crate) excerpt: Excerpt,
}

impl AudioPart {
    /// Whether another part is clearly louder.
    pub(crate) fn is_softer_than(&self, other: &Self) -> bool {
        let frames = |part: &Self| count(part.window.frames().len().max(1));
        let mean = |part: &Self| part.window.energy() / frames(part);
        mean(other) >= LOUDER * mean(self)
    }
}

/// Extracts features of the audio of one instance.
#[derive(Default)]
pub(crate) struct FeatureAccumulator {
    extractor: Option<Extractor>,
    /// The newest audio.
    newest: AudioPart,
    /// The loudest part so far, 30 s at most, and its energy.
    loudest: Option<(AudioPart, f64)>,
    /// Position of the next block, if no audio is missing.
    position: u64,
    /// The loudest part as it was when the newest [`MEL_FRAMES`] frames were complete, or when the song ended. It contains the same
    /// frames for any block size of the host and any time of fetching.
    whole_window: Option<AudioPart>,
}

impl FeatureAccumulator {
    /// The newest frames.
    pub(crate) fn window(&self) -> &AnalysisWindow {
        &self.newest.window
    }

    /// The audio of the newest frames.
    pub(crate) fn excerpt(&self) -> &Excerpt {
        &self.newest.excerpt
    }

    /// The whole window that waits to be taken.
    pub(crate) fn whole_window(&self) -> Option<&AudioPart> {
        self.whole_window.as_ref()
    }

    /// Takes the newest whole window.
    pub(crate) fn take_whole_window(&mut self) -> Option<AudioPart> {
        self.whole_window.take()
    }

    /// Discards all frames. Audio that follows without a gap continues the extractor.
    pub(crate) fn restart(&mut self) {
        self.newest.window.clear();
        self.newest.excerpt.clear();
        self.loudest = None;
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
        let (newest, loudest) = (&mut self.newest, &mut self.loudest);
        let whole_window = &mut self.whole_window;
        let mut has_partial_change = false;
        extractor.push(left, right, |frame, hop| {
            let before = newest.window.sounding_frames();
            newest.window.push(frame);
            let after = newest.window.sounding_frames();
            if after > before {
                newest.excerpt.push(rate_hz, hop);
                keep_louder(newest, loudest, after);
            }
            let is_whole = after > before && after.is_multiple_of(MEL_FRAMES as u64);
            if (is_whole || newest.window.ends_song())
                && let Some((part, _)) = loudest
            {
                *whole_window = Some(AudioPart {
                    window: part.window.with_song_of(&newest.window),
                    excerpt: part.excerpt.clone(),
                });
            }
            has_partial_change |= after < MEL_FRAMES as u64;
        });
        has_partial_change
    }
}

/// Keeps the newest part if it is the loudest so far: with each [`MEL_FRAMES`] frames, and once a second when 30 s are there.
/// Until then longer parts have more energy.
fn keep_louder(newest: &AudioPart, loudest: &mut Option<(AudioPart, f64)>, frames: u64) {
    let is_full = frames >= ANALYSIS_WINDOW_FRAMES as u64;
    let is_second = is_full && frames.is_multiple_of(FRAMES_PER_SECOND as u64);
    if !is_second && !frames.is_multiple_of(MEL_FRAMES as u64) {
        return;
    }
    let energy = newest.window.energy();
    if loudest.as_ref().is_none_or(|(_, most)| energy > *most) {
        *loudest = Some((newest.clone(), energy));
    }
}
