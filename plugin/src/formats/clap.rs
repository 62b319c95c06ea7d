//! Flow as a CLAP: the entry point and the plug-in factory.
//!
//! Each function that a host calls checks its pointers, catches panics with [`guard`], and leaves the work to
//! [`Instance`](super::instance::Instance).

mod descriptor;
mod discovery;
mod extensions;
mod gui;
mod host;
mod host_menu;
mod lifecycle;
mod params;
mod plugin;
mod ports;
mod preset_load;
mod process;
mod readings;
mod state;
mod transport;

use std::ffi::{c_char, c_void};

use clap_sys::entry::clap_plugin_entry;
use clap_sys::factory::plugin_factory::{CLAP_PLUGIN_FACTORY_ID, clap_plugin_factory};
use clap_sys::factory::preset_discovery::{
    CLAP_PRESET_DISCOVERY_FACTORY_ID, CLAP_PRESET_DISCOVERY_FACTORY_ID_COMPAT,
};
use clap_sys::host::clap_host;
use clap_sys::plugin::{clap_plugin, clap_plugin_descriptor};
use clap_sys::version::CLAP_VERSION;

use self::descriptor::Descriptor;
use super::c_string::c_str;
use super::identity;
use super::instance;
use super::panic_guard::guard;

/// The entry point.
#[allow(non_upper_case_globals)]
#[unsafe(no_mangle)]
#[used]
pub(crate) static clap_entry: clap_plugin_entry = clap_plugin_entry {
    clap_version: CLAP_VERSION,
    init: Some(init),
    deinit: Some(deinit),
    get_factory: Some(get_factory),
};

static PLUGIN_FACTORY: clap_plugin_factory = clap_plugin_factory {
    get_plugin_count: Some(plugin_count),
    get_plugin_descriptor: Some(plugin_descriptor),
    create_plugin: Some(create_plugin),
};

unsafe extern "C" fn init(_path: *const c_char) -> bool {
    guard(false, || {
        crate::logging::install();
        true
    })
}

unsafe extern "C" fn deinit() {
    guard(false, instance::prepare_unload);
}

unsafe extern "C" fn get_factory(id: *const c_char) -> *const c_void {
    // SAFETY: hosts pass a string or null.
    let Some(id) = (unsafe { c_str(id) }) else {
        return std::ptr::null();
    };
    if id == CLAP_PLUGIN_FACTORY_ID {
        (&raw const PLUGIN_FACTORY).cast()
    } else if id == CLAP_PRESET_DISCOVERY_FACTORY_ID
        || id == CLAP_PRESET_DISCOVERY_FACTORY_ID_COMPAT
    {
        (&raw const discovery::FACTORY).cast()
    } else {
        std::ptr::null()
    }
}

unsafe extern "C" fn plugin_count(_factory: *const clap_plugin_factory) -> u32 {
    1
}

unsafe extern "C" fn plugin_descriptor(
    _factory: *const clap_plugin_factory,
    index: u32,
) -> *const clap_plugin_descriptor {
    if index == 0 {
        guard(std::ptr::null(), || &raw const Descriptor::get().raw)
    } else {
        std::ptr::null()
    }
}

unsafe extern "C" fn create_plugin(
    _factory: *const clap_plugin_factory,
    host: *const clap_host,
    id: *const c_char,
) -> *const clap_plugin {
    guard(std::ptr::null(), || {
        // SAFETY: hosts pass a string or null.
        let is_flow =
            unsafe { c_str(id) }.is_some_and(|id| id.to_bytes() == identity::CLAP_ID.as_bytes());
        if host.is_null() || !is_flow {
            return std::ptr::null();
        }
        // SAFETY: a host's structure is valid for as long as the plug-in lives.
        unsafe { lifecycle::create(host) }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn factory_lookup_of_unknown_id_returns_null() {
        // SAFETY: null, and strings that end with a zero byte.
        unsafe {
            assert!(get_factory(std::ptr::null()).is_null());
            assert!(get_factory(c"nothing".as_ptr()).is_null());
            assert!(!get_factory(CLAP_PLUGIN_FACTORY_ID.as_ptr()).is_null());
            assert!(plugin_descriptor(&PLUGIN_FACTORY, 1).is_null());
            assert!(create_plugin(&PLUGIN_FACTORY, std::ptr::null(), std::ptr::null()).is_null());
        }
    }
}
