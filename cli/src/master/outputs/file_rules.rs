//! The rules by which a result file may have a name and replace an older file.

use anyhow::{Result, anyhow, bail, ensure};
use flow_platform::atomic_file;
use std::fs::File;
use std::io::{ErrorKind, Read};
use std::path::{Path, PathBuf};

/// The mark of Flow's pages, in their head.
pub(in crate::master) const PAGE_MARK: &str = "<meta name=\"generator\" content=\"Flow\">";
/// The mark of Flow's cue sheets: the first line.
pub(in crate::master) const CUE_MARK: &str = "REM COMMENT \"Mastered by Flow\"";
/// The mark lies within so many bytes.
const MARKED_BYTES: u64 = 1024;

/// The path by which two results are told apart: without case where the system's file names have none.
pub(in crate::master) fn file_key(path: &Path) -> PathBuf {
    if cfg!(any(windows, target_os = "macos")) {
        PathBuf::from(path.to_string_lossy().to_lowercase())
    } else {
        path.to_owned()
    }
}

/// The place of a file that may not exist yet, by which it is compared with others.
pub(in crate::master) fn place_of(path: &Path) -> PathBuf {
    let place = path.canonicalize().or_else(|_| {
        let folder = path.parent().unwrap_or(Path::new(""));
        let folder = folder.join(".").canonicalize()?;
        Ok(folder.join(path.file_name().unwrap_or_default()))
    });
    file_key(&place.unwrap_or_else(|_: std::io::Error| path.to_owned()))
}

/// Asks the system whether it accepts a file of this name, for example of this length, in place of one that is there.
pub(super) fn check_name(path: &Path) -> Result<()> {
    let reason = match std::fs::symlink_metadata(path) {
        Err(e) if e.kind() == ErrorKind::NotFound => return Ok(()),
        Err(e) => e.to_string(),
        Ok(data) if data.is_dir() => "a folder has this name".to_owned(),
        Ok(_) => match atomic_file::check_replaceable(path) {
            Ok(()) => return Ok(()),
            Err(e) => format!("another program may have it open ({e})"),
        },
    };
    bail!("its result {} cannot be written: {reason}", path.display())
}

/// Checks that a file whose name others may use too is missing, or that Flow wrote it.
pub(super) fn check_shared_file(path: &Path) -> Result<()> {
    check_name(path)?;
    ensure!(
        path.symlink_metadata().is_err() || is_of_flow(path),
        "{} would be overwritten, and Flow did not write it: choose another folder (--out)",
        path.display()
    );
    Ok(())
}

/// Removes a page or cue sheet of an earlier run. A file that Flow did not write stays.
pub(super) fn remove_shared_file(path: &Path) -> Result<()> {
    if !is_of_flow(path) {
        return Ok(());
    }
    std::fs::remove_file(path).map_err(|e| anyhow!("{} cannot be removed: {e}", path.display()))
}

/// Whether this is a page or cue sheet that Flow wrote.
fn is_of_flow(path: &Path) -> bool {
    begin_of_file(path, MARKED_BYTES).is_some_and(|begin| {
        let begin = String::from_utf8_lossy(&begin);
        [PAGE_MARK, CUE_MARK]
            .iter()
            .any(|mark| begin.contains(mark))
    })
}

/// The first bytes of a regular file; none of a link, a named pipe or a device, whose reading could wait for ever.
pub(in crate::master) fn begin_of_file(path: &Path, bytes: u64) -> Option<Vec<u8>> {
    if !path.symlink_metadata().ok()?.is_file() {
        return None;
    }
    let mut begin = Vec::new();
    let file = File::open(path).ok()?;
    file.take(bytes).read_to_end(&mut begin).ok()?;
    Some(begin)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn place_of_missing_file_is_that_of_its_folder() {
        let scratch = tempfile::tempdir().unwrap();
        let folder = scratch.path().join("out");
        std::fs::create_dir(&folder).unwrap();
        let detour = folder.join("..").join("out").join("song.wav");
        let place = place_of(&folder.join("song.wav"));
        assert_eq!(place_of(&detour), place);
        std::fs::write(&detour, "song").unwrap();
        assert_eq!(place_of(&detour), place);
        assert_ne!(place_of(&folder.join("other.wav")), place);
    }

    /// A named pipe without a writer lets its reader wait for ever.
    #[cfg(unix)]
    #[test]
    fn named_pipe_and_link_are_no_files_of_flow() {
        let scratch = tempfile::tempdir().unwrap();
        let pipe = scratch.path().join("all.html");
        let made = std::process::Command::new("mkfifo").arg(&pipe).status();
        assert!(made.unwrap().success());
        assert!(check_shared_file(&pipe).is_err());
        remove_shared_file(&pipe).unwrap();
        assert!(pipe.exists());
        let missing = scratch.path().join("missing.html");
        let link = scratch.path().join("link.html");
        std::os::unix::fs::symlink(missing, &link).unwrap();
        assert!(check_shared_file(&link).is_err());
    }
}
