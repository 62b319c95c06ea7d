//! The steps of an atomic file that differ between systems.

use std::fs::{self, File};
use std::io;
use std::path::Path;

use tempfile::{NamedTempFile, PathPersistError, TempPath};

/// Creates a temporary file like every other new file. `tempfile` alone would make it private on Unix. On Windows it would mark
/// it as temporary, and OneDrive leaves out files with this mark.
pub(super) fn create_temporary(folder: &Path) -> io::Result<NamedTempFile> {
    tempfile::Builder::new().make_in(folder, |path| {
        let mut options = File::options();
        options.read(true).write(true).create_new(true).open(path)
    })
}

/// Waits until the content of a file is on the disk.
pub(super) fn synchronize(file: &File) -> io::Result<()> {
    file.sync_all()
        .or_else(|error| synchronize_simply(file, error))
}

/// macOS can't tell the disks of network folders and of some drives to write, and `sync_all` fails there. The older call
/// passes the content on to the server or the drive.
#[cfg(target_os = "macos")]
fn synchronize_simply(file: &File, _: io::Error) -> io::Result<()> {
    use std::os::fd::AsRawFd;
    // SAFETY: the file is open.
    match unsafe { libc::fsync(file.as_raw_fd()) } {
        0 => Ok(()),
        _ => Err(io::Error::last_os_error()),
    }
}

/// Other systems have no simpler way.
#[cfg(not(target_os = "macos"))]
fn synchronize_simply(_: &File, error: io::Error) -> io::Result<()> {
    Err(error)
}

/// Renames a file to a path, where it replaces an older one. On Windows, `persist` of `tempfile` would refuse paths of more
/// than 260 characters, and a file that another program reads.
pub(super) fn replace(mut file: TempPath, path: &Path) -> Result<(), PathPersistError> {
    match retry_while_shared(|| fs::rename(&file, path)) {
        Ok(()) => {
            file.disable_cleanup(true);
            Ok(())
        }
        Err(error) => Err(PathPersistError { error, path: file }),
    }
}

#[cfg(not(windows))]
pub(super) fn check_replaceable(path: &Path) -> io::Result<()> {
    path.symlink_metadata().map(drop)
}

#[cfg(windows)]
pub(super) fn check_replaceable(path: &Path) -> io::Result<()> {
    use std::os::windows::fs::OpenOptionsExt;
    use windows_sys::Win32::Storage::FileSystem::{DELETE, FILE_FLAG_OPEN_REPARSE_POINT};
    let mut options = File::options();
    // A link itself is replaced.
    let options = options
        .access_mode(DELETE)
        .custom_flags(FILE_FLAG_OPEN_REPARSE_POINT);
    retry_while_shared(|| options.open(path).map(drop))
}

/// Renames a file to a path, unless there is another one.
#[cfg(not(windows))]
pub(super) fn rename_new(file: TempPath, path: &Path) -> Result<(), PathPersistError> {
    file.persist_noclobber(path)
}

/// Renames a file to a path, unless there is another one. A second name takes paths of any length, but some file systems have
/// none.
#[cfg(windows)]
pub(super) fn rename_new(file: TempPath, path: &Path) -> Result<(), PathPersistError> {
    match fs::hard_link(&file, path) {
        Ok(()) => {
            // The file has its path, whatever becomes of the first name.
            let _ = retry_while_shared(|| fs::remove_file(&file));
            Ok(())
        }
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            Err(PathPersistError { error, path: file })
        }
        Err(_) => file.persist_noclobber(path),
    }
}

#[cfg(not(windows))]
fn retry_while_shared(mut step: impl FnMut() -> io::Result<()>) -> io::Result<()> {
    step()
}

/// Tries again for a quarter of a second: search indexes and virus scanners open new files for moments in which nothing can
/// rename or remove them.
#[cfg(windows)]
fn retry_while_shared(step: impl FnMut() -> io::Result<()>) -> io::Result<()> {
    let pause = || std::thread::sleep(std::time::Duration::from_millis(50));
    retry_with_pauses(step, pause)
}

/// Tries again up to five times, each time after a pause, while another program has the file open.
#[cfg(windows)]
fn retry_with_pauses(
    mut step: impl FnMut() -> io::Result<()>,
    mut pause: impl FnMut(),
) -> io::Result<()> {
    use windows_sys::Win32::Foundation::{ERROR_ACCESS_DENIED, ERROR_SHARING_VIOLATION};
    let is_shared = |error: &io::Error| {
        let code = error
            .raw_os_error()
            .and_then(|code| u32::try_from(code).ok());
        code.is_some_and(|code| [ERROR_ACCESS_DENIED, ERROR_SHARING_VIOLATION].contains(&code))
    };
    for _ in 0..5 {
        match step() {
            Err(error) if is_shared(&error) => pause(),
            result => return result,
        }
    }
    step()
}

#[cfg(test)]
mod tests {
    use super::super::{create_new, replace};
    use std::fs;

    /// Windows refuses more than 260 characters in its older functions.
    #[test]
    fn files_with_long_paths_are_replaced_and_created() {
        let root = tempfile::tempdir().unwrap();
        let folder = root.path().join("a".repeat(120)).join("b".repeat(120));
        let [old, new] = ["old.json", "new.json"].map(|name| folder.join(name));
        replace(&old, b"one").unwrap();
        replace(&old, b"two").unwrap();
        create_new(&new, b"three").unwrap();
        assert_eq!(fs::read(&old).unwrap(), b"two");
        assert_eq!(fs::read(&new).unwrap(), b"three");
        assert!(create_new(&new, b"four").is_err());
        assert_eq!(fs::read_dir(&folder).unwrap().count(), 2);
    }

    #[cfg(windows)]
    #[test]
    fn new_file_is_not_marked_as_temporary() {
        use std::os::windows::fs::MetadataExt;
        use windows_sys::Win32::Storage::FileSystem::FILE_ATTRIBUTE_TEMPORARY;
        let root = tempfile::tempdir().unwrap();
        let file = super::create_temporary(root.path()).unwrap();
        let attributes = file.path().metadata().unwrap().file_attributes();
        assert_eq!(attributes & FILE_ATTRIBUTE_TEMPORARY, 0);
    }

    /// As a player does it.
    #[cfg(windows)]
    #[test]
    fn file_that_another_program_keeps_open_cannot_be_replaced() {
        use super::super::check_replaceable;
        use std::os::windows::fs::OpenOptionsExt;
        let root = tempfile::tempdir().unwrap();
        let path = root.path().join("song.wav");
        assert!(check_replaceable(&path).is_err());
        replace(&path, b"one").unwrap();
        let held = fs::File::options().read(true).share_mode(1).open(&path);
        assert!(check_replaceable(&path).is_err());
        drop(held.unwrap());
        check_replaceable(&path).unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"one");
    }

    /// As a search index does it.
    #[cfg(windows)]
    #[test]
    fn file_that_another_program_holds_for_a_moment_is_replaced() {
        use std::os::windows::fs::OpenOptionsExt;
        let root = tempfile::tempdir().unwrap();
        let [path, new] = ["song.wav", "new.wav"].map(|name| root.path().join(name));
        replace(&path, b"one").unwrap();
        replace(&new, b"two").unwrap();
        let held = fs::File::options().read(true).share_mode(0).open(&path);
        let mut held = Some(held.unwrap());
        let mut pause_count = 0;
        let pause = || {
            pause_count += 1;
            if pause_count == 2 {
                held = None;
            }
        };
        super::retry_with_pauses(|| fs::rename(&new, &path), pause).unwrap();
        assert_eq!(pause_count, 2);
        assert_eq!(fs::read(&path).unwrap(), b"two");
    }
}
