//! Export of Session Probe's traces: one file each in the user's data folder.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, TryRecvError};

use flow_platform::user_folders;

use crate::analysis_client::AnalysisClient;
use crate::editor::language::text;
use crate::editor::model::export_file::{self, Outcome};

/// Saves traces and reports the outcome.
pub struct TraceExport {
    folder: Option<PathBuf>,
    /// The file that the service is writing, and the channel of its result.
    saving: Option<(PathBuf, Receiver<io::Result<()>>)>,
    outcome: Option<Outcome>,
}

impl TraceExport {
    /// Uses the user's data folder.
    #[must_use]
    pub fn in_user_folder() -> Self {
        Self::in_folder(user_folders::probe())
    }

    /// Uses a folder, which may not exist yet.
    #[must_use]
    pub fn in_folder(folder: Option<PathBuf>) -> Self {
        Self {
            folder,
            saving: None,
            outcome: None,
        }
    }

    /// Asks the service to write the trace into a new file.
    pub(crate) fn save(&mut self, analysis: &AnalysisClient) {
        self.outcome = None;
        match export_file::reserve(self.folder.as_deref(), "flow-probe", "json") {
            Ok(path) => match analysis.export_trace(path.clone()) {
                Some(answer) => self.saving = Some((path, answer)),
                None => self.end(
                    &path,
                    Err(io::Error::other(text!(
                        "the host has not started the audio"
                    ))),
                ),
            },
            Err(error) => self.outcome = Some(Err(text!("Can't save: {error}", error))),
        }
    }

    /// Takes the service's result. Returns whether it is still writing.
    pub(crate) fn poll(&mut self) -> bool {
        let Some((path, answer)) = self.saving.take() else {
            return false;
        };
        match answer.try_recv() {
            Ok(written) => self.end(&path, written),
            Err(TryRecvError::Empty) => self.saving = Some((path, answer)),
            Err(TryRecvError::Disconnected) => {
                self.end(
                    &path,
                    Err(io::Error::other(text!("the analysis service has ended"))),
                );
            }
        }
        self.saving.is_some()
    }

    /// The outcome of the last export.
    pub(crate) fn outcome(&self) -> Option<&Outcome> {
        self.outcome.as_ref()
    }

    fn end(&mut self, path: &Path, written: io::Result<()>) {
        self.outcome = Some(match written {
            Ok(()) => Ok(export_file::saved(path)),
            Err(error) => {
                // Removes the empty file that reserved the name.
                let _ = fs::remove_file(path);
                Err(text!("Can't save: {error}", error))
            }
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn save_that_fails_reports_one_line_and_leaves_no_file() {
        let folder = tempfile::tempdir().unwrap();
        let analysis = AnalysisClient::default();
        let mut export = TraceExport::in_folder(Some(folder.path().to_owned()));
        export.save(&analysis);
        let text = export.outcome().unwrap().as_ref().unwrap_err();
        assert!(text.contains("has not started"), "{text}");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);

        let file = folder.path().join("file");
        fs::write(&file, "").unwrap();
        for (at, line) in [(Some(file), "file"), (None, "no user data folder")] {
            let mut export = TraceExport::in_folder(at);
            export.save(&analysis);
            let text = export.outcome().unwrap().as_ref().unwrap_err();
            assert!(text.contains(line) && !text.contains('\n'), "{text}");
        }
    }
}
