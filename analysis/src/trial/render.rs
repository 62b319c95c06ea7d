//! A private copy of the chain that plays an excerpt.

use flow_dsp::math::{count, narrow};
use flow_dsp::{Chain, ChainSettings, Monitor, Spec};

use super::excerpt::Excerpt;
use crate::features::{AnalysisWindow, Extractor};
use crate::report::OutputStats;

/// Plays an excerpt with some settings, and measures the output.
#[derive(Debug)]
pub(super) struct Render {
    chain: Chain,
    extractor: Extractor,
    window: AnalysisWindow,
    /// The number of hops played.
    played: usize,
    /// The sum of the limiter's reductions, dB.
    limiting_db: f64,
    audio: [Vec<f32>; 2],
}

impl Render {
    pub(super) fn new(spec: Spec) -> Self {
        Self {
            chain: Chain::new(spec),
            extractor: Extractor::new(spec),
            window: AnalysisWindow::growing(),
            played: 0,
            limiting_db: 0.0,
            audio: [Vec::new(), Vec::new()],
        }
    }

    /// The number of hops played since the beginning.
    pub(super) fn played(&self) -> usize {
        self.played
    }

    /// Returns to the beginning.
    fn restart(&mut self) {
        self.chain.reset();
        self.extractor.reset();
        self.window.clear();
        self.played = 0;
        self.limiting_db = 0.0;
    }

    /// Plays about as many samples more. After the last it gives the figures and returns to the beginning.
    pub(super) fn play(
        &mut self,
        excerpt: &Excerpt,
        settings: &ChainSettings,
        samples: usize,
    ) -> Option<OutputStats> {
        let mut left_to_play = samples;
        while left_to_play > 0 {
            let Some(hop) = excerpt.hop(self.played) else {
                let mean_db = self.limiting_db / count(self.played.max(1));
                let figures = OutputStats::of(&self.window, narrow(mean_db));
                self.restart();
                return Some(figures);
            };
            for (copy, channel) in self.audio.iter_mut().zip(hop) {
                copy.clone_from(channel);
            }
            let [left, right] = &mut self.audio;
            self.chain
                .process(settings, Monitor::default(), &mut [left, right]);
            self.limiting_db -= f64::from(self.chain.readings().limiter_gain_db);
            let window = &mut self.window;
            self.extractor
                .push(left, right, |frame, _| window.push(frame));
            self.played += 1;
            left_to_play = left_to_play.saturating_sub(hop[0].len().max(1));
        }
        None
    }
}
