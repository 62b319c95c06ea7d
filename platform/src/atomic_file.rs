//! Files that are written as a whole or not at all.
//!
//! The content goes to a temporary file in the folder of the path, which is renamed when it is complete. A program that a
//! signal ends calls [`remove_unfinished`], so that no temporary file stays behind.

mod guard;
mod system;

use std::collections::BTreeSet;
use std::fs;
use std::io::{self, BufWriter, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use tempfile::{NamedTempFile, PathPersistError, TempPath};

pub use self::guard::TemporaryFileGuard;
use crate::mutex::lock;

/// The temporary files of this process.
static UNFINISHED: Registry = Registry::new();

/// Writes a file with the usual permissions, and its folder if that is missing. The old content stays until the new one is
/// on the disk. Several writers, in one process or in many, don't disturb each other.
///
/// # Errors
///
/// If the folder can't be created or written to. Then nothing has changed.
pub fn replace(path: &Path, content: &[u8]) -> io::Result<()> {
    let mut file = AtomicFile::create(path)?;
    file.write_all(content)?;
    file.finish()
}

/// Writes a file as [`replace`] does, unless there is one at the path already.
///
/// # Errors
///
/// As [`replace`]; [`io::ErrorKind::AlreadyExists`] if there is a file. Then nothing has changed.
pub fn create_new(path: &Path, content: &[u8]) -> io::Result<()> {
    let mut file = AtomicFile::create(path)?;
    file.write_all(content)?;
    let appeared = file.complete()?.appear_new();
    appeared.map_err(|failure| failure.error)
}

/// Asks the system whether a new file could now take the place of an older one. On Windows a program that plays a file can
/// forbid that.
///
/// # Errors
///
/// If there is no file, or if it can't be replaced.
pub fn check_replaceable(path: &Path) -> io::Result<()> {
    system::check_replaceable(path)
}

/// Deletes all temporary files of this process. [`AtomicFile::create`] and [`CompleteFile::appear`] fail from then on, so
/// this is for a process that ends. Waits for locks, so it must run on a thread and not inside of a signal handler.
pub fn remove_unfinished() {
    UNFINISHED.close();
}

/// A file that is being written, with a buffer. It appears at its path in [`Self::finish`]; if it is dropped before, nothing
/// has changed.
#[derive(Debug)]
pub struct AtomicFile {
    // Dropping it deletes the temporary file.
    file: BufWriter<NamedTempFile>,
    path: PathBuf,
    registration: Registration,
}

impl AtomicFile {
    /// Begins a file with the usual permissions at `path`, and creates its folder if that is missing.
    ///
    /// # Errors
    ///
    /// If the folder can't be created or written to, or after [`remove_unfinished`].
    pub fn create(path: &Path) -> io::Result<Self> {
        Self::create_in(&UNFINISHED, path)
    }

    fn create_in(registry: &'static Registry, path: &Path) -> io::Result<Self> {
        let folder = path
            .parent()
            .ok_or_else(|| io::Error::other("the path has no folder"))?;
        let (file, registration) = registry.create_in(folder)?;
        Ok(Self {
            file: BufWriter::new(file),
            path: path.to_owned(),
            registration,
        })
    }

    /// The path at which the file will appear.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Lets the content outlive every error: the owner of the guard decides about it. Without a guard, the temporary file is
    /// deleted after an error.
    #[must_use]
    pub fn guard(&mut self) -> TemporaryFileGuard {
        let file = self.file.get_mut();
        file.disable_cleanup(true);
        TemporaryFileGuard {
            path: file.path().to_owned(),
        }
    }

    /// Waits until the content is on the disk and renames the file to its path, where it replaces an older one.
    ///
    /// # Errors
    ///
    /// If the content can't be written or the file can't be renamed. Then nothing has changed.
    pub fn finish(self) -> io::Result<()> {
        self.complete()?.appear()
    }

    /// Waits until the content is on the disk. The file doesn't appear yet.
    ///
    /// # Errors
    ///
    /// If the content can't be written. Then nothing has changed.
    pub fn complete(self) -> io::Result<CompleteFile> {
        let file = self.file.into_inner();
        let file = file.map_err(|e| without_path(&e.into_error()))?;
        system::synchronize(file.as_file())?;
        Ok(CompleteFile {
            file: file.into_temp_path(),
            path: self.path,
            registration: self.registration,
        })
    }

    /// Ends the writing after an error. The bytes that never reached the system are dropped, and the file is cut to the
    /// length that `usable` returns for its present length in bytes. The position is at the end.
    ///
    /// # Errors
    ///
    /// If the file can't be cut.
    pub fn cut_after_error(self, usable: impl FnOnce(u64) -> u64) -> io::Result<Self> {
        let (mut file, _) = self.file.into_parts();
        let length = usable(file.as_file().metadata()?.len());
        file.as_file().set_len(length)?;
        file.seek(SeekFrom::Start(length))?;
        Ok(Self {
            file: BufWriter::new(file),
            path: self.path,
            registration: self.registration,
        })
    }
}

/// A closed file whose content is on the disk. It appears at its path in [`Self::appear`], which takes little time; if it is
/// dropped before, nothing has changed.
#[derive(Debug)]
pub struct CompleteFile {
    // Dropping it deletes the temporary file.
    file: TempPath,
    path: PathBuf,
    registration: Registration,
}

impl CompleteFile {
    /// The path at which the file will appear.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Opens the content for reading.
    ///
    /// # Errors
    ///
    /// If the system refuses it.
    pub fn open(&self) -> io::Result<fs::File> {
        fs::File::open(&self.file)
    }

    /// Renames the file to its path, where it replaces an older one.
    ///
    /// # Errors
    ///
    /// If the file can't be renamed, or after [`remove_unfinished`]. Then nothing has changed.
    pub fn appear(self) -> io::Result<()> {
        let Self { file, path, .. } = self;
        let renamed = self.registration.rename(|| system::replace(file, &path));
        renamed.map_err(|(error, _)| error)
    }

    /// Renames the file to its path, unless there is another one.
    ///
    /// # Errors
    ///
    /// The file again, with [`io::ErrorKind::AlreadyExists`] if there is another one at its path. Some file systems can't
    /// rename a file like this.
    pub fn appear_new(self) -> Result<(), AppearError> {
        let Self {
            file,
            path,
            registration,
        } = self;
        let renamed = registration.rename(|| system::rename_new(file, &path));
        renamed.map_err(|(error, file)| AppearError {
            error,
            file: file.map(|file| Self {
                file,
                path,
                registration,
            }),
        })
    }

    /// The same file, to appear at another path of the same folder.
    #[must_use]
    pub fn with_path(self, path: PathBuf) -> Self {
        Self { path, ..self }
    }
}

/// The error of [`CompleteFile::appear_new`].
#[derive(Debug)]
pub struct AppearError {
    /// The cause.
    pub error: io::Error,
    /// The file, which can appear at another path; none after [`remove_unfinished`].
    pub file: Option<CompleteFile>,
}

impl Write for AtomicFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.file.write(bytes).map_err(|e| without_path(&e))
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush().map_err(|e| without_path(&e))
    }
}

impl Seek for AtomicFile {
    fn seek(&mut self, position: SeekFrom) -> io::Result<u64> {
        self.file.seek(position).map_err(|e| without_path(&e))
    }
}

/// The temporary files that exist now.
#[derive(Debug)]
struct Registry(Mutex<RegistryState>);

#[derive(Debug)]
struct RegistryState {
    paths: BTreeSet<PathBuf>,
    is_closed: bool,
}

/// The entry of a temporary file, removed when it is dropped.
#[derive(Debug)]
struct Registration {
    registry: &'static Registry,
    path: PathBuf,
}

impl Registry {
    const fn new() -> Self {
        Self(Mutex::new(RegistryState {
            paths: BTreeSet::new(),
            is_closed: false,
        }))
    }

    /// Creates a temporary file in a folder, and the folder if it is missing. The lock is held, so that [`Self::close`] misses
    /// no file, and no folder appears after it.
    fn create_in(&'static self, folder: &Path) -> io::Result<(NamedTempFile, Registration)> {
        let mut unfinished = lock(&self.0);
        unfinished.check_open()?;
        fs::create_dir_all(folder)?;
        let file = system::create_temporary(folder)?;
        let path = file.path().to_owned();
        unfinished.paths.insert(path.clone());
        let registration = Registration {
            registry: self,
            path,
        };
        Ok((file, registration))
    }

    fn close(&self) {
        let mut unfinished = lock(&self.0);
        unfinished.is_closed = true;
        for path in std::mem::take(&mut unfinished.paths) {
            // Its writer may have deleted it just before.
            let _ = fs::remove_file(path);
        }
    }
}

/// The error without the name of the temporary file, which the caller has not chosen.
fn without_path(error: &io::Error) -> io::Error {
    let text = error.to_string();
    let cause = text.split(" at path ").next().unwrap_or_default();
    io::Error::new(error.kind(), cause)
}

impl RegistryState {
    fn check_open(&self) -> io::Result<()> {
        if self.is_closed {
            return Err(io::Error::other("the program is ending"));
        }
        Ok(())
    }
}

impl Registration {
    /// Renames the file while the lock is held: after [`Registry::close`] no file appears.
    /// The error has the temporary file, unless the registry is closed.
    fn rename(
        &self,
        rename: impl FnOnce() -> Result<(), PathPersistError>,
    ) -> Result<(), (io::Error, Option<TempPath>)> {
        let unfinished = lock(&self.registry.0);
        unfinished.check_open().map_err(|error| (error, None))?;
        rename().map_err(|e| (without_path(&e.error), Some(e.path)))
    }
}

impl Drop for Registration {
    fn drop(&mut self) {
        lock(&self.registry.0).paths.remove(&self.path);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(folder: &Path) -> Vec<String> {
        let entries = fs::read_dir(folder).unwrap();
        entries
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect()
    }

    #[test]
    fn replace_leaves_new_content_or_old_content_after_error() {
        let root = tempfile::tempdir().unwrap();
        let folder = root.path().join("a").join("b");
        let path = folder.join("c.json");
        replace(&path, b"one").unwrap();
        replace(&path, b"two").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"two");
        assert_eq!(names(&folder), ["c.json"]);
        // The first path is a folder, and the second lies below a file.
        assert!(replace(&folder, b"three").is_err());
        assert!(replace(&path.join("d"), b"three").is_err());
        assert_eq!(fs::read(&path).unwrap(), b"two");
        assert_eq!(names(&folder), ["c.json"]);
        assert_eq!(names(folder.parent().unwrap()), ["b"]);
    }

    #[test]
    fn create_new_leaves_a_file_that_is_there() {
        let root = tempfile::tempdir().unwrap();
        let path = root.path().join("a").join("b.json");
        create_new(&path, b"one").unwrap();
        let error = create_new(&path, b"two").unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::AlreadyExists);
        assert!(!error.to_string().contains("b.json"), "{error}");
        assert_eq!(fs::read(&path).unwrap(), b"one");
        assert_eq!(names(path.parent().unwrap()), ["b.json"]);
    }

    #[test]
    fn atomic_file_appears_when_it_is_finished_and_vanishes_when_it_is_dropped() {
        let root = tempfile::tempdir().unwrap();
        let path = root.path().join("song.wav");
        fs::write(&path, b"old").unwrap();
        let mut dropped = AtomicFile::create(&path).unwrap();
        dropped.write_all(b"half").unwrap();
        assert_eq!(names(root.path()).len(), 2);
        drop(dropped);
        assert_eq!(names(root.path()), ["song.wav"]);
        assert_eq!(fs::read(&path).unwrap(), b"old");
        let mut finished = AtomicFile::create(&path).unwrap();
        finished.write_all(b"0000 samples").unwrap();
        finished.seek(SeekFrom::Start(0)).unwrap();
        finished.write_all(b"0007").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"old");
        let complete = finished.complete().unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"old");
        assert_eq!(
            io::read_to_string(complete.open().unwrap()).unwrap(),
            "0007 samples"
        );
        complete.appear().unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"0007 samples");
        assert_eq!(names(root.path()), ["song.wav"]);
    }

    #[test]
    fn complete_file_whose_path_is_taken_appears_at_another_one() {
        let root = tempfile::tempdir().unwrap();
        let [taken, free] = ["a.wav", "a 1.wav"].map(|name| root.path().join(name));
        let mut file = AtomicFile::create(&taken).unwrap();
        file.write_all(b"new").unwrap();
        fs::write(&taken, b"another program's").unwrap();
        let failure = file.complete().unwrap().appear_new().unwrap_err();
        assert_eq!(failure.error.kind(), io::ErrorKind::AlreadyExists);
        let file = failure.file.unwrap().with_path(free.clone());
        file.appear_new().unwrap();
        assert_eq!(fs::read(&taken).unwrap(), b"another program's");
        assert_eq!(fs::read(&free).unwrap(), b"new");
        assert_eq!(names(root.path()).len(), 2);
    }

    #[test]
    fn cut_file_keeps_the_bytes_that_reached_the_system() {
        let root = tempfile::tempdir().unwrap();
        let path = root.path().join("a.wav");
        let mut file = AtomicFile::create(&path).unwrap();
        file.write_all(b"0123456789").unwrap();
        file.flush().unwrap();
        file.write_all(b"in the buffer").unwrap();
        let mut cut = file.cut_after_error(|bytes| bytes - 2).unwrap();
        cut.write_all(b".").unwrap();
        cut.finish().unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"01234567.");
    }

    #[test]
    fn guarded_file_outlives_an_error_and_vanishes_with_its_guard() {
        let root = tempfile::tempdir().unwrap();
        let [path, kept] = ["a.wav", "a.partial.wav"].map(|name| root.path().join(name));
        let begin = || {
            let mut file = AtomicFile::create(&path).unwrap();
            let guard = file.guard();
            file.write_all(b"some samples").unwrap();
            (file, guard)
        };
        let (file, guard) = begin();
        drop(file);
        assert_eq!(guard.keep(&kept), Some(kept.clone()));
        assert_eq!(fs::read(&kept).unwrap(), b"some samples");
        // The name is taken now.
        let (file, guard) = begin();
        drop(file);
        let other = guard.keep(&kept).unwrap();
        assert!(other != kept && fs::read(&other).unwrap() == b"some samples");
        fs::remove_file(other).unwrap();
        let (file, guard) = begin();
        drop(file);
        drop(guard);
        let (file, guard) = begin();
        file.finish().unwrap();
        drop(guard);
        let mut left = names(root.path());
        left.sort();
        assert_eq!(left, ["a.partial.wav", "a.wav"]);
    }

    #[test]
    fn error_of_temporary_file_keeps_cause_and_kind_without_name() {
        let error = NamedTempFile::new_in("no-such-folder").unwrap_err();
        assert!(error.to_string().contains("no-such-folder"), "{error}");
        let plain = without_path(&error);
        assert!(!plain.to_string().contains("no-such-folder"), "{plain}");
        assert_eq!(plain.kind(), io::ErrorKind::NotFound);
    }

    #[test]
    fn closed_registry_leaves_finished_files_alone() {
        static REGISTRY: Registry = Registry::new();
        let root = tempfile::tempdir().unwrap();
        let path = |name| root.path().join(name);
        let create = |name| AtomicFile::create_in(&REGISTRY, &path(name));
        create("finished.wav").unwrap().finish().unwrap();
        let mut unfinished = create("unfinished.wav").unwrap();
        unfinished.write_all(b"half").unwrap();
        REGISTRY.close();
        // Before Windows 10, and in Wine, the name of an open file vanishes only when the file is closed.
        #[cfg(not(windows))]
        assert_eq!(names(root.path()), ["finished.wav"]);
        assert!(unfinished.finish().is_err());
        assert!(create("late.wav").is_err());
        assert_eq!(names(root.path()), ["finished.wav"]);
    }
}
