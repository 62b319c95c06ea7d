//! Export of Session Probe's traces: one file each in the user's data folder.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, TryRecvError};
use std::time::{SystemTime, UNIX_EPOCH};

use flow_platform::user_folders;

use crate::analysis_client::AnalysisClient;

/// Saves traces and reports the outcome.
pub struct TraceExport {
    folder: Option<PathBuf>,
    /// The file that the service is writing, and the channel of its result.
    saving: Option<(PathBuf, Receiver<io::Result<()>>)>,
    outcome: Option<Outcome>,
}

/// The outcome of an export, one line.
pub(crate) type Outcome = Result<String, String>;

impl TraceExport {
    /// Uses the user's data folder.
    #[must_use]
    pub fn in_user_folder() -> Self {
        Self::in_folder(user_folders::probe())
    }

    /// Uses a folder, which may not exist yet.
    #[must_use]
    pub fn in_folder(folder: Option<PathBuf>) -> Self {
        Self {
            folder,
            saving: None,
            outcome: None,
        }
    }

    /// Asks the service to write the trace into a new file.
    pub(crate) fn save(&mut self, analysis: &AnalysisClient) {
        self.outcome = None;
        match self.reserve() {
            Ok(path) => match analysis.export_trace(path.clone()) {
                Some(answer) => self.saving = Some((path, answer)),
                None => self.end(
                    &path,
                    Err(io::Error::other("the host has not started the audio")),
                ),
            },
            Err(error) => self.outcome = Some(Err(format!("Can't save: {error}"))),
        }
    }

    /// Takes the service's result. Returns whether it is still writing.
    pub(crate) fn poll(&mut self) -> bool {
        let Some((path, answer)) = self.saving.take() else {
            return false;
        };
        match answer.try_recv() {
            Ok(written) => self.end(&path, written),
            Err(TryRecvError::Empty) => self.saving = Some((path, answer)),
            Err(TryRecvError::Disconnected) => {
                self.end(
                    &path,
                    Err(io::Error::other("the analysis service has ended")),
                );
            }
        }
        self.saving.is_some()
    }

    /// The outcome of the last export.
    pub(crate) fn outcome(&self) -> Option<&Outcome> {
        self.outcome.as_ref()
    }

    fn end(&mut self, path: &Path, written: io::Result<()>) {
        self.outcome = Some(match written {
            Ok(()) => {
                let folder = path.parent().map(display_path).unwrap_or_default();
                let name = path.file_name().unwrap_or_default().display();
                Ok(format!("Saved {name} in {folder}"))
            }
            Err(error) => {
                // Removes the empty file that reserved the name.
                let _ = fs::remove_file(path);
                Err(format!("Can't save: {error}"))
            }
        });
    }

    /// Creates a new empty file to reserve its name; the service replaces it with the trace.
    fn reserve(&self) -> io::Result<PathBuf> {
        let folder = self
            .folder
            .as_ref()
            .ok_or_else(|| io::Error::other("the system has no user data folder"))?;
        fs::create_dir_all(folder).map_err(|error| with_path(folder, &error))?;
        let time = timestamp(SystemTime::now());
        let mut path = folder.join(format!("flow-probe-{time}.json"));
        let mut number = 1;
        loop {
            match File::create_new(&path) {
                Ok(_) => return Ok(path),
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                    number += 1;
                    path.set_file_name(format!("flow-probe-{time}-{number}.json"));
                }
                Err(error) => return Err(with_path(folder, &error)),
            }
        }
    }
}

/// Adds a path to an error.
fn with_path(folder: &Path, error: &io::Error) -> io::Error {
    io::Error::other(format!("{}: {error}", display_path(folder)))
}

/// A path with `~` for the home folder.
fn display_path(path: &Path) -> String {
    let in_home =
        user_folders::home().and_then(|home| Some(path.strip_prefix(home).ok()?.to_owned()));
    match in_home {
        Some(rest) => Path::new("~").join(rest).display().to_string(),
        None => path.display().to_string(),
    }
}

/// A time for file names, UTC: `2026-01-31-174502`.
fn timestamp(time: SystemTime) -> String {
    let seconds = time
        .duration_since(UNIX_EPOCH)
        .map_or(0, |since| since.as_secs());
    let (year, month, day) = date(seconds / 86_400);
    let (hour, minute) = (seconds / 3600 % 24, seconds / 60 % 60);
    let second = seconds % 60;
    format!("{year}-{month:02}-{day:02}-{hour:02}{minute:02}{second:02}")
}

/// Year, month and day from the days since 1970-01-01. The computation begins years in March, so a leap day is the last
/// day of its year.
fn date(days: u64) -> (u64, u64, u64) {
    // Days since 0000-03-01, in periods of 400 years.
    let days = days + 719_468;
    let (period, day) = (days / 146_097, days % 146_097);
    let year = (day - day / 1460 + day / 36_524 - day / 146_096) / 365;
    let day = day - (365 * year + year / 4 - year / 100);
    // March to July have 153 days, and so have August to December.
    let month = (5 * day + 2) / 153;
    let day = day - (153 * month + 2) / 5 + 1;
    let year = 400 * period + year + u64::from(month >= 10);
    let month = if month < 10 { month + 3 } else { month - 9 };
    (year, month, day)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn timestamp_of_known_times_is_their_utc_date() {
        for (seconds, written) in [
            (0, "1970-01-01-000000"),
            (951_782_399, "2000-02-28-235959"),
            (951_782_400, "2000-02-29-000000"),
            (1_769_881_502, "2026-01-31-174502"),
            (4_107_542_400, "2100-03-01-000000"),
        ] {
            assert_eq!(
                timestamp(UNIX_EPOCH + Duration::from_secs(seconds)),
                written
            );
        }
    }

    #[test]
    fn reserve_within_one_second_gives_different_names() {
        let folder = tempfile::tempdir().unwrap();
        let export = TraceExport::in_folder(Some(folder.path().join("new/folder")));
        let names: Vec<_> = (0..3).map(|_| export.reserve().unwrap()).collect();
        assert!(names[0] != names[1] && names[1] != names[2]);
        assert!(names.iter().all(|path| path.exists()));
    }

    #[test]
    fn save_that_fails_reports_one_line_and_leaves_no_file() {
        let folder = tempfile::tempdir().unwrap();
        let analysis = AnalysisClient::default();
        let mut export = TraceExport::in_folder(Some(folder.path().to_owned()));
        export.save(&analysis);
        let text = export.outcome().unwrap().as_ref().unwrap_err();
        assert!(text.contains("has not started"), "{text}");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);

        let file = folder.path().join("file");
        fs::write(&file, "").unwrap();
        for (at, line) in [(Some(file), "file"), (None, "no user data folder")] {
            let mut export = TraceExport::in_folder(at);
            export.save(&analysis);
            let text = export.outcome().unwrap().as_ref().unwrap_err();
            assert!(text.contains(line) && !text.contains('\n'), "{text}");
        }
    }
}
