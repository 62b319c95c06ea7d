//! The file of the user's preferences. The window's thread reads it on *Listen* and writes it when decisions are final.
//!
//! Each write reads the file again and replaces it atomically. A lock serializes the instances of one process. If two
//! processes write at the same moment, the last one wins. A file that can't be read is reported and left unchanged.

pub mod display_options;
pub mod language_choice;
mod unknown_values;

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use flow_analysis::preferences::{PreferenceKey, Preferences, PreferencesError};
use flow_analysis::report::Intensity;
use flow_platform::atomic_file;
use flow_platform::flags::{FLAGS, Flag};
use flow_platform::mutex::lock;
use flow_platform::{unusable_file, user_folders};
use serde::{Deserialize, Serialize};
use serde_json::{Value as Json, json};
use tracing_log::log;

use self::display_options::{DisplayOptions, OwnTarget};

/// The choices of the displays are written after so long without a change, s.
const SETTLING_S: f64 = 1.0;

/// Held while the file is read and replaced.
static LOCK: Mutex<()> = Mutex::new(());

/// The file and its content.
#[derive(Debug, Default)]
pub struct PreferencesFile {
    path: Option<PathBuf>,
    preferences: Preferences,
    /// The choices of the displays in this window, which may be ahead of the file.
    display: DisplayOptions,
    /// Those of the last write that succeeded.
    written_display: DisplayOptions,
    /// The time of the last change of `display`, s.
    changed_s: f64,
    /// Those that couldn't be written. The next choice tries again.
    failed_display: Option<DisplayOptions>,
    has_read: bool,
    error: Option<String>,
}

/// The content of the file.
#[derive(Clone, Debug, Default, Serialize)]
struct Content {
    #[serde(flatten)]
    preferences: Preferences,
    display: DisplayOptions,
    /// The file as it was read, with what only a newer version knows.
    #[serde(skip)]
    stored: Json,
}

impl Content {
    /// # Errors
    /// If it is no text that this version understands.
    fn from_text(text: &str) -> Result<Self, PreferencesError> {
        #[derive(Default, Deserialize)]
        #[serde(default)]
        struct Rest {
            #[serde(deserialize_with = "display_options::known_or_default")]
            display: DisplayOptions,
        }
        let preferences = Preferences::from_text(text)?;
        let rest: Rest = serde_json::from_str(text)
            .map_err(|error| PreferencesError::Damaged(error.to_string()))?;
        let stored = serde_json::from_str(text);
        Ok(Self {
            preferences,
            display: rest.display,
            stored: stored.map_err(|error| PreferencesError::Damaged(error.to_string()))?,
        })
    }

    /// The values that this version knows.
    fn known(&self) -> Json {
        // Text, numbers and lists of them: there is nothing that could fail. Through a text the numbers stay short.
        let text = serde_json::to_string(self);
        text.and_then(|text| serde_json::from_str(&text))
            .unwrap_or_default()
    }

    /// Changes the choices of the displays in which `new` differs from `old`.
    fn change_display(&mut self, old: DisplayOptions, new: DisplayOptions) {
        // Names, numbers and switches: there is nothing that could fail.
        let json = |display| serde_json::to_value(display).unwrap_or_default();
        let mut display = json(self.display);
        unknown_values::apply_changes(&mut display, &json(old), json(new));
        self.display = serde_json::from_value(display).unwrap_or(new);
    }

    /// The stored text with the values that have changed since `before`.
    fn to_text(&self, before: &Json) -> String {
        let mut stored = self.stored.clone();
        if stored.is_null() {
            stored = self.known();
        } else {
            unknown_values::apply_changes(&mut stored, before, self.known());
        }
        serde_json::to_string_pretty(&stored).unwrap_or_default()
    }
}

impl PreferencesFile {
    /// Uses the user's data folder. Reads nothing yet.
    #[must_use]
    pub fn in_user_folder() -> Self {
        Self::at_path(user_folders::data().map(|data| data.join("preferences.json")))
    }

    /// Uses a file, which may not exist yet. Without a path nothing is recorded.
    #[must_use]
    pub fn at_path(path: Option<PathBuf>) -> Self {
        Self {
            path,
            ..Self::default()
        }
    }

    /// Reads the preferences. While the flag is off there is no decision in them; the intensity was chosen on purpose and stays.
    #[must_use]
    pub fn read(&mut self) -> Preferences {
        self.reload();
        if FLAGS.is_on(Flag::Preferences) {
            self.preferences.clone()
        } else {
            let mut preferences = Preferences::default();
            preferences.intensity = self.preferences.intensity;
            preferences
        }
    }

    /// The content of the file when it was read last.
    #[must_use]
    pub fn content(&self) -> &Preferences {
        &self.preferences
    }

    /// The last error, one line.
    #[must_use]
    pub fn error(&self) -> Option<&str> {
        self.error.as_deref()
    }

    /// Records the kept shares of proposals, unless the flag is off.
    pub fn record(&mut self, kept: &[(PreferenceKey, f32)]) {
        if kept.is_empty() || !FLAGS.is_on(Flag::Preferences) {
            return;
        }
        self.change(|content| {
            let notes = kept.iter();
            notes.for_each(|(key, share)| content.preferences.note(*key, *share));
        });
    }

    /// Remembers the intensity.
    pub fn set_intensity(&mut self, intensity: Intensity) {
        self.change(|content| content.preferences.intensity = intensity);
    }

    /// The choices of the displays.
    #[must_use]
    pub(crate) fn display(&self) -> DisplayOptions {
        self.display
    }

    /// The user's own loudness target, LUFS.
    #[must_use]
    pub(crate) fn own_target_lufs(&self) -> Option<f32> {
        self.display.meters.own_target.map(OwnTarget::lufs)
    }

    /// Takes the choices of the displays for this window, which has them even if the file can't be written. `time_s` is the time of
    /// the frame.
    pub(crate) fn set_display(&mut self, display: DisplayOptions, time_s: f64) {
        let language = display.appearance.language;
        if let Some(path) = self.path.as_deref()
            && language != self.display.appearance.language
        {
            language_choice::share(path, language);
        }
        if display != self.display {
            self.display = display;
            self.changed_s = time_s;
        }
    }

    /// Remembers the choices of the displays once none has changed for [`SETTLING_S`]: a drag or a held key changes them in many
    /// steps, and a write waits for the disk. Returns the time until then, s.
    pub(crate) fn write_settled_display(&mut self, time_s: f64) -> Option<f64> {
        if self.display == self.written_display {
            return None;
        }
        let wait_s = self.changed_s + SETTLING_S - time_s;
        if wait_s > 0.0 {
            return Some(wait_s);
        }
        self.write_display();
        None
    }

    /// Takes the language that another window with this file has chosen since.
    pub(crate) fn follow_language(&mut self) {
        let chosen = self.path.as_deref().and_then(language_choice::shared);
        if let Some(language) = chosen
            && language != self.display.appearance.language
        {
            self.display.appearance.language = language;
            self.written_display.appearance.language = language;
        }
    }

    /// Remembers this window's choices of the displays that have changed since the last call. Others stay as the file has them,
    /// because another window may have changed them.
    pub(crate) fn write_display(&mut self) {
        let (old, display) = (self.written_display, self.display);
        if display == old || self.failed_display == Some(display) {
            return;
        }
        let is_written = self.change(|content| content.change_display(old, display));
        // The first look at the file would bring its choices.
        self.display = display;
        if is_written {
            let language = display.appearance.language;
            if let Some(path) = self.path.as_deref()
                && language != old.appearance.language
            {
                language_choice::note_file(path, language);
                language_choice::share(path, language);
            }
            (self.written_display, self.failed_display) = (display, None);
        } else {
            (self.written_display, self.failed_display) = (old, Some(display));
        }
    }

    /// Reads the file again, changes its content and replaces it. Returns whether that succeeded.
    fn change(&mut self, change: impl FnOnce(&mut Content)) -> bool {
        let _guard = lock(&LOCK);
        let mut content = self.reload();
        let Some(path) = self.path.as_deref().filter(|_| self.error.is_none()) else {
            return false;
        };
        let before = content.known();
        change(&mut content);
        match atomic_file::replace(path, content.to_text(&before).as_bytes()) {
            Ok(()) => self.preferences = content.preferences,
            Err(error) => self.fail(format!("{} can't be written: {error}", path.display())),
        }
        self.error.is_none()
    }

    /// Removes the recorded preferences, for all instances. The choices of the displays stay. A file that can't be read is kept
    /// under another name: a newer Flow may have written it.
    pub fn reset(&mut self) {
        let _guard = lock(&LOCK);
        let mut content = self.reload();
        let Some(path) = self.path.as_deref() else {
            return;
        };
        if self.error.is_some() {
            match unusable_file::keep_aside(path) {
                Some(kept) => {
                    log::info!("{} is now {}", path.display(), kept.display());
                    self.reload();
                }
                None => self.fail(format!("{} can't be renamed", path.display())),
            }
            return;
        }
        let usual = Content::default().known();
        let display = content.stored.get("display").cloned();
        let result = match display.filter(|display| *display != usual["display"]) {
            None => fs::remove_file(path),
            Some(display) => {
                content.preferences = Preferences::default();
                content.stored = json!({ "display": display });
                let before = json!({ "display": content.known()["display"] });
                atomic_file::replace(path, content.to_text(&before).as_bytes())
            }
        };
        match result {
            Err(error) if error.kind() != ErrorKind::NotFound => {
                self.fail(format!("{} can't be removed: {error}", path.display()));
            }
            _ => {
                self.reload();
            }
        }
    }

    /// Reads the file again, and takes the choices of the displays from it the first time.
    fn reload(&mut self) -> Content {
        self.error = None;
        let read = self.path.as_deref().map_or(Ok(Content::default()), read);
        let content = read.unwrap_or_else(|error| {
            self.fail(error);
            Content::default()
        });
        self.preferences = content.preferences.clone();
        if !self.has_read {
            self.has_read = true;
            if let Some(path) = self.path.as_deref().filter(|_| self.error.is_none()) {
                language_choice::note_file(path, content.display.appearance.language);
            }
            self.display = content.display;
            self.written_display = content.display;
        }
        content
    }

    fn fail(&mut self, error: String) {
        log::warn!("{error}");
        self.error = Some(error);
    }
}

/// Reads the file; a missing file is empty.
fn read(path: &Path) -> Result<Content, String> {
    let text = match fs::read_to_string(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Content::default()),
        text => text,
    };
    let content = text
        .map_err(|error| error.to_string())
        .and_then(|text| Content::from_text(&text).map_err(|error| error.to_string()));
    content.map_err(|error| format!("{} is left unchanged: {error}", path.display()))
}

#[cfg(test)]
mod tests;
