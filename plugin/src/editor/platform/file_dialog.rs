//! The system's dialog for files, beside Flow's own browser. It never blocks the window: the dialog runs elsewhere and is
//! polled.
//!
//! On Linux another program shows it, `kdialog` or `zenity`: a portal would need a client for D-Bus, which is larger than the
//! rest of the window. On Windows and macOS the system itself shows it, through `rfd`.

mod options;
#[cfg(target_os = "linux")]
mod program;
#[cfg(any(windows, target_os = "macos"))]
mod system;

use std::path::PathBuf;
use std::task::Poll;

use flow_analysis::report::Message;
pub(crate) use options::DialogOptions;

#[cfg(target_os = "linux")]
use program as backend;
#[cfg(any(windows, target_os = "macos"))]
use system as backend;

/// An open dialog. Dropping it closes it where that is possible, and ignores its result.
pub(crate) struct FileDialog(backend::Dialog);

impl FileDialog {
    /// Whether this system has a dialog.
    pub(crate) fn is_available() -> bool {
        backend::is_available()
    }

    /// `[gui]` Opens a dialog.
    ///
    /// # Errors
    ///
    /// One line if the system has none, or can't start a thread.
    pub(crate) fn open(options: &DialogOptions<'_>) -> Result<Self, Message> {
        backend::Dialog::open(options).map(Self)
    }

    /// `[gui]` The chosen files once the dialog is closed; none if it was canceled. The error is one line.
    pub(crate) fn poll(&mut self) -> Poll<Result<Vec<PathBuf>, Message>> {
        self.0.poll()
    }
}

#[cfg(all(test, target_os = "linux"))]
pub(crate) mod fixture {
    //! A dialog that a script stands for.

    use std::fs;
    use std::os::unix::fs::PermissionsExt;

    use super::program::Program;
    use super::*;

    impl FileDialog {
        /// A dialog that a shell script shows, with the arguments of `zenity`.
        pub(crate) fn of_script(script: &str, options: &DialogOptions<'_>) -> Self {
            let folder = tempfile::tempdir().unwrap().keep();
            let path = folder.join("zenity");
            fs::write(&path, format!("#!/bin/sh\n{script}\n")).unwrap();
            fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
            Self(backend::Dialog::run(&Program::Zenity(path), options).unwrap())
        }
    }
}
