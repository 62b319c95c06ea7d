//! Flow's own extension: the meter readings of one instance, for the command line and the tests.

use clap_sys::plugin::clap_plugin;
use flow_dsp::{Readings, ReadingsExtension};

use super::plugin::ClapPlugin;
use crate::formats::panic_guard::guard_some;

pub(super) static READINGS: ReadingsExtension<clap_plugin> = ReadingsExtension { read: Some(read) };

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
