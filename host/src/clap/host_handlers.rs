//! The host's callbacks for the plug-in, and the roles of threads.

use clack_extensions::audio_ports::{AudioPortRescanFlags, HostAudioPorts, HostAudioPortsImpl};
use clack_extensions::audio_ports_config::{HostAudioPortsConfig, HostAudioPortsConfigImpl};
use clack_extensions::gui::{GuiSize, HostGui, HostGuiImpl};
use clack_extensions::latency::{HostLatency, HostLatencyImpl};
use clack_extensions::log::{HostLog, HostLogImpl, LogSeverity};
use clack_extensions::params::{
    HostParams, HostParamsImplMainThread, HostParamsImplShared, ParamClearFlags, ParamRescanFlags,
};
use clack_extensions::remote_controls::{HostRemoteControls, HostRemoteControlsImpl};
use clack_extensions::state::{HostState, HostStateImpl};
use clack_extensions::thread_check::{HostThreadCheck, HostThreadCheckImpl};
use clack_host::prelude::*;
use std::cell::Cell;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::thread::ThreadId;

thread_local! {
    /// Whether this thread is the audio thread of a session now.
    static IS_AUDIO_THREAD: Cell<bool> = const { Cell::new(false) };
}

/// Gives the calling thread the role of the audio thread while `work` runs.
pub(super) fn as_audio_thread<R>(work: impl FnOnce() -> R) -> R {
    IS_AUDIO_THREAD.set(true);
    let result = work();
    IS_AUDIO_THREAD.set(false);
    result
}

/// The host's types for clack.
pub(super) struct FlowHost;

impl HostHandlers for FlowHost {
    type Shared<'a> = SharedCallbacks;
    type MainThread<'a> = MainThreadCallbacks<'a>;
    type AudioProcessor<'a> = ();

    fn declare_extensions(builder: &mut HostExtensions<Self>, _shared: &Self::Shared<'_>) {
        builder
            .register::<HostParams>()
            .register::<HostGui>()
            .register::<HostState>()
            .register::<HostLatency>()
            .register::<HostLog>()
            .register::<HostThreadCheck>()
            .register::<HostRemoteControls>()
            .register::<HostAudioPorts>()
            .register::<HostAudioPortsConfig>();
    }
}

/// Callbacks for any thread. They record requests, on which the main thread acts.
pub(super) struct SharedCallbacks {
    main_thread: ThreadId,
    pub(super) is_callback_requested: AtomicBool,
    pub(super) restart_requests: AtomicU32,
    pub(super) latency_changes: AtomicU32,
    pub(super) state_changes: AtomicU32,
}

impl SharedCallbacks {
    pub(super) fn new() -> Self {
        Self {
            main_thread: std::thread::current().id(),
            is_callback_requested: AtomicBool::new(false),
            restart_requests: AtomicU32::new(0),
            latency_changes: AtomicU32::new(0),
            state_changes: AtomicU32::new(0),
        }
    }
}

impl SharedHandler<'_> for SharedCallbacks {
    fn request_restart(&self) {
        self.restart_requests.fetch_add(1, Ordering::Relaxed);
    }

    fn request_process(&self) {}

    fn request_callback(&self) {
        self.is_callback_requested.store(true, Ordering::Release);
    }
}

impl HostParamsImplShared for SharedCallbacks {
    fn request_flush(&self) {}
}

impl HostLogImpl for SharedCallbacks {
    fn log(&self, severity: LogSeverity, message: &str) {
        // Only errors concern the user of a test or of the command line.
        if severity >= LogSeverity::Error {
            eprintln!("plug-in: {message}");
        }
    }
}

impl HostGuiImpl for SharedCallbacks {
    fn resize_hints_changed(&self) {}

    // The test sets the size of the host's window.
    fn request_resize(&self, _new_size: GuiSize) -> Result<(), HostError> {
        Ok(())
    }

    fn request_show(&self) -> Result<(), HostError> {
        Ok(())
    }

    fn request_hide(&self) -> Result<(), HostError> {
        Ok(())
    }

    fn closed(&self, _was_destroyed: bool) {}
}

impl HostThreadCheckImpl for SharedCallbacks {
    fn is_main_thread(&self) -> bool {
        std::thread::current().id() == self.main_thread
    }

    fn is_audio_thread(&self) -> bool {
        IS_AUDIO_THREAD.get()
    }
}

/// Callbacks for the main thread.
pub(super) struct MainThreadCallbacks<'a> {
    shared: &'a SharedCallbacks,
}

impl<'a> MainThreadCallbacks<'a> {
    pub(super) fn new(shared: &'a SharedCallbacks) -> Self {
        Self { shared }
    }
}

impl<'a> MainThreadHandler<'a> for MainThreadCallbacks<'a> {}

impl HostParamsImplMainThread for MainThreadCallbacks<'_> {
    fn rescan(&self, _flags: ParamRescanFlags) {}

    fn clear(&self, _param_id: ClapId, _flags: ParamClearFlags) {}
}

impl HostStateImpl for MainThreadCallbacks<'_> {
    fn mark_dirty(&self) {
        self.shared.state_changes.fetch_add(1, Ordering::Relaxed);
    }
}

impl HostLatencyImpl for MainThreadCallbacks<'_> {
    fn changed(&self) {
        self.shared.latency_changes.fetch_add(1, Ordering::Relaxed);
    }
}

impl HostRemoteControlsImpl for MainThreadCallbacks<'_> {
    fn changed(&self) {}

    fn suggest_page(&self, _page_id: ClapId) {}
}

impl HostAudioPortsImpl for MainThreadCallbacks<'_> {
    fn is_rescan_flag_supported(&self, _flag: AudioPortRescanFlags) -> bool {
        // Each activation reads the layout, so that no rescan is needed.
        false
    }

    fn rescan(&self, _flags: AudioPortRescanFlags) {}
}

impl HostAudioPortsConfigImpl for MainThreadCallbacks<'_> {
    fn rescan(&self) {}
}
