//! The files of the results, which appear complete or not at all.

use crate::signals::{self, NewFolders};
use anyhow::{Context, Result, anyhow, bail, ensure};
use flow_audio_file::{Container, Metadata, OutputFormat, SongWriter, StoredAudio};
use flow_platform::atomic_file::{self, AtomicFile};
use std::collections::HashMap;
use std::path::{Path, PathBuf};

/// The report on all songs. No report on one song has this name.
const OVERVIEW: &str = "all.html";

/// The block size in which songs are written.
const BLOCK_FRAMES: usize = 4096;

/// The output files of one song.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Outputs {
    pub(crate) song: PathBuf,
    pub(crate) report: PathBuf,
}

/// The output folder. If this run created it and it stays empty, it is removed on drop.
pub(crate) struct Folder {
    path: PathBuf,
    _new: NewFolders,
}

impl Folder {
    /// Creates the folder at `path` if it is missing.
    ///
    /// # Errors
    ///
    /// If files cannot be written to it.
    pub(crate) fn open(path: &Path) -> Result<Self> {
        let failed = |e: std::io::Error| {
            anyhow!(
                "the output folder {} cannot be written to: {e}",
                path.display()
            )
        };
        let folder = Self {
            path: path.to_owned(),
            _new: NewFolders::create(path).map_err(failed)?,
        };
        // It vanishes at once.
        AtomicFile::create(&path.join("probe")).map_err(failed)?;
        Ok(folder)
    }

    /// Its path.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// The output files of each song, one entry for each of `profiles`. A named profile is a part of the names. Files that
    /// would overwrite a song or another result, or whose names the system refuses, are an error.
    pub(crate) fn plan<'s>(
        &self,
        songs: &[&'s Path],
        profiles: &[Option<&str>],
        container: Container,
    ) -> Vec<Vec<Result<Outputs>>> {
        let inputs: Vec<PathBuf> = songs
            .iter()
            .filter_map(|song| song.canonicalize().ok())
            .collect();
        let mut planned: HashMap<PathBuf, &Path> = HashMap::new();
        let mut plan = |song: &'s Path, profile| {
            let outputs = self.outputs(song, profile, container)?;
            if let Some(other) = planned.insert(file_key(&outputs.song), song) {
                planned.insert(file_key(&outputs.song), other);
                bail!(
                    "its result would overwrite that of {}: master one of them into another folder (--out)",
                    other.display()
                );
            }
            for path in [&outputs.song, &outputs.report] {
                ensure!(
                    !path.canonicalize().is_ok_and(|path| inputs.contains(&path)),
                    "its result {} would overwrite a song: choose another folder (--out)",
                    outputs.song.display()
                );
                check_name(path)?;
            }
            Ok(outputs)
        };
        let mut plans = Vec::new();
        for song in songs {
            let plan = profiles.iter().map(|profile| plan(song, *profile));
            plans.push(plan.collect());
        }
        plans
    }

    /// Writes the report on all songs and returns its path.
    pub(crate) fn write_overview(&self, report: &str) -> Result<PathBuf> {
        let path = self.path.join(OVERVIEW);
        write_report(&path, report)?;
        Ok(path)
    }

    /// Removes the report on all songs of an earlier run.
    pub(crate) fn remove_overview(&self) -> Result<()> {
        let path = self.path.join(OVERVIEW);
        match std::fs::remove_file(&path) {
            Err(e) if e.kind() != std::io::ErrorKind::NotFound => {
                Err(anyhow!("{} cannot be removed: {e}", path.display()))
            }
            _ => Ok(()),
        }
    }

    /// Writes the cue sheet of an album.
    pub(crate) fn write_cue_sheet(&self, profile: Option<&str>, sheet: &str) -> Result<()> {
        let name = profile.map_or_else(
            || "album.cue".to_owned(),
            |profile| format!("album.{profile}.cue"),
        );
        let path = self.path.join(name);
        atomic_file::replace(&path, sheet.as_bytes())
            .map_err(|e| anyhow!("the cue sheet {} cannot be written: {e}", path.display()))
    }

    fn outputs(&self, song: &Path, profile: Option<&str>, container: Container) -> Result<Outputs> {
        let stem = song.file_stem().context("it has no file name")?;
        let named = |ending: &str| {
            let mut name = stem.to_owned();
            if let Some(profile) = profile {
                name.push(".");
                name.push(profile);
            }
            name.push(ending);
            self.path.join(name)
        };
        Ok(Outputs {
            song: named(&format!(".flow.{}", container.extension())),
            report: named(".flow.html"),
        })
    }
}

/// The path by which two results are told apart: without case where the system's file names have none.
fn file_key(path: &Path) -> PathBuf {
    if cfg!(any(windows, target_os = "macos")) {
        PathBuf::from(path.to_string_lossy().to_lowercase())
    } else {
        path.to_owned()
    }
}

/// Asks the system whether it accepts a file of this name, for example of this length.
fn check_name(path: &Path) -> Result<()> {
    match std::fs::symlink_metadata(path) {
        Err(e) if e.kind() != std::io::ErrorKind::NotFound => Err(anyhow!(
            "its result {} cannot be written: {e}",
            path.display()
        )),
        _ => Ok(()),
    }
}

impl Outputs {
    /// The name of the mastered song's file.
    pub(crate) fn song_name(&self) -> String {
        let name = self.song.file_name().unwrap_or_default();
        name.to_string_lossy().into_owned()
    }

    /// Writes both files, or neither.
    pub(crate) fn write(
        &self,
        audio: &StoredAudio,
        format: &OutputFormat,
        metadata: &Metadata,
        report: &str,
    ) -> Result<()> {
        let cannot = |e: anyhow::Error| anyhow!("it cannot be written: {e}");
        let writer = self.written(audio, format, metadata).map_err(cannot)?;
        signals::write_together(|| {
            writer.finish().map_err(cannot)?;
            self.write_report(report)
        })
    }

    /// The song in a file that has not appeared yet.
    fn written(
        &self,
        audio: &StoredAudio,
        format: &OutputFormat,
        metadata: &Metadata,
    ) -> Result<SongWriter> {
        let (rate_hz, channel_count) = (audio.sample_rate_hz, audio.channel_count());
        let mut writer = SongWriter::create(&self.song, format, rate_hz, channel_count, metadata)?;
        audio.try_for_each_block(BLOCK_FRAMES, |block| writer.write(block))?;
        Ok(writer)
    }

    fn write_report(&self, report: &str) -> Result<()> {
        let written = write_report(&self.report, report);
        if written.is_err() {
            // The first error is reported, even if this fails too.
            let _ = std::fs::remove_file(&self.song);
        }
        written
    }
}

/// Writes a report as a whole or not at all.
fn write_report(path: &Path, report: &str) -> Result<()> {
    atomic_file::replace(path, report.as_bytes())
        .map_err(|e| anyhow!("its report cannot be written: {}: {e}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plan_with_equal_names_refuses_second_song() {
        let scratch = tempfile::tempdir().unwrap();
        let folder = Folder::open(&scratch.path().join("out")).unwrap();
        let paths = ["a/x.wav", "b/x.flac", "b/y.wav"].map(Path::new);
        let planned = folder.plan(&paths, &[None], Container::Wav);
        assert_eq!(
            planned[0][0].as_ref().unwrap().song,
            scratch.path().join("out/x.flow.wav")
        );
        assert!(
            planned[1][0]
                .as_ref()
                .unwrap_err()
                .to_string()
                .contains("a/x.wav")
        );
        assert!(planned[2][0].is_ok());
    }

    #[test]
    fn plan_with_song_in_output_folder_refuses_to_overwrite_it() {
        let scratch = tempfile::tempdir().unwrap();
        let folder = Folder::open(scratch.path()).unwrap();
        let songs = ["x.flow.wav", "x.wav"].map(|name| scratch.path().join(name));
        for song in &songs {
            std::fs::write(song, "song").unwrap();
        }
        let planned = folder.plan(
            &songs.each_ref().map(PathBuf::as_path),
            &[None],
            Container::Wav,
        );
        assert!(planned[0][0].is_ok());
        assert!(
            planned[1][0]
                .as_ref()
                .unwrap_err()
                .to_string()
                .contains("overwrite a song")
        );
    }

    #[test]
    fn overview_of_earlier_run_is_removed() {
        let scratch = tempfile::tempdir().unwrap();
        let folder = Folder::open(scratch.path()).unwrap();
        let page = folder.write_overview("page").unwrap();
        assert!(page.exists());
        folder.remove_overview().unwrap();
        folder.remove_overview().unwrap();
        assert!(!page.exists());
    }

    #[test]
    fn output_folder_without_results_is_removed() {
        let scratch = tempfile::tempdir().unwrap();
        let path = scratch.path().join("out");
        drop(Folder::open(&path).unwrap());
        assert!(!path.exists());
        drop(Folder::open(scratch.path()).unwrap());
        assert!(scratch.path().exists());
    }

    #[test]
    fn outputs_with_failing_report_remove_song() {
        let scratch = tempfile::tempdir().unwrap();
        let folder = Folder::open(scratch.path()).unwrap();
        let outputs = folder
            .outputs(Path::new("x.wav"), None, Container::Wav)
            .unwrap();
        // A folder has the report's path.
        std::fs::create_dir(&outputs.report).unwrap();
        let silence = flow_audio_file::Audio::silence(48_000, 2, 10);
        let store = crate::stored_song::store_options(scratch.path(), 1);
        let song = StoredAudio::store(&silence, &store).unwrap();
        let (format, metadata) = (OutputFormat::WAV_24, Metadata::default());
        let written = outputs.write(&song, &format, &metadata, "report");
        assert!(written.is_err());
        assert!(!outputs.song.exists());
    }
}
