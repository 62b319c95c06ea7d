//! The main input and output: stereo by default, or mono if the host selects it with one of CLAP's three extensions.

use std::ffi::CStr;

use clap_sys::ext::audio_ports::{
    CLAP_AUDIO_PORT_IS_MAIN, CLAP_PORT_MONO, CLAP_PORT_STEREO, clap_audio_port_info,
    clap_plugin_audio_ports,
};
use clap_sys::ext::audio_ports_config::{
    clap_audio_ports_config, clap_plugin_audio_ports_config, clap_plugin_audio_ports_config_info,
};
use clap_sys::ext::configurable_audio_ports::{
    clap_audio_port_configuration_request, clap_plugin_configurable_audio_ports,
};
use clap_sys::id::clap_id;
use clap_sys::plugin::clap_plugin;

use super::plugin::ClapPlugin;
use crate::formats::c_string::{c_str, write_c_str};
use crate::formats::panic_guard::{guard, guard_some};

/// A layout of the main ports.
struct Layout {
    name: &'static str,
    channels: u32,
    port_type: &'static CStr,
}

/// The first is the default.
const LAYOUTS: [Layout; 2] = [
    Layout {
        name: "Stereo",
        channels: 2,
        port_type: CLAP_PORT_STEREO,
    },
    Layout {
        name: "Mono",
        channels: 1,
        port_type: CLAP_PORT_MONO,
    },
];

/// The ids of the input and the output port.
const PORT_IDS: [clap_id; 2] = [0, 1];

pub(super) static AUDIO_PORTS: clap_plugin_audio_ports = clap_plugin_audio_ports {
    count: Some(port_count),
    get: Some(port),
};

pub(super) static CONFIGS: clap_plugin_audio_ports_config = clap_plugin_audio_ports_config {
    count: Some(config_count),
    get: Some(config),
    select: Some(select_config),
};

pub(super) static CONFIG_INFO: clap_plugin_audio_ports_config_info =
    clap_plugin_audio_ports_config_info {
        current_config: Some(current_config),
        get: Some(config_port),
    };

pub(super) static CONFIGURABLE: clap_plugin_configurable_audio_ports =
    clap_plugin_configurable_audio_ports {
        can_apply_configuration: Some(can_apply),
        apply_configuration: Some(apply),
    };

fn port_info(layout: &Layout, is_input: bool) -> clap_audio_port_info {
    let [input, output] = PORT_IDS;
    let mut info = clap_audio_port_info {
        id: if is_input { input } else { output },
        name: [0; _],
        flags: CLAP_AUDIO_PORT_IS_MAIN,
        channel_count: layout.channels,
        port_type: layout.port_type.as_ptr(),
        in_place_pair: if is_input { output } else { input },
    };
    write_c_str(&mut info.name, if is_input { "Input" } else { "Output" });
    info
}

/// The layout of an instance and its index in [`LAYOUTS`].
fn current(this: &ClapPlugin) -> (usize, &'static Layout) {
    let channels = this.instance.channels();
    let mut layouts = LAYOUTS.iter().enumerate();
    let found = layouts.find(|(_, layout)| usize::try_from(layout.channels) == Ok(channels));
    found.unwrap_or((0, &LAYOUTS[0]))
}

fn layout(id: u32) -> Option<&'static Layout> {
    usize::try_from(id).ok().and_then(|id| LAYOUTS.get(id))
}

unsafe extern "C" fn port_count(_plugin: *const clap_plugin, _is_input: bool) -> u32 {
    1
}

unsafe extern "C" fn port(
    plugin: *const clap_plugin,
    index: u32,
    is_input: bool,
    info: *mut clap_audio_port_info,
) -> bool {
    guard_some(false, || {
        // SAFETY: hosts pass their instance or null; `info` is null or the host's.
        let (this, info) = unsafe { (ClapPlugin::get(plugin)?, info.as_mut()?) };
        if index == 0 {
            *info = port_info(current(this).1, is_input);
        }
        Some(index == 0)
    })
}

unsafe extern "C" fn config_count(_plugin: *const clap_plugin) -> u32 {
    u32::try_from(LAYOUTS.len()).unwrap_or(0)
}

unsafe extern "C" fn config(
    _plugin: *const clap_plugin,
    index: u32,
    config: *mut clap_audio_ports_config,
) -> bool {
    guard_some(false, || {
        // SAFETY: as above.
        let (layout, config) = (layout(index)?, unsafe { config.as_mut()? });
        *config = clap_audio_ports_config {
            id: index,
            name: [0; _],
            input_port_count: 1,
            output_port_count: 1,
            has_main_input: true,
            main_input_channel_count: layout.channels,
            main_input_port_type: layout.port_type.as_ptr(),
            has_main_output: true,
            main_output_channel_count: layout.channels,
            main_output_port_type: layout.port_type.as_ptr(),
        };
        write_c_str(&mut config.name, layout.name);
        Some(true)
    })
}

unsafe extern "C" fn select_config(plugin: *const clap_plugin, id: clap_id) -> bool {
    guard_some(false, || {
        // SAFETY: as above.
        let this = unsafe { ClapPlugin::get(plugin) }?;
        let channels = usize::try_from(layout(id)?.channels).ok()?;
        Some(this.instance.set_channels(channels))
    })
}

unsafe extern "C" fn current_config(plugin: *const clap_plugin) -> clap_id {
    guard(0, || {
        // SAFETY: as above.
        let this = unsafe { ClapPlugin::get(plugin) };
        this.map_or(0, |this| u32::try_from(current(this).0).unwrap_or(0))
    })
}

unsafe extern "C" fn config_port(
    _plugin: *const clap_plugin,
    config_id: clap_id,
    port_index: u32,
    is_input: bool,
    info: *mut clap_audio_port_info,
) -> bool {
    guard_some(false, || {
        // SAFETY: as above.
        let (layout, info) = (layout(config_id)?, unsafe { info.as_mut()? });
        if port_index == 0 {
            *info = port_info(layout, is_input);
        }
        Some(port_index == 0)
    })
}

/// The number of channels that `requests` ask for on both sides. None if Flow doesn't support them.
///
/// # Safety
///
/// `requests` must be null or valid for `count` requests.
unsafe fn requested_channels(
    this: &ClapPlugin,
    requests: *const clap_audio_port_configuration_request,
    count: u32,
) -> Option<usize> {
    if requests.is_null() || count == 0 {
        return None;
    }
    let unchanged = current(this).1.channels;
    let mut channels = [unchanged; 2];
    for index in 0..count {
        // SAFETY: as promised by the caller.
        let request = unsafe { &*requests.add(usize::try_from(index).ok()?) };
        let layout = LAYOUTS
            .iter()
            .find(|layout| layout.channels == request.channel_count)?;
        // SAFETY: null or a string.
        let port_type = unsafe { c_str(request.port_type) };
        let fits = port_type.is_none_or(|wanted| wanted == layout.port_type);
        if request.port_index != 0 || !fits {
            return None;
        }
        channels[usize::from(!request.is_input)] = request.channel_count;
    }
    let [input, output] = channels;
    (input == output).then(|| usize::try_from(input).ok())?
}

unsafe extern "C" fn can_apply(
    plugin: *const clap_plugin,
    requests: *const clap_audio_port_configuration_request,
    count: u32,
) -> bool {
    guard_some(false, || {
        // SAFETY: as above; the list has `count` requests.
        let channels = unsafe { requested_channels(ClapPlugin::get(plugin)?, requests, count) };
        Some(channels.is_some())
    })
}

unsafe extern "C" fn apply(
    plugin: *const clap_plugin,
    requests: *const clap_audio_port_configuration_request,
    count: u32,
) -> bool {
    guard_some(false, || {
        // SAFETY: as above.
        let this = unsafe { ClapPlugin::get(plugin) }?;
        // SAFETY: as above.
        let channels = unsafe { requested_channels(this, requests, count) }?;
        Some(this.instance.set_channels(channels))
    })
}
