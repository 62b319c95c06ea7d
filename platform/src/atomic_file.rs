//! Files that are written as a whole or not at all.

use std::fs;
use std::io::{self, BufWriter, Write};
use std::path::Path;

/// Writes a file with the usual permissions, and its folder if that is missing. The old content stays until the new one is on the disk. Several
/// writers, in one process or in many, don't disturb each other.
///
/// # Errors
///
/// If the folder can't be created or written to. Then nothing has changed.
pub fn replace(path: &Path, content: &[u8]) -> io::Result<()> {
    replace_with(path, |file| file.write_all(content))
}

/// As [`replace`], with content that `write` streams into a buffer.
///
/// # Errors
///
/// As [`replace`], or if `write` fails.
pub fn replace_with(
    path: &Path,
    write: impl FnOnce(&mut dyn Write) -> io::Result<()>,
) -> io::Result<()> {
    let folder = path
        .parent()
        .ok_or_else(|| io::Error::other("the path has no folder"))?;
    fs::create_dir_all(folder)?;
    let mut builder = tempfile::Builder::new();
    // A temporary file is private by default. The system applies the umask to this mode.
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    // Dropping the file after an error deletes it.
    let mut file = BufWriter::new(builder.tempfile_in(folder)?);
    write(&mut file)?;
    let file = file.into_inner().map_err(io::IntoInnerError::into_error)?;
    file.as_file().sync_all()?;
    file.persist(path)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn replace_leaves_new_content_or_old_content_after_error() {
        let root = tempfile::tempdir().unwrap();
        let folder = root.path().join("a").join("b");
        let path = folder.join("c.json");
        replace(&path, b"one").unwrap();
        replace(&path, b"two").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"two");
        assert_eq!(fs::read_dir(&folder).unwrap().count(), 1);
        // The first path is a folder, and the second lies below a file.
        assert!(replace(&folder, b"three").is_err());
        assert!(replace(&path.join("d"), b"three").is_err());
        let fails = |file: &mut dyn Write| {
            file.write_all(b"half")?;
            Err(io::Error::other("on purpose"))
        };
        assert!(replace_with(&path, fails).is_err());
        assert_eq!(fs::read(&path).unwrap(), b"two");
        assert_eq!(fs::read_dir(&folder).unwrap().count(), 1);
        assert_eq!(fs::read_dir(folder.parent().unwrap()).unwrap().count(), 1);
    }
}
