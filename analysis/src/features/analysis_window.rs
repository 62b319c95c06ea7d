//! The last half minute of sound, without its silence.

use std::collections::VecDeque;

use flow_dsp::{Spec, lufs};

use super::bands::MEL_BANDS;
use super::extractor::Extractor;
use super::frame::Frame;
use super::song_loudness::{SongLoudness, SongMeter};
use super::summary::Summary;
use super::units::FRAMES_PER_SECOND;
use super::voice::VoiceFeatures;

/// Frames of a live window: 30 s of sound.
pub const ANALYSIS_WINDOW_FRAMES: usize = 30 * FRAMES_PER_SECOND;

/// Frames that a network looks at: 10.24 s. A window with as many is enough for an analysis.
pub const MEL_FRAMES: usize = 256;

/// Numbers in what a network looks at: mid and side, [`MEL_FRAMES`] frames, [`MEL_BANDS`] bands.
pub const MEL_VALUES: usize = 2 * MEL_FRAMES * MEL_BANDS;

/// Frames below this loudness are silence: the absolute gate of ITU-R BS.1770.
const SILENCE_LUFS: f64 = -70.0;

/// The newest sounding frames, oldest first, and the loudness of all that was heard; silence counts, and is not kept.
#[derive(Clone, Debug)]
pub struct AnalysisWindow {
    frames: VecDeque<Frame>,
    capacity: usize,
    silent_frames: u64,
    sounding_frames: u64,
    song: SongMeter,
}

impl Default for AnalysisWindow {
    /// Of [`ANALYSIS_WINDOW_FRAMES`].
    fn default() -> Self {
        Self::new(ANALYSIS_WINDOW_FRAMES)
    }
}

impl AnalysisWindow {
    /// For so many frames. Allocates all of them.
    #[must_use]
    pub fn new(capacity: usize) -> Self {
        Self {
            frames: VecDeque::with_capacity(capacity),
            capacity: capacity.max(1),
            silent_frames: 0,
            sounding_frames: 0,
            song: SongMeter::default(),
        }
    }

    /// For all of a song: grows with it.
    #[must_use]
    pub fn growing() -> Self {
        Self {
            frames: VecDeque::new(),
            capacity: usize::MAX,
            silent_frames: 0,
            sounding_frames: 0,
            song: SongMeter::default(),
        }
    }

    /// All of a sound, from its left and right.
    #[must_use]
    pub fn of(spec: Spec, left: &[f32], right: &[f32]) -> Self {
        let mut window = Self::growing();
        Extractor::new(spec).push(left, right, |frame| window.push(frame));
        window
    }

    /// As new.
    pub fn clear(&mut self) {
        self.frames.clear();
        self.silent_frames = 0;
        self.sounding_frames = 0;
        self.song.reset();
    }

    /// Takes in a frame; the oldest gives way.
    pub fn push(&mut self, frame: &Frame) {
        self.song.push(frame.weighted);
        if lufs(frame.weighted) < SILENCE_LUFS {
            self.silent_frames += 1;
            return;
        }
        self.sounding_frames += 1;
        if self.frames.len() == self.capacity {
            self.frames.pop_front();
        }
        self.frames.push_back(frame.clone());
    }

    /// Sounding frames in it.
    #[must_use]
    pub fn frames(&self) -> &VecDeque<Frame> {
        &self.frames
    }

    /// Whether there is enough for an analysis.
    #[must_use]
    pub fn is_enough(&self) -> bool {
        self.frames.len() >= MEL_FRAMES
    }

    /// Silent frames since the last [`clear`](Self::clear).
    #[must_use]
    pub fn silent_frames(&self) -> u64 {
        self.silent_frames
    }

    /// All sounding frames since the last [`clear`](Self::clear), those that gave way included.
    #[must_use]
    pub fn sounding_frames(&self) -> u64 {
        self.sounding_frames
    }

    /// The loudness of the song that it is a part of, by all frames since the last [`clear`](Self::clear).
    #[must_use]
    pub fn song(&self) -> Option<SongLoudness> {
        self.song.loudness()
    }

    /// Its figures.
    #[must_use]
    pub fn summary(&self) -> Summary {
        Summary::of(&self.frames)
    }

    /// Whether there is one voice in it or many.
    #[must_use]
    pub fn voices(&self) -> VoiceFeatures {
        VoiceFeatures::of(&self.frames)
    }

    /// Where the parts begin that a network looks at: as few as cover the window, evenly spread, the last one at its end.
    /// None while there are too few frames.
    #[must_use]
    pub fn mel_starts(&self) -> Vec<usize> {
        let Some(last) = self.frames.len().checked_sub(MEL_FRAMES) else {
            return Vec::new();
        };
        let parts = self.frames.len().div_ceil(MEL_FRAMES);
        let start = |part: usize| last * part / (parts - 1).max(1);
        if parts == 1 {
            vec![last]
        } else {
            (0..parts).map(start).collect()
        }
    }

    /// Log-mel spectra for a network, dB re full scale: `[mid, side][MEL_FRAMES][MEL_BANDS]`, oldest first, from one of
    /// [`mel_starts`](Self::mel_starts).
    ///
    /// # Panics
    /// If there are fewer frames from there.
    pub fn write_mel(&self, start: usize, values: &mut [f32; MEL_VALUES]) {
        let (mid, side) = values.split_at_mut(MEL_VALUES / 2);
        let rows = mid.chunks_mut(MEL_BANDS).zip(side.chunks_mut(MEL_BANDS));
        let frames = self.frames.range(start..start + MEL_FRAMES);
        for ((mid, side), frame) in rows.zip(frames) {
            mid.copy_from_slice(&frame.mel_mid_db);
            side.copy_from_slice(&frame.mel_side_db);
        }
    }
}
