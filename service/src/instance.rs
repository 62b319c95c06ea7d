//! Data that the client and the job of an instance share, and the report that the job sends to the client.

use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex};

use flow_analysis::analyzer::BackendStatus;
use flow_analysis::report::{Analysis, Context};

use crate::audio_load::LoadReader;
use crate::audio_tap::TapSwitch;

/// The newest result of the service for an instance.
#[derive(Clone, Debug, Default)]
pub struct Report {
    /// When it was created; 0 for never.
    pub created_ns: u64,
    /// Share of a whole analysis window that has been received, 0 to 1.
    pub progress: f32,
    /// Share of the trial of the newest proposals that is done, 0 to 1, while there is one. The analysis follows after it.
    pub trial_progress: Option<f32>,
    /// The newest analysis since listening began. It stays the analysis of the first whole window of music until
    /// [`Client::analyze_latest`](crate::Client::analyze_latest) is called.
    pub analysis: Option<Arc<Analysis>>,
    /// Another whole window has been received after the analyzed one.
    pub has_newer_window: bool,
    /// The loudest part that was received is louder than the analyzed one by at least 3 dB.
    pub has_louder_part: bool,
    /// The backend of the newest analysis; the default before the first.
    pub backend: Arc<BackendStatus>,
    /// Duration of that analysis, together with those of other instances in the same slice, ns.
    pub analysis_duration_ns: u64,
}

/// An instance as its client and its job see it.
pub(crate) struct Instance {
    pub(crate) number: u32,
    pub(crate) tap: TapSwitch,
    pub(crate) load: LoadReader,
    /// The user wants analyses.
    pub(crate) is_listening: AtomicBool,
    /// The job should discard all audio and results.
    pub(crate) should_reset: AtomicBool,
    /// The job should analyze the newest whole window.
    pub(crate) should_analyze_latest: AtomicBool,
    /// The client is gone.
    pub(crate) has_left: AtomicBool,
    pub(crate) context: Mutex<Context>,
}
