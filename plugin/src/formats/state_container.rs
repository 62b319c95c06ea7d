//! Saved states as bytes: the containers of both formats, and how a state is read and applied.
//!
//! A VST3 state is a JSON object. A CLAP state is the same object after its length, a little-endian 64-bit integer.
//! Each format reads both containers, so that a host can move a state from one format to the other.

use nice_plug::params::Params;
use nice_plug::plugin::PluginState;

use super::identity;
use super::parameters::ParameterTable;
use crate::plugin_shared::PluginShared;
use crate::state;

/// The size limit of a state in bytes. Flow's own states have about ten thousand.
pub(crate) const MAX_BYTES: usize = 64 << 20;

/// The number of bytes per read of a host's stream.
pub(crate) const CHUNK_BYTES: usize = 64 << 10;

/// Bytes of the length in front of CLAP states.
const LENGTH_BYTES: usize = 8;

/// The field that marks a preset's state.
const PRESET_FIELD: &str = "preset";

/// The use of a state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// A project or a copy of the instance: everything.
    Project,
    /// A preset of the host: only the sound, without the window's size, the references and the inactive slot.
    Preset,
}

/// The present state.
pub(crate) fn object(parameters: &ParameterTable, purpose: Purpose) -> PluginState {
    let mut fields = parameters.params().serialize_fields();
    if purpose == Purpose::Preset {
        fields.retain(|name, _| name == state::VERSION_FIELD);
        fields.insert(PRESET_FIELD.to_owned(), "true".to_owned());
    }
    PluginState {
        version: identity::VERSION.to_owned(),
        params: parameters
            .each()
            .map(|(row, param)| (row.id.to_string(), param.value()))
            .collect(),
        fields,
    }
}

/// Serializes a state for VST3. None with a log message on failure.
pub(crate) fn to_json(state: &PluginState) -> Option<Vec<u8>> {
    serde_json::to_vec(state)
        .inspect_err(|error| log::error!("state: {error}; nothing was saved"))
        .ok()
}

/// Serializes a state for CLAP. None with a log message on failure.
pub(crate) fn to_length_and_json(state: &PluginState) -> Option<Vec<u8>> {
    let json = to_json(state)?;
    let length = u64::try_from(json.len()).ok()?;
    let mut bytes = length.to_le_bytes().to_vec();
    bytes.extend(json);
    Some(bytes)
}

/// Parses a state in either container, and returns it with the number of bytes that it takes. More bytes may follow.
///
/// # Errors
///
/// One line for the log, if the bytes are too few, damaged or empty.
pub(crate) fn parse(bytes: &[u8]) -> Result<(PluginState, usize), String> {
    // A length below MAX_BYTES ends with zero bytes, which JSON never contains.
    let head = &bytes[..bytes.len().min(LENGTH_BYTES)];
    let begin = if head.first() == Some(&b'{') && !head.contains(&0) {
        0
    } else {
        let (length, _) = bytes
            .split_first_chunk::<LENGTH_BYTES>()
            .ok_or("it is shorter than its length field")?;
        let length = u64::from_le_bytes(*length);
        let available = bytes.len() - LENGTH_BYTES;
        if usize::try_from(length).map_or(true, |length| length > available) {
            return Err(format!(
                "its length field says {length} bytes and {available} follow"
            ));
        }
        LENGTH_BYTES
    };
    let mut stream = serde_json::Deserializer::from_slice(&bytes[begin..]).into_iter();
    match stream.next() {
        Some(Ok(state)) => Ok((state, begin + stream.byte_offset())),
        Some(Err(error)) => Err(format!("it is damaged ({error})")),
        None => Err("it is empty".to_owned()),
    }
}

/// The purpose of a state that a host loads without naming one. States of presets carry a mark, also those in the preset
/// files for VST3.
pub(crate) fn purpose_of(state: &PluginState) -> Purpose {
    if state.fields.contains_key(PRESET_FIELD) {
        Purpose::Preset
    } else {
        Purpose::Project
    }
}

/// `[main]` Migrates a state to the present version and applies it. No audio block sees half of it.
///
/// A preset leaves the window, the references and the inactive slot unchanged.
pub(crate) fn apply(
    shared: &PluginShared,
    parameters: &ParameterTable,
    mut state: PluginState,
    purpose: Purpose,
) {
    for line in state::migrate(&mut state) {
        log::warn!("state: {line}");
    }
    if purpose == Purpose::Preset {
        state.fields.clear();
    }
    shared.load_settings(|| {
        for (row, param) in parameters.each() {
            if let Some(value) = state.params.get(row.id.as_str())
                && !param.set_saved(value)
            {
                log::error!(
                    "state: {} has a value of another kind; it stays unchanged",
                    row.id
                );
            }
        }
    });
    parameters.params().deserialize_fields(&state.fields);
    shared.repaint.request_repaint();
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::params::FlowParams;

    fn table() -> ParameterTable {
        ParameterTable::new(Arc::new(FlowParams::default()))
    }

    #[test]
    fn state_of_either_container_parses_to_the_same_values() {
        let state = object(&table(), Purpose::Project);
        let (json, with_length) = (
            to_json(&state).unwrap(),
            to_length_and_json(&state).unwrap(),
        );
        for bytes in [&json, &with_length] {
            let (parsed, used) = parse(bytes).unwrap();
            assert_eq!(used, bytes.len());
            assert_eq!(to_json(&parsed).unwrap(), json);
        }
    }

    #[test]
    fn state_followed_by_other_bytes_parses_to_its_own_end() {
        let state = object(&table(), Purpose::Project);
        for mut bytes in [
            to_json(&state).unwrap(),
            to_length_and_json(&state).unwrap(),
        ] {
            let end = bytes.len();
            bytes.extend(*b"\0\0more of the host's own{");
            assert_eq!(parse(&bytes).unwrap().1, end);
        }
    }

    #[test]
    fn state_of_any_length_parses_in_clap_container() {
        let mut state = object(&table(), Purpose::Project);
        let mut last_bytes = std::collections::BTreeSet::new();
        for padding in 0..256 {
            let text = "x".repeat(padding);
            state.fields.insert("padding".to_owned(), text);
            let bytes = to_length_and_json(&state).unwrap();
            last_bytes.insert(bytes[0]);
            let (parsed, used) = parse(&bytes).unwrap_or_else(|e| panic!("{}: {e}", bytes.len()));
            assert_eq!((used, &parsed.fields), (bytes.len(), &state.fields));
        }
        assert_eq!(last_bytes.len(), 256, "one of these bytes is a brace");
    }

    #[test]
    fn state_with_damaged_bytes_fails_with_a_reason() {
        let whole = to_length_and_json(&object(&table(), Purpose::Project)).unwrap();
        for (bytes, reason) in [
            (&b""[..], "shorter"),
            (&b"{"[..], "damaged"),
            (&b"{\"version\""[..], "damaged"),
            (&whole[..4], "shorter"),
            (&whole[..100], "says"),
            (&[0; 8][..], "empty"),
            (&[255; 64][..], "says"),
        ] {
            let error = parse(bytes).unwrap_err();
            assert!(error.contains(reason), "{error}");
        }
    }

    #[test]
    fn state_with_preset_mark_has_preset_purpose() {
        for purpose in [Purpose::Preset, Purpose::Project] {
            assert_eq!(purpose_of(&object(&table(), purpose)), purpose);
        }
    }

    #[test]
    fn preset_state_holds_no_window_and_no_references() {
        let state = object(&table(), Purpose::Preset);
        assert_eq!(
            state.fields.keys().collect::<Vec<_>>(),
            [PRESET_FIELD, state::VERSION_FIELD]
        );
    }
}
