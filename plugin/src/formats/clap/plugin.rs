//! One CLAP instance: its life, and the table of functions that a host has of it.

use std::ffi::{c_char, c_void};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use clap_sys::host::clap_host;
use clap_sys::plugin::clap_plugin;
use rtrb::Consumer;
use try_lock::TryLock;

use super::extensions;
use super::host::ClapHost;
use super::process::process;
use super::{Descriptor, c_str};
use crate::formats::editor_context::{self, Edit, Host};
use crate::formats::instance::Instance;
use crate::formats::panic_guard::{guard, guard_audio};
use nice_plug::context::PluginApi;
use nice_plug::context::gui::GuiContext;

/// The host doesn't know a latency yet.
const UNREPORTED: u32 = u32::MAX;

/// One instance as CLAP hosts have it.
pub(super) struct ClapPlugin {
    raw: clap_plugin,
    pub(super) instance: Instance,
    pub(super) host: Arc<ClapHost>,
    /// The window's edits, for whichever of `process` and `flush` the host calls next.
    pub(super) edits: TryLock<Consumer<Edit>>,
    /// The latency that the host asked for last.
    reported_latency: AtomicU32,
}

/// `[main]` Makes an instance, which the host destroys.
///
/// # Safety
///
/// `host` must be valid until the host calls `destroy`.
pub(super) unsafe fn create(host: *const clap_host) -> *const clap_plugin {
    let (host, edits) = ClapHost::new(host);
    let (instance, host) = (Instance::new(), Arc::new(host));
    let listener = Arc::downgrade(&host);
    instance.shared.state_listener.connect(move || {
        if let Some(host) = listener.upgrade() {
            host.state_changed();
        }
    });
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
    // SAFETY: just made, and known to nothing else.
    unsafe {
        (*plugin).raw.plugin_data = plugin.cast();
        &raw const (*plugin).raw
    }
}

impl ClapPlugin {
    /// The instance behind a host's pointer, unless the pointer is null.
    ///
    /// # Safety
    ///
    /// `plugin` must be null or what [`create`] gave, and not destroyed yet.
    pub(super) unsafe fn get<'p>(plugin: *const clap_plugin) -> Option<&'p Self> {
        // SAFETY: as promised by the caller; `create` set the data of each.
        unsafe { plugin.as_ref()?.plugin_data.cast::<Self>().as_ref() }
    }

    /// `[main]` Reports the latency, and remembers which.
    pub(super) fn report_latency(&self) -> u32 {
        let latency_samples = self.instance.latency_samples();
        self.reported_latency
            .store(latency_samples, Ordering::Relaxed);
        latency_samples
    }

    /// `[main]` The framework's context for a window.
    pub(super) fn gui_context(&self) -> GuiContext {
        editor_context::context(
            self.instance.shared.clone(),
            self.instance.parameters.clone(),
            self.host.clone(),
            PluginApi::Clap,
        )
    }

    /// The host as windows know it.
    pub(super) fn window_host(&self) -> Arc<dyn Host> {
        self.host.clone()
    }
}

unsafe extern "C" fn init(plugin: *const clap_plugin) -> bool {
    guard(false, || {
        // SAFETY: hosts pass what `create` gave, or null.
        let Some(this) = (unsafe { ClapPlugin::get(plugin) }) else {
            return false;
        };
        this.host.init();
        true
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
    guard(false, || {
        // SAFETY: as above.
        let Some(this) = (unsafe { ClapPlugin::get(plugin) }) else {
            return false;
        };
        if !this.instance.activate(sample_rate_hz) {
            return false;
        }
        let reported = this.reported_latency.load(Ordering::Relaxed);
        if reported != UNREPORTED && reported != this.instance.latency_samples() {
            this.host.latency_changed();
        }
        true
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
        if let Some(this) = unsafe { ClapPlugin::get(plugin) } {
            this.host.on_main_thread();
            this.instance.editor.on_main_thread();
        }
    });
}
