//! Where results go, and how they get there whole or not at all.

use anyhow::{Context, Result, anyhow, bail, ensure};
use flow_audio_file::{Audio, wav};
use flow_platform::atomic_file;
use std::collections::HashMap;
use std::path::{Path, PathBuf};

/// The report on several songs. No song's own has this name.
const OVERVIEW: &str = "all.html";

/// The files that a song becomes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Outputs {
    pub(crate) song: PathBuf,
    pub(crate) report: PathBuf,
}

/// The folder that results go to. One that was made for this run and stays empty is removed again.
pub(crate) struct Folder {
    path: PathBuf,
    is_ours: bool,
}

impl Folder {
    /// Makes sure that files can be written to the folder at `path`.
    pub(crate) fn open(path: &Path) -> Result<Self> {
        let is_ours = !path.exists();
        let failed = |e: std::io::Error| {
            anyhow!(
                "the output folder {} cannot be written to: {e}",
                path.display()
            )
        };
        std::fs::create_dir_all(path).map_err(failed)?;
        let folder = Self {
            path: path.to_owned(),
            is_ours,
        };
        let probe = path.join(format!(".flow-{}.tmp", std::process::id()));
        std::fs::write(&probe, [])
            .and_then(|()| std::fs::remove_file(&probe))
            .map_err(failed)?;
        Ok(folder)
    }

    /// What each song becomes, or why it cannot become anything: results never overwrite each other or a song.
    pub(crate) fn plan(&self, songs: &[PathBuf]) -> Vec<Result<Outputs>> {
        let inputs: Vec<PathBuf> = songs
            .iter()
            .filter_map(|song| song.canonicalize().ok())
            .collect();
        let mut taken: HashMap<PathBuf, &Path> = HashMap::new();
        let plan = |song| {
            let outputs = self.outputs(song)?;
            if let Some(other) = taken.insert(outputs.song.clone(), song) {
                taken.insert(outputs.song.clone(), other);
                bail!(
                    "its result would overwrite that of {}: master one of them into another folder (--out)",
                    other.display()
                );
            }
            let overwrites = |output: &Path| {
                output
                    .canonicalize()
                    .is_ok_and(|output| inputs.contains(&output))
            };
            ensure!(
                !overwrites(&outputs.song) && !overwrites(&outputs.report),
                "its result {} would overwrite a song: choose another folder (--out)",
                outputs.song.display()
            );
            Ok(outputs)
        };
        songs.iter().map(PathBuf::as_path).map(plan).collect()
    }

    /// Writes the report on all songs of a run.
    pub(crate) fn write_overview(&self, report: &str) -> Result<PathBuf> {
        let path = self.path.join(OVERVIEW);
        write_report(&path, report)?;
        Ok(path)
    }

    /// Removes the report of an earlier run, which says nothing of this one's songs.
    pub(crate) fn remove_overview(&self) -> Result<()> {
        let path = self.path.join(OVERVIEW);
        match std::fs::remove_file(&path) {
            Err(e) if e.kind() != std::io::ErrorKind::NotFound => {
                Err(anyhow!("{} cannot be removed: {e}", path.display()))
            }
            _ => Ok(()),
        }
    }

    fn outputs(&self, song: &Path) -> Result<Outputs> {
        let stem = song.file_stem().context("it has no file name")?;
        let named = |ending: &str| {
            let mut name = stem.to_owned();
            name.push(ending);
            self.path.join(name)
        };
        Ok(Outputs {
            song: named(".flow.wav"),
            report: named(".flow.html"),
        })
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        if self.is_ours {
            // Fails where there is something in it, which is as it should be.
            let _ = std::fs::remove_dir(&self.path);
        }
    }
}

impl Outputs {
    /// Writes both files, or neither.
    pub(crate) fn write(&self, audio: &Audio, report: &str) -> Result<()> {
        wav::write_wav_24(&self.song, audio).map_err(|e| anyhow!("it cannot be written: {e}"))?;
        let written = write_report(&self.report, report);
        if written.is_err() {
            // There is nothing better to say if this fails too.
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
    fn results_never_meet() {
        let scratch = tempfile::tempdir().unwrap();
        let folder = Folder::open(&scratch.path().join("out")).unwrap();
        let paths = ["a/x.wav", "b/x.flac", "b/y.wav"].map(PathBuf::from);
        let planned = folder.plan(&paths);
        assert_eq!(
            planned[0].as_ref().unwrap().song,
            scratch.path().join("out/x.flow.wav")
        );
        assert!(
            planned[1]
                .as_ref()
                .unwrap_err()
                .to_string()
                .contains("a/x.wav")
        );
        assert!(planned[2].is_ok());
    }

    #[test]
    fn a_song_is_never_overwritten() {
        let scratch = tempfile::tempdir().unwrap();
        let folder = Folder::open(scratch.path()).unwrap();
        let songs = ["x.flow.wav", "x.wav"].map(|name| scratch.path().join(name));
        for song in &songs {
            std::fs::write(song, "song").unwrap();
        }
        let planned = folder.plan(&songs);
        assert!(planned[0].is_ok());
        assert!(
            planned[1]
                .as_ref()
                .unwrap_err()
                .to_string()
                .contains("overwrite a song")
        );
    }

    #[test]
    fn an_old_page_goes() {
        let scratch = tempfile::tempdir().unwrap();
        let folder = Folder::open(scratch.path()).unwrap();
        let page = folder.write_overview("page").unwrap();
        assert!(page.exists());
        folder.remove_overview().unwrap();
        folder.remove_overview().unwrap();
        assert!(!page.exists());
    }

    #[test]
    fn a_folder_made_for_nothing_goes() {
        let scratch = tempfile::tempdir().unwrap();
        let path = scratch.path().join("out");
        drop(Folder::open(&path).unwrap());
        assert!(!path.exists());
        drop(Folder::open(scratch.path()).unwrap());
        assert!(scratch.path().exists());
    }

    #[test]
    fn a_report_that_fails_takes_the_song_with_it() {
        let scratch = tempfile::tempdir().unwrap();
        let folder = Folder::open(scratch.path()).unwrap();
        let outputs = folder.outputs(Path::new("x.wav")).unwrap();
        // A folder stands where the report should go.
        std::fs::create_dir(&outputs.report).unwrap();
        assert!(
            outputs
                .write(&Audio::silence(48_000, 2, 10), "report")
                .is_err()
        );
        assert!(!outputs.song.exists());
    }
}
