//! The names of files in texts.

use std::path::Path;

/// The last component of a path, for display.
#[must_use]
pub fn file_name(path: &Path) -> String {
    let name = path.file_name().unwrap_or(path.as_os_str());
    name.to_string_lossy().into_owned()
}
