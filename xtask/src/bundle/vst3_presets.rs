//! The factory presets as `.vstpreset` files, which VST3 hosts list.
//!
//! The format is that of `vstpresetfile.h` in the VST3 SDK. The header has "VST3", a version, the class id as 32 hexadecimal
//! digits, and the offset of the list of chunks. The chunks and the list follow. All numbers are little endian.

use anyhow::{Context, Result, ensure};
use flow_host::clap::{Bundle, Instance};
use flow_params::Preset;
use std::fs;
use std::path::Path;

/// The class id on all systems: the bytes of "FlowMasteringPlg" in hexadecimal digits.
const CLASS_ID: &str = "466C6F774D6173746572696E67506C67";
const FORMAT_VERSION: i32 = 1;
/// The length field in front of CLAP states, which VST3 states don't have.
const LENGTH_BYTES: usize = 8;

/// Writes a file for each factory preset to `folder`, in the subfolders for vendor and plug-in that hosts expect.
pub(crate) fn write(clap: &Path, folder: &Path) -> Result<()> {
    let folder = folder.join("Flow").join("Flow");
    fs::create_dir_all(&folder)
        .with_context(|| format!("{} cannot be created", folder.display()))?;
    let bundle = Bundle::open(clap)?;
    for preset in flow_params::presets::all() {
        let mut plugin = bundle.instantiate()?;
        let path = folder.join(format!("{}.vstpreset", preset.name));
        fs::write(&path, file(&state(&mut plugin, preset)?))
            .with_context(|| format!("{} cannot be written", path.display()))?;
    }
    Ok(())
}

/// The VST3 state of a preset. It has the mark of presets, and no fields of a project such as the window's size.
fn state(plugin: &mut Instance, preset: &Preset) -> Result<Vec<u8>> {
    for (id, text) in &preset.values {
        plugin.set_text(id.as_str(), text)?;
    }
    let saved = plugin.save_state()?;
    ensure!(
        saved.len() > LENGTH_BYTES,
        "the plug-in saved an empty state"
    );
    let mut state: serde_json::Value = serde_json::from_slice(&saved[LENGTH_BYTES..])?;
    if let Some(fields) = state["fields"].as_object_mut() {
        fields.retain(|name, _| name == "state");
        fields.insert("preset".to_owned(), "true".into());
    }
    Ok(serde_json::to_vec(&state)?)
}

/// The contents of a preset file with this component state.
fn file(state: &[u8]) -> Vec<u8> {
    let header = 4 + 4 + CLASS_ID.len() + 8;
    let list = header + state.len();
    let mut bytes = b"VST3".to_vec();
    bytes.extend(FORMAT_VERSION.to_le_bytes());
    bytes.extend(CLASS_ID.as_bytes());
    bytes.extend(integer(list));
    bytes.extend(state);
    bytes.extend(b"List");
    bytes.extend(1_i32.to_le_bytes());
    bytes.extend(b"Comp");
    bytes.extend(integer(header));
    bytes.extend(integer(state.len()));
    bytes
}

/// An offset or a length in the file.
fn integer(bytes: usize) -> [u8; 8] {
    i64::try_from(bytes).unwrap_or(i64::MAX).to_le_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn preset_file_has_state_at_offset_of_its_list() {
        let file = file(b"the state");
        let number = |at: usize| {
            let bytes: [u8; 8] = file[at..at + 8].try_into().unwrap();
            usize::try_from(i64::from_le_bytes(bytes)).unwrap()
        };
        assert_eq!(&file[..4], b"VST3");
        assert_eq!(&file[8..40], CLASS_ID.as_bytes());
        let list = number(40);
        assert_eq!(&file[list..list + 4], b"List");
        assert_eq!(&file[list + 8..list + 12], b"Comp");
        let (at, length) = (number(list + 12), number(list + 20));
        assert_eq!(&file[at..at + length], b"the state");
        assert_eq!(file.len(), list + 28);
    }

    #[test]
    fn class_id_equals_released_id() {
        let bytes: Vec<String> = b"FlowMasteringPlg"
            .iter()
            .map(|b| format!("{b:02X}"))
            .collect();
        assert_eq!(bytes.concat(), CLASS_ID);
    }
}
