//! The session of the app: settings, song, position and loop, in one file of the user's data folder.
//!
//! It is written when the window closes, and within some seconds after a change. Of two windows, the last writer wins.

use std::fs;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::task::Poll;

use flow_analysis::report::Message;
use flow_platform::background_task::{BackgroundTask, TaskConfig};
use flow_platform::file_name::file_name;
use flow_platform::mutex::lock;
use flow_platform::{atomic_file, unusable_file, user_folders};
use nice_plug::plugin::PluginState;
use serde::{Deserialize, Serialize};

use crate::audio::player::{SongView, StartPlace};
use crate::editor::language::{message, reason};
use crate::formats::parameters::ParameterTable;
use crate::formats::state_container::{self, Purpose};
use crate::plugin_shared::PluginShared;

/// The version of the files that this code writes and reads.
const VERSION: u32 = 1;

/// The time between a change and its writing, s.
const DELAY_S: f64 = 5.0;

/// The song of the session that has ended, if its path is no text, which the file can't hold.
static UNSAVED_SONG: Mutex<Option<PathBuf>> = Mutex::new(None);

/// The content of the file.
#[derive(Serialize, Deserialize)]
struct SavedSession {
    version: u32,
    /// As hosts save it.
    state: PluginState,
    song: Option<SavedSong>,
}

/// A song and its place.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct SavedSong {
    path: PathBuf,
    position_s: f64,
    section_s: [f64; 2],
    is_looping: bool,
}

/// The file, and its last content.
pub struct Session {
    path: Option<PathBuf>,
    parameters: ParameterTable,
    /// The content of the file.
    saved: Vec<u8>,
    /// The song of the last session, until another one is opened or it is closed. Its drive may be missing today.
    last_song: Option<SavedSong>,
    /// The time of the next look for changes, s; none until something is drawn.
    next_look_s: Option<f64>,
    writing: Option<BackgroundTask<io::Result<()>>>,
    /// Whether the last write failed, which was reported then.
    has_failed: bool,
}

/// The result of [`Session::restore`].
pub struct RestoredSession {
    /// The session, which goes on.
    pub session: Session,
    /// The song to open, with its place.
    pub song: Option<(PathBuf, StartPlace)>,
    /// The reason why a file was not used, one line.
    pub message: Option<Message>,
}

impl Session {
    /// `[main]` Applies the last session's settings, from the user's data folder.
    #[must_use]
    pub fn restore_from_user_folder(shared: &PluginShared) -> RestoredSession {
        let data = user_folders::data();
        Self::restore(data.map(|data| data.join("standalone.json")), shared)
    }

    /// `[main]` Applies the settings in a file, which may be missing. A file that can't be used is kept under another name.
    /// Without a path nothing is remembered.
    #[must_use]
    pub fn restore(path: Option<PathBuf>, shared: &PluginShared) -> RestoredSession {
        let parameters = ParameterTable::new(shared.params.clone());
        let (mut path, mut message, mut last_song) = (path, None, None);
        match path.as_deref().map_or(Ok(None), read) {
            Ok(None) => {}
            Ok(Some(SavedSession { state, song, .. })) => {
                state_container::apply(shared, &parameters, state, Purpose::Project);
                last_song = song;
            }
            Err(reason) => {
                let (line, is_kept) = keep_aside(path.as_deref().unwrap_or(Path::new("")), reason);
                log::warn!("{line}");
                message = Some(line);
                if !is_kept {
                    // Nothing may replace it.
                    path = None;
                }
            }
        }
        let song = last_song.as_ref().map(|song| {
            let place = StartPlace {
                position_s: song.position_s,
                section_s: Some(song.section_s),
                is_looping: song.is_looping,
            };
            (song.path.clone(), place)
        });
        let session = Self {
            path,
            parameters,
            saved: Vec::new(),
            last_song,
            next_look_s: None,
            writing: None,
            has_failed: false,
        };
        RestoredSession {
            session,
            song,
            message,
        }
    }

    /// Forgets the last song.
    pub(super) fn forget_song(&mut self) {
        self.last_song = None;
    }

    /// Looks for changes now and then, and writes them in the background. Returns the time until the next look in seconds, if
    /// one is due, and one line if the last writing failed.
    pub(super) fn update(
        &mut self,
        now_s: f64,
        song: Option<&SongView<'_>>,
    ) -> (Option<f64>, Option<Message>) {
        let failure = self.take_failure();
        match self.next_look_s {
            // The frame of a look begins no other one: an idle window is not drawn again.
            Some(look_s) if now_s >= look_s => {
                self.next_look_s = None;
                self.write_changes(song);
                (None, failure)
            }
            Some(look_s) => (Some(look_s - now_s), failure),
            None => {
                self.next_look_s = Some(now_s + DELAY_S);
                (Some(DELAY_S), failure)
            }
        }
    }

    fn take_failure(&mut self) -> Option<Message> {
        let Poll::Ready(result) = self.writing.as_ref()?.poll() else {
            return None;
        };
        self.writing = None;
        let error = match result {
            Some(Ok(())) => {
                self.has_failed = false;
                return None;
            }
            Some(Err(error)) => reason(error),
            None => message!("an internal error"),
        };
        // The next look tries again.
        self.saved.clear();
        let is_known = std::mem::replace(&mut self.has_failed, true);
        (!is_known).then(|| message!("The session can't be saved: {error}.", error))
    }

    fn write_changes(&mut self, song: Option<&SongView<'_>>) {
        let Some((path, content)) = self.changed_content(song) else {
            return;
        };
        if self.writing.is_some() {
            return;
        }
        self.saved.clone_from(&content);
        let task = BackgroundTask::spawn(TaskConfig::new("flow session"), move |_| {
            atomic_file::replace(&path, &content)
        });
        match task {
            Ok(task) => self.writing = Some(task),
            Err(error) => log::warn!("the session can't be saved: {error}"),
        }
    }

    /// Writes the session at once, if it has changed.
    pub(super) fn finish(&mut self, song: Option<&SongView<'_>>) {
        // It would replace the newer content.
        self.writing = None;
        let last = self.last_song.as_ref().map(|song| &*song.path);
        let last = song.map(|song| song.path).or(last);
        if let Some(path) = last.filter(|path| path.to_str().is_none()) {
            *lock(&UNSAVED_SONG) = Some(path.to_owned());
        }
        if let Some((path, content)) = self.changed_content(song)
            && let Err(error) = atomic_file::replace(&path, &content)
        {
            log::warn!("{}: {error}; the session was not saved", path.display());
        }
    }

    /// The file and its new content, if that differs.
    fn changed_content(&mut self, song: Option<&SongView<'_>>) -> Option<(PathBuf, Vec<u8>)> {
        let path = self.path.clone()?;
        let content = self.content(song)?;
        (content != self.saved).then_some((path, content))
    }

    fn content(&mut self, song: Option<&SongView<'_>>) -> Option<Vec<u8>> {
        if let Some(song) = song {
            self.last_song = Some(SavedSong {
                path: song.path.to_owned(),
                position_s: song.position_s,
                section_s: song.section_s,
                is_looping: song.is_looping,
            });
        }
        // A path that is no text can't be saved.
        let last_song = self.last_song.clone();
        let session = SavedSession {
            version: VERSION,
            state: state_container::object(&self.parameters, Purpose::Project),
            song: last_song.filter(|song| song.path.to_str().is_some()),
        };
        serde_json::to_vec_pretty(&session)
            .inspect_err(|error| log::error!("the session can't be saved: {error}"))
            .ok()
    }
}

/// The song of the session that has ended, if the file doesn't have it.
#[cfg_attr(not(feature = "standalone"), allow(dead_code))]
pub(super) fn take_unsaved_song() -> Option<PathBuf> {
    lock(&UNSAVED_SONG).take()
}

/// Reads a file; none if there is none.
fn read(path: &Path) -> Result<Option<SavedSession>, Message> {
    let text = match fs::read(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        text => text.map_err(reason)?,
    };
    let version = |text: &[u8]| {
        let value: serde_json::Value = serde_json::from_slice(text).ok()?;
        value.get("version")?.as_u64()
    };
    match version(&text) {
        Some(version) if version > u64::from(VERSION) => {
            Err(message!("it is from a newer version of Flow"))
        }
        _ => serde_json::from_slice(&text)
            .map(Some)
            .map_err(|error| message!("it is damaged ({error})", error = reason(error))),
    }
}

/// Renames a file that can't be used. Returns a line for the user, and whether it was renamed.
fn keep_aside(path: &Path, reason: Message) -> (Message, bool) {
    let name = file_name(path);
    let renamed = unusable_file::keep_aside(path);
    let kept = renamed.as_deref().and_then(Path::file_name);
    let line = match kept {
        Some(kept) => message!(
            "The last session is not restored: {reason}; {name} is now {kept}.",
            reason,
            name,
            kept = kept.display().to_string()
        ),
        None => message!(
            "The last session is not restored: {reason}; {name} stays as it is, and this session is not saved.",
            reason,
            name
        ),
    };
    (line, renamed.is_some())
}

#[cfg(test)]
mod tests;
