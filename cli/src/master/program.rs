//! The audio that one instance of the plug-in renders in one pass: a song, or all tracks of an album.

use super::level::level_profile::LevelProfile;
use super::loudness_stats::{LoudnessStats, delivered_lufs};
use super::proposals::AnalyzedSong;
use super::remarks::{self, Remark};
use crate::stored_song::{StoredSong, resample};
use anyhow::{Result, ensure};
use flow_audio_file::{StoreOptions, StoredAudio};
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
    /// The measurements of the audio at the rate at which it is mastered: a conversion removes what lies above it.
    pub(crate) before: LoudnessStats,
    /// The level of the highest sample of the song's file, dBFS; above 0 only in floating-point files.
    pub(crate) file_peak_dbfs: f64,
    /// The faults of the recording.
    pub(crate) findings: Vec<Remark>,
    /// Warnings about the file's completeness, each a clause.
    pub(crate) warnings: Vec<String>,
}

/// The form in which songs are mastered.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct ProgramFormat {
    /// Whether mono songs get a second channel, because they stand beside stereo songs.
    pub(crate) is_stereo: bool,
    /// The sample rate; none for that of the song.
    pub(crate) sample_rate_hz: Option<u32>,
}

impl ProgramFormat {
    /// Brings a song into this form, as a track of its own.
    pub(super) fn convert(
        self,
        song: StoredSong,
        store: &StoreOptions,
    ) -> Result<(StoredAudio, Track)> {
        let mut audio = song.audio;
        let mut track = Track {
            frames: 0..0,
            file_peak_dbfs: song.measured.sample_peak_dbfs,
            findings: remarks::of(&song.faults, &song.measured),
            before: song.measured,
            warnings: song.warnings,
        };
        if self.is_stereo && audio.channel_count() == 1 {
            audio = audio.into_stereo();
            track.findings.push(remarks::stereo_in_album());
        }
        if let Some(rate_hz) = self.sample_rate_hz.filter(|hz| *hz != audio.sample_rate_hz) {
            let remark = remarks::resampled(audio.sample_rate_hz, rate_hz);
            track.findings.push(remark);
            audio = resample(&audio, rate_hz, store)?;
            track.before = LoudnessStats::of(&audio)?;
        }
        track.frames = 0..audio.frames();
        Ok((audio, track))
    }
}

/// The tracks in a row, with their measurements.
pub(crate) struct Program {
    pub(crate) audio: StoredAudio,
    pub(crate) tracks: Vec<Track>,
    /// The integrated loudness of the loudest track.
    pub(crate) lufs: f64,
    /// The place for its versions.
    pub(crate) store: StoreOptions,
    /// The features of the whole audio, once an analysis needs them.
    analyzed_song: OnceLock<AnalyzedSong>,
    /// The level of the audio, once a gain is searched.
    level_profile: OnceLock<Arc<LevelProfile>>,
}

impl Program {
    /// One song, whose versions go to `store`.
    ///
    /// # Errors
    ///
    /// If it is too short or silent.
    pub(crate) fn song(
        song: StoredSong,
        format: ProgramFormat,
        store: StoreOptions,
    ) -> Result<Self> {
        let (audio, track) = format.convert(song, &store)?;
        ensure!(
            audio.seconds() >= SHORTEST_SECONDS,
            "it is shorter than {SHORTEST_SECONDS} s, too short for loudness"
        );
        let program = Self::of_tracks(audio, vec![track], store)?;
        ensure!(
            program.lufs > SILENT_LUFS,
            "it is silent: no part is louder than −70 LUFS"
        );
        Ok(program)
    }

    /// Tracks that are parts of an audio.
    ///
    /// # Errors
    ///
    /// If the temporary file of the audio cannot be read.
    pub(super) fn of_tracks(
        audio: StoredAudio,
        tracks: Vec<Track>,
        store: StoreOptions,
    ) -> Result<Self> {
        let lufs = loudest(tracks.iter().map(|track| track.before.lufs_i), &audio)?;
        Ok(Self {
            audio,
            tracks,
            store,
            lufs,
            analyzed_song: OnceLock::new(),
            level_profile: OnceLock::new(),
        })
    }

    /// The measurements of the tracks of an audio with the length of the whole.
    ///
    /// # Errors
    ///
    /// If its temporary file cannot be read.
    pub(crate) fn stats_of(&self, whole: &StoredAudio) -> Result<Vec<LoudnessStats>> {
        let tracks = self.tracks.iter();
        let stats = tracks.map(|track| LoudnessStats::of(&whole.part(track.frames.clone())));
        stats.collect()
    }

    /// The integrated loudness of the loudest track in an audio with the length of the whole.
    ///
    /// # Errors
    ///
    /// If its temporary file cannot be read.
    pub(crate) fn loudest_lufs(&self, whole: &StoredAudio) -> Result<f64> {
        let tracks = self.tracks.iter();
        let lufs = tracks.map(|track| delivered_lufs(&whole.part(track.frames.clone())));
        let lufs = lufs.collect::<Result<Vec<_>>>()?;
        loudest(lufs.into_iter(), whole)
    }

    /// The frame after each track.
    pub(crate) fn ends(&self) -> Vec<usize> {
        self.tracks.iter().map(|track| track.frames.end).collect()
    }

    /// The level of the highest sample of the songs' files, dBFS; above 0 only in floating-point files.
    pub(crate) fn peak_dbfs(&self) -> f64 {
        let peaks = self.tracks.iter().map(|track| track.file_peak_dbfs);
        peaks.fold(f64::NEG_INFINITY, f64::max)
    }

    /// The level of the audio.
    ///
    /// # Errors
    ///
    /// If its temporary file cannot be read.
    pub(crate) fn level_profile(&self) -> Result<Arc<LevelProfile>> {
        if let Some(profile) = self.level_profile.get() {
            return Ok(profile.clone());
        }
        let profile = Arc::new(LevelProfile::of(&self.audio)?);
        Ok(self.level_profile.get_or_init(|| profile).clone())
    }

    /// The whole audio as the analysis needs it.
    ///
    /// # Errors
    ///
    /// If it has no channels.
    pub(crate) fn analyzed_song(&self) -> Result<&AnalyzedSong> {
        if let Some(song) = self.analyzed_song.get() {
            return Ok(song);
        }
        let song = AnalyzedSong::of(&self.audio)?;
        Ok(self.analyzed_song.get_or_init(|| song))
    }
}

/// The loudness of the loudest track, or that of the whole if all tracks are too short or silent.
///
/// # Errors
///
/// If the temporary file of the whole cannot be read.
pub(super) fn loudest(tracks_lufs: impl Iterator<Item = f64>, whole: &StoredAudio) -> Result<f64> {
    let loudest = tracks_lufs.fold(f64::NEG_INFINITY, f64::max);
    if loudest.is_finite() {
        Ok(loudest)
    } else {
        delivered_lufs(whole)
    }
}
