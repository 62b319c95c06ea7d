//! The instance's membership of the analysis service of this image.
//!
//! Begins with the first activation, so that scanning and instantiating start no thread, and ends with the instance.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::mpsc::Receiver;
use std::sync::{Mutex, MutexGuard, PoisonError};

use flow_analysis::analysis::Context;
use flow_analysis::analyst::Analyst;
use flow_platform::clock;
use flow_platform::flags::{FLAGS, Flag};
use flow_service::load::Load;
use flow_service::probe;
use flow_service::service::{self, AudioSide, Client, Report, ServiceCounts};

/// What the window sees of the service. The lock is among the host's main thread and the window: the audio thread knows
/// nothing of it.
#[derive(Default)]
pub struct Engine(Mutex<State>);

#[derive(Default)]
struct State {
    client: Option<Client>,
    /// The user wants it to listen.
    wanted: bool,
    /// A window looks.
    watched: bool,
    folder: Option<PathBuf>,
}

impl State {
    /// It listens when it is wanted and somebody looks. A pause forgets nothing.
    fn follow(&self) {
        if let Some(client) = &self.client {
            client.listen(self.wanted && self.watched);
        }
    }
}

/// Who is asked before the rules; what is measured of the ways to run it is kept in a folder.
#[cfg(feature = "network")]
fn analyst(folder: Option<&Path>) -> Option<Box<dyn Analyst>> {
    flow_inference::analyst(flow_inference::Files::SHIPPED, folder)
}

/// Nobody.
#[cfg(not(feature = "network"))]
fn analyst(_: Option<&Path>) -> Option<Box<dyn Analyst>> {
    None
}

impl Engine {
    fn state(&self) -> MutexGuard<'_, State> {
        // What panicked here left nothing half done.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// `[main]` Keeps what is measured of the network in a folder, which doesn't have to be there; without one it is
    /// measured anew each time. Counts from the next [`join`](Self::join) on.
    pub fn keep_in(&self, folder: Option<PathBuf>) {
        self.state().folder = folder;
    }

    /// `[main]` Becomes a member; what comes back is the audio thread's part.
    #[must_use]
    pub fn join(&self) -> AudioSide {
        let mut state = self.state();
        let folder = state.folder.clone();
        let (audio, client) = service::join(move || analyst(folder.as_deref()));
        state.client = Some(client);
        state.follow();
        audio
    }

    /// `[gui]` Whether a window is there to look. Listening pauses without one, and goes on with the next.
    pub fn watch(&self, watched: bool) {
        let mut state = self.state();
        state.watched = watched;
        state.follow();
    }

    /// `[gui]` Whether the user wants it to listen: not before he says so.
    #[must_use]
    pub fn is_listening(&self) -> bool {
        self.state().wanted
    }

    /// `[gui]` Forgets what was heard, and listens anew.
    pub fn listen_anew(&self) {
        let mut state = self.state();
        if let Some(client) = &state.client {
            client.forget();
        }
        state.wanted = true;
        state.follow();
    }

    /// `[gui]` Listens no more.
    pub fn stop(&self) {
        let mut state = self.state();
        state.wanted = false;
        state.follow();
    }

    /// `[gui]` Has all judged that was heard by now, where that is clearly more than the analysis is of.
    pub fn go_on(&self) {
        if let Some(client) = &self.state().client {
            client.go_on();
        }
    }

    /// `[gui]` The newest that the service has to tell, and how busy the audio thread is. None before the first
    /// activation.
    #[must_use]
    pub fn newest(&self, context: &Context) -> Option<(Report, Load)> {
        let state = self.state();
        let client = state.client.as_ref()?;
        client.set_context(context);
        Some((client.newest(clock::now_ns()), client.load()))
    }

    /// `[any]` Whether a flag is on.
    #[must_use]
    pub fn is_on(&self, flag: Flag) -> bool {
        FLAGS.is_on(flag)
    }

    /// `[gui]` Switches a flag, for all instances of this image, at once.
    pub fn switch(&self, flag: Flag, on: bool) {
        FLAGS.set(flag, on);
        // The same as before, so that the service looks at the flags now.
        self.state().follow();
    }

    /// `[gui]` What the service counted so far; zeros before the first activation.
    #[must_use]
    pub fn counts(&self) -> ServiceCounts {
        let state = self.state();
        state
            .client
            .as_ref()
            .map(Client::counts)
            .unwrap_or_default()
    }

    /// `[gui]` Whether there is a recording of the probe, or one has begun.
    #[must_use]
    pub fn has_recording(&self) -> bool {
        let state = self.state();
        let client = state.client.as_ref();
        client.is_some_and(|client| probe::is_on() || client.has_recording())
    }

    /// `[gui]` Lets the service write the recording down; none before the first activation. The answer comes when it is
    /// done.
    #[must_use]
    pub fn export_probe(&self, path: PathBuf) -> Option<Receiver<io::Result<()>>> {
        let state = self.state();
        Some(state.client.as_ref()?.export_probe(path))
    }

    /// `[gui]` Takes in that the window drew itself, since a time of the service's clock.
    pub fn drew(&self, begin_ns: u64) {
        if let Some(client) = &self.state().client {
            client.drew(begin_ns, clock::now_ns());
        }
    }

    /// `[gui]` Frames that the service didn't fetch in time.
    #[must_use]
    pub fn dropped_frames(&self) -> u64 {
        self.state()
            .client
            .as_ref()
            .map_or(0, Client::dropped_frames)
    }
}
