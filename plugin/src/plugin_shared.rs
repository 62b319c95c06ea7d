//! The part of an instance that its threads share.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering, fence};

use flow_dsp::ChainSettings;
use nice_plug_egui::RepaintNotifier;

use crate::analysis_client::AnalysisClient;
use crate::audio::editor_taps::EditorTaps;
use crate::audio::meter_history::MeterHistory;
use crate::audio::meters::MeterReader;
use crate::audio::monitor::MonitorState;
use crate::audio::reference_monitor::ReferenceMonitor;
use crate::editor::model::reference_import::SharedReferenceImport;
use crate::editor::model::session_state::SessionStore;
use crate::host_connection::HostConnection;
use crate::indications::Indications;
use crate::params::FlowParams;

/// The part of an instance that the editor, the main thread and the audio thread share. The audio thread never waits
/// for any of it.
pub struct PluginShared {
    /// The settings.
    pub params: Arc<FlowParams>,
    /// Compare, delta, mono and reference.
    pub monitor: MonitorState,
    /// The song that is heard in place of the output. Only windows and the main thread use it.
    pub reference: ReferenceMonitor,
    /// The latest meter readings.
    pub meters: Arc<MeterReader>,
    /// The audio of input and output for the displays.
    pub editor_taps: EditorTaps,
    /// The analysis of the input.
    pub analysis: AnalysisClient,
    /// The last minutes of loudness and gain reduction.
    pub meter_history: MeterHistory,
    /// Requests a repaint of the editor. Any thread may do so without waiting.
    pub repaint: RepaintNotifier,
    /// The host's indications of automated and mapped parameters.
    pub indications: Indications,
    /// Requests to the host.
    pub host: HostConnection,
    /// The editor's state that outlives its window.
    pub(crate) session: SessionStore,
    /// The import of references, which goes on after the window is closed. Only windows lock it.
    pub(crate) reference_import: SharedReferenceImport,
    is_editor_open: AtomicBool,
    is_meter_reset_requested: AtomicBool,
    sample_rate_hz: AtomicU32,
    latency_samples: AtomicU32,
    is_rate_supported: AtomicBool,
    dropped_events: AtomicU32,
    /// State loads that began, and those of them that ended.
    begun_loads: AtomicU32,
    ended_loads: AtomicU32,
}

/// Counts the end of a state load, even if it panics.
struct LoadGuard<'s>(&'s AtomicU32);

impl Drop for LoadGuard<'_> {
    fn drop(&mut self) {
        self.0.fetch_add(1, Ordering::Release);
    }
}

impl PluginShared {
    /// For an instance that isn't active yet.
    #[must_use]
    pub(crate) fn new(
        params: Arc<FlowParams>,
        meters: Arc<MeterReader>,
        editor_taps: EditorTaps,
    ) -> Self {
        Self {
            params,
            monitor: MonitorState::default(),
            reference: ReferenceMonitor::default(),
            meters,
            editor_taps,
            analysis: AnalysisClient::default(),
            meter_history: MeterHistory::new(),
            repaint: RepaintNotifier::new(),
            indications: Indications::default(),
            host: HostConnection::default(),
            session: SessionStore::default(),
            reference_import: SharedReferenceImport::default(),
            is_editor_open: AtomicBool::new(false),
            is_meter_reset_requested: AtomicBool::new(false),
            sample_rate_hz: AtomicU32::new(0),
            latency_samples: AtomicU32::new(0),
            is_rate_supported: AtomicBool::new(true),
            dropped_events: AtomicU32::new(0),
            begun_loads: AtomicU32::new(0),
            ended_loads: AtomicU32::new(0),
        }
    }

    /// `[main]` Sets the values of an activation.
    pub fn set_activation(
        &self,
        sample_rate_hz: f32,
        latency_samples: u32,
        is_rate_supported: bool,
    ) {
        self.sample_rate_hz
            .store(sample_rate_hz.to_bits(), Ordering::Relaxed);
        self.latency_samples
            .store(latency_samples, Ordering::Relaxed);
        self.is_rate_supported
            .store(is_rate_supported, Ordering::Relaxed);
        self.repaint.request_repaint();
    }

    /// `[gui]` Sample rate in Hz; none before the first activation.
    #[must_use]
    pub fn sample_rate_hz(&self) -> Option<f32> {
        let rate = f32::from_bits(self.sample_rate_hz.load(Ordering::Relaxed));
        (rate.is_finite() && rate > 0.0).then_some(rate)
    }

    /// `[gui]` The chain's sample rate in Hz; none before the first activation and at an unsupported rate.
    #[must_use]
    pub fn chain_rate_hz(&self) -> Option<f32> {
        self.sample_rate_hz().filter(|_| self.is_rate_supported())
    }

    /// `[gui]` The latency that is reported to the host, in samples.
    #[must_use]
    pub fn latency_samples(&self) -> u32 {
        self.latency_samples.load(Ordering::Relaxed)
    }

    /// `[gui]` Whether the chain supports the sample rate. If not, audio passes through unprocessed.
    #[must_use]
    pub fn is_rate_supported(&self) -> bool {
        self.is_rate_supported.load(Ordering::Relaxed)
    }

    /// `[audio]` Counts a parameter event of the host that exceeded the capacity for one block.
    pub(crate) fn count_dropped_event(&self) {
        self.dropped_events.fetch_add(1, Ordering::Relaxed);
    }

    /// `[gui]` The number of dropped parameter events.
    #[must_use]
    pub fn dropped_events(&self) -> u32 {
        self.dropped_events.load(Ordering::Relaxed)
    }

    /// `[main]` Runs `load`, which sets many parameters. Blocks that overlap it keep the settings from before, so that no
    /// block is processed with half of a state.
    pub(crate) fn load_settings<R>(&self, load: impl FnOnce() -> R) -> R {
        self.begun_loads.fetch_add(1, Ordering::AcqRel);
        // No new value may become visible before the count.
        fence(Ordering::Release);
        let _guard = LoadGuard(&self.ended_loads);
        load()
    }

    /// `[audio]` The present settings, or `last` if a state load overlaps this call (a sequence lock without a wait).
    #[must_use]
    pub fn settings_or(&self, last: ChainSettings) -> ChainSettings {
        let ended = self.ended_loads.load(Ordering::Acquire);
        let settings = self.params.chain_settings();
        fence(Ordering::Acquire);
        if self.begun_loads.load(Ordering::Relaxed) == ended {
            settings
        } else {
            last
        }
    }

    /// `[gui]` `[main]` Requests a reset of clip indicators, integrated loudness and loudness range.
    pub fn reset_meters(&self) {
        self.is_meter_reset_requested.store(true, Ordering::Relaxed);
    }

    /// `[gui]` `[main]` Begins the figures of the session anew: those of the meters, and the history of the song. Applied proposals and presets
    /// do this too, or the figures would mix two masters.
    pub fn restart_figures(&self) {
        self.reset_meters();
        self.meter_history.begin_song();
    }

    /// `[audio]` Whether a meter reset was requested since the last call.
    #[must_use]
    pub fn take_meter_reset(&self) -> bool {
        // The load alone is cheaper than a swap in every block.
        self.is_meter_reset_requested.load(Ordering::Relaxed)
            && self.is_meter_reset_requested.swap(false, Ordering::Relaxed)
    }

    /// `[gui]` Tells whether an editor is open. Without one nothing shows the monitor states, so they end.
    pub fn set_editor_open(&self, is_open: bool) {
        // A new editor must not show audio that was meant for the last one.
        self.editor_taps.drain(|_| (), |_| ());
        if !is_open {
            self.monitor.clear();
            if self.reference.close_with_window(&self.monitor) {
                // The audio thread gives the song back.
                self.host.wake();
            }
        }
        self.analysis.set_editor_open(is_open);
        self.is_editor_open.store(is_open, Ordering::Relaxed);
    }

    /// `[audio]` Whether an editor is open.
    #[must_use]
    pub fn is_editor_open(&self) -> bool {
        self.is_editor_open.load(Ordering::Relaxed)
    }
}
