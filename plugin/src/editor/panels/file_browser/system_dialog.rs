//! The system's dialog beside the browser.

use std::collections::VecDeque;
use std::path::PathBuf;
use std::task::Poll;

use flow_analysis::report::Message;

use crate::editor::language::{text, translate_message};
use crate::editor::platform::file_dialog::{DialogOptions, FileDialog};

/// The dialog, open or not.
#[derive(Default)]
pub(super) struct SystemDialog {
    /// A page without it has a use for the browser's folder only.
    pub(super) is_left_out: bool,
    pub(super) takes_one: bool,
    pub(super) open: Option<FileDialog>,
    /// The files that were chosen and are not returned yet.
    pub(super) chosen: VecDeque<PathBuf>,
}

impl SystemDialog {
    pub(super) fn is_open(&self) -> bool {
        self.open.is_some()
    }

    /// Whether something will change without the user.
    pub(super) fn is_busy(&self) -> bool {
        self.is_open() || !self.chosen.is_empty()
    }

    /// Opens the dialog. The error is one line.
    pub(super) fn open(&mut self, options: &DialogOptions<'_>) -> Result<(), String> {
        self.open = Some(FileDialog::open(options).map_err(failed)?);
        Ok(())
    }

    /// Takes the files that were chosen. The error is one line.
    pub(super) fn poll(&mut self) -> Result<(), String> {
        let Some(Poll::Ready(result)) = self.open.as_mut().map(FileDialog::poll) else {
            return Ok(());
        };
        self.open = None;
        self.chosen.extend(result.map_err(failed)?);
        Ok(())
    }
}

fn failed(error: Message) -> String {
    let error = translate_message(&error);
    text!("The system's dialog failed: {error}.", error)
}
