//! Files that another program drags onto the window. The window system's thread reports them, and the editor takes them in
//! its next frame.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use egui::Pos2;
use flow_audio_file::SONG_EXTENSIONS;
use flow_platform::mutex::lock;

use crate::editor::model::user_presets::file_transfer::EXTENSION as PRESET_EXTENSION;

/// Files over the window, and the pointer's place in physical pixels from the window's corner.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct DraggedFiles {
    /// Paths as the other program names them. An address that is no local file is a relative path.
    pub paths: Vec<PathBuf>,
    /// The pointer's place, physical pixels.
    pub at: Pos2,
}

/// Carries dragged files from the window system to the editor. Clones lead to the same place.
#[derive(Clone, Debug, Default)]
pub struct FileDropInbox(Arc<Mutex<Inbox>>);

#[derive(Debug, Default)]
struct Inbox {
    hovering: Option<DraggedFiles>,
    dropped: Vec<DraggedFiles>,
}

impl FileDropInbox {
    /// `[any]` Files are over the window.
    pub fn hover(&self, files: DraggedFiles) {
        lock(&self.0).hovering = Some(files);
    }

    /// `[any]` The files have left the window.
    pub fn leave(&self) {
        lock(&self.0).hovering = None;
    }

    /// `[any]` The files were dropped.
    pub fn drop_files(&self, files: DraggedFiles) {
        let mut inbox = lock(&self.0);
        inbox.hovering = None;
        inbox.dropped.push(files);
    }

    /// `[gui]` The files over the window.
    pub(crate) fn hovering(&self) -> Option<DraggedFiles> {
        lock(&self.0).hovering.clone()
    }

    /// `[gui]` The files that were dropped since the last call.
    pub(crate) fn take_dropped(&self) -> Vec<DraggedFiles> {
        std::mem::take(&mut lock(&self.0).dropped)
    }
}

/// Dragged files by their kind, which their names tell: a file is not read while it is over the window.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct FilesByKind {
    pub(crate) songs: Vec<PathBuf>,
    pub(crate) presets: Vec<PathBuf>,
    pub(crate) others: Vec<PathBuf>,
}

impl FilesByKind {
    pub(crate) fn new(paths: &[PathBuf]) -> Self {
        let mut files = Self::default();
        for path in paths {
            let kind = if has_extension(path, &SONG_EXTENSIONS) {
                &mut files.songs
            } else if has_extension(path, &[PRESET_EXTENSION]) {
                &mut files.presets
            } else {
                &mut files.others
            };
            kind.push(path.clone());
        }
        files
    }
}

/// Whether a local file has one of these extensions.
fn has_extension(path: &Path, extensions: &[&str]) -> bool {
    let extension = path.extension().and_then(OsStr::to_str);
    path.is_absolute()
        && extension.is_some_and(|extension| {
            let mut known = extensions.iter();
            known.any(|known| known.eq_ignore_ascii_case(extension))
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn absolute(name: &str) -> PathBuf {
        std::env::temp_dir().join(name)
    }

    #[test]
    fn files_are_sorted_by_their_extensions() {
        let [song, preset, text] = ["Dawn.WAV", "mix.json", "notes.txt"].map(absolute);
        let web = PathBuf::from("https://example.org/song.mp3");
        let files = FilesByKind::new(&[
            song.clone(),
            preset.clone(),
            text.clone(),
            web.clone(),
            absolute("Album"),
        ]);
        assert_eq!(files.songs, [song]);
        assert_eq!(files.presets, [preset]);
        assert_eq!(files.others, [text, web, absolute("Album")]);
    }

    #[test]
    fn inbox_gives_each_drop_once_and_forgets_files_that_leave() {
        let inbox = FileDropInbox::default();
        let files = DraggedFiles {
            paths: vec![absolute("Dawn.wav")],
            at: Pos2::new(3.0, 4.0),
        };
        inbox.hover(files.clone());
        assert_eq!(inbox.hovering().as_ref(), Some(&files));
        inbox.leave();
        assert_eq!(inbox.hovering(), None);
        inbox.hover(files.clone());
        inbox.drop_files(files.clone());
        assert_eq!(inbox.hovering(), None);
        assert_eq!(inbox.take_dropped(), [files]);
        assert_eq!(inbox.take_dropped(), []);
    }
}
