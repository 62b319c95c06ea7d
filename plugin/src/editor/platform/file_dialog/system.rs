//! A dialog that the system itself shows. It begins on the main thread, as macOS demands; the future is polled by the window.

use std::path::PathBuf;
use std::pin::Pin;
use std::task::{Context, Poll, Waker};

use flow_analysis::report::Message;
use flow_platform::module_pin;

use super::options::DialogOptions;

pub(super) const fn is_available() -> bool {
    true
}

type Files = Pin<Box<dyn Future<Output = Option<Vec<rfd::FileHandle>>> + Send>>;

/// An open dialog.
pub(super) struct Dialog(Files);

impl Dialog {
    pub(super) fn open(options: &DialogOptions<'_>) -> Result<Self, Message> {
        // On Windows a thread shows the dialog, and on macOS the main thread handles its end: both may happen after the window
        // is closed and the host has unloaded the library.
        module_pin::pin();
        let (filter, extensions) = options.filter;
        let mut dialog = rfd::AsyncFileDialog::new()
            .set_title(options.title)
            .add_filter(filter, extensions);
        if let Some(folder) = options.folder {
            dialog = dialog.set_directory(folder);
        }
        Ok(Self(if options.takes_many {
            Box::pin(dialog.pick_files())
        } else {
            let file = dialog.pick_file();
            Box::pin(async { file.await.map(|file| vec![file]) })
        }))
    }

    pub(super) fn poll(&mut self) -> Poll<Result<Vec<PathBuf>, Message>> {
        // The window looks again by itself.
        let mut context = Context::from_waker(Waker::noop());
        self.0.as_mut().poll(&mut context).map(|files| {
            let files = files.unwrap_or_default();
            Ok(files.iter().map(|file| file.path().to_owned()).collect())
        })
    }
}
