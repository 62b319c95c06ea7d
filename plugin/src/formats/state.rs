//! States as bytes: the two containers that hosts keep, and how they are read and applied.
//!
//! Inside is one JSON object, the same in all formats. CLAP states have its length in front, as 64 bits, little endian;
//! VST3 states are the object alone. Either format reads both, so that a host may bring a state from one to the other.

use nice_plug::params::Params;
use nice_plug::plugin::PluginState;

use super::identity;
use super::parameters::ParameterTable;
use crate::plugin_shared::PluginShared;
use crate::state;

/// The largest state that is read, in bytes. Flow's own have some ten thousand.
pub(crate) const MAX_BYTES: usize = 64 << 20;

/// Bytes of the length in front of CLAP's states.
const LENGTH_BYTES: usize = 8;

/// The field that marks the state of a preset.
const PRESET_FIELD: &str = "preset";

/// The kind of state that a host asks for or brings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// Everything, for a project or a copy of the instance.
    Project,
    /// The sound alone, for a preset of the host: without the size of the window, the references, and the slot that
    /// isn't heard.
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
            .map(|(row, param)| (row.id.clone(), param.value()))
            .collect(),
        fields,
    }
}

/// A state as VST3 hosts keep it.
pub(crate) fn to_json(state: &PluginState) -> Option<Vec<u8>> {
    serde_json::to_vec(state)
        .inspect_err(|error| log::error!("state: {error}; nothing was saved"))
        .ok()
}

/// A state as CLAP hosts keep it.
pub(crate) fn to_length_and_json(state: &PluginState) -> Option<Vec<u8>> {
    let json = to_json(state)?;
    let length = u64::try_from(json.len()).ok()?;
    let mut bytes = length.to_le_bytes().to_vec();
    bytes.extend(json);
    Some(bytes)
}

/// Reads a state of either container, and how many bytes it takes. Whatever follows it is left alone. The error is one
/// line for the log.
pub(crate) fn parse(bytes: &[u8]) -> Result<(PluginState, usize), String> {
    // A length below MAX_BYTES has zero bytes at its end, and JSON has none.
    let head = &bytes[..bytes.len().min(LENGTH_BYTES)];
    let begin = if head.first() == Some(&b'{') && !head.contains(&0) {
        0
    } else {
        let (length, _) = bytes
            .split_first_chunk::<LENGTH_BYTES>()
            .ok_or("the state is shorter than its length field")?;
        let length = u64::from_le_bytes(*length);
        let available = bytes.len() - LENGTH_BYTES;
        if usize::try_from(length).map_or(true, |length| length > available) {
            return Err(format!(
                "the state claims {length} bytes and has {available}"
            ));
        }
        LENGTH_BYTES
    };
    let mut stream = serde_json::Deserializer::from_slice(&bytes[begin..]).into_iter();
    match stream.next() {
        Some(Ok(state)) => Ok((state, begin + stream.byte_offset())),
        Some(Err(error)) => Err(format!("the state is damaged ({error})")),
        None => Err("the state is empty".to_owned()),
    }
}

/// The purpose of a state that a host brings without naming one. The states of presets carry a mark, those in the preset
/// files for VST3 too.
pub(crate) fn purpose_of(state: &PluginState) -> Purpose {
    if state.fields.contains_key(PRESET_FIELD) {
        Purpose::Preset
    } else {
        Purpose::Project
    }
}

/// `[main]` Brings a state to the present version and applies it as a whole: no audio block sees a half of it.
///
/// A preset leaves the window, the references and the other slot as they are.
pub(crate) fn apply(
    shared: &PluginShared,
    parameters: &ParameterTable,
    mut state: PluginState,
    purpose: Purpose,
) {
    state::migrate(&mut state);
    if purpose == Purpose::Preset {
        state.fields.clear();
    }
    shared.load_settings(|| {
        for (row, param) in parameters.each() {
            if let Some(value) = state.params.get(&row.id) {
                param.set_saved(value);
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
        assert_eq!(last_bytes.len(), 256, "one of them looks like a brace");
    }

    #[test]
    fn damaged_state_is_refused_with_a_reason() {
        let whole = to_length_and_json(&object(&table(), Purpose::Project)).unwrap();
        for (bytes, reason) in [
            (&b""[..], "shorter"),
            (&b"{"[..], "damaged"),
            (&b"{\"version\""[..], "damaged"),
            (&whole[..4], "shorter"),
            (&whole[..100], "claims"),
            (&[0; 8][..], "empty"),
            (&[255; 64][..], "claims"),
        ] {
            let error = parse(bytes).unwrap_err();
            assert!(error.contains(reason), "{error}");
        }
    }

    #[test]
    fn state_with_mark_of_presets_is_taken_for_a_preset() {
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
