//! The last applied preset, and whether a parameter has left its value since. It outlives the window.

use flow_params::{ParameterId, Preset};

use crate::params::FlowParams;
use crate::presets;

/// The name and the values of the last applied preset.
#[derive(Clone, Debug, Default)]
pub(crate) struct PresetChoice {
    preset: Option<AppliedPreset>,
    /// Presets leave ceiling and gain as they are.
    pub(crate) keeps_ceiling_and_gain: bool,
}

#[derive(Clone, Debug)]
struct AppliedPreset {
    name: String,
    /// The normalized values that it set.
    values: Vec<(ParameterId, f32)>,
}

/// Values within this distance are equal: a parameter keeps its value on a grid of its own.
const SAME_VALUE: f32 = 5e-4;

impl PresetChoice {
    pub(crate) fn name(&self) -> Option<&String> {
        self.preset.as_ref().map(|preset| &preset.name)
    }

    /// Whether a parameter has left the preset's value.
    pub(crate) fn is_changed(&self, params: &FlowParams) -> bool {
        let is_moved = |(id, value): &(ParameterId, f32)| {
            (params.get(*id).normalized() - value).abs() > SAME_VALUE
        };
        let mut presets = self.preset.iter();
        presets.any(|preset| preset.values.iter().any(is_moved))
    }

    /// Remembers a preset that was just applied.
    pub(crate) fn choose(&mut self, preset: &Preset, params: &FlowParams) {
        let values = presets::values(preset, self.keeps_ceiling_and_gain, params);
        self.preset = Some(AppliedPreset {
            name: preset.name.clone(),
            values: values.map(|(param, value)| (param.id(), value)).collect(),
        });
    }

    /// Remembers the present values, which were just saved under a name.
    pub(crate) fn choose_present(&mut self, name: &str, params: &FlowParams) {
        let set = params
            .each()
            .filter(|param| flow_params::presets::sets(param.id(), false));
        self.preset = Some(AppliedPreset {
            name: name.to_owned(),
            values: set.map(|param| (param.id(), param.normalized())).collect(),
        });
    }

    pub(crate) fn rename(&mut self, name: &str) {
        if let Some(preset) = &mut self.preset {
            name.clone_into(&mut preset.name);
        }
    }

    /// Forgets the preset, whose file is gone or whose project was left.
    pub(crate) fn forget(&mut self) {
        self.preset = None;
    }
}
