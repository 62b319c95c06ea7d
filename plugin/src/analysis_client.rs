//! The connection of one instance to the analysis service, which all instances in the process share.
//!
//! The first activation connects, so that scanning and instantiating start no thread. Dropping the instance disconnects.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::mpsc::Receiver;
use std::sync::{Mutex, MutexGuard};

use flow_analysis::analyzer::Analyzer;
use flow_analysis::report::Context;
use flow_platform::clock;
use flow_platform::flags::{FLAGS, Flag};
use flow_platform::mutex::lock;
use flow_service::audio_load::Load;
use flow_service::probe;
use flow_service::{AudioHandle, Client, Report, ServiceStats};

/// The editor's and the main thread's view of the service. The audio thread never takes this lock.
#[derive(Default)]
pub struct AnalysisClient(Mutex<State>);

#[derive(Default)]
struct State {
    client: Option<Client>,
    /// Whether the user switched listening on.
    is_requested: bool,
    is_editor_open: bool,
    cache_folder: Option<PathBuf>,
}

impl State {
    /// Listens while the user wants it and an editor is open. A pause keeps the collected audio features.
    fn update_listening(&self) {
        if let Some(client) = &self.client {
            client.set_listening(self.is_requested && self.is_editor_open);
        }
    }
}

/// The network, whose backend timings are cached in a folder.
#[cfg(feature = "network")]
fn network_analyzer(cache_folder: Option<&Path>) -> Option<Box<dyn Analyzer>> {
    flow_inference::network_analyzer(flow_inference::ModelSet::SHIPPED, cache_folder)
}

/// Without the network the rules alone analyze.
#[cfg(not(feature = "network"))]
fn network_analyzer(_: Option<&Path>) -> Option<Box<dyn Analyzer>> {
    None
}

impl AnalysisClient {
    fn state(&self) -> MutexGuard<'_, State> {
        lock(&self.0)
    }

    /// `[main]` Sets the folder that caches the network's backend timings, from the next [`connect`](Self::connect) on.
    /// The folder need not exist. Without one, each process measures the backends again.
    pub fn set_cache_folder(&self, folder: Option<PathBuf>) {
        self.state().cache_folder = folder;
    }

    /// `[main]` Connects to the service and returns the audio thread's end.
    #[must_use]
    pub fn connect(&self) -> AudioHandle {
        let mut state = self.state();
        let folder = state.cache_folder.clone();
        let (audio, client) = flow_service::join(move || network_analyzer(folder.as_deref()));
        state.client = Some(client);
        state.update_listening();
        audio
    }

    /// `[gui]` Tells whether an editor is open. Listening pauses without one.
    pub fn set_editor_open(&self, is_open: bool) {
        let mut state = self.state();
        state.is_editor_open = is_open;
        state.update_listening();
    }

    /// `[gui]` Whether the user switched listening on. It is off in a new instance.
    #[must_use]
    pub fn is_listening(&self) -> bool {
        self.state().is_requested
    }

    /// `[gui]` Discards the collected audio features and begins to listen.
    pub fn restart(&self) {
        let mut state = self.state();
        if let Some(client) = &state.client {
            client.reset();
        }
        state.is_requested = true;
        state.update_listening();
    }

    /// `[gui]` Stops listening.
    pub fn stop(&self) {
        let mut state = self.state();
        state.is_requested = false;
        state.update_listening();
    }

    /// `[gui]` Requests an analysis of all audio so far, if clearly more arrived than the last analysis covers.
    pub fn analyze_latest(&self) {
        if let Some(client) = &self.state().client {
            client.analyze_latest();
        }
    }

    /// `[gui]` The newest report of the service and the load of the audio thread. None before the first activation.
    #[must_use]
    pub fn latest_report(&self, context: &Context) -> Option<(Report, Load)> {
        let state = self.state();
        let client = state.client.as_ref()?;
        client.set_context(context);
        Some((client.latest_report(clock::now_ns()), client.load()))
    }

    /// `[any]` Whether a flag is on.
    #[must_use]
    pub fn is_enabled(&self, flag: Flag) -> bool {
        FLAGS.is_on(flag)
    }

    /// `[gui]` Sets a flag for all instances of the process. It takes effect at once.
    pub fn set_flag(&self, flag: Flag, on: bool) {
        FLAGS.set(flag, on);
        // Wakes the service, which then reads the flags.
        self.state().update_listening();
    }

    /// `[gui]` The service's counters; zeros before the first activation.
    #[must_use]
    pub fn counts(&self) -> ServiceStats {
        let state = self.state();
        state.client.as_ref().map(Client::stats).unwrap_or_default()
    }

    /// `[gui]` Whether a trace exists or is being recorded.
    #[must_use]
    pub fn has_trace(&self) -> bool {
        let state = self.state();
        let client = state.client.as_ref();
        client.is_some_and(|client| probe::is_on() || client.has_recording())
    }

    /// `[gui]` Has the service write the trace to a file and returns the channel of the result. None before the first
    /// activation.
    #[must_use]
    pub fn export_trace(&self, path: PathBuf) -> Option<Receiver<io::Result<()>>> {
        Some(self.state().client.as_ref()?.export_probe(path))
    }

    /// `[gui]` Records a repaint of the editor that began at `begin_ns` of [`clock::now_ns`] and ends now.
    pub fn record_repaint(&self, begin_ns: u64) {
        if let Some(client) = &self.state().client {
            client.record_repaint(begin_ns, clock::now_ns());
        }
    }

    /// `[gui]` Blocks of audio that wait for the service.
    #[must_use]
    pub fn queued_blocks(&self) -> usize {
        self.state()
            .client
            .as_ref()
            .map_or(0, Client::queued_blocks)
    }

    /// `[gui]` Frames that the queue to the service had no room for.
    #[must_use]
    pub fn dropped_frames(&self) -> u64 {
        self.state()
            .client
            .as_ref()
            .map_or(0, Client::dropped_frames)
    }
}
