//! Files that are there as a whole or not at all.

use std::fs;
use std::io::{self, Write as _};
use std::path::Path;

use tempfile::NamedTempFile;

/// Writes a file, and its folder where that is missing. What was there stays until all of the new one is on the disk;
/// several who write at once, in one process or in many, don't meet.
///
/// # Errors
///
/// When the folder can't be made or written to. Then nothing has changed.
pub fn replace(path: &Path, content: &[u8]) -> io::Result<()> {
    let folder = path
        .parent()
        .ok_or_else(|| io::Error::other("no folder to write to"))?;
    fs::create_dir_all(folder)?;
    // It goes by itself if anything fails.
    let mut beside = NamedTempFile::new_in(folder)?;
    beside.write_all(content)?;
    beside.as_file().sync_all()?;
    beside.persist(path)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_is_all_of_it_or_what_was_there() {
        let root = tempfile::tempdir().unwrap();
        let folder = root.path().join("a").join("b");
        let path = folder.join("c.json");
        replace(&path, b"one").unwrap();
        replace(&path, b"two").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"two");
        assert_eq!(fs::read_dir(&folder).unwrap().count(), 1);
        // A folder is in the way.
        assert!(replace(&folder, b"three").is_err());
        assert!(replace(&path.join("d"), b"three").is_err());
        assert_eq!(fs::read(&path).unwrap(), b"two");
        assert_eq!(fs::read_dir(folder.parent().unwrap()).unwrap().count(), 1);
    }
}
