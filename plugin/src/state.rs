//! Saved states: their version, the way from older ones, and a defence against broken ones.
//!
//! A host saves what nice-plug writes: one JSON object with the plug-in's version, the parameters'
//! plain values by id, and `fields`, where [`STATE_VERSION`] stands. Loading one passes through
//! [`migrate`].

use nice_plug::params::persist::PersistentField;
use nice_plug::prelude::PluginState;

use crate::params::FlowParams;

/// Version of the states that this code writes. It grows when a state needs to be changed to keep
/// its sound, which a new parameter with a neutral default does not.
pub const STATE_VERSION: u32 = 1;

/// Key of the version among a state's fields.
pub const VERSION_FIELD: &str = "state";

/// Step `n` turns a state of version `n` into one of version `n + 1`.
const STEPS: [fn(&mut PluginState); 1] = [from_0];
const _: () = assert!(
    STEPS.len() == STATE_VERSION as usize,
    "a step for every version"
);

/// Brings any state to [`STATE_VERSION`], with every parameter present and in its range.
///
/// Of a newer version everything that is known here is kept. Nothing panics, whatever the state
/// holds.
pub fn migrate(state: &mut PluginState) {
    for step in STEPS
        .iter()
        .skip(usize::try_from(version(state)).unwrap_or(usize::MAX))
    {
        step(state);
    }
    sanitise(state);
}

/// 0 where it is missing or no number.
fn version(state: &PluginState) -> u32 {
    state
        .fields
        .get(VERSION_FIELD)
        .and_then(|text| text.parse().ok())
        .unwrap_or(0)
}

/// No release wrote version 0. A preset made by hand may leave the version out: its values are
/// those of 1.
fn from_0(_state: &mut PluginState) {}

/// Leaves exactly the parameters of this version, each with a value that it can have.
///
/// nice-plug sets values unchecked, where a number out of range would stay, and skips missing ones,
/// where recall would depend on what was loaded before.
fn sanitise(state: &mut PluginState) {
    let params = FlowParams::default();
    state.params = params
        .each()
        .map(|(id, param)| {
            let value = param.clean(state.params.get(&id));
            (id, value)
        })
        .collect();
    state.fields.clear();
    state
        .fields
        .insert(VERSION_FIELD.to_owned(), STATE_VERSION.to_string());
}

/// Writes [`STATE_VERSION`] into every state, and takes none from it: what is loaded is of this
/// version by then, and what is saved always is.
pub(crate) struct StateVersion;

impl PersistentField<'_, u32> for StateVersion {
    fn set(&self, _loaded: u32) {}

    fn map<F, R>(&self, f: F) -> R
    where
        F: Fn(&u32) -> R,
    {
        f(&STATE_VERSION)
    }
}

#[cfg(test)]
mod tests;
