//! The parameters that hosts automate and save, built from the registry.

pub(crate) mod any;
mod host_param;
mod modulation;
pub(crate) mod set;

use std::collections::BTreeMap;
use std::ops::Deref;

use nice_plug::params::persist::{PersistentField, deserialize_field, serialize_field};
use nice_plug::prelude::{ParamPtr, Params};
use serde::{Deserialize, Serialize};

pub use any::AnyParam;
pub use set::ParameterSet;

use crate::editor::platform::window_size::WindowSize;
use crate::references::References;
use crate::slots::{Slots, StageSlots};
use crate::state::{
    REFERENCES_FIELD, SLOTS_FIELD, STAGE_SLOTS_FIELD, StateVersion, UNKNOWN_FIELD, UnknownFields,
    VERSION_FIELD, WINDOW_FIELD,
};

/// All parameters of an instance, and what is saved beside them.
pub struct FlowParams {
    state_version: StateVersion,
    /// The two sets of values to compare.
    pub slots: Slots,
    /// The two sets of values of each stage.
    pub stage_slots: StageSlots,
    /// The size of the window.
    pub window: WindowSize,
    /// The references that the assistant matches.
    pub references: References,
    /// The parts of a state that a newer version saved.
    kept: UnknownFields,
    values: ParameterSet,
}

impl Default for FlowParams {
    fn default() -> Self {
        let params = Self {
            state_version: StateVersion,
            slots: Slots::default(),
            stage_slots: StageSlots::default(),
            window: WindowSize::default(),
            references: References::default(),
            kept: UnknownFields::default(),
            values: ParameterSet::default(),
        };
        params.slots.start(&params.values);
        params
    }
}

impl Deref for FlowParams {
    type Target = ParameterSet;

    fn deref(&self) -> &ParameterSet {
        &self.values
    }
}

// SAFETY: the pointers are to parameters of `self.values`, which is never moved out of.
unsafe impl Params for FlowParams {
    fn param_map(&self) -> Vec<(String, ParamPtr, String)> {
        let entry = |param: AnyParam<'_>| {
            let id = param.id();
            (id.to_string(), param.ptr(), id.group().to_owned())
        };
        self.each().map(entry).collect()
    }

    fn serialize_fields(&self) -> BTreeMap<String, String> {
        let mut fields = BTreeMap::new();
        save(&mut fields, VERSION_FIELD, &self.state_version);
        save(&mut fields, SLOTS_FIELD, &self.slots);
        save(&mut fields, STAGE_SLOTS_FIELD, &self.stage_slots);
        save(&mut fields, WINDOW_FIELD, &self.window);
        save(&mut fields, REFERENCES_FIELD, &self.references);
        save(&mut fields, UNKNOWN_FIELD, &self.kept);
        fields
    }

    fn deserialize_fields(&self, fields: &BTreeMap<String, String>) {
        load(fields, VERSION_FIELD, &self.state_version);
        load(fields, SLOTS_FIELD, &self.slots);
        load(fields, STAGE_SLOTS_FIELD, &self.stage_slots);
        load(fields, WINDOW_FIELD, &self.window);
        load(fields, REFERENCES_FIELD, &self.references);
        load(fields, UNKNOWN_FIELD, &self.kept);
    }
}

fn save<'a, T: Serialize + Deserialize<'a>>(
    fields: &mut BTreeMap<String, String>,
    name: &str,
    field: &impl PersistentField<'a, T>,
) {
    match field.map(serialize_field) {
        Ok(text) => {
            fields.insert(name.to_owned(), text);
        }
        Err(error) => log::error!("state: the field \"{name}\" can't be saved: {error}"),
    }
}

/// A field that can't be read, or isn't there, stays as it is.
fn load<'a, T: Serialize + Deserialize<'a>>(
    fields: &'a BTreeMap<String, String>,
    name: &str,
    field: &impl PersistentField<'a, T>,
) {
    match fields.get(name).map(|text| deserialize_field(text)) {
        Some(Ok(value)) => field.set(value),
        Some(Err(error)) => log::error!("state: the field \"{name}\" can't be read: {error}"),
        None => {}
    }
}

#[cfg(test)]
pub(crate) mod tests;
