//! Saves and loads states for projects, and for presets if the host says so.

use std::ffi::c_void;

use clap_sys::ext::state::clap_plugin_state;
use clap_sys::ext::state_context::{
    CLAP_STATE_CONTEXT_FOR_PRESET, clap_plugin_state_context, clap_plugin_state_context_type,
};
use clap_sys::plugin::clap_plugin;
use clap_sys::stream::{clap_istream, clap_ostream};

use super::plugin::ClapPlugin;
use crate::formats::panic_guard::guard_some;
use crate::formats::state_container::{self, CHUNK_BYTES, MAX_BYTES, Purpose};

pub(super) static STATE: clap_plugin_state = clap_plugin_state {
    save: Some(save),
    load: Some(load),
};

pub(super) static STATE_CONTEXT: clap_plugin_state_context = clap_plugin_state_context {
    save: Some(save_for),
    load: Some(load_for),
};

fn purpose(context: clap_plugin_state_context_type) -> Purpose {
    if context == CLAP_STATE_CONTEXT_FOR_PRESET {
        Purpose::Preset
    } else {
        Purpose::Project
    }
}

unsafe extern "C" fn save(plugin: *const clap_plugin, stream: *const clap_ostream) -> bool {
    // SAFETY: hosts pass their instance and stream, or null.
    unsafe { write(plugin, stream, Purpose::Project) }
}

unsafe extern "C" fn save_for(
    plugin: *const clap_plugin,
    stream: *const clap_ostream,
    context: clap_plugin_state_context_type,
) -> bool {
    // SAFETY: hosts pass their instance and stream, or null.
    unsafe { write(plugin, stream, purpose(context)) }
}

unsafe extern "C" fn load(plugin: *const clap_plugin, stream: *const clap_istream) -> bool {
    // SAFETY: hosts pass their instance and stream, or null.
    unsafe { read(plugin, stream, Purpose::Project) }
}

unsafe extern "C" fn load_for(
    plugin: *const clap_plugin,
    stream: *const clap_istream,
    context: clap_plugin_state_context_type,
) -> bool {
    // SAFETY: hosts pass their instance and stream, or null.
    unsafe { read(plugin, stream, purpose(context)) }
}

/// # Safety
///
/// Both pointers must be null or valid.
unsafe fn write(plugin: *const clap_plugin, stream: *const clap_ostream, purpose: Purpose) -> bool {
    guard_some(false, || {
        // SAFETY: as promised by the caller.
        let (this, stream) = unsafe { (ClapPlugin::get(plugin)?, stream.as_ref()?) };
        let object = state_container::object(&this.instance.parameters, purpose);
        let (bytes, write) = (state_container::to_length_and_json(&object)?, stream.write?);
        let mut rest = &bytes[..];
        while !rest.is_empty() {
            let length = u64::try_from(rest.len()).unwrap_or(0);
            // SAFETY: the stream's function, and `length` bytes.
            let written = unsafe { write(stream, rest.as_ptr().cast::<c_void>(), length) };
            match usize::try_from(written) {
                Ok(written) if written > 0 && written <= rest.len() => rest = &rest[written..],
                _ => {
                    log::error!("state: the host's stream takes no more bytes; nothing was saved");
                    return None;
                }
            }
        }
        Some(true)
    })
}

/// # Safety
///
/// Both pointers must be null or valid.
unsafe fn read(plugin: *const clap_plugin, stream: *const clap_istream, purpose: Purpose) -> bool {
    guard_some(false, || {
        // SAFETY: as promised by the caller.
        let (this, stream) = unsafe { (ClapPlugin::get(plugin)?, stream.as_ref()?) };
        // SAFETY: as promised by the caller.
        let bytes = unsafe { read_all(stream) }?;
        let is_loaded = this.instance.load(&bytes, purpose).is_some();
        if is_loaded {
            this.host.values_changed();
        }
        Some(is_loaded)
    })
}

/// Reads a stream to its end. None with a log message if reading fails or the state is too long.
///
/// # Safety
///
/// The stream must be valid.
unsafe fn read_all(stream: &clap_istream) -> Option<Vec<u8>> {
    let read = stream.read?;
    let mut bytes = Vec::new();
    loop {
        let begin = bytes.len();
        bytes.resize(begin + CHUNK_BYTES, 0);
        let room = u64::try_from(CHUNK_BYTES).unwrap_or(0);
        // SAFETY: the stream's function, and `room` bytes to write to.
        let count = unsafe { read(stream, bytes[begin..].as_mut_ptr().cast::<c_void>(), room) };
        let Ok(count) = usize::try_from(count) else {
            log::error!("state: the host's stream can't be read; nothing was changed");
            return None;
        };
        bytes.truncate(begin + count.min(CHUNK_BYTES));
        if count == 0 {
            return Some(bytes);
        }
        if bytes.len() > MAX_BYTES {
            log::error!("state: it is longer than {MAX_BYTES} bytes; nothing was changed");
            return None;
        }
    }
}
