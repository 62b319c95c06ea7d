//! Files that can't be used and must not be lost.

use std::fs;
use std::path::{Path, PathBuf};

/// The most files that are kept beside one.
const MAX_KEPT: u32 = 1000;

/// Renames a file, so that a new one can take its place: `state.json` becomes `state.unusable-1.json`, or has the next number that
/// is free. Returns the new path; none if the file can't be renamed.
#[must_use]
pub fn keep_aside(path: &Path) -> Option<PathBuf> {
    let extension = path.extension().unwrap_or_default().to_string_lossy();
    let numbered = |number: u32| path.with_extension(format!("unusable-{number}.{extension}"));
    let mut paths = (1..=MAX_KEPT).map(numbered);
    let free = paths.find(|path| fs::symlink_metadata(path).is_err())?;
    fs::rename(path, &free).ok().map(|()| free)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kept_files_have_numbers_and_their_content() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("state.json");
        assert_eq!(keep_aside(&path), None, "there is no file");
        for number in 1..=2 {
            fs::write(&path, number.to_string()).unwrap();
            let kept = folder.path().join(format!("state.unusable-{number}.json"));
            assert_eq!(keep_aside(&path).as_deref(), Some(&*kept));
            assert_eq!(fs::read_to_string(kept).unwrap(), number.to_string());
            assert!(!path.exists());
        }
    }
}
