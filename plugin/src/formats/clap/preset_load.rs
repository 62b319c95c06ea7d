//! Loads the presets that [`discovery`](super::discovery) lists.

use std::ffi::{CString, c_char};

use clap_sys::ext::preset_load::clap_plugin_preset_load;
use clap_sys::factory::preset_discovery::{
    CLAP_PRESET_DISCOVERY_LOCATION_FILE, CLAP_PRESET_DISCOVERY_LOCATION_PLUGIN,
    clap_preset_discovery_location_kind,
};
use clap_sys::plugin::clap_plugin;
use flow_params::Preset;

use super::plugin::ClapPlugin;
use crate::editor::model::user_presets;
use crate::formats::c_string::str_from;
use crate::formats::panic_guard::guard_some;
use crate::presets;

pub(super) static PRESET_LOAD: clap_plugin_preset_load = clap_plugin_preset_load {
    from_location: Some(from_location),
};

unsafe extern "C" fn from_location(
    plugin: *const clap_plugin,
    kind: clap_preset_discovery_location_kind,
    location: *const c_char,
    load_key: *const c_char,
) -> bool {
    guard_some(false, || {
        // SAFETY: hosts pass their instance or null; texts are strings or null.
        let (this, path, key) = unsafe {
            (
                ClapPlugin::get(plugin),
                str_from(location),
                str_from(load_key),
            )
        };
        let this = this?;
        let loaded = find(kind, path, key).map(|preset| {
            let instance = &this.instance;
            instance
                .shared
                .load_settings(|| presets::set(&preset, &instance.shared.params));
            instance.shared.restart_figures();
            instance.shared.repaint.request_repaint();
        });
        if loaded.is_ok() {
            this.host.values_changed();
        }
        let Some((host, calls)) = this.host.preset_load() else {
            return Some(loaded.is_ok());
        };
        // SAFETY: the host's functions, on its main thread, with its own strings.
        unsafe {
            match &loaded {
                Ok(()) => {
                    if let Some(loaded) = calls.loaded {
                        loaded(host, kind, location, load_key);
                    }
                }
                Err(reason) => {
                    if let Some(on_error) = calls.on_error {
                        let reason = CString::new(reason.as_str()).unwrap_or_default();
                        on_error(host, kind, location, load_key, 0, reason.as_ptr());
                    }
                }
            }
        }
        Some(loaded.is_ok())
    })
}

/// Finds the preset at a location.
///
/// # Errors
///
/// One line for the host, if there is none.
fn find(
    kind: clap_preset_discovery_location_kind,
    path: Option<&str>,
    key: Option<&str>,
) -> Result<Preset, String> {
    match (kind, path, key) {
        (CLAP_PRESET_DISCOVERY_LOCATION_PLUGIN, _, Some(name)) => flow_params::presets::find(name)
            .cloned()
            .ok_or_else(|| format!("Flow has no factory preset \u{201c}{name}\u{201d}")),
        (CLAP_PRESET_DISCOVERY_LOCATION_FILE, Some(path), _) => {
            user_presets::read_file(path.as_ref()).map_err(|error| format!("{path}: {error}"))
        }
        _ => Err("Flow has no presets at this kind of location".to_owned()),
    }
}
