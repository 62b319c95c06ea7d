//! The audio behind a window.

use std::collections::VecDeque;
use std::sync::Arc;

use flow_dsp::Spec;
use flow_dsp::math::{count, narrow};

use crate::features::{ANALYSIS_WINDOW_FRAMES, FRAMES_PER_SECOND, SongPart};

/// Left and right of the audio of one frame, 40 ms.
pub type Hop = [Vec<f32>; 2];

/// The most samples of a channel, which bound memory and time at high sample rates: 30 s at 96 kHz.
const MAX_SAMPLES: usize = 30 * 96_000;

/// The audio of the newest frames of a window, oldest first: 30 s at most, and less above 96 kHz. Clones share the samples.
#[derive(Clone, Debug, Default)]
pub struct Excerpt {
    sample_rate_hz: f64,
    hops: VecDeque<Arc<Hop>>,
    /// The samples of a channel in all hops.
    samples: usize,
}

impl Excerpt {
    /// The excerpt of a recording, from its end.
    #[must_use]
    pub fn of(spec: Spec, left: &[f32], right: &[f32]) -> Self {
        let mut excerpt = Self::default();
        let mut extractor = crate::features::Extractor::new(spec);
        extractor.push(left, right, |_, hop| {
            excerpt.push(spec.sample_rate_hz, hop);
        });
        excerpt
    }

    /// Appends the audio of a frame, and drops the oldest that is too much. Audio of another sample rate begins a new excerpt.
    pub fn push(&mut self, sample_rate_hz: f64, [left, right]: [&[f32]; 2]) {
        if self.sample_rate_hz != sample_rate_hz {
            self.clear();
            self.sample_rate_hz = sample_rate_hz;
        }
        self.samples += left.len();
        while self.hops.len() == ANALYSIS_WINDOW_FRAMES || self.samples > MAX_SAMPLES {
            let Some(oldest) = self.hops.pop_front() else {
                break;
            };
            self.samples -= oldest[0].len();
        }
        self.hops
            .push_back(Arc::new([left.to_vec(), right.to_vec()]));
    }

    /// Removes all audio.
    pub fn clear(&mut self) {
        self.hops.clear();
        self.samples = 0;
    }

    /// Whether there is no audio.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.hops.is_empty()
    }

    /// The number of frames.
    #[must_use]
    pub(super) fn len(&self) -> usize {
        self.hops.len()
    }

    /// The sample rate.
    #[must_use]
    pub(super) fn spec(&self) -> Spec {
        Spec {
            sample_rate_hz: self.sample_rate_hz,
        }
    }

    /// The audio of one frame; `None` after the last.
    pub(super) fn hop(&self, index: usize) -> Option<&Hop> {
        self.hops.get(index).map(AsRef::as_ref)
    }
}

/// Records the loudest 30 s of a song.
#[derive(Debug, Default)]
pub struct LoudestExcerpt {
    newest: Excerpt,
    /// Mean square after K-weighting of each frame in `newest`, and their sum.
    powers: VecDeque<f64>,
    sum: f64,
    loudest: Excerpt,
    loudest_sum: f64,
    /// The number of frames so far, and up to the end of the loudest excerpt.
    frames: usize,
    loudest_end: usize,
}

impl LoudestExcerpt {
    /// Appends the audio of a frame and its mean square after K-weighting.
    pub fn push(&mut self, sample_rate_hz: f64, hop: [&[f32]; 2], weighted: f64) {
        self.newest.push(sample_rate_hz, hop);
        self.powers.push_back(weighted);
        self.sum += weighted;
        self.frames += 1;
        while self.powers.len() > self.newest.hops.len() {
            self.sum -= self.powers.pop_front().unwrap_or(0.0);
        }
        // Until 30 s are reached, more is always better.
        if self.sum > self.loudest_sum {
            self.loudest_sum = self.sum;
            self.loudest = self.newest.clone();
            self.loudest_end = self.frames;
        }
    }

    /// The place of the loudest excerpt in the song.
    #[must_use]
    pub fn part(&self) -> SongPart {
        let seconds = |frames: usize| narrow(count(frames) / count(FRAMES_PER_SECOND));
        SongPart {
            begin_s: seconds(self.loudest_end - self.loudest.len()),
            end_s: seconds(self.loudest_end),
            heard_s: seconds(self.frames),
        }
    }

    /// The loudest excerpt so far.
    #[must_use]
    pub fn into_excerpt(self) -> Excerpt {
        self.loudest
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn loudest_excerpt_of_song_is_its_loud_part() {
        let mut recorder = LoudestExcerpt::default();
        for i in 0..3 * ANALYSIS_WINDOW_FRAMES {
            let level = if i / ANALYSIS_WINDOW_FRAMES == 1 {
                0.5
            } else {
                0.1
            };
            let hop = [level; 10];
            recorder.push(48_000.0, [&hop, &hop], f64::from(level * level));
        }
        let part = recorder.part();
        assert_eq!([part.begin_s, part.end_s, part.heard_s], [30.0, 60.0, 90.0]);
        let excerpt = recorder.into_excerpt();
        assert_eq!(excerpt.hops.len(), ANALYSIS_WINDOW_FRAMES);
        assert!(excerpt.hops.iter().all(|hop| hop[0][0] == 0.5));
    }

    #[test]
    fn excerpt_at_high_rate_is_shorter() {
        let mut excerpt = Excerpt::default();
        let hop = vec![0.1; 768 * 40];
        for _ in 0..200 {
            excerpt.push(768_000.0, [&hop, &hop]);
        }
        assert_eq!(excerpt.hops.len(), MAX_SAMPLES / hop.len());
        assert!(excerpt.samples <= MAX_SAMPLES);
    }

    #[test]
    fn excerpt_after_change_of_sample_rate_begins_anew() {
        let mut excerpt = Excerpt::default();
        excerpt.push(48_000.0, [&[0.1; 4], &[0.1; 4]]);
        excerpt.push(44_100.0, [&[0.2; 4], &[0.2; 4]]);
        assert_eq!(excerpt.hop(0).map(|hop| hop[0][0]), Some(0.2));
        assert!(excerpt.hop(1).is_none());
        assert_eq!(excerpt.spec().sample_rate_hz, 44_100.0);
    }
}
