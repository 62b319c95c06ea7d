//! Flow as a VST3: the module's entry points, and what all of its files share.
//!
//! One object is component, processor and controller. Each function that a host calls checks its pointers, runs inside
//! [`guard`](super::panic_guard::guard), and leaves the work to [`Instance`](super::instance::Instance), so that this format
//! does what the CLAP does. `docs/developer/decisions/0001-formats.md` says why it isn't made by `clap-wrapper`.

mod component;
mod controller;
mod factory;
mod host;
#[cfg(all(unix, not(target_os = "macos")))]
mod run_loop;
mod stream;
mod units;
mod view;

use std::ffi::c_void;

use vst3::ComWrapper;
use vst3::Steinberg::IPluginFactory;

use super::panic_guard::guard;

/// Gives the host what it makes instances with.
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
    true
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
    true
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
    true
}

/// A constant of the bindings, whose type differs between systems, as the interfaces take it.
macro_rules! int {
    ($constant:expr) => {{
        #[allow(clippy::cast_possible_wrap, clippy::unnecessary_cast)]
        const VALUE: i32 = $constant as i32;
        VALUE
    }};
}
use int;

/// Writes as much of `text` as `to` has room for, in UTF-16, with a zero behind it.
fn write_utf16(to: &mut [u16], text: &str) {
    let Some(room) = to.len().checked_sub(1) else {
        return;
    };
    let mut length = 0;
    for character in text.chars() {
        let mut units = [0; 2];
        let units = character.encode_utf16(&mut units);
        if length + units.len() > room {
            break;
        }
        to[length..length + units.len()].copy_from_slice(units);
        length += units.len();
    }
    to[length] = 0;
}

/// Reads text in UTF-16 up to its zero, at most as long as VST3's strings are.
///
/// # Safety
///
/// `text` must be null or valid up to its zero.
unsafe fn read_utf16(text: *const u16) -> Option<String> {
    const LONGEST: usize = 128;
    if text.is_null() {
        return None;
    }
    let mut units = Vec::new();
    for index in 0..LONGEST {
        // SAFETY: as promised by the caller, for all before and up to the zero.
        match unsafe { *text.add(index) } {
            0 => break,
            unit => units.push(unit),
        }
    }
    String::from_utf16(&units).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn utf16_round_trip_keeps_text() {
        let mut buffer = [1; 16];
        write_utf16(&mut buffer, "\u{2212}1 dB \u{1d11e}");
        // SAFETY: the function ends it with a zero.
        let read = unsafe { read_utf16(buffer.as_ptr()) };
        assert_eq!(read.as_deref(), Some("\u{2212}1 dB \u{1d11e}"));
    }

    #[test]
    fn utf16_in_short_buffer_ends_at_a_character() {
        let mut buffer = [1; 3];
        write_utf16(&mut buffer, "a\u{1d11e}");
        assert_eq!(buffer[..2], [u16::from(b'a'), 0]);
        write_utf16(&mut [], "a");
    }
}
