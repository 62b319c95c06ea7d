//! The probe's recordings: a file each, in a folder of the user's.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, TryRecvError};
use std::time::{SystemTime, UNIX_EPOCH};

use flow_platform::user_folders;

use crate::analysis_client::AnalysisClient;

/// Saves recordings, and says what became of them.
pub struct TraceExport {
    folder: Option<PathBuf>,
    /// The file that the service is writing, and where its answer comes.
    saving: Option<(PathBuf, Receiver<io::Result<()>>)>,
    outcome: Option<Outcome>,
}

/// What became of a recording, in a line.
pub(crate) type Outcome = Result<String, String>;

impl TraceExport {
    /// In the place where the system keeps a user's data.
    #[must_use]
    pub fn of_user() -> Self {
        Self::at(user_folders::probe())
    }

    /// In a folder, which doesn't have to be there.
    #[must_use]
    pub fn at(folder: Option<PathBuf>) -> Self {
        Self {
            folder,
            saving: None,
            outcome: None,
        }
    }

    /// Lets the service write what the probe recorded into a new file.
    pub(crate) fn save(&mut self, engine: &AnalysisClient) {
        self.outcome = None;
        match self.reserve() {
            Ok(path) => match engine.export_trace(path.clone()) {
                Some(answer) => self.saving = Some((path, answer)),
                None => self.end(&path, Err(io::Error::other("the audio hasn't begun"))),
            },
            Err(error) => self.outcome = Some(Err(format!("Can't save: {error}"))),
        }
    }

    /// Looks whether the service is done. True while it isn't.
    pub(crate) fn is_saving(&mut self) -> bool {
        let Some((path, answer)) = self.saving.take() else {
            return false;
        };
        match answer.try_recv() {
            Ok(written) => self.end(&path, written),
            Err(TryRecvError::Empty) => self.saving = Some((path, answer)),
            Err(TryRecvError::Disconnected) => {
                self.end(&path, Err(io::Error::other("the analysis has ended")));
            }
        }
        self.saving.is_some()
    }

    /// What became of the last one.
    pub(crate) fn outcome(&self) -> Option<&Outcome> {
        self.outcome.as_ref()
    }

    fn end(&mut self, path: &Path, written: io::Result<()>) {
        self.outcome = Some(match written {
            Ok(()) => {
                let folder = path.parent().map(said).unwrap_or_default();
                let name = path.file_name().unwrap_or_default().display();
                Ok(format!("Saved {name} in {folder}"))
            }
            Err(error) => {
                // It is empty, and nothing will come.
                let _ = fs::remove_file(path);
                Err(format!("Can't save: {error}"))
            }
        });
    }

    /// A new empty file, so that nobody else takes the name; the service puts the recording in its place.
    fn reserve(&self) -> io::Result<PathBuf> {
        let folder = self
            .folder
            .as_ref()
            .ok_or_else(|| io::Error::other("no folder for user data"))?;
        fs::create_dir_all(folder).map_err(|error| about(folder, &error))?;
        let time = stamp(SystemTime::now());
        let mut path = folder.join(format!("flow-probe-{time}.json"));
        let mut number = 1;
        loop {
            match File::create_new(&path) {
                Ok(_) => return Ok(path),
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                    number += 1;
                    path.set_file_name(format!("flow-probe-{time}-{number}.json"));
                }
                Err(error) => return Err(about(folder, &error)),
            }
        }
    }
}

/// With the place where it happened.
fn about(folder: &Path, error: &io::Error) -> io::Error {
    io::Error::other(format!("{}: {error}", said(folder)))
}

/// A path as people write it.
fn said(path: &Path) -> String {
    let of_home =
        user_folders::home().and_then(|home| Some(path.strip_prefix(home).ok()?.to_owned()));
    match of_home {
        Some(rest) => Path::new("~").join(rest).display().to_string(),
        None => path.display().to_string(),
    }
}

/// A time as it stands in file names, UTC: `2026-01-31-174502`.
fn stamp(time: SystemTime) -> String {
    let seconds = time
        .duration_since(UNIX_EPOCH)
        .map_or(0, |since| since.as_secs());
    let (year, month, day) = date(seconds / 86_400);
    let (hour, minute) = (seconds / 3600 % 24, seconds / 60 % 60);
    let second = seconds % 60;
    format!("{year}-{month:02}-{day:02}-{hour:02}{minute:02}{second:02}")
}

/// Year, month and day, from days since 1970. Years begin in March here, so that the day that not all of them have is
/// their last.
fn date(days: u64) -> (u64, u64, u64) {
    // From 1 March 0, in periods of 400 years.
    let days = days + 719_468;
    let (period, day) = (days / 146_097, days % 146_097);
    let year = (day - day / 1460 + day / 36_524 - day / 146_096) / 365;
    let day = day - (365 * year + year / 4 - year / 100);
    // Five months have 153 days, March to July as August to December.
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
    fn times_are_dates() {
        for (seconds, written) in [
            (0, "1970-01-01-000000"),
            (951_782_399, "2000-02-28-235959"),
            (951_782_400, "2000-02-29-000000"),
            (1_769_881_502, "2026-01-31-174502"),
            (4_107_542_400, "2100-03-01-000000"),
        ] {
            assert_eq!(stamp(UNIX_EPOCH + Duration::from_secs(seconds)), written);
        }
    }

    #[test]
    fn no_two_recordings_get_one_name() {
        let folder = tempfile::tempdir().unwrap();
        let recordings = TraceExport::at(Some(folder.path().join("made/on/demand")));
        let names: Vec<_> = (0..3).map(|_| recordings.reserve().unwrap()).collect();
        assert!(names[0] != names[1] && names[1] != names[2]);
        assert!(names.iter().all(|path| path.exists()));
    }

    #[test]
    fn what_fails_leaves_a_line_and_no_file() {
        let folder = tempfile::tempdir().unwrap();
        let engine = AnalysisClient::default();
        let mut recordings = TraceExport::at(Some(folder.path().to_owned()));
        recordings.save(&engine);
        let said = recordings.outcome().unwrap().as_ref().unwrap_err();
        assert!(said.contains("hasn't begun"), "{said}");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);

        let file = folder.path().join("file");
        fs::write(&file, "").unwrap();
        for (at, line) in [(Some(file), "file"), (None, "no folder")] {
            let mut recordings = TraceExport::at(at);
            recordings.save(&engine);
            let said = recordings.outcome().unwrap().as_ref().unwrap_err();
            assert!(said.contains(line) && !said.contains('\n'), "{said}");
        }
    }
}
