//! Calls from one instance to its host, and the queue of edits.

use std::ffi::CStr;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicPtr, Ordering};
use std::thread::ThreadId;

use clap_sys::ext::context_menu::{
    CLAP_EXT_CONTEXT_MENU, CLAP_EXT_CONTEXT_MENU_COMPAT, clap_host_context_menu,
};
use clap_sys::ext::gui::{CLAP_EXT_GUI, clap_host_gui};
use clap_sys::ext::latency::{CLAP_EXT_LATENCY, clap_host_latency};
use clap_sys::ext::params::{CLAP_EXT_PARAMS, CLAP_PARAM_RESCAN_VALUES, clap_host_params};
use clap_sys::ext::preset_load::{
    CLAP_EXT_PRESET_LOAD, CLAP_EXT_PRESET_LOAD_COMPAT, clap_host_preset_load,
};
use clap_sys::ext::state::{CLAP_EXT_STATE, clap_host_state};
use clap_sys::ext::thread_check::{CLAP_EXT_THREAD_CHECK, clap_host_thread_check};
use clap_sys::host::clap_host;
use flow_platform::mutex::lock;
use rtrb::{Consumer, Producer, RingBuffer};

use super::host_menu::{self, ChosenEntry};
use crate::editor::host_menu::MenuItem;
use crate::formats::editor_context::{Edit, Host};

/// The capacity of the queue of edits. A host that doesn't fetch them misses later ones.
const EDITS: usize = 4096;

/// An extension of the host; null where it has none, and before [`ClapHost::init`].
struct Extension<T>(AtomicPtr<T>);

impl<T> Extension<T> {
    const fn none() -> Self {
        Self(AtomicPtr::new(std::ptr::null_mut()))
    }

    fn get(&self) -> Option<&T> {
        // SAFETY: the host's structures are valid for as long as the instance lives, and `ClapHost` hands none out after
        // that.
        unsafe { self.0.load(Ordering::Relaxed).as_ref() }
    }
}

/// The host of one instance.
pub(super) struct ClapHost {
    host: *const clap_host,
    /// False once the host destroyed the instance; then no call reaches the host.
    is_alive: AtomicBool,
    main_thread: ThreadId,
    edits: Mutex<Producer<Edit>>,
    /// Reports that wait for the main thread.
    has_new_state: AtomicBool,
    has_new_values: AtomicBool,
    /// The parameter whose menu was asked for last.
    menu_request: Mutex<Option<u32>>,
    /// The parameter and the number of a chosen entry that waits to be performed.
    chosen_entry: Mutex<Option<(u32, u32)>>,
    context_menu: Extension<clap_host_context_menu>,
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
    /// `[main]` For a new instance, with the reading end of its edits.
    pub(super) fn new(host: *const clap_host) -> (Self, Consumer<Edit>) {
        let (producer, consumer) = RingBuffer::new(EDITS);
        let host = Self {
            host,
            is_alive: AtomicBool::new(true),
            main_thread: std::thread::current().id(),
            edits: Mutex::new(producer),
            has_new_state: AtomicBool::new(false),
            has_new_values: AtomicBool::new(false),
            menu_request: Mutex::new(None),
            chosen_entry: Mutex::new(None),
            context_menu: Extension::none(),
            gui: Extension::none(),
            latency: Extension::none(),
            params: Extension::none(),
            preset_load: Extension::none(),
            state: Extension::none(),
            thread_check: Extension::none(),
        };
        (host, consumer)
    }

    /// `[main]` Queries the host's extensions, which CLAP allows from the instance's `init` on.
    pub(super) fn init(&self) {
        self.query(
            &self.context_menu,
            &[CLAP_EXT_CONTEXT_MENU, CLAP_EXT_CONTEXT_MENU_COMPAT],
        );
        self.query(&self.gui, &[CLAP_EXT_GUI]);
        self.query(&self.latency, &[CLAP_EXT_LATENCY]);
        self.query(&self.params, &[CLAP_EXT_PARAMS]);
        self.query(
            &self.preset_load,
            &[CLAP_EXT_PRESET_LOAD, CLAP_EXT_PRESET_LOAD_COMPAT],
        );
        self.query(&self.state, &[CLAP_EXT_STATE]);
        self.query(&self.thread_check, &[CLAP_EXT_THREAD_CHECK]);
    }

    fn query<T>(&self, extension: &Extension<T>, ids: &[&CStr]) {
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

    /// `[main]` Ends all calls, before the instance is dropped.
    pub(super) fn disconnect(&self) {
        self.is_alive.store(false, Ordering::Release);
    }

    /// The host, while the instance lives.
    fn raw(&self) -> Option<&clap_host> {
        let is_alive = self.is_alive.load(Ordering::Acquire);
        // SAFETY: valid while the instance lives.
        is_alive.then(|| unsafe { &*self.host })
    }

    /// An extension of the host, while the instance lives.
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

    /// `[main]` Reports another latency than the host knows. CLAP allows this only inside `activate`.
    pub(super) fn latency_changed(&self) {
        if let Some(changed) = self.extension(&self.latency).and_then(|l| l.changed) {
            // SAFETY: the host is alive, and the caller is inside `activate`.
            unsafe { changed(self.host) };
        }
    }

    /// `[gui]` Reports that all parameters may have new values.
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

    /// `[main]` Makes the waiting reports.
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

    /// `[main]` The host's entries for the parameter that was asked for last.
    pub(super) fn take_menu(&self) -> Option<(u32, Vec<MenuItem>)> {
        let param = lock(&self.menu_request).take()?;
        let extension = self.extension(&self.context_menu)?;
        // SAFETY: the host is alive, and this is its main thread.
        let items = unsafe { host_menu::items(self.host, extension, param) };
        Some((param, items))
    }

    /// `[main]` The chosen entry that waits to be performed.
    pub(super) fn take_chosen_entry(&self) -> Option<ChosenEntry> {
        let (param, action) = lock(&self.chosen_entry).take()?;
        let extension = self.extension(&self.context_menu)?;
        Some(ChosenEntry::new(self.host, extension, param, action))
    }

    /// `[main]` The host and its preset extension.
    pub(super) fn preset_load(&self) -> Option<(*const clap_host, &clap_host_preset_load)> {
        Some((self.host, self.extension(&self.preset_load)?))
    }
}

impl Host for ClapHost {
    fn edit(&self, edit: Edit) {
        let mut edits = lock(&self.edits);
        // The value applies already; a full queue belongs to a host that fetches nothing.
        let _ = edits.push(edit);
        drop(edits);
        if let Some(flush) = self.extension(&self.params).and_then(|p| p.request_flush) {
            // SAFETY: the host is alive; allowed on all threads but the audio thread.
            unsafe { flush(self.host) };
        }
    }

    fn state_changed(&self) {
        self.has_new_state.store(true, Ordering::Release);
        self.call_main_thread();
    }

    fn request_menu(&self, param: u32) {
        *lock(&self.menu_request) = Some(param);
        self.call_main_thread();
    }

    fn perform_menu(&self, param: u32, action: u32) {
        *lock(&self.chosen_entry) = Some((param, action));
        self.call_main_thread();
    }

    fn wake(&self) {
        if let Some(request) = self.raw().and_then(|host| host.request_process) {
            // SAFETY: the host is alive; allowed on any thread.
            unsafe { request(self.host) };
        }
    }

    fn call_main_thread(&self) {
        if let Some(callback) = self.raw().and_then(|host| host.request_callback) {
            // SAFETY: the host is alive; allowed on any thread.
            unsafe { callback(self.host) };
        }
    }

    fn request_resize(&self, width: u32, height: u32) -> bool {
        let resize = self.extension(&self.gui).and_then(|g| g.request_resize);
        // SAFETY: the host is alive; allowed on all threads but the audio thread.
        resize.is_some_and(|resize| unsafe { resize(self.host, width, height) })
    }

    fn window_closed(&self) {
        if let Some(closed) = self.extension(&self.gui).and_then(|g| g.closed) {
            // SAFETY: the host is alive; allowed on all threads but the audio thread.
            unsafe { closed(self.host, true) };
        }
    }
}
