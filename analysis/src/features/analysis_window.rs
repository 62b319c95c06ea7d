//! The last 30 s of audio without silence.

use std::collections::VecDeque;

use flow_dsp::math::{count, narrow};
use flow_dsp::{ABSOLUTE_GATE_LUFS, Spec, lufs};
use serde::Serialize;

use super::bands::MEL_BANDS;
use super::extractor::Extractor;
use super::frame::Frame;
use super::song_loudness::{SongLoudness, SongLoudnessMeter};
use super::song_spectrum::SongSpectrum;
use super::summary::Summary;
use super::units::FRAMES_PER_SECOND;
use super::voice::VoiceFeatures;

/// Frames of a live window, 30 s.
pub const ANALYSIS_WINDOW_FRAMES: usize = 30 * FRAMES_PER_SECOND;

/// Frames of the network's input, 10.24 s. An analysis needs as many.
pub const MEL_FRAMES: usize = 256;

/// Values of the network's input: mid and side, [`MEL_FRAMES`] frames, [`MEL_BANDS`] bands.
pub const MEL_VALUES: usize = 2 * MEL_FRAMES * MEL_BANDS;

/// Loudness of the input of [`AnalysisWindow::write_mel`], about that of mixes, LUFS.
const NOMINAL_LUFS: f64 = -20.0;

/// Power of the softest frame with sound against the loudest, −60 dB. Loud mixes thus have a gate near −70 LUFS.
const SILENCE_POWER: f64 = 1e-6;

/// Sounding frames from which silence ends a song, 90 s.
const SONG_FRAMES: u64 = 90 * FRAMES_PER_SECOND as u64;

/// Silent frames that end a song, 1 s.
const END_FRAMES: u64 = FRAMES_PER_SECOND as u64;

/// A part of the audio since its first sound.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct SongPart {
    /// Its begin, s.
    pub begin_s: f32,
    /// Its end, s.
    pub end_s: f32,
    /// The end of all audio so far, s.
    pub heard_s: f32,
}

/// The newest frames above the silence gate, oldest first, and the loudness of the song so far. Silent frames are only
/// counted.
#[derive(Clone, Debug)]
pub struct AnalysisWindow {
    frames: VecDeque<Frame>,
    /// The position of each of them after the first sounding frame.
    positions: VecDeque<u64>,
    capacity: usize,
    silent_frames: u64,
    sounding_frames: u64,
    /// Mean square after K-weighting of the loudest frame.
    loudest: f64,
    song: SongTotals,
}

/// Figures of all frames, also of those that were dropped.
#[derive(Clone, Debug, Default)]
struct SongTotals {
    loudness: SongLoudnessMeter,
    spectrum: SongSpectrum,
    /// Frames since the first sounding one.
    received: u64,
    /// Sounding frames.
    sounding: u64,
    /// Silent frames since the last sounding one.
    silent: u64,
}

impl Default for AnalysisWindow {
    /// Holds [`ANALYSIS_WINDOW_FRAMES`].
    fn default() -> Self {
        Self::new(ANALYSIS_WINDOW_FRAMES)
    }
}

impl AnalysisWindow {
    /// Makes a window for a number of frames, and allocates them.
    #[must_use]
    pub fn new(capacity: usize) -> Self {
        Self {
            frames: VecDeque::with_capacity(capacity),
            positions: VecDeque::with_capacity(capacity),
            capacity: capacity.max(1),
            silent_frames: 0,
            sounding_frames: 0,
            loudest: 0.0,
            song: SongTotals::default(),
        }
    }

    /// Makes a window that grows with the song.
    #[must_use]
    pub fn growing() -> Self {
        Self {
            capacity: usize::MAX,
            ..Self::new(0)
        }
    }

    /// The window of a whole recording.
    #[must_use]
    pub fn of(spec: Spec, left: &[f32], right: &[f32]) -> Self {
        Self::growing().with_recording(spec, left, right)
    }

    /// Appends the frames of a recording.
    #[must_use]
    pub fn with_recording(mut self, spec: Spec, left: &[f32], right: &[f32]) -> Self {
        Extractor::new(spec).push(left, right, |frame, _| self.push(frame));
        self
    }

    /// Removes all frames and counts.
    pub fn clear(&mut self) {
        self.frames.clear();
        self.positions.clear();
        self.silent_frames = 0;
        self.sounding_frames = 0;
        self.loudest = 0.0;
        self.song.reset();
    }

    /// Appends a frame, and drops the oldest if the window is full. A frame is silent if it is 60 dB softer than the loudest
    /// one, or if all are below −70 LUFS.
    pub fn push(&mut self, frame: &Frame) {
        self.loudest = self.loudest.max(frame.weighted);
        let has_sound = lufs(self.loudest) >= ABSOLUTE_GATE_LUFS;
        let is_silent = !has_sound || frame.weighted < SILENCE_POWER * self.loudest;
        let Some(position) = self.song.push(frame, is_silent) else {
            self.silent_frames += 1;
            return;
        };
        self.sounding_frames += 1;
        if self.frames.len() == self.capacity {
            self.frames.pop_front();
            self.positions.pop_front();
        }
        self.frames.push_back(frame.clone());
        self.positions.push_back(position);
    }

    /// The frames, oldest first.
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

    /// Frames above the silence gate since the last [`clear`](Self::clear), with the dropped ones.
    #[must_use]
    pub fn sounding_frames(&self) -> u64 {
        self.sounding_frames
    }

    /// The loudness of the whole song, estimated from all frames since the last [`clear`](Self::clear). A growing window has
    /// the whole song, so that its loudness is measured.
    #[must_use]
    pub fn song(&self) -> Option<SongLoudness> {
        let song = self.song.loudness.loudness()?;
        let is_whole = self.capacity == usize::MAX || self.song.has_ended();
        Some(if is_whole { song.of_whole_song() } else { song })
    }

    /// Whether the newest frame ends a song: it completes a second of silence after at least 90 s of sound.
    #[must_use]
    pub fn ends_song(&self) -> bool {
        self.song.silent == END_FRAMES && self.song.has_ended()
    }

    /// The place of the frames in the audio since the last [`clear`](Self::clear); `None` without any.
    #[must_use]
    pub fn part(&self) -> Option<SongPart> {
        let seconds = |frames: u64| narrow(seconds(frames));
        Some(SongPart {
            begin_s: seconds(*self.positions.front()?),
            end_s: seconds(*self.positions.back()? + 1),
            heard_s: seconds(self.song.received - self.song.silent),
        })
    }

    /// The energy of the frames after K-weighting, which grows with loudness and duration.
    #[must_use]
    pub fn energy(&self) -> f64 {
        self.frames.iter().map(|frame| frame.weighted).sum()
    }

    /// The same frames as a part of all audio that another window has received.
    #[must_use]
    pub fn with_song_of(&self, newer: &Self) -> Self {
        Self {
            song: newer.song.clone(),
            ..self.clone()
        }
    }

    /// The features of all audio since the last [`clear`](Self::clear), as far as they are balance, width, peak and loudness. The
    /// others are those of the window, whose summary is given.
    #[must_use]
    pub fn song_summary(&self, window: &Summary) -> Summary {
        let has_dropped = self.song.sounding > self.frames.len() as u64;
        match self.song.loudness.loudness().filter(|_| has_dropped) {
            Some(song) => {
                let seconds = narrow(seconds(self.song.sounding));
                let window = window.clone();
                window.of_song(seconds, song.measured_lufs, &self.song.spectrum)
            }
            None => window.clone(),
        }
    }

    /// The features of the window.
    #[must_use]
    pub fn summary(&self) -> Summary {
        Summary::of(&self.frames)
    }

    /// The features that tell one voice from many.
    #[must_use]
    pub fn voices(&self) -> VoiceFeatures {
        VoiceFeatures::of(&self.frames)
    }

    /// First frames of the network's inputs: as few as cover the window, evenly spread, the last one at its end. Empty with
    /// too few frames.
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

    /// Log-mel spectra for a network, dB: `[mid, side][MEL_FRAMES][MEL_BANDS]`, oldest first, from one of
    /// [`mel_starts`](Self::mel_starts). Their mean loudness is −20 LUFS whatever the level of the audio, because a network
    /// has an absolute floor.
    ///
    /// # Panics
    /// If fewer than [`MEL_FRAMES`] follow `start`.
    pub fn write_mel(&self, start: usize, values: &mut [f32; MEL_VALUES]) {
        let (mid, side) = values.split_at_mut(MEL_VALUES / 2);
        let rows = mid.chunks_mut(MEL_BANDS).zip(side.chunks_mut(MEL_BANDS));
        let frames = self.frames.range(start..start + MEL_FRAMES);
        let weighted: f64 = frames.clone().map(|frame| frame.weighted).sum();
        let shift_db = narrow(NOMINAL_LUFS - lufs(weighted / count(MEL_FRAMES)));
        for ((mid, side), frame) in rows.zip(frames) {
            for (values, levels_db) in [(mid, &frame.mel_mid_db), (side, &frame.mel_side_db)] {
                let shifted = values.iter_mut().zip(levels_db);
                shifted.for_each(|(value, level_db)| *value = level_db + shift_db);
            }
        }
    }
}

impl SongTotals {
    fn reset(&mut self) {
        self.loudness.reset();
        self.spectrum.reset();
        self.received = 0;
        self.sounding = 0;
        self.silent = 0;
    }

    /// Adds a frame. Returns its position; `None` for silence.
    fn push(&mut self, frame: &Frame, is_silent: bool) -> Option<u64> {
        self.loudness.push(frame.weighted);
        let position = self.received;
        if is_silent {
            // Silence before the first sound has no position.
            let counted = u64::from(self.sounding > 0);
            self.received += counted;
            self.silent += counted;
            return None;
        }
        self.spectrum.push(frame);
        self.received += 1;
        self.sounding += 1;
        self.silent = 0;
        Some(position)
    }

    /// Whether at least 90 s of sound end in a second of silence.
    fn has_ended(&self) -> bool {
        self.sounding >= SONG_FRAMES && self.silent >= END_FRAMES
    }
}

/// A duration in s; no song has 2^32 frames.
fn seconds(frames: u64) -> f64 {
    let frames = usize::try_from(frames).unwrap_or(usize::MAX);
    count(frames) / count(FRAMES_PER_SECOND)
}
