//! The favorites among all presets: a file in the folder of the user's presets, with a name in each line.

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use flow_platform::atomic_file;
use flow_platform::mutex::lock;

use crate::editor::language::text;

/// The file's name.
const FILE: &str = "favorites.txt";

/// Held while a file is read and replaced: the instances of a process share it.
static LOCK: Mutex<()> = Mutex::new(());

/// Largest file that is read, bytes.
const MAX_FILE_BYTES: u64 = 1 << 20;

/// Names of factory presets and of the user's.
#[derive(Debug, Default)]
pub(crate) struct FavoritePresets {
    path: Option<PathBuf>,
    names: BTreeSet<String>,
    /// The file and the reason, if it could not be read.
    error: Option<String>,
}

impl FavoritePresets {
    /// Reads the favorites in a folder; none if the file is missing or can't be read.
    #[must_use]
    pub(crate) fn read(folder: Option<&Path>) -> Self {
        let path = folder.map(|folder| folder.join(FILE));
        let (names, error) = match path.as_deref().map(stored) {
            Some(Ok(names)) => (names, None),
            Some(Err(error)) => (BTreeSet::new(), Some(format!("{FILE}: {error}"))),
            None => (BTreeSet::new(), None),
        };
        Self { path, names, error }
    }

    /// The file and the reason, if it could not be read.
    #[must_use]
    pub(crate) fn error(&self) -> Option<&str> {
        self.error.as_deref()
    }

    #[must_use]
    pub(crate) fn has(&self, name: &str) -> bool {
        self.names.contains(name)
    }

    /// Marks a preset as a favorite, or no longer.
    ///
    /// # Errors
    ///
    /// If the file can't be read or written. Then nothing changes.
    pub(crate) fn toggle(&mut self, name: &str) -> Result<(), String> {
        let was_favorite = self.has(name);
        self.change(|names| {
            if was_favorite {
                names.remove(name);
            } else {
                names.insert(name.to_owned());
            }
        })
    }

    /// Follows a preset to its new name, or forgets one that is gone.
    ///
    /// # Errors
    ///
    /// If the preset is a favorite and the file can't be read or written. Then nothing changes.
    pub(crate) fn follow(&mut self, from: &str, to: Option<&str>) -> Result<(), String> {
        if !self.has(from) {
            return Ok(());
        }
        self.change(|names| {
            names.remove(from);
            names.extend(to.map(str::to_owned));
        })
    }

    /// Changes the stored favorites, which another window may have changed since they were read.
    fn change(&mut self, change: impl FnOnce(&mut BTreeSet<String>)) -> Result<(), String> {
        let path = self
            .path
            .as_deref()
            .ok_or(text!("The system has no user data folder"))?;
        let _guard = lock(&LOCK);
        let mut names =
            stored(path).map_err(|error| text!("Can't read the favorites: {error}", error))?;
        change(&mut names);
        let text: String = names.iter().map(|name| format!("{name}\n")).collect();
        atomic_file::replace(path, text.as_bytes())
            .map_err(|error| text!("Can't save the favorites: {error}", error))?;
        self.names = names;
        self.error = None;
        Ok(())
    }
}

/// The names in a file; none if it is missing.
fn stored(path: &Path) -> io::Result<BTreeSet<String>> {
    let metadata = match fs::metadata(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(BTreeSet::new()),
        metadata => metadata?,
    };
    if !metadata.is_file() || metadata.len() > MAX_FILE_BYTES {
        return Err(io::Error::other(text!("not a list of names")));
    }
    let text = fs::read_to_string(path)?;
    Ok(text.lines().map(str::to_owned).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn favorites_outlive_the_window() {
        let folder = tempfile::tempdir().unwrap();
        let favorites = || FavoritePresets::read(Some(&folder.path().join("new")));
        favorites().toggle("Club").unwrap();
        let mut again = favorites();
        assert!(again.has("Club") && !again.has("Vinyl"));
        again.toggle("Club").unwrap();
        assert!(!favorites().has("Club"));
    }

    #[test]
    fn favorites_without_a_folder_return_an_error() {
        let mut favorites = FavoritePresets::read(None);
        assert!(favorites.toggle("Club").is_err());
        assert!(!favorites.has("Club"));
    }

    #[test]
    fn favorites_that_cannot_be_read_are_left_unchanged() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(FILE);
        fs::write(&path, b"Caf\xe9\n").unwrap();
        let mut favorites = FavoritePresets::read(Some(folder.path()));
        assert!(favorites.error().unwrap().starts_with("favorites.txt: "));
        assert!(favorites.toggle("Club").unwrap_err().contains("Can't read"));
        assert_eq!(fs::read(&path).unwrap(), b"Caf\xe9\n");
    }

    #[test]
    fn favorites_of_another_window_are_kept() {
        let folder = tempfile::tempdir().unwrap();
        let favorites = || FavoritePresets::read(Some(folder.path()));
        let (mut one, mut other) = (favorites(), favorites());
        one.toggle("Club").unwrap();
        other.toggle("Vinyl").unwrap();
        assert!(favorites().has("Club") && favorites().has("Vinyl"));
    }

    #[test]
    fn favorites_of_several_threads_are_all_kept() {
        let folder = tempfile::tempdir().unwrap();
        let names = |thread: u8| (0..10).map(move |number| format!("{thread} {number}"));
        std::thread::scope(|scope| {
            for thread in 0..4 {
                let mut favorites = FavoritePresets::read(Some(folder.path()));
                scope
                    .spawn(move || names(thread).for_each(|name| favorites.toggle(&name).unwrap()));
            }
        });
        let favorites = FavoritePresets::read(Some(folder.path()));
        assert!((0..4).flat_map(names).all(|name| favorites.has(&name)));
    }

    #[test]
    fn favorites_follow_a_new_name_and_a_removal() {
        let folder = tempfile::tempdir().unwrap();
        let mut favorites = FavoritePresets::read(Some(folder.path()));
        favorites.toggle("Mine").unwrap();
        favorites.follow("Mine", Some("Yours")).unwrap();
        favorites.follow("Unknown", Some("Mine")).unwrap();
        let mut favorites = FavoritePresets::read(Some(folder.path()));
        assert!(favorites.has("Yours") && !favorites.has("Mine"));
        favorites.follow("Yours", None).unwrap();
        assert!(!FavoritePresets::read(Some(folder.path())).has("Yours"));
    }
}
