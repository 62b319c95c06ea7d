//! The functions of `clap_plugin`: creation, activation and destruction of an instance.

use std::ffi::{c_char, c_void};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use clap_sys::host::clap_host;
use clap_sys::plugin::clap_plugin;
use try_lock::TryLock;

use super::descriptor::Descriptor;
use super::extensions;
use super::host::ClapHost;
use super::plugin::{ClapPlugin, UNREPORTED};
use super::process::process;
use crate::formats::c_string::c_str;
use crate::formats::editor_context::HostLink;
use crate::formats::instance::Instance;
use crate::formats::panic_guard::{guard, guard_audio, guard_some};

/// `[main]` Creates an instance, which the host destroys.
///
/// # Safety
///
/// `host` must be valid until the host calls `destroy`.
pub(super) unsafe fn create(host: *const clap_host) -> *const clap_plugin {
    let (host, edits) = ClapHost::new(host);
    let (instance, host) = (Instance::new(), Arc::new(host));
    instance.shared.host.connect(HostLink::to(&host));
    let plugin = Box::new(ClapPlugin {
        raw: clap_plugin {
            desc: &raw const Descriptor::get().raw,
            plugin_data: std::ptr::null_mut(),
            init: Some(init),
            destroy: Some(destroy),
            activate: Some(activate),
            deactivate: Some(deactivate),
            start_processing: Some(start_processing),
            stop_processing: Some(stop_processing),
            reset: Some(reset),
            process: Some(process),
            get_extension: Some(get_extension),
            on_main_thread: Some(on_main_thread),
        },
        instance,
        host,
        edits: TryLock::new(edits),
        reported_latency: AtomicU32::new(UNREPORTED),
    });
    let plugin = Box::into_raw(plugin);
    // SAFETY: just created, and no other pointer exists.
    unsafe {
        (*plugin).raw.plugin_data = plugin.cast();
        &raw const (*plugin).raw
    }
}

unsafe extern "C" fn init(plugin: *const clap_plugin) -> bool {
    guard_some(false, || {
        // SAFETY: hosts pass their instance or null.
        let this = unsafe { ClapPlugin::get(plugin) }?;
        this.host.init();
        Some(true)
    })
}

unsafe extern "C" fn destroy(plugin: *const clap_plugin) {
    guard((), || {
        // SAFETY: as above.
        let Some(this) = (unsafe { ClapPlugin::get(plugin) }) else {
            return;
        };
        this.instance.editor.close();
        this.host.disconnect();
        // SAFETY: `create` made it as a box, and hosts destroy it once.
        drop(unsafe { Box::from_raw(std::ptr::from_ref(this).cast_mut()) });
    });
}

unsafe extern "C" fn activate(
    plugin: *const clap_plugin,
    sample_rate_hz: f64,
    _min_frames: u32,
    _max_frames: u32,
) -> bool {
    guard_some(false, || {
        // SAFETY: as above.
        let this = unsafe { ClapPlugin::get(plugin) }?;
        if !this.instance.activate(sample_rate_hz) {
            return None;
        }
        let reported = this.reported_latency.load(Ordering::Relaxed);
        if reported != UNREPORTED && reported != this.instance.latency_samples() {
            this.host.latency_changed();
        }
        Some(true)
    })
}

unsafe extern "C" fn deactivate(plugin: *const clap_plugin) {
    guard((), || {
        // SAFETY: as above.
        if let Some(this) = unsafe { ClapPlugin::get(plugin) } {
            this.instance.deactivate();
        }
    });
}

unsafe extern "C" fn start_processing(plugin: *const clap_plugin) -> bool {
    // SAFETY: as promised to `reset`.
    unsafe { reset(plugin) };
    true
}

unsafe extern "C" fn stop_processing(_plugin: *const clap_plugin) {}

unsafe extern "C" fn reset(plugin: *const clap_plugin) {
    guard_audio((), || {
        // SAFETY: as above.
        if let Some(this) = unsafe { ClapPlugin::get(plugin) }
            && let Some(mut audio) = this.instance.try_audio()
        {
            audio.processor.reset();
        }
    });
}

unsafe extern "C" fn get_extension(plugin: *const clap_plugin, id: *const c_char) -> *const c_void {
    guard(std::ptr::null(), || {
        // SAFETY: hosts pass a string or null.
        match unsafe { c_str(id) } {
            Some(id) if !plugin.is_null() => extensions::find(id),
            _ => std::ptr::null(),
        }
    })
}

unsafe extern "C" fn on_main_thread(plugin: *const clap_plugin) {
    guard((), || {
        // SAFETY: as above.
        let Some(this) = (unsafe { ClapPlugin::get(plugin) }) else {
            return;
        };
        this.host.on_main_thread();
        if let Some((param, items)) = this.host.take_menu() {
            this.instance.set_menu(param, items);
        }
        this.instance.editor.on_main_thread();
        // The last call: it may destroy the instance.
        if let Some(entry) = this.host.take_chosen_entry() {
            // SAFETY: the host is calling.
            unsafe { entry.perform() };
        }
    });
}

#[cfg(test)]
mod tests {
    use std::cell::{Cell, RefCell};

    use clap_sys::ext::context_menu::{
        CLAP_EXT_CONTEXT_MENU, clap_context_menu_builder, clap_context_menu_target,
        clap_host_context_menu,
    };
    use clap_sys::version::CLAP_VERSION;

    use super::*;
    use crate::formats::editor_context::Host;

    thread_local! {
        static INSTANCE: Cell<*const clap_plugin> = const { Cell::new(std::ptr::null()) };
        static CALLS: RefCell<Vec<String>> = const { RefCell::new(Vec::new()) };
    }

    unsafe extern "C" fn populate(
        _host: *const clap_host,
        target: *const clap_context_menu_target,
        _builder: *const clap_context_menu_builder,
    ) -> bool {
        // SAFETY: Flow passes a target.
        let param = unsafe { (*target).id };
        CALLS.with_borrow_mut(|calls| calls.push(format!("populate {param}")));
        true
    }

    /// An entry that removes the plug-in.
    unsafe extern "C" fn perform(
        _host: *const clap_host,
        _target: *const clap_context_menu_target,
        action: u32,
    ) -> bool {
        CALLS.with_borrow_mut(|calls| calls.push(format!("perform {action}")));
        // SAFETY: the instance is alive, and this is its main thread.
        unsafe { destroy(INSTANCE.get()) };
        true
    }

    static MENU: clap_host_context_menu = clap_host_context_menu {
        populate: Some(populate),
        perform: Some(perform),
        can_popup: None,
        popup: None,
    };

    unsafe extern "C" fn host_extension(
        _host: *const clap_host,
        id: *const c_char,
    ) -> *const c_void {
        // SAFETY: Flow passes a string.
        if unsafe { c_str(id) } == Some(CLAP_EXT_CONTEXT_MENU) {
            (&raw const MENU).cast()
        } else {
            std::ptr::null()
        }
    }

    #[test]
    fn chosen_entry_of_the_host_is_performed_last_and_may_destroy_the_instance() {
        let host = clap_host {
            clap_version: CLAP_VERSION,
            host_data: std::ptr::null_mut(),
            name: c"Host".as_ptr(),
            vendor: c"".as_ptr(),
            url: c"".as_ptr(),
            version: c"".as_ptr(),
            get_extension: Some(host_extension),
            request_restart: None,
            request_process: None,
            request_callback: None,
        };
        // SAFETY: the host lives until the end, and the instance until the entry is performed.
        unsafe {
            let plugin = create(&raw const host);
            INSTANCE.set(plugin);
            assert!(init(plugin));
            let this = ClapPlugin::get(plugin).unwrap();
            this.host.perform_menu(3, 7);
            this.host.request_menu(4);
            on_main_thread(plugin);
        }
        CALLS.with_borrow(|calls| assert_eq!(*calls, ["populate 4", "perform 7"]));
    }
}
