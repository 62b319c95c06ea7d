//! The text of a parameter's id, as saved states, presets and the command line hold it.

use std::error::Error;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::table::ParameterId;

/// A text that is no parameter's id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownParameter(pub String);

impl fmt::Display for UnknownParameter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut ids = ParameterId::ALL.map(ParameterId::as_str);
        ids.sort_unstable();
        write!(
            f,
            "there is no parameter \"{}\"; there are: {}",
            self.0,
            ids.join(", ")
        )
    }
}

impl Error for UnknownParameter {}

/// The number that CLAP and VST3 hosts know a parameter by: a polynomial hash of its text id to the base 31, without the
/// highest bit, which VST3 reserves. Saved projects and automation hold these numbers, so the function never changes.
#[must_use]
pub const fn host_id(id: &str) -> u32 {
    let bytes = id.as_bytes();
    let mut hash: u32 = 0;
    let mut i = 0;
    while i < bytes.len() {
        // `u32::from` is not const yet.
        hash = hash.wrapping_mul(31).wrapping_add(bytes[i] as u32);
        i += 1;
    }
    hash & !(1 << 31)
}

impl ParameterId {
    /// The number that hosts know the parameter by.
    #[must_use]
    pub fn host_id(self) -> u32 {
        host_id(self.as_str())
    }

    /// The parameter with this id or, in any case, this name.
    ///
    /// # Errors
    ///
    /// If there is none.
    pub fn find(text: &str) -> Result<Self, UnknownParameter> {
        text.parse().or_else(|unknown| {
            let has_name = |id: &Self| id.name().to_lowercase() == text.to_lowercase();
            Self::ALL.into_iter().find(has_name).ok_or(unknown)
        })
    }
}

impl FromStr for ParameterId {
    type Err = UnknownParameter;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|id| id.as_str() == text)
            .ok_or_else(|| UnknownParameter(text.to_owned()))
    }
}

impl fmt::Display for ParameterId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl Serialize for ParameterId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for ParameterId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn id_text_parses_to_the_same_parameter() {
        for (index, id) in ParameterId::ALL.into_iter().enumerate() {
            assert_eq!(id.as_str().parse(), Ok(id));
            assert_eq!(ParameterId::find(&id.name().to_uppercase()), Ok(id));
            assert_eq!(id as usize, index, "{id}");
            let json = serde_json::to_string(&id).unwrap();
            assert_eq!(json, format!("\"{id}\""));
            assert_eq!(serde_json::from_str::<ParameterId>(&json).unwrap(), id);
        }
    }

    #[test]
    fn unknown_id_is_an_error_that_lists_the_known_ones() {
        let error = "loud".parse::<ParameterId>().unwrap_err().to_string();
        assert!(error.contains("\"loud\"") && error.contains("byp, ceil, crair"));
    }

    #[test]
    fn host_id_of_released_parameters_stays_the_same() {
        // From projects that were saved with the first release.
        for (id, expected) in [("gain", 3_165_055), ("ceil", 3_049_733), ("byp", 98_041)] {
            assert_eq!(host_id(id), expected, "{id}");
        }
        // 'a' is 97 and 'b' is 98.
        assert_eq!(host_id("ab"), 97 * 31 + 98);
        assert!(host_id("zzzzzzzzzz") < 1 << 31);
    }
}
