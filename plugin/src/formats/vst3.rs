//! Flow as a VST3: the module's entry points.
//!
//! One object is component, processor and controller. Each function that a host calls checks its pointers, catches panics
//! with [`guard`], and leaves the work to [`Instance`](super::instance::Instance), as in the CLAP.
//! `docs/developer/decisions/0001-formats.md` says why `clap-wrapper` doesn't make this format.

mod component;
mod controller;
mod factory;
mod host;
mod host_menu;
mod pending_values;
mod plugin;
mod processor;
#[cfg(all(unix, not(target_os = "macos")))]
mod run_loop;
mod stream;
mod transport;
mod unit_info;
mod units;
mod utf16;
mod view;

use std::ffi::c_void;

use vst3::ComWrapper;
use vst3::Steinberg::{IPluginFactory, kInvalidArgument, kResultFalse, kResultOk, tresult};

use super::instance;
use super::panic_guard::guard;

/// Runs a call of a host and turns its outcome into VST3's result: none for an invalid argument, as a null pointer, and
/// else whether it succeeded. A panic is a failure.
fn checked(call: impl FnOnce() -> Option<bool>) -> tresult {
    match guard(Some(false), call) {
        Some(true) => kResultOk,
        Some(false) => kResultFalse,
        None => kInvalidArgument,
    }
}

/// Returns the factory of instances.
#[allow(non_snake_case)]
#[unsafe(no_mangle)]
pub(crate) extern "system" fn GetPluginFactory() -> *mut c_void {
    guard(std::ptr::null_mut(), || {
        let factory = ComWrapper::new(factory::Factory).to_com_ptr::<IPluginFactory>();
        factory.map_or(std::ptr::null_mut(), |factory| factory.into_raw().cast())
    })
}

fn enter_module() -> bool {
    guard(false, || {
        crate::logging::install();
        true
    })
}

fn leave_module() -> bool {
    guard(false, instance::prepare_unload);
    true
}

/// Linux: the host loaded the module.
#[allow(non_snake_case)]
#[cfg(all(unix, not(target_os = "macos")))]
#[unsafe(no_mangle)]
pub(crate) extern "C" fn ModuleEntry(_library: *mut c_void) -> bool {
    enter_module()
}

/// Linux: the host is about to unload the module.
#[allow(non_snake_case)]
#[cfg(all(unix, not(target_os = "macos")))]
#[unsafe(no_mangle)]
pub(crate) extern "C" fn ModuleExit() -> bool {
    leave_module()
}

/// macOS: the host loaded the module.
#[allow(non_snake_case)]
#[cfg(target_os = "macos")]
#[unsafe(no_mangle)]
pub(crate) extern "C" fn bundleEntry(_bundle: *mut c_void) -> bool {
    enter_module()
}

/// macOS: the host is about to unload the module.
#[allow(non_snake_case)]
#[cfg(target_os = "macos")]
#[unsafe(no_mangle)]
pub(crate) extern "C" fn bundleExit() -> bool {
    leave_module()
}

/// Windows: the host loaded the module.
#[allow(non_snake_case)]
#[cfg(windows)]
#[unsafe(no_mangle)]
pub(crate) extern "system" fn InitDll() -> bool {
    enter_module()
}

/// Windows: the host is about to unload the module.
#[allow(non_snake_case)]
#[cfg(windows)]
#[unsafe(no_mangle)]
pub(crate) extern "system" fn ExitDll() -> bool {
    leave_module()
}

/// Converts a constant of the bindings, whose type differs between systems, to the type of the interfaces.
macro_rules! int {
    ($constant:expr) => {{
        #[allow(clippy::cast_possible_wrap, clippy::unnecessary_cast)]
        const VALUE: i32 = $constant as i32;
        VALUE
    }};
}
use int;
