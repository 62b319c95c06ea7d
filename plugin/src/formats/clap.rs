//! Flow as a CLAP: its entry point, and what all of its files share.
//!
//! Each function that a host calls checks its pointers, runs inside [`guard`](super::panic_guard::guard), and leaves the work to
//! [`Instance`](super::instance::Instance).

mod discovery;
mod extensions;
mod gui;
mod host;
mod params;
mod plugin;
mod ports;
mod preset_load;
mod process;
mod state;

use std::ffi::{CStr, CString, c_char, c_void};
use std::sync::OnceLock;

use clap_sys::entry::clap_plugin_entry;
use clap_sys::factory::plugin_factory::{CLAP_PLUGIN_FACTORY_ID, clap_plugin_factory};
use clap_sys::factory::preset_discovery::{
    CLAP_PRESET_DISCOVERY_FACTORY_ID, CLAP_PRESET_DISCOVERY_FACTORY_ID_COMPAT,
};
use clap_sys::host::clap_host;
use clap_sys::plugin::{clap_plugin, clap_plugin_descriptor};
use clap_sys::version::CLAP_VERSION;

use super::identity;
use super::panic_guard::guard;

/// CLAP's entry point.
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

unsafe extern "C" fn deinit() {}

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
        // SAFETY: a host's own structure is valid for as long as the plug-in lives.
        unsafe { plugin::create(host) }
    })
}

/// The descriptor, and the strings that it points to.
struct Descriptor {
    raw: clap_plugin_descriptor,
    _strings: Vec<CString>,
    _features: Vec<*const c_char>,
}

// SAFETY: the pointers are to strings of its own, which nothing changes.
unsafe impl Send for Descriptor {}
// SAFETY: as above.
unsafe impl Sync for Descriptor {}

impl Descriptor {
    /// The one of this image.
    fn get() -> &'static Self {
        static DESCRIPTOR: OnceLock<Descriptor> = OnceLock::new();
        DESCRIPTOR.get_or_init(Self::new)
    }

    fn new() -> Self {
        let mut strings = Vec::new();
        let mut pointer = |text: &str| {
            let string = CString::new(text).unwrap_or_default();
            let pointer = string.as_ptr();
            strings.push(string);
            pointer
        };
        let mut features: Vec<*const c_char> = identity::CLAP_FEATURES
            .iter()
            .map(|feature| pointer(feature))
            .collect();
        features.push(std::ptr::null());
        let raw = clap_plugin_descriptor {
            clap_version: CLAP_VERSION,
            id: pointer(identity::CLAP_ID),
            name: pointer(identity::NAME),
            vendor: pointer(identity::VENDOR),
            url: pointer(identity::URL),
            manual_url: pointer(identity::MANUAL_URL),
            support_url: pointer(identity::SUPPORT_URL),
            version: pointer(identity::VERSION),
            description: pointer(identity::DESCRIPTION),
            features: features.as_ptr(),
        };
        Self {
            raw,
            _strings: strings,
            _features: features,
        }
    }
}

/// A host's string, unless it is null.
///
/// # Safety
///
/// `text` must be null or a string that ends with a zero byte and lives as long as the result.
unsafe fn c_str<'s>(text: *const c_char) -> Option<&'s CStr> {
    // SAFETY: not null, and otherwise as promised by the caller.
    (!text.is_null()).then(|| unsafe { CStr::from_ptr(text) })
}

/// A host's string as Rust's, unless it is null or no UTF-8.
///
/// # Safety
///
/// As for [`c_str`].
unsafe fn str_from<'s>(text: *const c_char) -> Option<&'s str> {
    // SAFETY: as promised by the caller.
    unsafe { c_str(text) }.and_then(|text| text.to_str().ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn descriptor_names_product_and_addresses() {
        let raw = &Descriptor::get().raw;
        for text in [raw.id, raw.name, raw.url, raw.manual_url, raw.support_url] {
            // SAFETY: the descriptor's own strings.
            assert!(!unsafe { str_from(text) }.unwrap().is_empty());
        }
    }

    #[test]
    fn factory_of_unknown_id_is_null() {
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
