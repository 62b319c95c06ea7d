//! The file of the user's preferences. The window's thread reads it on *Listen* and writes it when decisions are final.
//!
//! Each write reads the file again and replaces it atomically. A lock serializes the instances of one process. If two
//! processes write at the same moment, the last one wins. A file that can't be read is reported and left unchanged.

pub mod display_options;
mod unknown_values;

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use flow_analysis::preferences::{PreferenceKey, Preferences, PreferencesError};
use flow_analysis::report::Intensity;
use flow_platform::atomic_file;
use flow_platform::flags::{FLAGS, Flag};
use flow_platform::user_folders;
use serde::{Deserialize, Serialize};
use serde_json::{Value as Json, json};
use tracing_log::log;

use self::display_options::DisplayOptions;

/// Held while the file is read and replaced.
static LOCK: Mutex<()> = Mutex::new(());

/// The file and its content.
#[derive(Debug, Default)]
pub struct PreferencesFile {
    path: Option<PathBuf>,
    preferences: Preferences,
    /// The choices of the displays in this window, which may be ahead of the file.
    display: DisplayOptions,
    /// Those of the last write.
    written_display: DisplayOptions,
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

    /// Takes the choices of the displays for this window, which has them even if the file can't be written.
    pub(crate) fn set_display(&mut self, display: DisplayOptions) {
        self.display = display;
    }

    /// Remembers this window's choices of the displays that have changed since the last call. Others stay as the file has them,
    /// because another window may have changed them.
    pub(crate) fn write_display(&mut self) {
        let (old, display) = (self.written_display, self.display);
        if display != old {
            self.change(|content| content.change_display(old, display));
            // The first look at the file would bring its choices.
            (self.display, self.written_display) = (display, display);
        }
    }

    /// Reads the file again, changes its content and replaces it.
    fn change(&mut self, change: impl FnOnce(&mut Content)) {
        let _guard = lock();
        let mut content = self.reload();
        let Some(path) = self.path.as_deref().filter(|_| self.error.is_none()) else {
            return;
        };
        let before = content.known();
        change(&mut content);
        match atomic_file::replace(path, content.to_text(&before).as_bytes()) {
            Ok(()) => self.preferences = content.preferences,
            Err(error) => self.fail(format!("{} can't be written: {error}", path.display())),
        }
    }

    /// Removes the recorded preferences, for all instances. The choices of the displays stay.
    pub fn reset(&mut self) {
        let _guard = lock();
        let mut content = self.reload();
        let Some(path) = self.path.as_deref() else {
            return;
        };
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

fn lock() -> MutexGuard<'static, ()> {
    // The lock guards no data, so a panic leaves nothing inconsistent.
    LOCK.lock().unwrap_or_else(PoisonError::into_inner)
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
mod tests {
    use flow_params::ParameterId;

    use super::display_options::{HistoryRange, OwnTarget, Tilt};
    use super::*;

    const SILK: [(PreferenceKey, f32); 1] = [(PreferenceKey::Parameter(ParameterId::Silk), 0.7)];

    fn file(folder: &tempfile::TempDir) -> PreferencesFile {
        PreferencesFile::at_path(Some(folder.path().join("Flow").join("preferences.json")))
    }

    fn entries(folder: &Path) -> usize {
        fs::read_dir(folder).unwrap().count()
    }

    fn choose(file: &mut PreferencesFile, display: DisplayOptions) {
        file.set_display(display);
        file.write_display();
    }

    #[test]
    fn record_in_one_instance_is_read_by_another_until_reset() {
        let folder = tempfile::tempdir().unwrap();
        let (mut one, mut other) = (file(&folder), file(&folder));
        assert_eq!(other.read(), Preferences::default());
        one.record(&SILK);
        // Each write reads the other's first.
        other.record(&SILK);
        one.record(&SILK);
        assert_eq!(other.read().amount(ParameterId::Silk.into()), 0.7);
        assert_eq!(
            entries(&folder.path().join("Flow")),
            1,
            "no temporary file is left"
        );
        one.reset();
        assert_eq!((one.content().decisions(), one.error()), (0, None));
        assert_eq!(other.read(), Preferences::default());
        assert_eq!(entries(&folder.path().join("Flow")), 0);
        one.reset();
        assert_eq!(one.error(), None, "resetting twice is not an error");
    }

    #[test]
    fn intensity_is_remembered_beside_decisions() {
        let folder = tempfile::tempdir().unwrap();
        let (mut one, mut other) = (file(&folder), file(&folder));
        one.record(&SILK);
        one.set_intensity(Intensity::Strong);
        one.record(&SILK);
        let read = other.read();
        assert_eq!((read.intensity, read.decisions()), (Intensity::Strong, 2));
    }

    #[test]
    fn choices_of_the_displays_are_remembered_through_a_reset() {
        let folder = tempfile::tempdir().unwrap();
        let (mut one, mut other) = (file(&folder), file(&folder));
        let _ = other.read();
        let mut chosen = DisplayOptions {
            history: HistoryRange::Song,
            ..DisplayOptions::default()
        };
        chosen.spectrum.tilt = Tilt::Flat;
        chosen.spectrum.layers.delta = true;
        choose(&mut one, chosen);
        one.record(&SILK);
        one.set_intensity(Intensity::Strong);
        one.reset();
        let mut next = file(&folder);
        assert_eq!(next.read(), Preferences::default());
        assert_eq!(next.display(), chosen);
        // An open window keeps its own.
        let _ = other.read();
        assert_eq!(other.display(), DisplayOptions::default());
    }

    #[test]
    fn choices_of_two_open_windows_are_both_remembered() {
        let folder = tempfile::tempdir().unwrap();
        let (mut one, mut other) = (file(&folder), file(&folder));
        let mut chosen = DisplayOptions::default();
        chosen.spectrum.tilt = Tilt::Pink;
        chosen.meters.own_target = Some(OwnTarget::new(-9.0));
        choose(&mut one, chosen);
        let _ = other.read();
        // The first window changes its mind about the target, and the second one something else.
        chosen.meters.own_target = None;
        chosen.spectrum.layers.peaks = false;
        choose(&mut one, chosen);
        let mut others = other.display();
        others.spectrum.layers.delta = true;
        others.history = HistoryRange::Song;
        choose(&mut other, others);
        assert_eq!(other.display(), others, "the window's own");
        let mut expected = chosen;
        expected.spectrum.layers.delta = true;
        expected.history = HistoryRange::Song;
        let mut next = file(&folder);
        let _ = next.read();
        assert_eq!(next.display(), expected);
    }

    #[test]
    fn unknown_choices_of_the_displays_fall_back_alone() {
        let folder = tempfile::tempdir().unwrap();
        let mut one = file(&folder);
        let mut chosen = DisplayOptions {
            history: HistoryRange::Song,
            ..DisplayOptions::default()
        };
        chosen.spectrum.tilt = Tilt::Pink;
        chosen.spectrum.layers.peaks = false;
        choose(&mut one, chosen);
        one.set_intensity(Intensity::Strong);
        let path = folder.path().join("Flow").join("preferences.json");
        let text = fs::read_to_string(&path).unwrap();
        let mut expected = chosen;
        expected.history = HistoryRange::default();
        let mut without_peaks = chosen;
        without_peaks.spectrum.layers.peaks = true;
        let mut without_tilt = chosen;
        without_tilt.spectrum.tilt = Tilt::default();
        let default = DisplayOptions::default();
        let entire: serde_json::Value = serde_json::from_str(&text).unwrap();
        for (pointer, value, expected) in [
            (
                "/display/history",
                serde_json::json!("ten-minutes"),
                expected,
            ),
            ("/display/spectrum/tilt", serde_json::json!(7), without_tilt),
            (
                "/display/spectrum/layers/peaks",
                serde_json::json!("some"),
                without_peaks,
            ),
            ("/display", serde_json::json!([1]), default),
        ] {
            let mut json = entire.clone();
            *json.pointer_mut(pointer).unwrap() = value;
            if let Some(display) = json["display"].as_object_mut() {
                display.insert("newer".into(), 3.into());
            }
            fs::write(&path, json.to_string()).unwrap();
            let mut next = file(&folder);
            assert_eq!(next.read().intensity, Intensity::Strong, "{pointer}");
            assert_eq!(
                (next.display(), next.error()),
                (expected, None),
                "{pointer}"
            );
            next.record(&SILK);
            assert_eq!(file(&folder).read().decisions(), 1, "{pointer}");
            // Another choice leaves it to the newer version.
            let mut other = next.display();
            other.appearance.reduced_motion = true;
            choose(&mut next, other);
            let stored: serde_json::Value =
                serde_json::from_str(&fs::read_to_string(&path).unwrap()).unwrap();
            if pointer != "/display" {
                assert_eq!(stored.pointer(pointer), json.pointer(pointer));
            }
            next.reset();
            let stored: serde_json::Value =
                serde_json::from_str(&fs::read_to_string(&path).unwrap()).unwrap();
            assert_eq!(stored["display"]["newer"], json["display"]["newer"]);
        }
    }

    #[test]
    fn choices_of_the_displays_without_a_file_hold_for_the_window() {
        let mut nowhere = PreferencesFile::at_path(None);
        let mut chosen = DisplayOptions::default();
        chosen.spectrum.tilt = Tilt::Pink;
        choose(&mut nowhere, chosen);
        let _ = nowhere.read();
        assert_eq!(nowhere.display(), chosen);
    }

    #[test]
    fn record_from_several_threads_loses_nothing() {
        let folder = tempfile::tempdir().unwrap();
        std::thread::scope(|scope| {
            for id in flow_params::ANCHORS {
                let mut own = file(&folder);
                scope.spawn(move || (0..5).for_each(|_| own.record(&[(id.into(), 0.5)])));
            }
        });
        assert_eq!(file(&folder).read().decisions(), 20);
    }

    #[test]
    fn record_into_a_damaged_or_newer_file_reports_and_keeps_it() {
        for text in ["{ half", r#"{"version": 9}"#, "\u{0}\u{1}"] {
            let folder = tempfile::tempdir().unwrap();
            let mut preferences =
                PreferencesFile::at_path(Some(folder.path().join("preferences.json")));
            fs::write(folder.path().join("preferences.json"), text).unwrap();
            assert_eq!(preferences.read(), Preferences::default());
            preferences.record(&SILK);
            let error = preferences.error().unwrap();
            assert!(
                error.contains("is left unchanged") && !error.contains('\n'),
                "{error}"
            );
            let there = fs::read_to_string(folder.path().join("preferences.json")).unwrap();
            assert_eq!((there.as_str(), entries(folder.path())), (text, 1));
            // A reset removes it.
            preferences.reset();
            preferences.record(&SILK);
            assert_eq!(
                (preferences.read().decisions(), preferences.error()),
                (1, None)
            );
        }
    }

    #[test]
    fn record_into_an_unwritable_folder_reports_an_error() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("Flow"), "a file").unwrap();
        let mut preferences = file(&folder);
        preferences.record(&SILK);
        assert!(preferences.error().is_some());
        assert_eq!(entries(folder.path()), 1);
        let mut nowhere = PreferencesFile::at_path(None);
        nowhere.record(&SILK);
        assert_eq!(
            (nowhere.read(), nowhere.error()),
            (Preferences::default(), None)
        );
    }
}
