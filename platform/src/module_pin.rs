//! The module that this code is in: the plug-in's shared library as the host has loaded it.

/// `[main]` Keeps the module loaded until the process ends, even if the host unloads it, because a thread that can't be
/// ended runs its code. Returns false if the system refuses.
pub fn pin() -> bool {
    pin_module_of(pin as *const () as *const core::ffi::c_void)
}

/// Pins the module that contains `address`.
#[cfg(unix)]
fn pin_module_of(address: *const core::ffi::c_void) -> bool {
    // SAFETY: all-zero fields are valid for this C struct.
    let mut info: libc::Dl_info = unsafe { core::mem::zeroed() };
    // SAFETY: dladdr takes any address and only writes to `info`.
    if unsafe { libc::dladdr(address, &raw mut info) } == 0 || info.dli_fname.is_null() {
        return false;
    }
    // NOLOAD: if the path names another file by now, that one must not be loaded.
    let mode = libc::RTLD_NOW | libc::RTLD_NODELETE | libc::RTLD_NOLOAD;
    // SAFETY: the name is the loader's own string, and no code runs because the module is loaded already.
    let handle = unsafe { libc::dlopen(info.dli_fname, mode) };
    // The handle is never closed, which keeps the module loaded too.
    !handle.is_null()
}

/// Pins the module that contains `address`.
#[cfg(windows)]
fn pin_module_of(address: *const core::ffi::c_void) -> bool {
    use windows_sys::Win32::System::LibraryLoader::{
        GET_MODULE_HANDLE_EX_FLAG_FROM_ADDRESS, GET_MODULE_HANDLE_EX_FLAG_PIN, GetModuleHandleExW,
    };
    let mut module = core::ptr::null_mut();
    let flags = GET_MODULE_HANDLE_EX_FLAG_FROM_ADDRESS | GET_MODULE_HANDLE_EX_FLAG_PIN;
    // SAFETY: with FROM_ADDRESS the name is an address; the function only writes to `module`.
    unsafe { GetModuleHandleExW(flags, address.cast(), &raw mut module) != 0 }
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn pinned_library_stays_loaded_after_last_close() {
        // A library of glibc that this test does not link.
        let name = c"libthread_db.so.1";
        // SAFETY: the library's initializers are the system's.
        let handle = unsafe { libc::dlopen(name.as_ptr(), libc::RTLD_NOW) };
        if handle.is_null() {
            eprintln!("skipped: libthread_db is not installed");
            return;
        }
        // SAFETY: the handle is open.
        let address = unsafe { libc::dlsym(handle, c"td_ta_new".as_ptr()) };
        assert!(!address.is_null());
        assert!(pin_module_of(address));
        // SAFETY: one close for the handle above, and one for the handle that pinning opened.
        unsafe {
            libc::dlclose(handle);
            libc::dlclose(handle);
        }
        // SAFETY: as above.
        let again = unsafe { libc::dlopen(name.as_ptr(), libc::RTLD_NOW | libc::RTLD_NOLOAD) };
        assert!(!again.is_null(), "the library was unloaded");
    }

    #[test]
    fn heap_address_cannot_be_pinned() {
        let on_the_heap = Box::new(0_u8);
        assert!(!pin_module_of((&raw const *on_the_heap).cast()));
    }
}
