//! The songs that an instance's assistant leads to, and how much of the way.
//!
//! A state holds what was heard of them, and no paths, which would break. What this version can't compare with its own
//! figures is shown with the reason, follows nobody, and is saved again as it was, until the user removes it.
//!
//! Everything here belongs to the window's and the host's main thread, as the slots do. No parameter changes with it, so
//! the window tells the host that there is something new to save; it counts the user's edits for that.

use std::sync::{Mutex, MutexGuard, PoisonError};

use flow_analysis::reference::Reference;
use flow_analysis::reference::ReferenceTarget;
use nice_plug::params::persist::PersistentField;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json};

/// The most of the way that can be wanted.
pub(crate) const MOST: f32 = 1.5;

/// What a state holds of them.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Saved {
    amount: f32,
    /// Each as a text of its own, so that not a digit changes of what this version doesn't understand.
    references: Vec<String>,
    /// What a newer version says besides.
    #[serde(flatten)]
    more: Map<String, Json>,
}

impl Default for Saved {
    fn default() -> Self {
        Self {
            amount: 1.0,
            references: Vec::new(),
            more: Map::new(),
        }
    }
}

impl Saved {
    /// From a state's text. One that can't be read is a reference that can't be.
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
    /// How often a state was loaded.
    loads: u32,
    /// How often the user changed something.
    edits: u32,
    /// The amount, and those of the entries that can be compared.
    goal: ReferenceTarget,
}

struct Entry {
    saved: String,
    read: Result<Reference, Listed>,
}

impl Entry {
    fn of(saved: String) -> Self {
        let json = serde_json::from_str(&saved).unwrap_or(Json::Null);
        let name = json["name"].as_str().unwrap_or("A reference").to_owned();
        let read = Reference::try_from(json).map_err(|fault| Listed {
            name,
            fault: Some(fault.to_string()),
        });
        Self { saved, read }
    }
}

/// One of them, for people.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    /// Its name.
    pub name: String,
    /// Why it can't be followed, in a line.
    pub fault: Option<String>,
}

impl References {
    /// `[gui]` Whom to follow, and how far.
    #[must_use]
    pub fn goal(&self) -> ReferenceTarget {
        self.lock().goal.clone()
    }

    /// `[gui]` All of them, in their order.
    #[must_use]
    pub fn list(&self) -> Vec<Listed> {
        let inner = self.lock();
        let listed = inner.entries.iter().map(|entry| match &entry.read {
            Ok(reference) => Listed {
                name: reference.name().to_owned(),
                fault: None,
            },
            Err(listed) => listed.clone(),
        });
        listed.collect()
    }

    /// `[gui]` Which of the states that were loaded they are of: another one is another project.
    #[must_use]
    pub(crate) fn project(&self) -> u32 {
        self.lock().loads
    }

    /// `[gui]` How often the user changed something.
    #[must_use]
    pub(crate) fn edits(&self) -> u32 {
        self.lock().edits
    }

    /// `[gui]` One more; false if it is there already.
    pub fn add(&self, reference: Reference) -> bool {
        let mut inner = self.lock();
        let saved = serde_json::to_string(&reference).unwrap_or_default();
        let is_there = inner.entries.iter().any(|entry| entry.saved == saved);
        if !is_there {
            let read = Ok(reference);
            inner.entries.push(Entry { saved, read });
            inner.edits = inner.edits.wrapping_add(1);
            inner.aim();
        }
        !is_there
    }

    /// `[gui]` No more of the one at a place of the list.
    pub fn remove(&self, place: usize) {
        let mut inner = self.lock();
        if place < inner.entries.len() {
            inner.entries.remove(place);
            inner.edits = inner.edits.wrapping_add(1);
            inner.aim();
        }
    }

    /// `[gui]` How much of the way: 0 to 1.5, 1 is all of it.
    pub fn set_amount(&self, amount: f32) {
        let mut inner = self.lock();
        let before = inner.goal.amount;
        inner.set_amount(amount);
        if inner.goal.amount != before {
            inner.edits = inner.edits.wrapping_add(1);
        }
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        // Whoever panicked has left whole values behind.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inner {
    fn set_amount(&mut self, amount: f32) {
        self.goal.amount = if amount.is_finite() {
            amount.clamp(0.0, MOST)
        } else {
            1.0
        };
    }

    /// After the entries have changed.
    fn aim(&mut self) {
        let read = self.entries.iter();
        let read = read.filter_map(|entry| entry.read.as_ref().ok().cloned());
        self.goal.references = read.collect();
    }
}

impl PersistentField<'_, Saved> for References {
    fn set(&self, loaded: Saved) {
        let mut inner = self.lock();
        inner.loads = inner.loads.wrapping_add(1);
        inner.entries = loaded.references.into_iter().map(Entry::of).collect();
        inner.more = loaded.more;
        inner.set_amount(loaded.amount);
        inner.aim();
    }

    fn map<F, R>(&self, f: F) -> R
    where
        F: Fn(&Saved) -> R,
    {
        let inner = self.lock();
        let saved = inner.entries.iter().map(|entry| entry.saved.clone());
        f(&Saved {
            amount: inner.goal.amount,
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
        references.set(Saved::read(text));
        references
    }

    #[test]
    fn they_survive_being_saved_and_loaded() {
        let references = References::default();
        assert!(references.add(reference("Night")) && references.add(reference("Day \u{1f319}")));
        assert!(!references.add(reference("Night")), "once is enough");
        references.set_amount(0.6);
        let text = saved(&references);
        let again = loaded(&text);
        assert_eq!(again.goal(), references.goal());
        assert_eq!(again.goal().references.len(), 2);
        assert_eq!(again.list(), references.list());
        assert_eq!(saved(&again), text, "the same bytes");
        assert!(!text.contains('/'), "no paths");
        again.remove(0);
        again.remove(7);
        assert_eq!(again.list()[0].name, "Day \u{1f319}");
        assert_eq!(again.goal().references.len(), 1);
    }

    #[test]
    fn what_this_version_cannot_compare_is_named_kept_and_followed_by_nobody() {
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
        assert_eq!(references.goal().references.len(), 1);
        let again: Json = serde_json::from_str(&saved(&references)).unwrap();
        assert_eq!(again["references"][0], text["references"][0]);
        assert_eq!(again["references"][1], "7");
        assert_eq!(again["mood"], "blue");
        // They go when the user says so.
        (0..3).for_each(|_| references.remove(0));
        assert_eq!(references.list().len(), 1);
    }

    #[test]
    fn nonsense_is_survived() {
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
            assert!(references.goal().is_empty(), "{text}");
            assert!(
                references.list().iter().all(|l| l.fault.is_some()),
                "{text}"
            );
            // Not lost, and stable.
            let once = saved(&references);
            assert_eq!(saved(&loaded(&once)), once, "{text}");
        }
        for amount in ["1e39", "-3.0", "9"] {
            let amount = loaded(&format!("{{\"amount\": {amount}}}")).goal().amount;
            assert!((0.0..=MOST).contains(&amount), "{amount}");
        }
    }
}
