//! The user's list of reference files: where the song of each analysis was found. It stays on this computer, because a path
//! has no meaning on another one.
//!
//! Windows and imports use it. A lock serializes the instances of one process. Two processes that write at the same moment lose the entry of one of them, no more.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use flow_platform::atomic_file;
use flow_platform::mutex::lock;
use flow_platform::user_folders;
use serde::{Deserialize, Serialize};
use tracing_log::log;

/// Held while a file is read and replaced.
static LOCK: Mutex<()> = Mutex::new(());

/// The newest entries that are kept.
const MAX_ENTRIES: usize = 200;
/// Largest file that is read, bytes.
const MAX_FILE_BYTES: u64 = 8 << 20;

/// The list.
#[derive(Debug, Default)]
pub struct ReferenceFiles {
    path: Option<PathBuf>,
    /// The oldest first.
    entries: Vec<FileEntry>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct FileEntry {
    /// The analysis as a state holds it.
    reference: String,
    path: PathBuf,
}

impl ReferenceFiles {
    /// Reads the list in the user's data folder.
    #[must_use]
    pub fn in_user_folder() -> Self {
        Self::at_path(user_folders::data().map(|data| data.join("reference-files.json")))
    }

    /// Reads the list in a file. A missing or damaged one is empty. Without a path nothing is remembered.
    #[must_use]
    pub fn at_path(path: Option<PathBuf>) -> Self {
        let entries = path.as_deref().map_or_else(Vec::new, |path| {
            stored(path).unwrap_or_else(|error| {
                log::warn!("{}: {error}; no reference is found again", path.display());
                Vec::new()
            })
        });
        Self { path, entries }
    }

    /// The file of an analysis. It may be gone.
    pub(super) fn path(&self, reference: &str) -> Option<PathBuf> {
        let mut newest_first = self.entries.iter().rev();
        let entry = newest_first.find(|entry| entry.reference == reference)?;
        Some(entry.path.clone())
    }

    /// Remembers the file of an analysis. A path that is no text can't be remembered.
    pub(super) fn remember(&mut self, reference: &str, file: &Path) {
        let Some(path) = self.path.as_deref() else {
            return;
        };
        let _guard = lock(&LOCK);
        // Another window may have added some.
        let mut entries = match stored(path) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::InvalidData => Vec::new(),
            Err(error) => {
                log::warn!("{}: {error}; the file is not remembered", path.display());
                return;
            }
        };
        entries.retain(|entry| entry.reference != reference);
        entries.push(FileEntry {
            reference: reference.to_owned(),
            path: file.to_owned(),
        });
        let surplus = entries.len().saturating_sub(MAX_ENTRIES);
        entries.drain(..surplus);
        let written = serde_json::to_vec(&entries)
            .map_err(io::Error::from)
            .and_then(|content| atomic_file::replace(path, &content));
        match written {
            Ok(()) => self.entries = entries,
            Err(error) => log::warn!("{}: {error}; the file is not remembered", path.display()),
        }
    }
}

/// The entries in a file; none if it is missing.
///
/// # Errors
/// [`io::ErrorKind::InvalidData`] if the file is no list; another kind if it can't be read now.
fn stored(path: &Path) -> io::Result<Vec<FileEntry>> {
    let metadata = match fs::metadata(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        metadata => metadata?,
    };
    if !metadata.is_file() {
        return Err(io::Error::other("no list of files"));
    }
    let damaged = |error| io::Error::new(io::ErrorKind::InvalidData, error);
    if metadata.len() > MAX_FILE_BYTES {
        return Err(damaged("no list of files".to_owned()));
    }
    serde_json::from_slice(&fs::read(path)?).map_err(|error| damaged(error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_found_again_by_the_next_window() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("reference-files.json");
        let read = || ReferenceFiles::at_path(Some(path.clone()));
        let (mut first, mut second) = (read(), read());
        assert_eq!(first.path("night"), None);
        first.remember("night", Path::new("/music/Night.wav"));
        // A window that was open before keeps the entry of the other one.
        second.remember("day", Path::new("/music/Day.wav"));
        first.remember("night", Path::new("/moved/Night.wav"));
        let third = read();
        assert_eq!(third.path("night"), Some("/moved/Night.wav".into()));
        assert_eq!(third.path("day"), Some("/music/Day.wav".into()));
    }

    #[test]
    fn files_of_several_threads_are_all_remembered() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("reference-files.json");
        let read = || ReferenceFiles::at_path(Some(path.clone()));
        let names = |thread: u8| (0..10).map(move |number| format!("{thread} {number}"));
        std::thread::scope(|scope| {
            for thread in 0..4 {
                let mut files = read();
                let remember = move |name: String| files.remember(&name, Path::new("song.wav"));
                scope.spawn(move || names(thread).for_each(remember));
            }
        });
        let files = read();
        assert!(
            (0..4)
                .flat_map(names)
                .all(|name| files.path(&name).is_some())
        );
    }

    #[test]
    fn damaged_list_is_empty_and_the_next_entry_replaces_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("reference-files.json");
        for text in ["", "{", "7", "[{\"path\": 3}]"] {
            fs::write(&path, text).unwrap();
            let mut files = ReferenceFiles::at_path(Some(path.clone()));
            assert_eq!(files.path("night"), None);
            files.remember("night", Path::new("Night.wav"));
            let again = ReferenceFiles::at_path(Some(path.clone()));
            assert_eq!(again.path("night"), Some("Night.wav".into()), "{text}");
        }
    }

    #[cfg(unix)]
    #[test]
    fn list_that_cannot_be_read_is_left_unchanged() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("reference-files.json");
        // A link to itself is neither missing nor readable, for each user.
        std::os::unix::fs::symlink(&path, &path).unwrap();
        let mut files = ReferenceFiles::at_path(Some(path.clone()));
        files.remember("night", Path::new("Night.wav"));
        assert!(fs::symlink_metadata(&path).unwrap().is_symlink());
        assert_eq!(files.path("night"), None);
    }

    #[test]
    fn list_keeps_the_newest_entries() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("reference-files.json");
        let mut files = ReferenceFiles::at_path(Some(path));
        for number in 0..=MAX_ENTRIES {
            files.remember(&number.to_string(), Path::new("song.wav"));
        }
        assert_eq!(files.path("0"), None);
        assert!(files.path("1").is_some());
        // Nothing is remembered without a file.
        let mut files = ReferenceFiles::default();
        files.remember("night", Path::new("Night.wav"));
        assert_eq!(files.path("night"), None);
    }
}
