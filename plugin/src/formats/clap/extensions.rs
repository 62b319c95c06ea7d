//! The table of extensions, and the small extensions: latency, tail, render mode, remote controls, and indication.

use std::ffi::{CStr, c_char, c_void};
use std::sync::atomic::Ordering;

use clap_sys::color::clap_color;
use clap_sys::ext::audio_ports::CLAP_EXT_AUDIO_PORTS;
use clap_sys::ext::audio_ports_config::{
    CLAP_EXT_AUDIO_PORTS_CONFIG, CLAP_EXT_AUDIO_PORTS_CONFIG_INFO,
    CLAP_EXT_AUDIO_PORTS_CONFIG_INFO_COMPAT,
};
use clap_sys::ext::configurable_audio_ports::{
    CLAP_EXT_CONFIGURABLE_AUDIO_PORTS, CLAP_EXT_CONFIGURABLE_AUDIO_PORTS_COMPAT,
};
use clap_sys::ext::gui::CLAP_EXT_GUI;
use clap_sys::ext::latency::{CLAP_EXT_LATENCY, clap_plugin_latency};
use clap_sys::ext::param_indication::{
    CLAP_EXT_PARAM_INDICATION, CLAP_EXT_PARAM_INDICATION_COMPAT,
    CLAP_PARAM_INDICATION_AUTOMATION_OVERRIDING, CLAP_PARAM_INDICATION_AUTOMATION_PLAYING,
    CLAP_PARAM_INDICATION_AUTOMATION_PRESENT, CLAP_PARAM_INDICATION_AUTOMATION_RECORDING,
    clap_plugin_param_indication,
};
use clap_sys::ext::params::CLAP_EXT_PARAMS;
use clap_sys::ext::preset_load::{CLAP_EXT_PRESET_LOAD, CLAP_EXT_PRESET_LOAD_COMPAT};
use clap_sys::ext::remote_controls::{
    CLAP_EXT_REMOTE_CONTROLS, CLAP_EXT_REMOTE_CONTROLS_COMPAT, clap_plugin_remote_controls,
    clap_remote_controls_page,
};
use clap_sys::ext::render::{
    CLAP_EXT_RENDER, CLAP_RENDER_OFFLINE, CLAP_RENDER_REALTIME, clap_plugin_render,
    clap_plugin_render_mode,
};
use clap_sys::ext::state::CLAP_EXT_STATE;
use clap_sys::ext::state_context::CLAP_EXT_STATE_CONTEXT;
use clap_sys::ext::tail::{CLAP_EXT_TAIL, clap_plugin_tail};
use clap_sys::id::{CLAP_INVALID_ID, clap_id};
use clap_sys::plugin::clap_plugin;

use super::plugin::ClapPlugin;
use super::{gui, params, ports, preset_load, readings, state};
use crate::formats::c_string::{c_str, write_c_str};
use crate::formats::panic_guard::{guard, guard_some};
use crate::indications::{Automation, Mapping};
use crate::remote_controls::PAGES;

/// The functions of an extension, or null for an unknown id.
pub(super) fn find(id: &CStr) -> *const c_void {
    let table: *const c_void = match id {
        id if id == CLAP_EXT_PARAMS => (&raw const params::PARAMS).cast(),
        id if id == CLAP_EXT_STATE => (&raw const state::STATE).cast(),
        id if id == CLAP_EXT_STATE_CONTEXT => (&raw const state::STATE_CONTEXT).cast(),
        id if id == CLAP_EXT_AUDIO_PORTS => (&raw const ports::AUDIO_PORTS).cast(),
        id if id == CLAP_EXT_AUDIO_PORTS_CONFIG => (&raw const ports::CONFIGS).cast(),
        id if id == CLAP_EXT_AUDIO_PORTS_CONFIG_INFO
            || id == CLAP_EXT_AUDIO_PORTS_CONFIG_INFO_COMPAT =>
        {
            (&raw const ports::CONFIG_INFO).cast()
        }
        id if id == CLAP_EXT_CONFIGURABLE_AUDIO_PORTS
            || id == CLAP_EXT_CONFIGURABLE_AUDIO_PORTS_COMPAT =>
        {
            (&raw const ports::CONFIGURABLE).cast()
        }
        id if id == CLAP_EXT_GUI => (&raw const gui::GUI).cast(),
        id if id == CLAP_EXT_LATENCY => (&raw const LATENCY).cast(),
        id if id == CLAP_EXT_TAIL => (&raw const TAIL).cast(),
        id if id == CLAP_EXT_RENDER => (&raw const RENDER).cast(),
        id if id == CLAP_EXT_REMOTE_CONTROLS || id == CLAP_EXT_REMOTE_CONTROLS_COMPAT => {
            (&raw const REMOTE_CONTROLS).cast()
        }
        id if id == CLAP_EXT_PARAM_INDICATION || id == CLAP_EXT_PARAM_INDICATION_COMPAT => {
            (&raw const PARAM_INDICATION).cast()
        }
        id if id == CLAP_EXT_PRESET_LOAD || id == CLAP_EXT_PRESET_LOAD_COMPAT => {
            (&raw const preset_load::PRESET_LOAD).cast()
        }
        id if id == flow_dsp::READINGS_EXTENSION => (&raw const readings::READINGS).cast(),
        _ => std::ptr::null(),
    };
    table
}

static LATENCY: clap_plugin_latency = clap_plugin_latency { get: Some(latency) };

static TAIL: clap_plugin_tail = clap_plugin_tail { get: Some(tail) };

static RENDER: clap_plugin_render = clap_plugin_render {
    has_hard_realtime_requirement: Some(has_hard_realtime_requirement),
    set: Some(set_render_mode),
};

static REMOTE_CONTROLS: clap_plugin_remote_controls = clap_plugin_remote_controls {
    count: Some(page_count),
    get: Some(page),
};

static PARAM_INDICATION: clap_plugin_param_indication = clap_plugin_param_indication {
    set_mapping: Some(set_mapping),
    set_automation: Some(set_automation),
};

unsafe extern "C" fn latency(plugin: *const clap_plugin) -> u32 {
    guard_some(0, || {
        // SAFETY: hosts pass their instance or null.
        let this = unsafe { ClapPlugin::get(plugin) }?;
        let latency_samples = this.instance.latency_samples();
        this.reported_latency
            .store(latency_samples, Ordering::Relaxed);
        Some(latency_samples)
    })
}

unsafe extern "C" fn tail(plugin: *const clap_plugin) -> u32 {
    guard(0, || {
        // SAFETY: as above.
        let this = unsafe { ClapPlugin::get(plugin) };
        this.map_or(0, |this| this.instance.tail_samples())
    })
}

unsafe extern "C" fn has_hard_realtime_requirement(_plugin: *const clap_plugin) -> bool {
    false
}

unsafe extern "C" fn set_render_mode(
    plugin: *const clap_plugin,
    mode: clap_plugin_render_mode,
) -> bool {
    guard_some(false, || {
        // SAFETY: as above.
        let this = unsafe { ClapPlugin::get(plugin) }?;
        let is_known = mode == CLAP_RENDER_OFFLINE || mode == CLAP_RENDER_REALTIME;
        if is_known {
            this.instance.set_offline(mode == CLAP_RENDER_OFFLINE);
        }
        Some(is_known)
    })
}

unsafe extern "C" fn page_count(plugin: *const clap_plugin) -> u32 {
    guard(0, || {
        // SAFETY: as above.
        let this = unsafe { ClapPlugin::get(plugin) };
        this.map_or(0, |_| u32::try_from(PAGES.len()).unwrap_or(0))
    })
}

unsafe extern "C" fn page(
    plugin: *const clap_plugin,
    index: u32,
    page: *mut clap_remote_controls_page,
) -> bool {
    guard_some(false, || {
        // SAFETY: as above; `page` is null or the host's.
        let (this, to) = unsafe { (ClapPlugin::get(plugin)?, page.as_mut()?) };
        let page = usize::try_from(index)
            .ok()
            .and_then(|index| PAGES.get(index))?;
        let parameters = &this.instance.parameters;
        *to = clap_remote_controls_page {
            section_name: [0; _],
            page_id: index,
            page_name: [0; _],
            param_ids: page
                .knobs
                .map(|knob| knob.map_or(CLAP_INVALID_ID, |id| parameters.host_id(id))),
            is_for_preset: false,
        };
        write_c_str(&mut to.section_name, page.section);
        write_c_str(&mut to.page_name, page.name);
        Some(true)
    })
}

/// # Safety
///
/// `color` must be null or the host's.
unsafe fn rgb(color: *const clap_color) -> Option<[u8; 3]> {
    // SAFETY: as promised by the caller.
    unsafe { color.as_ref() }.map(|color| [color.red, color.green, color.blue])
}

/// # Safety
///
/// `text` must be null or a string.
unsafe fn lossy(text: *const c_char) -> String {
    // SAFETY: as promised by the caller.
    let text = unsafe { c_str(text) };
    text.map_or_else(String::new, |text| text.to_string_lossy().into_owned())
}

unsafe extern "C" fn set_mapping(
    plugin: *const clap_plugin,
    id: clap_id,
    has_mapping: bool,
    color: *const clap_color,
    label: *const c_char,
    description: *const c_char,
) {
    guard((), || {
        // SAFETY: as above; texts are strings or null.
        unsafe {
            if let Some(this) = ClapPlugin::get(plugin)
                && let Some(param) = this.instance.parameters.get(id)
            {
                let mapping = has_mapping.then(|| Mapping {
                    color: rgb(color),
                    label: lossy(label),
                    description: lossy(description),
                });
                let shared = &this.instance.shared;
                shared.indications.set_mapping(param.id(), mapping);
                shared.repaint.request_repaint();
            }
        }
    });
}

unsafe extern "C" fn set_automation(
    plugin: *const clap_plugin,
    id: clap_id,
    state: u32,
    color: *const clap_color,
) {
    guard((), || {
        // SAFETY: as above.
        unsafe {
            if let Some(this) = ClapPlugin::get(plugin)
                && let Some(param) = this.instance.parameters.get(id)
            {
                let automation = match state {
                    CLAP_PARAM_INDICATION_AUTOMATION_PRESENT => Some(Automation::Present),
                    CLAP_PARAM_INDICATION_AUTOMATION_PLAYING => Some(Automation::Playing),
                    CLAP_PARAM_INDICATION_AUTOMATION_RECORDING => Some(Automation::Recording),
                    CLAP_PARAM_INDICATION_AUTOMATION_OVERRIDING => Some(Automation::Overriding),
                    _ => None,
                };
                let automation = automation.map(|automation| (automation, rgb(color)));
                let shared = &this.instance.shared;
                shared.indications.set_automation(param.id(), automation);
                shared.repaint.request_repaint();
            }
        }
    });
}
