//! Flow's own extension of CLAP: the meter readings of one instance.

use clack_host::extensions::prelude::*;
use clack_host::plugin::PluginSharedHandle;
use clap_sys::plugin::clap_plugin;
use flow_dsp::Readings;
use std::ffi::CStr;

pub use flow_dsp::READINGS_EXTENSION;

/// The plug-in's side of the extension.
pub type RawReadingsExtension = flow_dsp::ReadingsExtension<clap_plugin>;

/// The extension of an instance.
#[derive(Clone, Copy)]
pub(super) struct ReadingsExtension(RawExtension<PluginExtensionSide, RawReadingsExtension>);

// SAFETY: the id names the layout of `RawReadingsExtension`.
unsafe impl Extension for ReadingsExtension {
    const IDENTIFIERS: &[&CStr] = &[READINGS_EXTENSION];
    type ExtensionSide = PluginExtensionSide;

    unsafe fn from_raw(raw: RawExtension<Self::ExtensionSide>) -> Self {
        // SAFETY: the caller guarantees that the pointer comes from a plug-in that was asked for this id.
        Self(unsafe { raw.cast() })
    }
}

impl ReadingsExtension {
    /// None if the plug-in fails.
    pub(super) fn read(&self, plugin: &PluginSharedHandle<'_>) -> Option<Readings> {
        let read = plugin.use_extension(&self.0).read?;
        let mut readings = Readings::default();
        // SAFETY: the instance lives, and the pointer is to a whole value that is `repr(C)` on both sides.
        unsafe { read(plugin.as_raw(), &raw mut readings) }.then_some(readings)
    }
}
