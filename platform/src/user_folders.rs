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

/// The user's music, or else the home.
#[must_use]
pub fn music() -> Option<PathBuf> {
    dirs::audio_dir().or_else(home)
}
