//! The end of a command by a signal: unfinished files and new, empty folders are removed, and finished results stay.

use anyhow::{Context, Result};
use flow_platform::atomic_file;
use flow_platform::end_signals::{self, END_SIGNALS, EXIT_CODE};
use flow_platform::mutex::lock;
use signal_hook::consts::SIGINT;
use std::io::{self, IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU8, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

/// The time between two looks for a signal. Handlers may do almost nothing, so a thread does the work; waiting for them
/// without looking is possible on Unix only.
const POLL_INTERVAL: Duration = Duration::from_millis(20);

/// Held while the files of one result appear.
static RESULTS: Mutex<()> = Mutex::new(());
/// The folders that this process has created, outer ones first.
static NEW_FOLDERS: Mutex<Vec<PathBuf>> = Mutex::new(Vec::new());

/// The author of the only JSON value on stdout: none yet, the command, or its end by a signal.
static JSON_AUTHOR: AtomicU8 = AtomicU8::new(NO_AUTHOR);
const NO_AUTHOR: u8 = 0;
const COMMAND: u8 = 1;
const SIGNAL: u8 = 2;

/// Lets the JSON of a command appear on stdout. If a signal ends the command, and its error is the JSON, this never returns.
pub(crate) fn appear_as_json<T>(appear: impl FnOnce() -> T) -> T {
    while !is_json_author(COMMAND) {
        thread::park();
    }
    appear()
}

fn is_json_author(author: u8) -> bool {
    let (before, now) = (Ordering::SeqCst, Ordering::SeqCst);
    match JSON_AUTHOR.compare_exchange(NO_AUTHOR, author, before, now) {
        Ok(_) => true,
        Err(other) => other == author,
    }
}

/// Handles signals from now on. The first one ends the process when it has cleaned up, and a second one at once.
/// Signals that the parent process ignores, as `nohup` does, stay ignored. `report` prints the error of a command that a signal
/// ends; it is told whether to print it as JSON, too, which `is_json` asks for. `writes_files` is whether the command writes
/// results into files.
///
/// # Errors
///
/// If the system refuses the handlers or the thread.
pub(crate) fn handle(is_json: bool, writes_files: bool, report: fn(&str, bool)) -> Result<()> {
    let is_ending = Arc::new(AtomicBool::new(false));
    let received = Arc::new(AtomicUsize::new(0));
    let register = |signal: i32| {
        use signal_hook::flag;
        flag::register_conditional_shutdown(signal, EXIT_CODE + signal, Arc::clone(&is_ending))?;
        let number = usize::try_from(signal).unwrap_or_default();
        flag::register_usize(signal, Arc::clone(&received), number)?;
        // The last one, because the thread reads the number as soon as it is set.
        flag::register(signal, Arc::clone(&is_ending))
    };
    for signal in END_SIGNALS
        .into_iter()
        .filter(|signal| !is_ignored(*signal))
    {
        register(signal).context("signals cannot be handled")?;
    }
    end_signals::raise_at_console_end().context("the end of the console cannot be handled")?;
    let wait = move || {
        while !is_ending.load(Ordering::SeqCst) {
            thread::sleep(POLL_INTERVAL);
        }
        let number = received.load(Ordering::SeqCst);
        let signal = i32::try_from(number).unwrap_or(SIGINT);
        end(signal, is_json, writes_files, report);
    };
    let waiting = thread::Builder::new().name("signals".to_owned());
    waiting.spawn(wait).context("signals cannot be handled")?;
    Ok(())
}

/// Lets files that belong together appear. A signal ends the process before or after it.
pub(crate) fn appear_together<T>(appear: impl FnOnce() -> T) -> T {
    let _results = lock(&RESULTS);
    appear()
}

/// Folders that were created for results. Those that stay empty are removed on drop, and by a signal.
pub(crate) struct NewFolders(Vec<PathBuf>);

impl NewFolders {
    /// Creates the folder at `path` and those above it, if they are missing.
    ///
    /// # Errors
    ///
    /// If the system refuses one.
    pub(crate) fn create(path: &Path) -> io::Result<Self> {
        // The lock is held until the folders exist, so that none of them appears after the end of the command.
        let mut new_folders = lock(&NEW_FOLDERS);
        let missing = path.ancestors().take_while(|folder| !folder.exists());
        let mut missing: Vec<PathBuf> = missing.map(Path::to_owned).collect();
        missing.retain(|folder| !folder.as_os_str().is_empty());
        missing.reverse();
        new_folders.extend_from_slice(&missing);
        let result = std::fs::create_dir_all(path);
        drop(new_folders);
        // A failure leaves no folder either.
        let created = Self(missing);
        result.map(|()| created)
    }
}

impl Drop for NewFolders {
    fn drop(&mut self) {
        remove_empty(&self.0);
        lock(&NEW_FOLDERS).retain(|folder| !self.0.contains(folder));
    }
}

/// Removes these folders from the inside out. The removal of one with files in it fails.
fn remove_empty(folders: &[PathBuf]) {
    for folder in folders.iter().rev() {
        let _ = std::fs::remove_dir(folder);
    }
}

fn end(signal: i32, is_json: bool, writes_files: bool, report: fn(&str, bool)) -> ! {
    // No result or folder appears after this: the locks are never released.
    let _results = lock(&RESULTS);
    let new_folders = lock(&NEW_FOLDERS);
    atomic_file::remove_unfinished();
    remove_empty(&new_folders);
    let mut stderr = io::stderr();
    if stderr.is_terminal() {
        // Clears the line of a progress bar. If that fails, there is no reader.
        let _ = write!(stderr, "\r\x1b[2K");
    }
    // JSON that has begun is complete, or its reader is slow: a second value would spoil it.
    let is_json = is_json && is_json_author(SIGNAL);
    let cause = if signal == SIGINT {
        "interrupted"
    } else {
        "ended by a signal"
    };
    let cleanup = if writes_files {
        "; unfinished results were removed"
    } else {
        ""
    };
    report(&format!("{cause}{cleanup}"), is_json);
    // Other threads still work, some of them in the plug-in: nothing of theirs is torn down.
    signal_hook::low_level::exit(EXIT_CODE + signal)
}

#[cfg(unix)]
fn is_ignored(signal: i32) -> bool {
    let mut action = std::mem::MaybeUninit::<libc::sigaction>::zeroed();
    // SAFETY: without a new action the call only writes the present one to `action`.
    let status = unsafe { libc::sigaction(signal, std::ptr::null(), action.as_mut_ptr()) };
    // SAFETY: zero bytes are a valid `sigaction`, and so is the result of the call.
    status == 0 && unsafe { action.assume_init() }.sa_sigaction == libc::SIG_IGN
}

#[cfg(not(unix))]
fn is_ignored(_: i32) -> bool {
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn new_folders_that_stay_empty_are_removed_on_drop() {
        let root = tempfile::tempdir().unwrap();
        let path = root.path().join("a").join("b");
        drop(NewFolders::create(&path).unwrap());
        assert!(!root.path().join("a").exists());
        let kept = NewFolders::create(&path).unwrap();
        std::fs::write(root.path().join("a").join("song.wav"), "song").unwrap();
        drop(kept);
        assert!(root.path().join("a").exists() && !path.exists());
        drop(NewFolders::create(root.path()).unwrap());
        assert!(root.path().exists());
    }
}
