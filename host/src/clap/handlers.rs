//! The host's side of the conversation: what the plug-in may ask, and on which thread it runs.

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
    /// Whether this thread is the audio thread of a session at the moment.
    static IS_AUDIO_THREAD: Cell<bool> = const { Cell::new(false) };
}

/// Declares the calling thread an audio thread for as long as `work` runs.
pub(super) fn as_audio_thread<R>(work: impl FnOnce() -> R) -> R {
    IS_AUDIO_THREAD.set(true);
    let result = work();
    IS_AUDIO_THREAD.set(false);
    result
}

/// Ties the handlers together for clack.
pub(super) struct FlowHost;

impl HostHandlers for FlowHost {
    type Shared<'a> = Shared;
    type MainThread<'a> = MainThread<'a>;
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

/// What any thread of the plug-in may call. Requests are only noted; the main thread acts on them.
pub(super) struct Shared {
    main_thread: ThreadId,
    pub(super) callback_requested: AtomicBool,
    pub(super) restart_requests: AtomicU32,
    pub(super) latency_changes: AtomicU32,
    pub(super) dirty_marks: AtomicU32,
}

impl Shared {
    pub(super) fn new() -> Self {
        Self {
            main_thread: std::thread::current().id(),
            callback_requested: AtomicBool::new(false),
            restart_requests: AtomicU32::new(0),
            latency_changes: AtomicU32::new(0),
            dirty_marks: AtomicU32::new(0),
        }
    }
}

impl SharedHandler<'_> for Shared {
    fn request_restart(&self) {
        self.restart_requests.fetch_add(1, Ordering::Relaxed);
    }

    fn request_process(&self) {}

    fn request_callback(&self) {
        self.callback_requested.store(true, Ordering::Release);
    }
}

impl HostParamsImplShared for Shared {
    fn request_flush(&self) {}
}

impl HostLogImpl for Shared {
    fn log(&self, severity: LogSeverity, message: &str) {
        // Chatter is dropped; what a user of a test or of the command line must know goes to standard error.
        if severity >= LogSeverity::Error {
            eprintln!("plug-in: {message}");
        }
    }
}

impl HostGuiImpl for Shared {
    fn resize_hints_changed(&self) {}

    // The host's windows have the size that a test gave them.
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

impl HostThreadCheckImpl for Shared {
    fn is_main_thread(&self) -> bool {
        std::thread::current().id() == self.main_thread
    }

    fn is_audio_thread(&self) -> bool {
        IS_AUDIO_THREAD.get()
    }
}

/// What the plug-in may call on the main thread only.
pub(super) struct MainThread<'a> {
    shared: &'a Shared,
}

impl<'a> MainThread<'a> {
    pub(super) fn new(shared: &'a Shared) -> Self {
        Self { shared }
    }
}

impl<'a> MainThreadHandler<'a> for MainThread<'a> {}

impl HostParamsImplMainThread for MainThread<'_> {
    fn rescan(&self, _flags: ParamRescanFlags) {}

    fn clear(&self, _param_id: ClapId, _flags: ParamClearFlags) {}
}

impl HostStateImpl for MainThread<'_> {
    fn mark_dirty(&self) {
        self.shared.dirty_marks.fetch_add(1, Ordering::Relaxed);
    }
}

impl HostLatencyImpl for MainThread<'_> {
    fn changed(&self) {
        self.shared.latency_changes.fetch_add(1, Ordering::Relaxed);
    }
}

impl HostRemoteControlsImpl for MainThread<'_> {
    fn changed(&self) {}

    fn suggest_page(&self, _page_id: ClapId) {}
}

impl HostAudioPortsImpl for MainThread<'_> {
    fn is_rescan_flag_supported(&self, _flag: AudioPortRescanFlags) -> bool {
        // The layout is read afresh at each activation, so nothing needs a rescan in between.
        false
    }

    fn rescan(&self, _flags: AudioPortRescanFlags) {}
}

impl HostAudioPortsConfigImpl for MainThread<'_> {
    fn rescan(&self) {}
}
