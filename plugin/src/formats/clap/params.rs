//! Parameters in CLAP's units: normalized values, multiplied by the number of steps for choices and switches.

use std::ffi::c_char;

use clap_sys::ext::params::{
    CLAP_PARAM_IS_AUTOMATABLE, CLAP_PARAM_IS_BYPASS, CLAP_PARAM_IS_ENUM, CLAP_PARAM_IS_MODULATABLE,
    CLAP_PARAM_IS_STEPPED, clap_param_info, clap_plugin_params,
};
use clap_sys::id::clap_id;
use clap_sys::plugin::clap_plugin;
use flow_dsp::math::narrow;

use super::plugin::ClapPlugin;
use super::process::{clap_range, clap_value, flush};
use crate::formats::c_string::{str_from, write_c_str};
use crate::formats::panic_guard::{guard, guard_some};

pub(super) static PARAMS: clap_plugin_params = clap_plugin_params {
    count: Some(count),
    get_info: Some(get_info),
    get_value: Some(get_value),
    value_to_text: Some(value_to_text),
    text_to_value: Some(text_to_value),
    flush: Some(flush),
};

unsafe extern "C" fn count(plugin: *const clap_plugin) -> u32 {
    guard(0, || {
        // SAFETY: hosts pass their instance or null.
        let this = unsafe { ClapPlugin::get(plugin) };
        this.map_or(0, |this| {
            u32::try_from(this.instance.parameters.len()).unwrap_or(0)
        })
    })
}

unsafe extern "C" fn get_info(
    plugin: *const clap_plugin,
    index: u32,
    info: *mut clap_param_info,
) -> bool {
    guard_some(false, || {
        // SAFETY: as above; `info` is null or the host's.
        let (this, info) = unsafe { (ClapPlugin::get(plugin)?, info.as_mut()?) };
        let (row, param) = this.instance.parameters.at(usize::try_from(index).ok()?)?;
        let range = clap_range(param);
        let mut flags = CLAP_PARAM_IS_AUTOMATABLE | CLAP_PARAM_IS_MODULATABLE;
        if param.steps() > 0 {
            flags |= CLAP_PARAM_IS_STEPPED;
        }
        if param.steps() > 1 {
            flags |= CLAP_PARAM_IS_ENUM;
        }
        if param.is_bypass() {
            flags |= CLAP_PARAM_IS_BYPASS;
        }
        *info = clap_param_info {
            id: row.host_id,
            flags,
            cookie: std::ptr::null_mut(),
            name: [0; _],
            module: [0; _],
            min_value: 0.0,
            max_value: range,
            default_value: clap_value(param, param.default_normalized()),
        };
        write_c_str(&mut info.name, param.id().name());
        write_c_str(&mut info.module, row.id.group());
        Some(true)
    })
}

unsafe extern "C" fn get_value(plugin: *const clap_plugin, id: clap_id, value: *mut f64) -> bool {
    guard_some(false, || {
        // SAFETY: as above.
        let (this, value) = unsafe { (ClapPlugin::get(plugin)?, value.as_mut()?) };
        let param = this.instance.parameters.get(id)?;
        *value = clap_value(param, param.normalized());
        Some(true)
    })
}

unsafe extern "C" fn value_to_text(
    plugin: *const clap_plugin,
    id: clap_id,
    value: f64,
    text: *mut c_char,
    capacity: u32,
) -> bool {
    guard_some(false, || {
        // SAFETY: as above.
        let this = unsafe { ClapPlugin::get(plugin) }?;
        let param = this.instance.parameters.get(id)?;
        let capacity = usize::try_from(capacity).ok()?;
        if text.is_null() || capacity == 0 || !value.is_finite() {
            return None;
        }
        // SAFETY: the host's buffer has this capacity.
        let text = unsafe { std::slice::from_raw_parts_mut(text, capacity) };
        let normalized = narrow(value) / narrow(clap_range(param));
        write_c_str(text, &param.text(normalized.clamp(0.0, 1.0)));
        Some(true)
    })
}

unsafe extern "C" fn text_to_value(
    plugin: *const clap_plugin,
    id: clap_id,
    text: *const c_char,
    value: *mut f64,
) -> bool {
    guard_some(false, || {
        // SAFETY: as above; `text` is null or a string.
        let (this, text, value) =
            unsafe { (ClapPlugin::get(plugin)?, str_from(text)?, value.as_mut()?) };
        let param = this.instance.parameters.get(id)?;
        let normalized = param.parse(text)?;
        *value = clap_value(param, normalized);
        Some(true)
    })
}
