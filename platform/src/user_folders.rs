//! The user's folders that Flow reads and writes, by the conventions of each operating system. `None` where the system
//! names no such folder. No function creates a folder.

use std::path::PathBuf;

/// Flow's own files that must not be lost.
#[must_use]
pub fn data() -> Option<PathBuf> {
    dirs::data_dir().map(|folder| folder.join("Flow"))
}

/// Flow's own files that it can make again.
#[must_use]
pub fn cache() -> Option<PathBuf> {
    dirs::cache_dir().map(|folder| folder.join("Flow"))
}

/// The user's presets.
#[must_use]
pub fn presets() -> Option<PathBuf> {
    data().map(|folder| folder.join("presets"))
}

/// Recordings of the Session Probe.
#[must_use]
pub fn probe() -> Option<PathBuf> {
    data().map(|folder| folder.join("probe"))
}

/// Statistics of sessions, which the user saved.
#[must_use]
pub fn statistics() -> Option<PathBuf> {
    data().map(|folder| folder.join("statistics"))
}

/// The user's home.
#[must_use]
pub fn home() -> Option<PathBuf> {
    dirs::home_dir()
}

/// The user's music, or else the home. The system may name a folder that is gone.
#[must_use]
pub fn music() -> Option<PathBuf> {
    existing(dirs::audio_dir()).or_else(home)
}

/// A folder that exists.
fn existing(folder: Option<PathBuf>) -> Option<PathBuf> {
    folder.filter(|folder| folder.is_dir())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folder_that_is_gone_is_not_offered() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().to_owned();
        assert_eq!(existing(Some(path.clone())), Some(path.clone()));
        drop(folder);
        assert_eq!(existing(Some(path)), None);
    }
}
