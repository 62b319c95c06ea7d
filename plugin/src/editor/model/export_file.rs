//! New files in the user's data folder, named by the time.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use flow_platform::user_folders;

use crate::editor::language::text;

/// The outcome of an export, one line.
pub(crate) type Outcome = Result<String, String>;

/// Creates a new empty file to reserve its name, such as `flow-probe-2026-01-31-174502.json`, and the folder if it is missing.
///
/// # Errors
/// If the folder is unknown, or if it or the file can't be created.
pub(crate) fn reserve(folder: Option<&Path>, stem: &str, extension: &str) -> io::Result<PathBuf> {
    let folder =
        folder.ok_or_else(|| io::Error::other(text!("the system has no user data folder")))?;
    fs::create_dir_all(folder).map_err(|error| with_path(folder, &error))?;
    let time = timestamp(SystemTime::now());
    let mut path = folder.join(format!("{stem}-{time}.{extension}"));
    let mut number = 1;
    loop {
        match File::create_new(&path) {
            Ok(_) => return Ok(path),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                number += 1;
                path.set_file_name(format!("{stem}-{time}-{number}.{extension}"));
            }
            Err(error) => return Err(with_path(folder, &error)),
        }
    }
}

/// Tells where a file was saved.
pub(crate) fn saved(path: &Path) -> String {
    let folder = path.parent().map(display_path).unwrap_or_default();
    let name = path.file_name().unwrap_or_default().display();
    text!("Saved {name} in {folder}", name, folder)
}

/// Adds a path to an error.
fn with_path(folder: &Path, error: &io::Error) -> io::Error {
    io::Error::other(format!("{}: {error}", display_path(folder)))
}

/// A path with `~` for the home folder.
pub(crate) fn display_path(path: &Path) -> String {
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
        let new = folder.path().join("new/folder");
        let names: Vec<_> = (0..3)
            .map(|_| reserve(Some(&new), "flow-probe", "json").unwrap())
            .collect();
        assert!(names[0] != names[1] && names[1] != names[2]);
        assert!(names.iter().all(|path| path.exists()));
    }
}
