//! Saved states: their version, the way from older ones, and a defence against broken ones.
//!
//! A host saves what nice-plug writes: one JSON object with the plug-in's version, the parameters'
//! plain values by id, and `fields`, where [`STATE_VERSION`] stands, the slot that isn't heard, and
//! the references. Loading one passes through [`migrate`].

mod unknown;

use std::collections::BTreeSet;

use nice_plug::params::persist::PersistentField;
use nice_plug::plugin::ParamValue;
use nice_plug::prelude::PluginState;

use crate::params::{AnyParam, FlowParams};
use crate::references::Saved as References;
use crate::slots::{Saved, Slot, Values, in_slots};
pub(crate) use unknown::Kept;
use unknown::Unknown;

/// Version of the states that this code writes. It grows when older states must be told something to
/// keep their sound.
pub const STATE_VERSION: u32 = 2;

/// Key of the version among a state's fields.
pub const VERSION_FIELD: &str = "state";

/// Key of the slots among a state's fields.
pub const SLOTS_FIELD: &str = "slots";

/// Key of the window's size among a state's fields.
pub const WINDOW_FIELD: &str = "window";

/// Key of the references among a state's fields.
pub const REFERENCES_FIELD: &str = "references";

/// Key of what a newer version saved among a state's fields.
pub const UNKNOWN_FIELD: &str = "unknown";

/// All of them.
const KNOWN_FIELDS: [&str; 5] = [
    VERSION_FIELD,
    SLOTS_FIELD,
    WINDOW_FIELD,
    REFERENCES_FIELD,
    UNKNOWN_FIELD,
];

/// Step `n` turns the values of a state of version `n` into those of version `n + 1`.
const STEPS: [fn(&mut Values); 2] = [from_0, from_1];
const _: () = assert!(
    STEPS.len() == STATE_VERSION as usize,
    "a step for every version"
);

/// Brings any state to [`STATE_VERSION`], with every parameter present and in its range, and with
/// both slots.
///
/// Of a newer version everything that is known here is used, and the rest is kept for it. Nothing
/// panics, whatever the state holds.
pub fn migrate(state: &mut PluginState) {
    let saved = state.fields.get(SLOTS_FIELD);
    let mut saved = saved.and_then(|text| serde_json::from_str::<Saved>(text).ok());
    Unknown::kept(state, UNKNOWN_FIELD).restore(state, saved.as_mut());
    let version = version(state);
    let params = FlowParams::default();
    let known: BTreeSet<String> = params.each().map(|(id, _)| id).collect();
    let unknown = Unknown::take(state, saved.as_mut(), |id| known.contains(id));
    state.params = bring_up(std::mem::take(&mut state.params), version, params.each());
    let slots = slots(saved, state, version, &params);
    let references = state.fields.get(REFERENCES_FIELD);
    let references = references.map_or_else(References::default, |text| References::read(text));

    // What can't be read of the other fields is skipped when they are loaded.
    let fields = &mut state.fields;
    fields.insert(VERSION_FIELD.to_owned(), STATE_VERSION.to_string());
    for (name, text) in [
        (SLOTS_FIELD, serde_json::to_string(&slots)),
        (REFERENCES_FIELD, serde_json::to_string(&references)),
        (UNKNOWN_FIELD, serde_json::to_string(&unknown)),
    ] {
        if let Ok(text) = text {
            fields.insert(name.to_owned(), text);
        }
    }
}

/// 0 where it is missing or no number.
fn version(state: &PluginState) -> u32 {
    state
        .fields
        .get(VERSION_FIELD)
        .and_then(|text| text.parse().ok())
        .unwrap_or(0)
}

/// Values saved by `version` as values of exactly `params`, each of which has one that it can have.
///
/// nice-plug sets values unchecked, where a number out of range would stay, and skips missing ones,
/// where recall would depend on what was loaded before.
fn bring_up<'p>(
    mut saved: Values,
    version: u32,
    params: impl Iterator<Item = (String, AnyParam<'p>)>,
) -> Values {
    let done = usize::try_from(version).unwrap_or(usize::MAX);
    for step in STEPS.iter().skip(done) {
        step(&mut saved);
    }
    let clean = |(id, param): (String, AnyParam<'_>)| {
        let value = param.clean(saved.get(&id));
        (id, value)
    };
    params.map(clean).collect()
}

/// The slots of a state whose parameters are up to date, as they were saved. Where there are none, or none that can be
/// read, both are as the parameters.
fn slots(saved: Option<Saved>, state: &PluginState, version: u32, params: &FlowParams) -> Saved {
    match saved {
        Some(saved) => Saved {
            active: saved.active,
            other: bring_up(saved.other, version, in_slots(params)),
        },
        None => Saved {
            active: Slot::A,
            other: bring_up(state.params.clone(), STATE_VERSION, in_slots(params)),
        },
    }
}

/// No release wrote version 0. A preset made by hand may leave the version out: its values are
/// those of 1.
fn from_0(_values: &mut Values) {}

/// Version 1 knew trim, low cut, loudness gain, limiter and dither. What came after it stays out of
/// its sound, whatever a new instance starts with one day.
fn from_1(values: &mut Values) {
    const NEUTRAL: [(&str, f32); 17] = [
        ("fldep", 0.0),
        ("flwrm", 0.0),
        ("lapre", 0.0),
        ("lashn", 0.0),
        ("ladrv", 0.0),
        ("wewid", 100.0),
        ("wesaf", 0.0),
        ("crbod", 0.0),
        ("crsou", 0.0),
        ("crsil", 0.0),
        ("crair", 0.0),
        ("crcom", 0.0),
        ("msamt", 0.0),
        ("mbamt", 0.0),
        ("glamt", 0.0),
        ("drive", 0.0),
        ("mtamt", 0.0),
    ];
    for (id, value) in NEUTRAL {
        values
            .entry(id.to_owned())
            .or_insert(ParamValue::F32(value));
    }
    values
        .entry("wemon".to_owned())
        .or_insert(ParamValue::Bool(false));
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
