//! The plug-in's descriptor.

use std::ffi::{CString, c_char};
use std::sync::OnceLock;

use clap_sys::plugin::clap_plugin_descriptor;
use clap_sys::version::CLAP_VERSION;

use crate::formats::identity;

/// The descriptor with the strings that it points to.
pub(super) struct Descriptor {
    pub(super) raw: clap_plugin_descriptor,
    _strings: Vec<CString>,
    _features: Vec<*const c_char>,
}

// SAFETY: the pointers are to the strings above, which never change.
unsafe impl Send for Descriptor {}
// SAFETY: as above.
unsafe impl Sync for Descriptor {}

impl Descriptor {
    /// The only one of the process.
    pub(super) fn get() -> &'static Self {
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::formats::c_string::str_from;

    #[test]
    fn descriptor_of_flow_has_names_and_addresses() {
        let raw = &Descriptor::get().raw;
        for text in [raw.id, raw.name, raw.url, raw.manual_url, raw.support_url] {
            // SAFETY: the descriptor's own strings.
            assert!(!unsafe { str_from(text) }.unwrap().is_empty());
        }
    }
}
