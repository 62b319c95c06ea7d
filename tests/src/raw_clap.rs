//! A CLAP host that breaks the rules: raw calls, null pointers, misplaced events. [`flow_host`] keeps to CLAP's rules.

use std::ffi::{CStr, CString, c_char, c_void};
use std::path::Path;
use std::ptr::{null, null_mut};
use std::sync::atomic::{AtomicU32, Ordering};

use clap_sys::audio_buffer::clap_audio_buffer;
use clap_sys::entry::clap_plugin_entry;
use clap_sys::events::{
    CLAP_CORE_EVENT_SPACE_ID, CLAP_EVENT_PARAM_VALUE, clap_event_header, clap_event_param_value,
    clap_input_events, clap_output_events,
};
use clap_sys::ext::latency::{CLAP_EXT_LATENCY, clap_host_latency};
use clap_sys::ext::params::{CLAP_EXT_PARAMS, clap_host_params};
use clap_sys::factory::plugin_factory::{CLAP_PLUGIN_FACTORY_ID, clap_plugin_factory};
use clap_sys::host::clap_host;
use clap_sys::plugin::clap_plugin;
use clap_sys::process::{clap_process, clap_process_status};
use clap_sys::version::CLAP_VERSION;
use flow_host::clap::executable_in;
use libloading::Library;

/// The plug-in's requests to the host so far.
#[derive(Debug, Default)]
pub struct Requests {
    /// Requests to restart.
    pub restarts: AtomicU32,
    /// Notifications of a changed latency.
    pub latency_changes: AtomicU32,
    /// Requests to rescan parameter values.
    pub rescans: AtomicU32,
}

/// A loaded bundle.
pub struct RawBundle {
    entry: *const clap_plugin_entry,
    _library: Library,
}

/// One instance, destroyed when it is dropped.
pub struct RawPlugin<'b> {
    /// The plug-in's own structure.
    pub plugin: *const clap_plugin,
    host: Box<Host>,
    _bundle: &'b RawBundle,
}

struct Host {
    raw: clap_host,
    requests: Requests,
    params: clap_host_params,
    latency: clap_host_latency,
}

/// One parameter change at a sample, to a CLAP value.
#[must_use]
pub fn value_event(time: u32, id: u32, value: f64) -> clap_event_param_value {
    clap_event_param_value {
        header: clap_event_header {
            size: u32::try_from(size_of::<clap_event_param_value>()).unwrap_or(0),
            time,
            space_id: CLAP_CORE_EVENT_SPACE_ID,
            type_: CLAP_EVENT_PARAM_VALUE,
            flags: 0,
        },
        param_id: id,
        cookie: null_mut(),
        note_id: -1,
        port_index: -1,
        channel: -1,
        key: -1,
        value,
    }
}

impl RawBundle {
    /// Loads the bundle at `path`.
    ///
    /// # Panics
    ///
    /// If it can't be loaded.
    #[must_use]
    pub fn open(path: &Path) -> Self {
        // SAFETY: a bundle's initializers are trusted like those of any plug-in that a host loads.
        let library =
            unsafe { Library::new(executable_in(path)) }.unwrap_or_else(|e| panic!("{e}"));
        // SAFETY: the symbol has this type in every CLAP.
        let entry = unsafe {
            *library
                .get::<*const clap_plugin_entry>(b"clap_entry\0")
                .unwrap_or_else(|e| panic!("{e}"))
        };
        let path = CString::new(path.to_string_lossy().as_bytes()).expect("no zero in paths");
        // SAFETY: the entry of a loaded library.
        assert!(unsafe { (*entry).init.expect("init")(path.as_ptr()) });
        Self {
            entry,
            _library: library,
        }
    }

    /// Unloads the bundle as a host does.
    ///
    /// # Panics
    ///
    /// If its entry is incomplete.
    pub fn unload(self) {
        // SAFETY: as above. The drop closes the library.
        unsafe { (*self.entry).deinit.expect("deinit")() };
    }

    /// One of its factories, or null.
    #[must_use]
    pub fn factory<F>(&self, id: &CStr) -> *const F {
        // SAFETY: as above.
        unsafe { (*self.entry).get_factory.expect("get_factory")(id.as_ptr()).cast() }
    }

    /// A new, initialized instance.
    ///
    /// # Panics
    ///
    /// If there is none.
    #[must_use]
    pub fn create(&self) -> RawPlugin<'_> {
        let mut host = Box::new(Host {
            raw: clap_host {
                clap_version: CLAP_VERSION,
                host_data: null_mut(),
                name: c"raw".as_ptr(),
                vendor: c"raw".as_ptr(),
                url: c"".as_ptr(),
                version: c"1".as_ptr(),
                get_extension: Some(get_extension),
                request_restart: Some(request_restart),
                request_process: Some(ignore),
                request_callback: Some(ignore),
            },
            requests: Requests::default(),
            params: clap_host_params {
                rescan: Some(rescan),
                clear: None,
                request_flush: Some(ignore),
            },
            latency: clap_host_latency {
                changed: Some(latency_changed),
            },
        });
        host.raw.host_data = std::ptr::from_mut(&mut *host).cast();
        let factory = self.factory::<clap_plugin_factory>(CLAP_PLUGIN_FACTORY_ID);
        // SAFETY: the factory of a loaded bundle; the host outlives the instance.
        let plugin = unsafe {
            let descriptor = (*factory).get_plugin_descriptor.expect("descriptor")(factory, 0);
            let create = (*factory).create_plugin.expect("create");
            let plugin = create(factory, &raw const host.raw, (*descriptor).id);
            assert!(!plugin.is_null() && (*plugin).init.expect("init")(plugin));
            plugin
        };
        RawPlugin {
            plugin,
            host,
            _bundle: self,
        }
    }
}

impl RawBundle {
    /// A new instance that processes at a rate.
    ///
    /// # Panics
    ///
    /// If there is none, or it refuses the rate.
    #[must_use]
    pub fn start(&self, sample_rate_hz: f64) -> RawPlugin<'_> {
        let flow = self.create();
        assert!(flow.activate(sample_rate_hz));
        flow.start();
        flow
    }
}

impl RawPlugin<'_> {
    /// Its requests so far.
    #[must_use]
    pub fn requests(&self) -> &Requests {
        &self.host.requests
    }

    /// One of its extensions.
    ///
    /// # Panics
    ///
    /// If it has none of that id.
    #[must_use]
    pub fn extension<E>(&self, id: &CStr) -> &E {
        // SAFETY: a living instance; its tables live as long as it.
        unsafe {
            let table =
                (*self.plugin).get_extension.expect("get_extension")(self.plugin, id.as_ptr());
            table
                .cast::<E>()
                .as_ref()
                .expect("the extension is missing")
        }
    }

    /// Activates at a rate.
    #[must_use]
    pub fn activate(&self, sample_rate_hz: f64) -> bool {
        // SAFETY: a living instance.
        unsafe { (*self.plugin).activate.expect("activate")(self.plugin, sample_rate_hz, 1, 4096) }
    }

    /// Deactivates.
    pub fn deactivate(&self) {
        // SAFETY: a living instance.
        unsafe { (*self.plugin).deactivate.expect("deactivate")(self.plugin) };
    }

    /// Starts processing.
    pub fn start(&self) {
        // SAFETY: a living instance.
        unsafe { (*self.plugin).start_processing.expect("start")(self.plugin) };
    }

    /// Processes a stereo block with any events; the output buffers start as ones.
    ///
    /// # Panics
    ///
    /// If the channels differ in length.
    pub fn process(
        &self,
        input: [&[f32]; 2],
        events: &[clap_event_param_value],
    ) -> (clap_process_status, [Vec<f32>; 2]) {
        let frames = input[0].len();
        assert_eq!(frames, input[1].len());
        let mut output = [vec![1.0; frames], vec![1.0; frames]];
        let mut from = input.map(|channel| channel.as_ptr().cast_mut());
        let mut to = output.each_mut().map(|channel| channel.as_mut_ptr());
        let status = self.process_raw(from.as_mut_ptr(), to.as_mut_ptr(), 2, frames, events);
        (status, output)
    }

    /// Processes a block of these channels, which may be null, as may each of them.
    pub fn process_raw(
        &self,
        from: *mut *mut f32,
        to: *mut *mut f32,
        channels: u32,
        frames: usize,
        events: &[clap_event_param_value],
    ) -> clap_process_status {
        let port = |data32| clap_audio_buffer {
            data32,
            data64: null_mut(),
            channel_count: channels,
            latency: 0,
            constant_mask: 0,
        };
        let (input, mut output) = (port(from), port(to));
        let process = clap_process {
            audio_inputs: if from.is_null() { null() } else { &input },
            audio_outputs: if to.is_null() {
                null_mut()
            } else {
                &mut output
            },
            audio_inputs_count: u32::from(!from.is_null()),
            audio_outputs_count: u32::from(!to.is_null()),
            ..self.block(frames)
        };
        self.process_events(process, events)
    }

    /// A block without buffers and events.
    #[must_use]
    pub fn block(&self, frames: usize) -> clap_process {
        clap_process {
            steady_time: -1,
            frames_count: u32::try_from(frames).unwrap_or(u32::MAX),
            transport: null(),
            audio_inputs: null(),
            audio_outputs: null_mut(),
            audio_inputs_count: 0,
            audio_outputs_count: 0,
            in_events: null(),
            out_events: null(),
        }
    }

    /// Processes a block with these events.
    pub fn process_events(
        &self,
        mut process: clap_process,
        events: &[clap_event_param_value],
    ) -> clap_process_status {
        let list = clap_input_events {
            ctx: std::ptr::from_ref(&events).cast_mut().cast(),
            size: Some(event_count),
            get: Some(event_at),
        };
        let out = clap_output_events {
            ctx: null_mut(),
            try_push: Some(try_push),
        };
        process.in_events = &list;
        process.out_events = &out;
        // SAFETY: a living instance, and a block that lives until the call is over.
        unsafe { (*self.plugin).process.expect("process")(self.plugin, &process) }
    }
}

impl Drop for RawPlugin<'_> {
    fn drop(&mut self) {
        // SAFETY: a living instance, which nothing uses any more.
        unsafe { (*self.plugin).destroy.expect("destroy")(self.plugin) };
    }
}

unsafe fn host_of<'h>(host: *const clap_host) -> &'h Host {
    // SAFETY: the pointer that `create` gave.
    unsafe { &*(*host).host_data.cast::<Host>() }
}

unsafe extern "C" fn ignore(_host: *const clap_host) {}

unsafe fn count(host: *const clap_host, request: fn(&Requests) -> &AtomicU32) {
    // SAFETY: as above.
    let requests = unsafe { &host_of(host).requests };
    request(requests).fetch_add(1, Ordering::Relaxed);
}

unsafe extern "C" fn request_restart(host: *const clap_host) {
    // SAFETY: as above, here and below.
    unsafe { count(host, |requests| &requests.restarts) };
}

unsafe extern "C" fn latency_changed(host: *const clap_host) {
    // SAFETY: as above.
    unsafe { count(host, |requests| &requests.latency_changes) };
}

unsafe extern "C" fn rescan(host: *const clap_host, _flags: u32) {
    // SAFETY: as above.
    unsafe { count(host, |requests| &requests.rescans) };
}

unsafe extern "C" fn get_extension(host: *const clap_host, id: *const c_char) -> *const c_void {
    // SAFETY: as above, and a string.
    unsafe {
        let host = host_of(host);
        match CStr::from_ptr(id) {
            id if id == CLAP_EXT_PARAMS => (&raw const host.params).cast(),
            id if id == CLAP_EXT_LATENCY => (&raw const host.latency).cast(),
            _ => null(),
        }
    }
}

unsafe extern "C" fn event_count(list: *const clap_input_events) -> u32 {
    // SAFETY: the context is a slice that lives until the call is over.
    let events = unsafe { *(*list).ctx.cast::<&[clap_event_param_value]>() };
    u32::try_from(events.len()).unwrap_or(0)
}

unsafe extern "C" fn event_at(
    list: *const clap_input_events,
    index: u32,
) -> *const clap_event_header {
    // SAFETY: as above.
    let events = unsafe { *(*list).ctx.cast::<&[clap_event_param_value]>() };
    let event = usize::try_from(index).ok().and_then(|i| events.get(i));
    event.map_or(null(), |event| &raw const event.header)
}

unsafe extern "C" fn try_push(
    _list: *const clap_output_events,
    _event: *const clap_event_header,
) -> bool {
    true
}
