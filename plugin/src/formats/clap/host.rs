//! The host's side of one CLAP instance, and the way of edits to it.

use std::ffi::CStr;
use std::sync::atomic::{AtomicBool, AtomicPtr, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread::ThreadId;

use clap_sys::ext::gui::{CLAP_EXT_GUI, clap_host_gui};
use clap_sys::ext::latency::{CLAP_EXT_LATENCY, clap_host_latency};
use clap_sys::ext::params::{CLAP_EXT_PARAMS, CLAP_PARAM_RESCAN_VALUES, clap_host_params};
use clap_sys::ext::preset_load::{
    CLAP_EXT_PRESET_LOAD, CLAP_EXT_PRESET_LOAD_COMPAT, clap_host_preset_load,
};
use clap_sys::ext::state::{CLAP_EXT_STATE, clap_host_state};
use clap_sys::ext::thread_check::{CLAP_EXT_THREAD_CHECK, clap_host_thread_check};
use clap_sys::host::clap_host;
use rtrb::{Consumer, Producer, RingBuffer};

use crate::formats::editor_context::{Edit, Host};

/// Edits that wait for the host to fetch them. A host that fetches none for so long misses the newest.
const EDITS: usize = 4096;

/// An extension of the host; null where it has none, and before [`ClapHost::init`].
struct Extension<T>(AtomicPtr<T>);

impl<T> Extension<T> {
    const fn none() -> Self {
        Self(AtomicPtr::new(std::ptr::null_mut()))
    }

    fn get(&self) -> Option<&T> {
        // SAFETY: the host's own structures are valid for as long as the instance lives, and `ClapHost` gives none out
        // after it is gone.
        unsafe { self.0.load(Ordering::Relaxed).as_ref() }
    }
}

/// Calls of the instance to its host.
pub(super) struct ClapHost {
    host: *const clap_host,
    /// False once the host destroyed the instance: from then on nothing is called.
    is_alive: AtomicBool,
    main_thread: ThreadId,
    edits: Mutex<Producer<Edit>>,
    /// Reports that wait for the next turn on the main thread.
    has_new_state: AtomicBool,
    has_new_values: AtomicBool,
    gui: Extension<clap_host_gui>,
    latency: Extension<clap_host_latency>,
    params: Extension<clap_host_params>,
    preset_load: Extension<clap_host_preset_load>,
    state: Extension<clap_host_state>,
    thread_check: Extension<clap_host_thread_check>,
}

// SAFETY: the host's structures are read only, and each of its functions is called on the threads that CLAP allows.
unsafe impl Send for ClapHost {}
// SAFETY: as above.
unsafe impl Sync for ClapHost {}

impl ClapHost {
    /// `[main]` For an instance that the host creates now, with the other end of its edits.
    pub(super) fn new(host: *const clap_host) -> (Self, Consumer<Edit>) {
        let (producer, consumer) = RingBuffer::new(EDITS);
        let host = Self {
            host,
            is_alive: AtomicBool::new(true),
            main_thread: std::thread::current().id(),
            edits: Mutex::new(producer),
            has_new_state: AtomicBool::new(false),
            has_new_values: AtomicBool::new(false),
            gui: Extension::none(),
            latency: Extension::none(),
            params: Extension::none(),
            preset_load: Extension::none(),
            state: Extension::none(),
            thread_check: Extension::none(),
        };
        (host, consumer)
    }

    /// `[main]` Asks for the host's extensions, which is allowed from the instance's `init` on.
    pub(super) fn init(&self) {
        self.ask(&self.gui, &[CLAP_EXT_GUI]);
        self.ask(&self.latency, &[CLAP_EXT_LATENCY]);
        self.ask(&self.params, &[CLAP_EXT_PARAMS]);
        self.ask(
            &self.preset_load,
            &[CLAP_EXT_PRESET_LOAD, CLAP_EXT_PRESET_LOAD_COMPAT],
        );
        self.ask(&self.state, &[CLAP_EXT_STATE]);
        self.ask(&self.thread_check, &[CLAP_EXT_THREAD_CHECK]);
    }

    fn ask<T>(&self, extension: &Extension<T>, ids: &[&CStr]) {
        let Some(get) = self.raw().and_then(|host| host.get_extension) else {
            return;
        };
        // SAFETY: the host is alive, and the ids are strings.
        let found = ids
            .iter()
            .map(|id| unsafe { get(self.host, id.as_ptr()) })
            .find(|found| !found.is_null());
        if let Some(found) = found {
            extension
                .0
                .store(found.cast_mut().cast(), Ordering::Relaxed);
        }
    }

    /// `[main]` The instance goes: nothing is called any more.
    pub(super) fn disconnect(&self) {
        self.is_alive.store(false, Ordering::Release);
    }

    /// The host while the instance lives.
    fn raw(&self) -> Option<&clap_host> {
        let is_alive = self.is_alive.load(Ordering::Acquire);
        // SAFETY: valid while the instance lives.
        is_alive.then(|| unsafe { &*self.host })
    }

    /// One of its extensions while the instance lives.
    fn extension<'s, T>(&'s self, extension: &'s Extension<T>) -> Option<&'s T> {
        self.raw()?;
        extension.get()
    }

    fn is_main_thread(&self) -> bool {
        let check = self.extension(&self.thread_check);
        match check.and_then(|check| check.is_main_thread) {
            // SAFETY: the host is alive.
            Some(is_main_thread) => unsafe { is_main_thread(self.host) },
            None => std::thread::current().id() == self.main_thread,
        }
    }

    /// `[main, while activating]` The latency isn't the one that the host knows.
    pub(super) fn latency_changed(&self) {
        if let Some(changed) = self.extension(&self.latency).and_then(|l| l.changed) {
            // SAFETY: the host is alive, and this is called while it activates, as CLAP asks.
            unsafe { changed(self.host) };
        }
    }

    /// `[any but audio]` All parameters may have new values.
    pub(super) fn values_changed(&self) {
        if self.is_main_thread() {
            self.rescan_values();
        } else {
            self.has_new_values.store(true, Ordering::Release);
            self.call_main_thread();
        }
    }

    fn rescan_values(&self) {
        if let Some(rescan) = self.extension(&self.params).and_then(|p| p.rescan) {
            // SAFETY: the host is alive, and this is its main thread.
            unsafe { rescan(self.host, CLAP_PARAM_RESCAN_VALUES) };
        }
    }

    /// `[main]` Tells what happened since the last turn on the main thread.
    pub(super) fn on_main_thread(&self) {
        if self.has_new_values.swap(false, Ordering::AcqRel) {
            self.rescan_values();
        }
        if self.has_new_state.swap(false, Ordering::AcqRel)
            && let Some(mark_dirty) = self.extension(&self.state).and_then(|s| s.mark_dirty)
        {
            // SAFETY: the host is alive, and this is its main thread.
            unsafe { mark_dirty(self.host) };
        }
    }

    /// `[main]` The host's extension for presets, with the host to call it with.
    pub(super) fn preset_load(&self) -> Option<(*const clap_host, &clap_host_preset_load)> {
        Some((self.host, self.extension(&self.preset_load)?))
    }
}

impl Host for ClapHost {
    fn edit(&self, edit: Edit) {
        let mut edits = self.edits.lock().unwrap_or_else(PoisonError::into_inner);
        // The value itself counts already; a host that fetches nothing can't be told more.
        let _ = edits.push(edit);
        drop(edits);
        if let Some(flush) = self.extension(&self.params).and_then(|p| p.request_flush) {
            // SAFETY: the host is alive; allowed on any thread but audio's, and windows have none of these.
            unsafe { flush(self.host) };
        }
    }

    fn state_changed(&self) {
        self.has_new_state.store(true, Ordering::Release);
        self.call_main_thread();
    }

    fn call_main_thread(&self) {
        if let Some(callback) = self.raw().and_then(|host| host.request_callback) {
            // SAFETY: the host is alive; allowed on any thread.
            unsafe { callback(self.host) };
        }
    }

    fn request_resize(&self, width: u32, height: u32) -> bool {
        let resize = self.extension(&self.gui).and_then(|g| g.request_resize);
        // SAFETY: the host is alive; allowed on any thread but audio's.
        resize.is_some_and(|resize| unsafe { resize(self.host, width, height) })
    }

    fn window_closed(&self) {
        if let Some(closed) = self.extension(&self.gui).and_then(|g| g.closed) {
            // SAFETY: the host is alive; allowed on any thread but audio's.
            unsafe { closed(self.host, true) };
        }
    }
}
