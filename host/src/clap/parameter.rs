//! Parameters and their changes.

use clack_extensions::params::{ParamInfo, ParamInfoFlags};
use flow_params::host_id;
use std::fmt;

/// CLAP's number of a parameter. It converts from the number and from Flow's textual id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ClapParameterId(pub u32);

impl From<u32> for ClapParameterId {
    fn from(id: u32) -> Self {
        Self(id)
    }
}

impl From<&str> for ClapParameterId {
    fn from(id: &str) -> Self {
        Self(host_id(id))
    }
}

impl From<&Parameter> for ClapParameterId {
    fn from(parameter: &Parameter) -> Self {
        Self(parameter.id)
    }
}

impl fmt::Display for ClapParameterId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

/// A parameter's description. All values are CLAP values: 0 to 1 for continuous parameters and integers from 0 for
/// stepped ones. [`text`](super::Instance::text) and [`value_from_text`](super::Instance::value_from_text) convert them
/// to and from units.
#[derive(Clone, Debug, PartialEq)]
pub struct Parameter {
    /// CLAP id; [`host_id`] computes it from Flow's textual id.
    pub id: u32,
    /// Display name.
    pub name: String,
    /// Group, with slashes between levels; may be empty.
    pub module: String,
    /// Smallest value.
    pub min: f64,
    /// Largest value.
    pub max: f64,
    /// Default value.
    pub default: f64,
    /// Whether it takes integers only.
    pub is_stepped: bool,
    /// Whether the host may automate it.
    pub is_automatable: bool,
    /// Whether it is the host's bypass switch.
    pub is_bypass: bool,
    /// Whether hosts must not show it.
    pub is_hidden: bool,
    /// Whether only the plug-in sets it.
    pub is_read_only: bool,
}

impl Parameter {
    pub(super) fn from_info(info: &ParamInfo<'_>) -> Self {
        let has = |flag| info.flags.contains(flag);
        Self {
            id: info.id.get(),
            name: String::from_utf8_lossy(info.name).into_owned(),
            module: String::from_utf8_lossy(info.module).into_owned(),
            min: info.min_value,
            max: info.max_value,
            default: info.default_value,
            is_stepped: has(ParamInfoFlags::IS_STEPPED),
            is_automatable: has(ParamInfoFlags::IS_AUTOMATABLE),
            is_bypass: has(ParamInfoFlags::IS_BYPASS),
            is_hidden: has(ParamInfoFlags::IS_HIDDEN),
            is_read_only: has(ParamInfoFlags::IS_READONLY),
        }
    }
}

/// A change of a parameter at a sample of a block.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ParameterEvent {
    /// Samples from the start of the block.
    pub sample: u32,
    /// The parameter.
    pub parameter: ClapParameterId,
    /// Its new CLAP value.
    pub value: f64,
}

impl ParameterEvent {
    /// A change of `parameter` to `value`, `sample` samples after the start of the block.
    pub fn new(sample: u32, parameter: impl Into<ClapParameterId>, value: f64) -> Self {
        Self {
            sample,
            parameter: parameter.into(),
            value,
        }
    }
}
