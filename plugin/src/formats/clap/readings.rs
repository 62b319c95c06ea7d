//! Flow's own extension: the meter readings of one instance, for the command line and the tests.

use std::ffi::CStr;

use clap_sys::plugin::clap_plugin;
use flow_dsp::Readings;

use super::plugin::ClapPlugin;
use crate::formats::panic_guard::guard_some;

/// The extension's id. It carries the version of the layout of [`Readings`], and changes with it.
pub(super) const FLOW_EXT_READINGS: &CStr = c"flow.readings/2";

/// The plug-in's side of the extension.
#[repr(C)]
pub(super) struct FlowPluginReadings {
    /// `[any]` Copies the readings after the last call of `process` to `out`. Returns false and leaves `out` unchanged if
    /// a pointer is null. `out` must be aligned and valid for writing one [`Readings`].
    read: Option<unsafe extern "C" fn(plugin: *const clap_plugin, out: *mut Readings) -> bool>,
}

pub(super) static READINGS: FlowPluginReadings = FlowPluginReadings { read: Some(read) };

unsafe extern "C" fn read(plugin: *const clap_plugin, out: *mut Readings) -> bool {
    guard_some(false, || {
        // SAFETY: hosts pass their instance or null.
        let this = unsafe { ClapPlugin::get(plugin) }?;
        let out = std::ptr::NonNull::new(out)?;
        // SAFETY: the caller promises that it may be written.
        unsafe { out.write(this.instance.shared.meters.read()) };
        Some(true)
    })
}
