//! The files of the results, which appear complete or not at all.

pub(super) mod file_rules;

use crate::interrupt::{self, NewFolders};
use anyhow::{Context, Result, anyhow, bail, ensure};
use file_rules::{check_name, check_shared_file, file_key, place_of, remove_shared_file};
use flow_audio_file::{Audio, Container, Metadata, OutputFormat, SongWriter, StoredAudio};
use flow_platform::atomic_file::{AtomicFile, CompleteFile};
use std::collections::HashMap;
use std::ffi::OsStr;
use std::fs::File;
use std::io::Write;
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
        ensure!(
            !path.exists() || path.is_dir(),
            "the output folder {} is a file; choose another name (--out)",
            path.display()
        );
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

    /// The output files of each song, one entry for each of `profiles`. A named profile is a part of the names, and so is the
    /// extension of songs whose names differ in it only. Files that would overwrite another result or one of `inputs`, the files
    /// that the command reads, or whose names the system refuses, are an error.
    pub(crate) fn plan<'s>(
        &self,
        songs: &[&'s Path],
        inputs: &[&Path],
        profiles: &[Option<&str>],
        container: Container,
    ) -> Vec<Vec<Result<Outputs>>> {
        let inputs: Vec<PathBuf> = inputs.iter().map(|path| place_of(path)).collect();
        let counts = |key: fn(&Path) -> PathBuf| {
            let mut counts: HashMap<PathBuf, usize> = HashMap::new();
            for song in songs {
                *counts.entry(key(song)).or_default() += 1;
            }
            counts
        };
        let (stems, names) = (counts(stem_key), counts(name_key));
        let mut planned: HashMap<PathBuf, &Path> = HashMap::new();
        let mut plan = |song: &'s Path, profile| {
            let has_unique_name = names.get(&name_key(song)) == Some(&1);
            let is_told_apart_by_extension =
                has_unique_name && stems.get(&stem_key(song)) > Some(&1);
            let name = if is_told_apart_by_extension {
                song.file_name()
            } else {
                song.file_stem()
            };
            let name = name.context("it has no file name")?;
            let outputs = self.outputs(name, profile, container);
            if let Some(other) = planned.insert(file_key(&outputs.song), song) {
                planned.insert(file_key(&outputs.song), other);
                bail!(
                    "its result would overwrite that of {}: master one of them into another folder (--out)",
                    other.display()
                );
            }
            for path in [&outputs.song, &outputs.report] {
                ensure!(
                    !inputs.contains(&place_of(path)),
                    "its result {} would overwrite a song or a reference of this command: choose another folder (--out)",
                    path.display()
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

    /// The path of the page on all songs.
    ///
    /// # Errors
    ///
    /// If another file has it.
    pub(crate) fn overview(&self) -> Result<PathBuf> {
        self.shared_file(OVERVIEW)
    }

    /// The path of the cue sheet of an album.
    ///
    /// # Errors
    ///
    /// If another file has it.
    pub(crate) fn cue_sheet(&self, profile: Option<&str>) -> Result<PathBuf> {
        self.shared_file(&cue_sheet_name(profile))
    }

    /// The path of a file whose name others may use too.
    fn shared_file(&self, name: &str) -> Result<PathBuf> {
        let path = self.path.join(name);
        check_shared_file(&path)?;
        Ok(path)
    }

    /// Removes the page on all songs of an earlier run. A page that Flow did not write stays.
    pub(crate) fn remove_overview(&self) -> Result<()> {
        remove_shared_file(&self.path.join(OVERVIEW))
    }

    /// Removes the cue sheet of an album of an earlier run. One that Flow did not write stays.
    pub(crate) fn remove_cue_sheet(&self, profile: Option<&str>) -> Result<()> {
        remove_shared_file(&self.path.join(cue_sheet_name(profile)))
    }

    fn outputs(&self, name: &OsStr, profile: Option<&str>, container: Container) -> Outputs {
        let named = |ending: &str| {
            let mut name = name.to_owned();
            if let Some(profile) = profile {
                name.push(".");
                name.push(profile);
            }
            name.push(ending);
            self.path.join(name)
        };
        Outputs {
            song: named(&format!(".flow.{}", container.extension())),
            report: named(".flow.html"),
        }
    }
}

fn cue_sheet_name(profile: Option<&str>) -> String {
    match profile {
        Some(profile) => format!("album.{profile}.cue"),
        None => "album.cue".to_owned(),
    }
}

/// The name of a song without its folder by which two results are told apart.
fn name_key(song: &Path) -> PathBuf {
    file_key(Path::new(song.file_name().unwrap_or_default()))
}

/// The same without its extension.
fn stem_key(song: &Path) -> PathBuf {
    file_key(Path::new(song.file_stem().unwrap_or_default()))
}

/// Lets files that belong together appear: all of them, or none if the system refuses a name. Other processes that write to the
/// folder do so before or after, so that no song stands beside the report of another master.
///
/// # Errors
///
/// If one of them cannot appear. If that happens after others have appeared, the error names those.
pub(crate) fn appear(files: Vec<CompleteFile>) -> Result<()> {
    // A signal ends the process while it waits.
    let _turn = files
        .first()
        .and_then(|file| lock_folder_of(file.path()).ok());
    interrupt::appear_together(|| {
        for file in &files {
            check_name(file.path())?;
        }
        let mut appeared: Vec<String> = Vec::new();
        for file in files {
            let path = file.path().to_owned();
            file.appear().map_err(|e| {
                let error = cannot(&path, &e);
                if appeared.is_empty() {
                    error
                } else {
                    anyhow!("{error}; written before, and kept: {}", appeared.join(", "))
                }
            })?;
            appeared.push(path.display().to_string());
        }
        Ok(())
    })
}

/// Locks the folder of a file against other processes until the handle is closed. Windows and some network file systems
/// have no such lock.
fn lock_folder_of(path: &Path) -> std::io::Result<File> {
    let folder = match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    let folder = File::open(folder)?;
    folder.lock()?;
    Ok(folder)
}

/// A text in a file that has not appeared yet.
pub(crate) fn complete_text(path: &Path, text: &str) -> Result<CompleteFile> {
    let written = AtomicFile::create(path).and_then(|mut file| {
        file.write_all(text.as_bytes())?;
        file.complete()
    });
    written.map_err(|e| cannot(path, &e))
}

fn cannot(path: &Path, error: &std::io::Error) -> anyhow::Error {
    anyhow!("{} cannot be written: {error}", path.display())
}

impl Outputs {
    /// The name of the mastered song's file.
    pub(crate) fn song_name(&self) -> &OsStr {
        self.song.file_name().unwrap_or_default()
    }

    /// The song in a file that has not appeared yet, with a gain in dB.
    pub(crate) fn complete_song(
        &self,
        audio: &StoredAudio,
        gain_db: f64,
        format: &OutputFormat,
        metadata: &Metadata,
    ) -> Result<CompleteFile> {
        let written = || {
            let (rate_hz, channel_count) = (audio.sample_rate_hz, audio.channel_count());
            let mut writer =
                SongWriter::create(&self.song, format, rate_hz, channel_count, metadata)?;
            audio.try_for_each_block(BLOCK_FRAMES, |block| {
                if gain_db == 0.0 {
                    return writer.write(block);
                }
                let channels = block.iter().map(|channel| channel.to_vec()).collect();
                let block = Audio::new(rate_hz, channels).gained(gain_db);
                writer.write(&block.slices())
            })?;
            writer.complete()
        };
        written().map_err(|e| anyhow!("it cannot be written: {e}"))
    }
}

#[cfg(test)]
mod tests {
    use super::file_rules::{CUE_MARK, PAGE_MARK};
    use super::*;

    #[test]
    fn plan_with_names_that_differ_in_extension_keeps_it() {
        let scratch = tempfile::tempdir().unwrap();
        let folder = Folder::open(scratch.path()).unwrap();
        let paths = ["x.wav", "x.flac", "y.wav"].map(Path::new);
        let planned = folder.plan(&paths, &paths, &[None, Some("club")], Container::Wav);
        let names = planned.iter().flatten();
        let names: Vec<_> = names.map(|o| o.as_ref().unwrap().song_name()).collect();
        let expected = [
            "x.wav.flow.wav",
            "x.wav.club.flow.wav",
            "x.flac.flow.wav",
            "x.flac.club.flow.wav",
            "y.flow.wav",
            "y.club.flow.wav",
        ];
        assert_eq!(names, expected);
    }

    #[test]
    fn plan_with_equal_names_refuses_second_song() {
        let scratch = tempfile::tempdir().unwrap();
        let folder = Folder::open(&scratch.path().join("out")).unwrap();
        let paths = ["a/x.wav", "b/x.wav", "b/y.wav"].map(Path::new);
        let planned = folder.plan(&paths, &paths, &[None], Container::Wav);
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
        let songs = songs.each_ref().map(PathBuf::as_path);
        let planned = folder.plan(&songs, &songs, &[None], Container::Wav);
        assert!(planned[0][0].is_ok());
        assert!(
            planned[1][0]
                .as_ref()
                .unwrap_err()
                .to_string()
                .contains("overwrite a song")
        );
        // The first one may be a reference, too.
        let planned = folder.plan(&songs[1..], &songs, &[None], Container::Wav);
        assert!(planned[0][0].is_err());
        let planned = folder.plan(&songs[1..], &songs[1..], &[None], Container::Wav);
        assert!(planned[0][0].is_ok());
    }

    #[test]
    fn overview_of_earlier_run_is_removed_and_that_of_others_stays() {
        let scratch = tempfile::tempdir().unwrap();
        let folder = Folder::open(scratch.path()).unwrap();
        let path = folder.overview().unwrap();
        std::fs::write(&path, format!("<head>{PAGE_MARK}")).unwrap();
        assert_eq!(folder.overview().unwrap(), path);
        folder.remove_overview().unwrap();
        assert!(!path.exists());
        folder.remove_overview().unwrap();
        std::fs::write(&path, "<title>My site</title>").unwrap();
        folder.remove_overview().unwrap();
        assert!(path.exists());
        let error = folder.overview().unwrap_err().to_string();
        assert!(error.contains("would be overwritten"), "{error}");
    }

    #[test]
    fn cue_sheet_of_others_is_not_overwritten() {
        let scratch = tempfile::tempdir().unwrap();
        let folder = Folder::open(scratch.path()).unwrap();
        let path = folder.cue_sheet(None).unwrap();
        std::fs::write(&path, format!("{CUE_MARK}\r\n")).unwrap();
        assert!(folder.cue_sheet(None).is_ok());
        folder.remove_cue_sheet(Some("spotify")).unwrap();
        assert!(path.exists());
        folder.remove_cue_sheet(None).unwrap();
        assert!(!path.exists());
        std::fs::write(&path, "FILE \"my.wav\" WAVE").unwrap();
        assert!(folder.cue_sheet(None).is_err());
        folder.remove_cue_sheet(None).unwrap();
        assert!(path.exists());
        assert!(folder.cue_sheet(Some("spotify")).is_ok());
    }

    #[test]
    fn output_folder_that_is_a_file_is_named_as_such() {
        let scratch = tempfile::tempdir().unwrap();
        let path = scratch.path().join("out");
        std::fs::write(&path, "song").unwrap();
        let error = Folder::open(&path).err().unwrap().to_string();
        assert!(error.contains("is a file"), "{error}");
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

    #[cfg(unix)]
    #[test]
    fn files_appear_only_after_those_of_another_process() {
        let scratch = tempfile::tempdir().unwrap();
        let path = scratch.path().join("song.html");
        let file = complete_text(&path, "report").unwrap();
        // The lock belongs to the handle, as if another process had it.
        let other = lock_folder_of(&path).unwrap();
        let appearing = std::thread::spawn(|| appear(vec![file]));
        std::thread::sleep(std::time::Duration::from_millis(100));
        assert!(!path.exists());
        drop(other);
        appearing.join().unwrap().unwrap();
        assert!(path.exists());
    }

    #[test]
    fn failing_rename_names_the_files_that_appeared_before() {
        let scratch = tempfile::tempdir().unwrap();
        let folders = ["a", "b"].map(|name| scratch.path().join(name));
        let files = folders.each_ref().map(|folder| {
            std::fs::create_dir(folder).unwrap();
            complete_text(&folder.join("song.html"), "report").unwrap()
        });
        std::fs::remove_dir_all(&folders[1]).unwrap();
        let error = appear(files.into()).unwrap_err().to_string();
        let [first, second] = folders.map(|folder| folder.join("song.html").display().to_string());
        assert!(
            error.starts_with(&second) && error.ends_with(&format!("kept: {first}")),
            "{error}"
        );
    }

    #[test]
    fn outputs_with_failing_report_keep_older_song() {
        let scratch = tempfile::tempdir().unwrap();
        let folder = Folder::open(scratch.path()).unwrap();
        let outputs = folder.outputs(OsStr::new("x"), None, Container::Wav);
        std::fs::write(&outputs.song, "older").unwrap();
        // A folder has the report's path.
        std::fs::create_dir(&outputs.report).unwrap();
        let silence = flow_audio_file::Audio::silence(48_000, 2, 10);
        let store = flow_audio_file::StoreOptions::in_folder(scratch.path(), 1);
        let song = StoredAudio::store(&silence, &store).unwrap();
        let (format, metadata) = (OutputFormat::WAV_24, Metadata::default());
        let file = outputs.complete_song(&song, 0.0, &format, &metadata);
        let report = complete_text(&outputs.report, "report");
        assert!(appear(vec![file.unwrap(), report.unwrap()]).is_err());
        assert_eq!(std::fs::read(&outputs.song).unwrap(), b"older");
    }
}
