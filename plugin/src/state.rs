//! Saved states: their version, the way from older ones, and a defense against broken ones.
//!
//! A saved state is one JSON object in nice-plug's format: the plug-in's version, the parameters' plain values by id, and
//! `fields` with [`STATE_VERSION`], the slots of the chain and of stages, the window's size and the references. Every load passes through [`migrate`].

mod fields;
mod unknown;

use std::collections::BTreeMap;

use flow_params::{ParameterId, Stage};
use nice_plug::params::persist::PersistentField;
use nice_plug::plugin::ParamValue;
use nice_plug::prelude::PluginState;

use crate::params::any::AnyParam;
use crate::params::set::ParameterSet;
use crate::references::SavedReferences;
use crate::slots::{SavedSlots, SavedStageSlots, Slot, Values, in_slots};
pub use fields::{
    REFERENCES_FIELD, SLOTS_FIELD, STAGE_SLOTS_FIELD, UNKNOWN_FIELD, VERSION_FIELD, WINDOW_FIELD,
};
use unknown::Unknown;
pub(crate) use unknown::UnknownFields;

/// Version of the states that this code writes. It grows when older states need a step to keep their sound.
pub const STATE_VERSION: u32 = 2;

/// Step `n` turns the values of a state of version `n` into those of version `n + 1`.
const STEPS: [fn(&mut Values); 2] = [from_0, from_1];
const _: () = assert!(
    STEPS.len() == STATE_VERSION as usize,
    "a step for every version"
);

/// Brings any state to [`STATE_VERSION`], with every parameter present and in its range, and with both slots.
///
/// The known parts of a newer version's state are used, and its other parts are kept for it. Never panics, even on a
/// damaged state. Returns a line for each value that its parameter can't have; the default replaces it.
pub fn migrate(state: &mut PluginState) -> Vec<String> {
    let saved = state.fields.get(SLOTS_FIELD);
    let mut saved = saved.and_then(|text| serde_json::from_str::<SavedSlots>(text).ok());
    Unknown::kept(state, UNKNOWN_FIELD).restore(state, saved.as_mut());
    let version = version(state);
    let params = ParameterSet::default();
    let is_known = |id: &str| id.parse::<ParameterId>().is_ok();
    let unknown = Unknown::take(state, saved.as_mut(), is_known);
    let mut replaced = Vec::new();
    let values = std::mem::take(&mut state.params);
    state.params = bring_up(values, version, params.each(), &mut replaced);
    let slots = slots(saved, state, version, &params, &mut replaced);
    let stages = state.fields.get(STAGE_SLOTS_FIELD);
    let stages = stages
        .and_then(|text| serde_json::from_str::<BTreeMap<String, serde_json::Value>>(text).ok());
    let stages = stages.unwrap_or_default().into_iter();
    // Each stage is read by itself: a damaged one must not lose the others.
    let stages = stages.filter_map(|(id, slots)| Some((id, serde_json::from_value(slots).ok()?)));
    let stages = stage_slots(stages.collect(), version, &params, &mut replaced);
    let references = state.fields.get(REFERENCES_FIELD);
    let references =
        references.map_or_else(SavedReferences::default, |text| SavedReferences::read(text));

    // Other fields that can't be read are skipped when they are loaded.
    let fields = &mut state.fields;
    fields.insert(VERSION_FIELD.to_owned(), STATE_VERSION.to_string());
    for (name, text) in [
        (SLOTS_FIELD, serde_json::to_string(&slots)),
        (STAGE_SLOTS_FIELD, serde_json::to_string(&stages)),
        (REFERENCES_FIELD, serde_json::to_string(&references)),
        (UNKNOWN_FIELD, serde_json::to_string(&unknown)),
    ] {
        if let Ok(text) = text {
            fields.insert(name.to_owned(), text);
        }
    }
    replaced
}

/// The version of a state; 0 if it is missing or no number.
fn version(state: &PluginState) -> u32 {
    state
        .fields
        .get(VERSION_FIELD)
        .and_then(|text| text.parse().ok())
        .unwrap_or(0)
}

/// Values saved by `version` as valid values of exactly `params`.
///
/// nice-plug sets values unchecked, so a number out of range would stay. It skips missing ones, so recall would depend on
/// the state that was loaded before. A line about each value that can't be used is added to `replaced`.
fn bring_up<'p>(
    mut saved: Values,
    version: u32,
    params: impl Iterator<Item = AnyParam<'p>>,
    replaced: &mut Vec<String>,
) -> Values {
    let done = usize::try_from(version).unwrap_or(usize::MAX);
    for step in STEPS.iter().skip(done) {
        step(&mut saved);
    }
    let clean = |param: AnyParam<'_>| {
        let id = param.id();
        let value = saved.get(id.as_str());
        if let Some(value) = value.filter(|value| param.usable(value).is_none()) {
            replaced.push(format!(
                "{}: {value:?} is no value of it; its default replaces it",
                id.name()
            ));
        }
        (id.to_string(), param.clean(value))
    };
    params.map(clean).collect()
}

/// The slots of a state whose parameters are up to date. If they are missing or can't be read, both have the values of the
/// parameters.
fn slots(
    saved: Option<SavedSlots>,
    state: &PluginState,
    version: u32,
    params: &ParameterSet,
    replaced: &mut Vec<String>,
) -> SavedSlots {
    match saved {
        Some(saved) => SavedSlots {
            active: saved.active,
            other: bring_up(saved.other, version, in_slots(None, params), replaced),
        },
        None => SavedSlots {
            active: Slot::A,
            other: bring_up(
                state.params.clone(),
                STATE_VERSION,
                in_slots(None, params),
                replaced,
            ),
        },
    }
}

/// The slots of stages. A stage of a newer version stays as it is, and so does a parameter of one.
fn stage_slots(
    mut saved: SavedStageSlots,
    version: u32,
    params: &ParameterSet,
    replaced: &mut Vec<String>,
) -> SavedStageSlots {
    for stage in Stage::ALL {
        let Some(slots) = saved.get_mut(stage.id()) else {
            continue;
        };
        if slots.other.is_empty() {
            // A copy of the active slot.
            continue;
        }
        let mut unknown = slots.other.clone();
        unknown.retain(|id, _| id.parse::<ParameterId>().is_err());
        let known = std::mem::take(&mut slots.other);
        let in_stage = in_slots(Some(stage), params);
        slots.other = bring_up(known, version, in_stage, replaced);
        slots.other.extend(unknown);
    }
    saved
}

/// No release wrote version 0. A preset made by hand may leave the version out; its values are those of version 1.
fn from_0(_values: &mut Values) {}

/// Version 1 had trim, low cut, loudness gain, limiter and dither. All later parameters stay neutral in its sound, even if
/// the defaults of a new instance change.
fn from_1(values: &mut Values) {
    const NEUTRAL: [(ParameterId, f32); 17] = [
        (ParameterId::Depth, 0.0),
        (ParameterId::Warmth, 0.0),
        (ParameterId::Presence, 0.0),
        (ParameterId::Sheen, 0.0),
        (ParameterId::LatticeDrive, 0.0),
        (ParameterId::Width, 100.0),
        (ParameterId::MonoSafety, 0.0),
        (ParameterId::Body, 0.0),
        (ParameterId::Soul, 0.0),
        (ParameterId::Silk, 0.0),
        (ParameterId::Air, 0.0),
        (ParameterId::Comfort, 0.0),
        (ParameterId::MidSideAmount, 0.0),
        (ParameterId::MultibandAmount, 0.0),
        (ParameterId::GlueAmount, 0.0),
        (ParameterId::Drive, 0.0),
        (ParameterId::MatchAmount, 0.0),
    ];
    for (id, value) in NEUTRAL {
        values
            .entry(id.to_string())
            .or_insert(ParamValue::F32(value));
    }
    values
        .entry(ParameterId::MonoBelow.to_string())
        .or_insert(ParamValue::Bool(false));
}

/// Writes [`STATE_VERSION`] into every state, and reads none: a state has this version once it is migrated.
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
