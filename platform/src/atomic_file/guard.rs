//! Keeps the part that was written before an error.

use std::fs;
use std::path::{Path, PathBuf};

/// The temporary file of an [`AtomicFile`](super::AtomicFile). It is deleted when the guard is dropped, unless the file has appeared.
#[derive(Debug)]
pub struct TemporaryFileGuard {
    pub(super) path: PathBuf,
}

impl TemporaryFileGuard {
    /// Keeps the part that was written before an error, under a path of the same folder if that is free, or else under its temporary name.
    /// Returns the path; none if the file is gone.
    #[must_use]
    pub fn keep(self, path: &Path) -> Option<PathBuf> {
        let temporary = self.path.clone();
        // Nothing is deleted from here on.
        std::mem::forget(self);
        let is_free = path.symlink_metadata().is_err();
        if is_free && fs::rename(&temporary, path).is_ok() {
            return Some(path.to_owned());
        }
        temporary.symlink_metadata().is_ok().then_some(temporary)
    }
}

impl Drop for TemporaryFileGuard {
    fn drop(&mut self) {
        // After it has appeared, no file has this name.
        let _ = fs::remove_file(&self.path);
    }
}
