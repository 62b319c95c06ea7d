//! Keeps the parts of a newer version's state that this version doesn't know, and saves them again. A project loses nothing
//! when it is saved once by an older version.

use std::collections::BTreeMap;
use std::mem::take;
use std::sync::Mutex;

use flow_platform::mutex::lock;
use nice_plug::params::persist::PersistentField;
use nice_plug::plugin::PluginState;
use serde::{Deserialize, Serialize};

use super::fields::KNOWN_FIELDS;
use crate::slots::{SavedSlots, Slot, Values};

/// Fields and parameters by their names.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Unknown {
    fields: BTreeMap<String, String>,
    params: Values,
    /// Parameters of the slot that wasn't active when the state was loaded.
    other: Values,
    /// The slot that was active then.
    active: Slot,
}

impl Unknown {
    /// Takes the kept parts out of a state, because this version may know them.
    pub(super) fn kept(state: &mut PluginState, field: &str) -> Self {
        let kept = state.fields.remove(field);
        let kept = kept.and_then(|text| serde_json::from_str(&text).ok());
        kept.unwrap_or_default()
    }

    /// Puts the kept parts back into a state. `slots`: those of the state, if it has any.
    pub(super) fn restore(mut self, state: &mut PluginState, slots: Option<&mut SavedSlots>) {
        for (name, text) in self.fields {
            state.fields.entry(name).or_insert(text);
        }
        if let Some(slots) = slots {
            // Each value belongs to its slot, even if the user has switched since.
            if slots.active != self.active {
                std::mem::swap(&mut self.params, &mut self.other);
            }
            put_back(self.other, &mut slots.other);
        }
        put_back(self.params, &mut state.params);
    }

    /// Takes the fields and parameters out of a state that `is_known` doesn't name.
    pub(super) fn take(
        state: &mut PluginState,
        slots: Option<&mut SavedSlots>,
        is_known: impl Fn(&str) -> bool,
    ) -> Self {
        let is_field = |name: &str| KNOWN_FIELDS.contains(&name);
        let (known, fields) = take(&mut state.fields)
            .into_iter()
            .partition(|(name, _)| is_field(name));
        state.fields = known;
        let unknown = |values: &mut Values| {
            let (known, unknown) = take(values).into_iter().partition(|(id, _)| is_known(id));
            *values = known;
            unknown
        };
        let params = unknown(&mut state.params);
        let active = slots
            .as_ref()
            .map_or_else(Slot::default, |slots| slots.active);
        let other = slots.map_or_else(Values::new, |slots| unknown(&mut slots.other));
        Self {
            fields,
            params,
            other,
            active,
        }
    }
}

fn put_back(kept: Values, values: &mut Values) {
    for (id, value) in kept {
        values.entry(id).or_insert(value);
    }
}

/// The unknown parts of the loaded state.
#[derive(Default)]
pub(crate) struct UnknownFields(Mutex<Unknown>);

impl PersistentField<'_, Unknown> for UnknownFields {
    fn set(&self, loaded: Unknown) {
        *lock(&self.0) = loaded;
    }

    fn map<F, R>(&self, f: F) -> R
    where
        F: Fn(&Unknown) -> R,
    {
        f(&lock(&self.0))
    }
}
