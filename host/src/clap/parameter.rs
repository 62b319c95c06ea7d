//! Parameters as a host sees them.

use clack_extensions::params::{ParamInfo, ParamInfoFlags};
use std::fmt;

/// The number by which CLAP names a parameter. Made from it, or from Flow's own textual id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ParameterId(pub u32);

impl From<u32> for ParameterId {
    fn from(id: u32) -> Self {
        Self(id)
    }
}

impl From<&str> for ParameterId {
    fn from(id: &str) -> Self {
        Self(parameter_id(id))
    }
}

impl From<&Parameter> for ParameterId {
    fn from(parameter: &Parameter) -> Self {
        Self(parameter.id)
    }
}

impl fmt::Display for ParameterId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

/// The CLAP id of the parameter that Flow calls `id`, such as "gain".
///
/// nice-plug derives it: a rolling hash of base 31 over the bytes, with the top bit cleared, which VST3 keeps for
/// parameters of the host.
#[must_use]
pub const fn parameter_id(id: &str) -> u32 {
    let bytes = id.as_bytes();
    let mut hash: u32 = 0;
    let mut i = 0;
    while i < bytes.len() {
        // A u8 always fits; `u32::from` is not const yet.
        hash = hash.wrapping_mul(31).wrapping_add(bytes[i] as u32);
        i += 1;
    }
    hash & !(1 << 31)
}

/// A parameter's description. Values here and everywhere else are CLAP values: with nice-plug 0 to 1 for continuous
/// parameters and whole numbers from 0 for stepped ones. Use [`text`](super::Instance::text) and
/// [`value_from_text`](super::Instance::value_from_text) to speak in units.
#[derive(Clone, Debug, PartialEq)]
pub struct Parameter {
    /// CLAP id; [`parameter_id`] makes it from Flow's textual id.
    pub id: u32,
    /// Name for people.
    pub name: String,
    /// Group, with slashes between levels; empty if in none.
    pub module: String,
    /// Smallest value.
    pub min: f64,
    /// Largest value.
    pub max: f64,
    /// Value of a new instance.
    pub default: f64,
    /// Whether it takes whole numbers only.
    pub is_stepped: bool,
    /// Whether the host may automate it.
    pub is_automatable: bool,
    /// Whether it is the host's bypass switch.
    pub is_bypass: bool,
    /// Whether it is not to be shown.
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

#[cfg(test)]
mod tests {
    use super::parameter_id;

    #[test]
    fn ids_hash_as_the_framework_does() {
        // By hand: 'a' = 97, "ab" = 97·31 + 98.
        assert_eq!(parameter_id("a"), 97);
        assert_eq!(parameter_id("ab"), 97 * 31 + 98);
        assert!(parameter_id("zzzzzzzzzz") < 1 << 31);
    }
}
