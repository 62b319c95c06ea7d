//! The reference songs of an instance, and the amount by which the assistant follows them.
//!
//! A state holds the songs' features, but no paths, which would break. Where a song lies is known for as long as the instance
//! lives, and from then on by the [user's list of files](files). A reference of another feature version has no
//! effect. The editor shows it with the reason, and the next state holds it unchanged until the user removes it.
//!
//! The editor, the host's main thread and imports in the background use this. References are no parameters, so the editor compares the number
//! of edits to tell the host that there is something to save.

pub mod files;

use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard};

use flow_analysis::reference::{Reference, ReferenceTarget};
use flow_analysis::report::MAX_AMOUNT;
use flow_platform::mutex::lock;
use nice_plug::params::persist::PersistentField;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json};

use files::ReferenceFiles;

/// The references in a state.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct SavedReferences {
    amount: f32,
    /// The JSON text of each, so that not even a digit of an unknown version changes.
    references: Vec<String>,
    /// The fields of newer versions.
    #[serde(flatten)]
    more: Map<String, Json>,
}

impl Default for SavedReferences {
    fn default() -> Self {
        Self {
            amount: 1.0,
            references: Vec::new(),
            more: Map::new(),
        }
    }
}

impl SavedReferences {
    /// Parses a state's text. Invalid text becomes an invalid reference.
    pub(crate) fn read(text: &str) -> Self {
        serde_json::from_str(text).unwrap_or_else(|_| Self {
            references: vec![text.to_owned()],
            ..Self::default()
        })
    }
}

/// All references of one instance.
#[derive(Default)]
pub struct References(Mutex<Inner>);

#[derive(Default)]
struct Inner {
    entries: Vec<Entry>,
    more: Map<String, Json>,
    /// The number of loaded states.
    loads: u32,
    /// The number of the user's edits.
    edits: u32,
    /// The amount and the valid entries.
    target: ReferenceTarget,
}

#[derive(Clone)]
struct Entry {
    saved: String,
    read: Result<Reference, ReferenceStatus>,
    /// The song's file, if it is known. No state holds it.
    path: Option<PathBuf>,
}

impl Entry {
    fn of(saved: String) -> Self {
        let json = serde_json::from_str(&saved).unwrap_or(Json::Null);
        let name = json["name"].as_str().unwrap_or("A reference").to_owned();
        let read = Reference::try_from(json).map_err(|fault| ReferenceStatus {
            name,
            fault: Some(fault.to_string()),
            path: None,
        });
        let path = None;
        Self { saved, read, path }
    }
}

/// The name and validity of a reference.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReferenceStatus {
    /// Its name.
    pub name: String,
    /// The reason why it has no effect, in one line.
    pub fault: Option<String>,
    /// The song's file, if it is known.
    pub path: Option<PathBuf>,
}

/// A reference that was removed, which an undo puts back.
#[derive(Clone)]
pub(crate) struct RemovedReference {
    index: usize,
    entry: Entry,
}

impl RemovedReference {
    /// Its name.
    pub(crate) fn name(&self) -> &str {
        match &self.entry.read {
            Ok(reference) => reference.name(),
            Err(status) => &status.name,
        }
    }
}

impl References {
    /// `[gui]` The valid references and the amount.
    #[must_use]
    pub fn target(&self) -> ReferenceTarget {
        self.lock().target.clone()
    }

    /// `[gui]` All references in order.
    #[must_use]
    pub fn list(&self) -> Vec<ReferenceStatus> {
        let inner = self.lock();
        let listed = inner.entries.iter().map(|entry| match &entry.read {
            Ok(reference) => ReferenceStatus {
                name: reference.name().to_owned(),
                fault: None,
                path: entry.path.clone(),
            },
            Err(listed) => listed.clone(),
        });
        listed.collect()
    }

    /// `[gui]` The valid reference of a file. Several may have one name.
    #[must_use]
    pub(crate) fn of_file(&self, path: &Path) -> Option<Reference> {
        let inner = self.lock();
        let mut entries = inner.entries.iter();
        let entry = entries.find(|entry| entry.path.as_deref() == Some(path));
        entry.and_then(|entry| entry.read.as_ref().ok().cloned())
    }

    /// `[gui]` The number of loaded states. It changes with the project.
    #[must_use]
    pub(crate) fn project(&self) -> u32 {
        self.lock().loads
    }

    /// `[gui]` The number of the user's edits.
    #[must_use]
    pub(crate) fn edits(&self) -> u32 {
        self.lock().edits
    }

    /// `[gui]` Adds a reference. False if it exists already.
    pub fn add(&self, reference: Reference) -> bool {
        self.lock().insert(reference, None)
    }

    /// `[any]` Adds the reference of a file to a [project](Self::project), and returns whether it was new there; its file is known
    /// from then on. None if another project was loaded.
    pub(crate) fn add_file(
        &self,
        project: u32,
        reference: Reference,
        path: &Path,
        files: &mut ReferenceFiles,
    ) -> Option<bool> {
        let saved = serde_json::to_string(&reference).unwrap_or_default();
        files.remember(&saved, path);
        let mut inner = self.lock();
        (inner.loads == project).then(|| inner.insert(reference, Some(path.to_owned())))
    }

    /// `[gui]` Looks up the files of a loaded state.
    pub(crate) fn recall(&self, files: &ReferenceFiles) {
        for entry in &mut self.lock().entries {
            if entry.path.is_none() {
                entry.path = files.path(&entry.saved);
            }
        }
    }

    /// `[gui]` Removes the reference at an index of the list.
    pub fn remove(&self, index: usize) {
        drop(self.take(index));
    }

    /// `[gui]` Removes the reference at an index of the list, and gives it to an undo.
    pub(crate) fn take(&self, index: usize) -> Option<RemovedReference> {
        let mut inner = self.lock();
        if index >= inner.entries.len() {
            return None;
        }
        let entry = inner.entries.remove(index);
        inner.entries_changed();
        Some(RemovedReference { index, entry })
    }

    /// `[gui]` Puts a removed reference back to its place, unless it was added again.
    pub(crate) fn put_back(&self, removed: &RemovedReference) {
        let mut inner = self.lock();
        if inner.position(removed).is_none() {
            let index = removed.index.min(inner.entries.len());
            inner.entries.insert(index, removed.entry.clone());
            inner.entries_changed();
        }
    }

    /// `[gui]` Removes a reference again that was put back.
    pub(crate) fn remove_again(&self, removed: &RemovedReference) {
        let mut inner = self.lock();
        if let Some(index) = inner.position(removed) {
            inner.entries.remove(index);
            inner.entries_changed();
        }
    }

    /// `[gui]` Sets the amount, 0 to `MAX_AMOUNT`. At 1 the assistant matches the references in full.
    pub fn set_amount(&self, amount: f32) {
        let mut inner = self.lock();
        let before = inner.target.amount;
        inner.set_amount(amount);
        if inner.target.amount != before {
            inner.edits = inner.edits.wrapping_add(1);
        }
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        lock(&self.0)
    }
}

impl Inner {
    fn insert(&mut self, reference: Reference, path: Option<PathBuf>) -> bool {
        let saved = serde_json::to_string(&reference).unwrap_or_default();
        let mut entries = self.entries.iter_mut();
        if let Some(known) = entries.find(|entry| entry.saved == saved) {
            known.path = path.or(known.path.take());
            return false;
        }
        let read = Ok(reference);
        self.entries.push(Entry { saved, read, path });
        self.entries_changed();
        true
    }

    fn set_amount(&mut self, amount: f32) {
        self.target.amount = if amount.is_finite() {
            amount.clamp(0.0, MAX_AMOUNT)
        } else {
            1.0
        };
    }

    /// The place of a reference that was removed, if it is there again.
    fn position(&self, removed: &RemovedReference) -> Option<usize> {
        let mut entries = self.entries.iter();
        entries.position(|entry| entry.saved == removed.entry.saved)
    }

    /// Counts an edit of the entries by the user.
    fn entries_changed(&mut self) {
        self.edits = self.edits.wrapping_add(1);
        self.update_target();
    }

    /// Updates the target after a change of the entries.
    fn update_target(&mut self) {
        let read = self.entries.iter();
        let read = read.filter_map(|entry| entry.read.as_ref().ok().cloned());
        self.target.references = read.collect();
    }
}

impl PersistentField<'_, SavedReferences> for References {
    fn set(&self, loaded: SavedReferences) {
        let mut inner = self.lock();
        inner.loads = inner.loads.wrapping_add(1);
        inner.entries = loaded.references.into_iter().map(Entry::of).collect();
        inner.more = loaded.more;
        inner.set_amount(loaded.amount);
        inner.update_target();
    }

    fn map<F, R>(&self, f: F) -> R
    where
        F: Fn(&SavedReferences) -> R,
    {
        let inner = self.lock();
        let saved = inner.entries.iter().map(|entry| entry.saved.clone());
        f(&SavedReferences {
            amount: inner.target.amount,
            references: saved.collect(),
            more: inner.more.clone(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use flow_analysis::features::{self, AnalysisWindow};
    use flow_dsp::Spec;

    fn reference(name: &str) -> Reference {
        let song = flow_demo_song::demo_excerpt(48_000, 20.0, 11.0).channels;
        let window = AnalysisWindow::of(Spec::default(), &song[0], &song[1]);
        Reference::new(name, &window).unwrap()
    }

    fn saved(references: &References) -> String {
        references.map(|saved| serde_json::to_string(saved).unwrap())
    }

    fn loaded(text: &str) -> References {
        let references = References::default();
        references.set(SavedReferences::read(text));
        references
    }

    #[test]
    fn references_saved_and_loaded_stay_the_same() {
        let references = References::default();
        assert!(references.add(reference("Night")) && references.add(reference("Day \u{1f319}")));
        assert!(
            !references.add(reference("Night")),
            "a reference was added twice"
        );
        references.set_amount(0.6);
        let text = saved(&references);
        let again = loaded(&text);
        assert_eq!(again.target(), references.target());
        assert_eq!(again.target().references.len(), 2);
        assert_eq!(again.list(), references.list());
        assert_eq!(saved(&again), text, "saving again must give the same bytes");
        assert!(!text.contains('/'), "the state contains a path");
        again.remove(0);
        again.remove(7);
        assert_eq!(again.list()[0].name, "Day \u{1f319}");
        assert_eq!(again.target().references.len(), 1);
    }

    #[test]
    fn references_of_other_versions_are_listed_kept_and_without_effect() {
        let mut newer = serde_json::to_value(reference("Night")).unwrap();
        newer["features"] = (features::VERSION + 1).into();
        newer["summary"]["sparkle"] = 3.into();
        let half = serde_json::json!({"name": "Half", "features": features::VERSION});
        let text = serde_json::json!({
            "amount": 0.5, "references": [newer.to_string(), "7", half.to_string()], "mood": "blue"
        });
        let references = loaded(&text.to_string());
        assert!(references.add(reference("Day")));
        let list = references.list();
        let faults: Vec<_> = list.iter().map(|l| l.fault.as_deref()).collect();
        assert!(faults[0].unwrap().contains("another version"), "{faults:?}");
        assert!(faults[1].unwrap().contains("no reference"), "{faults:?}");
        assert!(faults[2].unwrap().contains("no reference"), "{faults:?}");
        assert!(faults.iter().flatten().all(|f| !f.contains('\n')));
        assert_eq!((list[0].name.as_str(), faults[3]), ("Night", None));
        assert_eq!(references.target().references.len(), 1);
        let again: Json = serde_json::from_str(&saved(&references)).unwrap();
        assert_eq!(again["references"][0], text["references"][0]);
        assert_eq!(again["references"][1], "7");
        assert_eq!(again["mood"], "blue");
        // The user can remove them.
        (0..3).for_each(|_| references.remove(0));
        assert_eq!(references.list().len(), 1);
    }

    #[test]
    fn reference_of_a_file_is_found_by_its_path_among_equal_names() {
        let folder = tempfile::tempdir().unwrap();
        let mut files = ReferenceFiles::at_path(Some(folder.path().join("files.json")));
        let references = References::default();
        let paths = ["first", "second"].map(|album| folder.path().join(album).join("Night.wav"));
        for (path, from_s) in paths.iter().zip([20.0, 20.5]) {
            let song = flow_demo_song::demo_excerpt(48_000, from_s, 11.0).channels;
            let window = AnalysisWindow::of(Spec::default(), &song[0], &song[1]);
            let reference = Reference::new("Night", &window).unwrap();
            assert_eq!(
                references.add_file(0, reference, path, &mut files),
                Some(true)
            );
        }
        let all = references.target().references;
        for (path, expected) in paths.iter().zip(&*all) {
            assert_eq!(references.of_file(path).as_ref(), Some(expected));
        }
        assert_eq!(references.of_file(Path::new("Night.wav")), None);
    }

    #[test]
    fn references_in_invalid_text_have_no_effect() {
        for text in [
            "",
            "{",
            "null",
            "[1]",
            "7",
            "{\"references\": 3}",
            "\u{1f4a5}",
        ] {
            let references = loaded(text);
            assert!(references.target().is_empty(), "{text}");
            assert!(
                references.list().iter().all(|l| l.fault.is_some()),
                "{text}"
            );
            // The text is kept, and saving again doesn't change it.
            let once = saved(&references);
            assert_eq!(saved(&loaded(&once)), once, "{text}");
        }
        for amount in ["1e39", "-3.0", "9"] {
            let amount = loaded(&format!("{{\"amount\": {amount}}}")).target().amount;
            assert!((0.0..=MAX_AMOUNT).contains(&amount), "{amount}");
        }
    }
}
