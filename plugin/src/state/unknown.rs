//! What a newer version saved and this one doesn't know: kept, and saved again, so that going back a version for an
//! afternoon costs a project nothing.

use std::collections::BTreeMap;
use std::mem::take;
use std::sync::{Mutex, PoisonError};

use nice_plug::params::persist::PersistentField;
use nice_plug::plugin::PluginState;
use serde::{Deserialize, Serialize};

use super::KNOWN_FIELDS;
use crate::slots::Values;

/// Fields and parameters by their names.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Unknown {
    fields: BTreeMap<String, String>,
    params: Values,
}

impl Unknown {
    /// Puts back what an older version kept of a state: this one may know it.
    pub(super) fn restore(state: &mut PluginState, field: &str) {
        let kept = state.fields.remove(field);
        let kept = kept.and_then(|text| serde_json::from_str::<Self>(&text).ok());
        let Self { fields, params } = kept.unwrap_or_default();
        for (name, text) in fields {
            state.fields.entry(name).or_insert(text);
        }
        for (id, value) in params {
            state.params.entry(id).or_insert(value);
        }
    }

    /// Takes out of a state what `is_known` doesn't name.
    pub(super) fn take(state: &mut PluginState, is_known: impl Fn(&str) -> bool) -> Self {
        let is_field = |name: &str| KNOWN_FIELDS.contains(&name);
        let (known, fields) = take(&mut state.fields)
            .into_iter()
            .partition(|(name, _)| is_field(name));
        state.fields = known;
        let (known, params) = take(&mut state.params)
            .into_iter()
            .partition(|(id, _)| is_known(id));
        state.params = known;
        Self { fields, params }
    }
}

/// What the loaded state had of that.
#[derive(Default)]
pub(crate) struct Kept(Mutex<Unknown>);

impl PersistentField<'_, Unknown> for Kept {
    fn set(&self, loaded: Unknown) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = loaded;
    }

    fn map<F, R>(&self, f: F) -> R
    where
        F: Fn(&Unknown) -> R,
    {
        f(&self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}
