//! The favorites among all presets: a file in the folder of the user's presets, with a name in each line.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use flow_platform::atomic_file;

/// The file's name.
const FILE: &str = "favorites.txt";

/// Largest file that is read, bytes.
const MAX_FILE_BYTES: u64 = 1 << 20;

/// Names of factory presets and of the user's.
#[derive(Debug, Default)]
pub(crate) struct FavoritePresets {
    path: Option<PathBuf>,
    names: BTreeSet<String>,
}

impl FavoritePresets {
    /// Reads the favorites in a folder; none if the file is missing or can't be read.
    #[must_use]
    pub(crate) fn read(folder: Option<&Path>) -> Self {
        let path = folder.map(|folder| folder.join(FILE));
        let text = path.as_deref().and_then(read_small_file);
        let lines = text.iter().flat_map(|text| text.lines());
        let names = lines.map(str::to_owned).collect();
        Self { path, names }
    }

    #[must_use]
    pub(crate) fn has(&self, name: &str) -> bool {
        self.names.contains(name)
    }

    /// Marks a preset as a favorite, or no longer.
    ///
    /// # Errors
    ///
    /// If the file can't be written. Then nothing changes.
    pub(crate) fn toggle(&mut self, name: &str) -> Result<(), String> {
        let mut names = self.names.clone();
        if !names.remove(name) {
            names.insert(name.to_owned());
        }
        self.replace(names)
    }

    /// Follows a preset to its new name, or forgets one that is gone.
    ///
    /// # Errors
    ///
    /// If the file can't be written. Then nothing changes.
    pub(crate) fn follow(&mut self, from: &str, to: Option<&str>) -> Result<(), String> {
        let mut names = self.names.clone();
        if !names.remove(from) {
            return Ok(());
        }
        names.extend(to.map(str::to_owned));
        self.replace(names)
    }

    fn replace(&mut self, names: BTreeSet<String>) -> Result<(), String> {
        let path = self
            .path
            .as_deref()
            .ok_or("The system has no user data folder")?;
        let text: String = names.iter().map(|name| format!("{name}\n")).collect();
        atomic_file::replace(path, text.as_bytes())
            .map_err(|error| format!("Can't save the favorites: {error}"))?;
        self.names = names;
        Ok(())
    }
}

fn read_small_file(path: &Path) -> Option<String> {
    let metadata = fs::metadata(path).ok()?;
    let is_small = metadata.is_file() && metadata.len() <= MAX_FILE_BYTES;
    is_small.then(|| fs::read_to_string(path).ok()).flatten()
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
