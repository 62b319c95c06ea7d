//! The audio that one instance of the plug-in renders in one pass: a song, or all tracks of an album.

use super::findings::{self, Finding};
use super::loudness_stats::{LoudnessStats, delivered_lufs};
use super::proposals::window_of;
use anyhow::{Result, ensure};
use flow_analysis::features::AnalysisWindow;
use flow_audio_file::{Audio, Song, resample};
use std::ops::Range;
use std::sync::{Arc, OnceLock};

/// The absolute gate of BS.1770: a quieter song has no integrated loudness.
pub(super) const SILENT_LUFS: f64 = flow_dsp::ABSOLUTE_GATE_LUFS;
/// The length of a gating block of BS.1770: a shorter song has no integrated loudness.
const SHORTEST_SECONDS: f64 = 0.4;

/// A part of the audio that becomes a file of its own.
pub(crate) struct Track {
    /// Its place in the audio.
    pub(crate) frames: Range<usize>,
    pub(crate) before: LoudnessStats,
    /// The faults of the recording.
    pub(crate) findings: Vec<Finding>,
    /// Doubts about the file's completeness, each a clause.
    pub(crate) warnings: Vec<String>,
}

/// The form in which songs are mastered.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct ProgramFormat {
    /// Whether mono songs get two equal channels.
    pub(crate) is_stereo: bool,
    /// The sample rate; none for that of the song.
    pub(crate) sample_rate_hz: Option<u32>,
}

impl ProgramFormat {
    /// Measures a song and brings it into this form. Returns its measurements too.
    pub(super) fn convert(
        self,
        song: Song,
    ) -> Result<(Audio, LoudnessStats, Vec<Finding>, Vec<String>)> {
        let mut audio = Audio::new(song.sample_rate_hz, song.channels);
        let (before, faults) = LoudnessStats::with_faults(&audio);
        let mut findings = findings::of(&faults);
        if self.is_stereo {
            findings.extend(findings::stereo_from_mono(&mut audio));
        }
        if let Some(rate_hz) = self.sample_rate_hz.filter(|hz| *hz != audio.sample_rate_hz) {
            findings.push(findings::resampled(audio.sample_rate_hz, rate_hz));
            audio = resample(&audio, rate_hz)?;
        }
        Ok((audio, before, findings, song.warnings))
    }
}

/// The tracks in a row, with their measurements.
pub(crate) struct Program {
    pub(crate) audio: Arc<Audio>,
    pub(crate) tracks: Vec<Track>,
    /// The integrated loudness of the loudest track.
    pub(crate) lufs: f64,
    /// The features of the whole audio, once an analysis needs them.
    window: OnceLock<AnalysisWindow>,
}

impl Program {
    /// One song.
    ///
    /// # Errors
    ///
    /// If it is too short or silent.
    pub(crate) fn song(song: Song, format: ProgramFormat) -> Result<Self> {
        let (audio, before, findings, warnings) = format.convert(song)?;
        ensure!(
            audio.seconds() >= SHORTEST_SECONDS,
            "it is shorter than {SHORTEST_SECONDS} s, too short for loudness"
        );
        let track = Track {
            frames: 0..audio.frames(),
            before,
            findings,
            warnings,
        };
        let program = Self::of_tracks(audio, vec![track]);
        ensure!(
            program.lufs > SILENT_LUFS,
            "it is silent: no part is louder than −70 LUFS"
        );
        Ok(program)
    }

    /// Tracks that are parts of an audio.
    pub(super) fn of_tracks(audio: Audio, tracks: Vec<Track>) -> Self {
        let lufs = loudest(tracks.iter().map(|track| track.before.lufs_i), &audio);
        Self {
            audio: Arc::new(audio),
            tracks,
            lufs,
            window: OnceLock::new(),
        }
    }

    /// The measurements of the tracks of an audio with the length of the whole.
    pub(crate) fn stats_of(&self, whole: &Audio) -> Vec<LoudnessStats> {
        if self.tracks.len() == 1 {
            return vec![LoudnessStats::of(whole)];
        }
        let part = |track: &Track| whole.range(track.frames.start, track.frames.end);
        let stats = self
            .tracks
            .iter()
            .map(|track| LoudnessStats::of(&part(track)));
        stats.collect()
    }

    /// The integrated loudness of the loudest track in an audio with the length of the whole.
    pub(crate) fn loudest_lufs(&self, whole: &Audio) -> f64 {
        let part = |track: &Track| whole.range(track.frames.start, track.frames.end);
        let tracks = self.tracks.iter();
        loudest(tracks.map(|track| delivered_lufs(&part(track))), whole)
    }

    /// The frame after each track.
    pub(crate) fn ends(&self) -> Vec<usize> {
        self.tracks.iter().map(|track| track.frames.end).collect()
    }

    /// The level of the highest sample of the songs' files, dBFS; above 0 only in floating-point files. A conversion of the
    /// rate may have moved peaks.
    pub(crate) fn peak_dbfs(&self) -> f64 {
        let stats = self.tracks.iter().map(|track| &track.before);
        let peaks = stats.map(|stats| stats.sample_peak_dbfs);
        peaks.fold(f64::NEG_INFINITY, f64::max)
    }

    /// A track's part of an audio with the length of the whole.
    pub(crate) fn part(&self, whole: &Arc<Audio>, track: &Track) -> Arc<Audio> {
        if self.tracks.len() == 1 {
            whole.clone()
        } else {
            Arc::new(whole.range(track.frames.start, track.frames.end))
        }
    }

    /// The features of the whole audio.
    ///
    /// # Errors
    ///
    /// If it has no channels.
    pub(crate) fn window(&self) -> Result<&AnalysisWindow> {
        if let Some(window) = self.window.get() {
            return Ok(window);
        }
        let window = window_of(&self.audio)?;
        Ok(self.window.get_or_init(|| window))
    }
}

/// The loudness of the loudest track, or that of the whole if all tracks are too short or silent.
pub(super) fn loudest(tracks_lufs: impl Iterator<Item = f64>, whole: &Audio) -> f64 {
    let loudest = tracks_lufs.fold(f64::NEG_INFINITY, f64::max);
    if loudest.is_finite() {
        loudest
    } else {
        delivered_lufs(whole)
    }
}
