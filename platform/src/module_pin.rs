//! The image that this code is in: the plug-in's file as the host has loaded it.

/// `[main]` Keeps the image loaded until the process ends, although the host lets go of it: for a thread that can't be
/// ended. False if the system refuses; nothing can be done then.
pub fn pin() -> bool {
    pin_image_of(pin as *const () as *const core::ffi::c_void)
}

/// The address is in the image.
#[cfg(unix)]
fn pin_image_of(address: *const core::ffi::c_void) -> bool {
    // SAFETY: all fields may be zero.
    let mut info: libc::Dl_info = unsafe { core::mem::zeroed() };
    // SAFETY: dladdr takes any address and only writes to `info`.
    if unsafe { libc::dladdr(address, &raw mut info) } == 0 || info.dli_fname.is_null() {
        return false;
    }
    // Without NOLOAD a path that means another file by now would be loaded anew.
    let mode = libc::RTLD_NOW | libc::RTLD_NODELETE | libc::RTLD_NOLOAD;
    // SAFETY: the name is a string of the loader's, which runs no code of an image that is loaded already.
    let handle = unsafe { libc::dlopen(info.dli_fname, mode) };
    // The handle is never closed: one more reason to stay.
    !handle.is_null()
}

/// The address is in the image.
#[cfg(windows)]
fn pin_image_of(address: *const core::ffi::c_void) -> bool {
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
    fn a_pinned_library_stays() {
        // One of glibc's that nothing here needs.
        let name = c"libthread_db.so.1";
        // SAFETY: loading it runs no code but the system's.
        let handle = unsafe { libc::dlopen(name.as_ptr(), libc::RTLD_NOW) };
        if handle.is_null() {
            eprintln!("there is no libthread_db here: not tried");
            return;
        }
        // SAFETY: the handle is open.
        let address = unsafe { libc::dlsym(handle, c"td_ta_new".as_ptr()) };
        assert!(!address.is_null());
        assert!(pin_image_of(address));
        // SAFETY: closed once for the one that was opened here, and once for the one that pinning opened.
        unsafe {
            libc::dlclose(handle);
            libc::dlclose(handle);
        }
        // SAFETY: as above.
        let again = unsafe { libc::dlopen(name.as_ptr(), libc::RTLD_NOW | libc::RTLD_NOLOAD) };
        assert!(!again.is_null(), "it was unloaded");
    }

    #[test]
    fn what_is_no_image_cannot_be_pinned() {
        let on_the_heap = Box::new(0_u8);
        assert!(!pin_image_of((&raw const *on_the_heap).cast()));
    }
}
