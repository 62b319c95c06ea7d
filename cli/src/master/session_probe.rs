//! `--probe FILE`: the Session Probe of a run of `master`.

use super::outputs::file_rules::{begin_of_file, place_of};
use anyhow::{Result, ensure};
use flow_service::probe::Trace;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

/// The variable that gives the plug-in the path of its recording.
const VARIABLE: &str = "FLOW_PROBE";

/// A recording of the work of the plug-in's threads.
pub(super) struct Recording {
    path: PathBuf,
    begin: SystemTime,
}

impl Recording {
    /// Has plug-ins that are loaded from now on record to `path`.
    ///
    /// # Errors
    ///
    /// If the path is no place for a file, or if it has a file that is no recording.
    ///
    /// # Safety
    ///
    /// No other thread may run: this changes the environment.
    pub(super) unsafe fn begin(path: &Path) -> Result<Self> {
        // A wrong path is reported before minutes of work.
        let folder = match path.parent() {
            Some(folder) if !folder.as_os_str().is_empty() => folder,
            _ => Path::new("."),
        };
        let shown = path.display();
        ensure!(
            folder.is_dir(),
            "--probe {shown}: the folder {} is missing",
            folder.display()
        );
        ensure!(!path.is_dir(), "--probe {shown}: it is a folder");
        let is_replaceable = match begin_of_file(path, Trace::BEGIN.len() as u64) {
            Some(begin) => begin.is_empty() || begin == Trace::BEGIN,
            None => path.symlink_metadata().is_err(),
        };
        ensure!(
            is_replaceable,
            "--probe {shown}: this file would be overwritten, and it is no recording of Flow; choose another name"
        );
        // SAFETY: the caller's promise.
        unsafe { std::env::set_var(VARIABLE, path) };
        Ok(Self {
            path: path.to_owned(),
            begin: SystemTime::now(),
        })
    }

    /// Checks that the recording takes the place of none of these files, which the command reads or writes. They need not exist.
    ///
    /// # Errors
    ///
    /// If it does.
    pub(super) fn check_place<'p>(&self, files: impl IntoIterator<Item = &'p Path>) -> Result<()> {
        let place = place_of(&self.path);
        let mut files = files.into_iter();
        ensure!(
            !files.any(|file| place_of(file) == place),
            "--probe {}: this is the path of a song or a result of this command; choose another name",
            self.path.display()
        );
        Ok(())
    }

    /// Checks that the plug-in has written the recording. All its instances have to be gone.
    ///
    /// # Errors
    ///
    /// If it has not.
    pub(super) fn check(&self) -> Result<()> {
        // A file of an earlier run doesn't count. Clocks of file systems are coarse.
        let is_old = |changed| {
            let before = self.begin.duration_since(changed);
            before.is_ok_and(|before| before > Duration::from_millis(100))
        };
        let changed = self.path.metadata().and_then(|data| data.modified());
        ensure!(
            !changed.map_or(true, is_old),
            "--probe {}: nothing was recorded",
            self.path.display()
        );
        Ok(())
    }
}
