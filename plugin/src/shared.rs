//! What the threads of one instance share.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering, fence};

use flow_dsp::ChainSettings;
use nice_plug_egui::RepaintNotifier;

use crate::ears::Ears;
use crate::engine::Engine;
use crate::indications::Indications;
use crate::meters::MeterReader;
use crate::moments::Moments;
use crate::monitor::MonitorState;
use crate::params::FlowParams;
use crate::state_listener::StateListener;
use crate::window::Between;

/// Everything that the window needs of its instance. The audio thread never waits for any of it.
pub struct Shared {
    /// The settings.
    pub params: Arc<FlowParams>,
    /// What the engineer listens to.
    pub monitor: MonitorState,
    /// The newest figures.
    pub meters: Arc<MeterReader>,
    /// What comes in and what goes out, while a window looks on.
    pub ears: Ears,
    /// The analysis of what comes in.
    pub engine: Engine,
    /// The last minutes.
    pub moments: Moments,
    /// Asks for a new picture: a flag that the window looks at, safe to set anywhere.
    pub repaint: RepaintNotifier,
    /// The host's marks on automated and mapped parameters.
    pub indications: Indications,
    /// The host, for what it saves beside the parameters.
    pub state_listener: StateListener,
    /// What the last window left to the next one.
    pub(crate) between: Between,
    watched: AtomicBool,
    forget_meters: AtomicBool,
    sample_rate_hz: AtomicU32,
    latency_samples: AtomicU32,
    is_rate_supported: AtomicBool,
    dropped_events: AtomicU32,
    /// How many state loads began, and how many of them ended.
    begun_loads: AtomicU32,
    ended_loads: AtomicU32,
}

/// Ends a state load, also when it panics.
struct LoadGuard<'s>(&'s AtomicU32);

impl Drop for LoadGuard<'_> {
    fn drop(&mut self) {
        self.0.fetch_add(1, Ordering::Release);
    }
}

impl Shared {
    /// Of an instance that isn't active yet.
    #[must_use]
    pub(crate) fn new(params: Arc<FlowParams>, meters: Arc<MeterReader>, ears: Ears) -> Self {
        Self {
            params,
            monitor: MonitorState::default(),
            meters,
            ears,
            engine: Engine::default(),
            moments: Moments::new(),
            repaint: RepaintNotifier::new(),
            indications: Indications::default(),
            state_listener: StateListener::default(),
            between: Between::default(),
            watched: AtomicBool::new(false),
            forget_meters: AtomicBool::new(false),
            sample_rate_hz: AtomicU32::new(0),
            latency_samples: AtomicU32::new(0),
            is_rate_supported: AtomicBool::new(true),
            dropped_events: AtomicU32::new(0),
            begun_loads: AtomicU32::new(0),
            ended_loads: AtomicU32::new(0),
        }
    }

    /// `[main]` What an activation found out.
    pub fn activated(&self, sample_rate_hz: f32, latency_samples: u32, is_rate_supported: bool) {
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

    /// `[gui]` The sample rate of the chain in Hz; none before the first activation, and none where audio passes through.
    #[must_use]
    pub fn chain_rate_hz(&self) -> Option<f32> {
        self.sample_rate_hz().filter(|_| self.is_rate_supported())
    }

    /// `[gui]` The latency that the host was told, samples.
    #[must_use]
    pub fn latency_samples(&self) -> u32 {
        self.latency_samples.load(Ordering::Relaxed)
    }

    /// `[gui]` Whether the chain supports the sample rate. If not, audio passes through unprocessed.
    #[must_use]
    pub fn is_rate_supported(&self) -> bool {
        self.is_rate_supported.load(Ordering::Relaxed)
    }

    /// `[audio]` Counts a parameter change of the host that found no room in its block.
    pub(crate) fn drop_event(&self) {
        self.dropped_events.fetch_add(1, Ordering::Relaxed);
    }

    /// `[gui]` How many there were.
    #[must_use]
    pub fn dropped_events(&self) -> u32 {
        self.dropped_events.load(Ordering::Relaxed)
    }

    /// `[main]` Runs `load`, which sets many parameters at once. Blocks that overlap it keep the settings from before, so
    /// that no block is processed with one half of a state.
    pub(crate) fn load_settings<R>(&self, load: impl FnOnce() -> R) -> R {
        self.begun_loads.fetch_add(1, Ordering::AcqRel);
        // The new values must not become visible before the count.
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

    /// `[gui]` Lets the meters begin anew: clip memory, integrated loudness, range.
    pub fn forget_meters(&self) {
        self.forget_meters.store(true, Ordering::Relaxed);
    }

    /// `[audio]` Whether that was asked for, once.
    #[must_use]
    pub fn take_forget_meters(&self) -> bool {
        // Mostly a read only.
        self.forget_meters.load(Ordering::Relaxed)
            && self.forget_meters.swap(false, Ordering::Relaxed)
    }

    /// `[gui]` Whether a window is there to look.
    pub fn watch(&self, watched: bool) {
        // What the last window left is not for the next one.
        self.ears.hear(|_| (), |_| ());
        self.engine.watch(watched);
        self.watched.store(watched, Ordering::Relaxed);
    }

    /// `[audio]` The same: all that a closed window costs.
    #[must_use]
    pub fn is_watched(&self) -> bool {
        self.watched.load(Ordering::Relaxed)
    }
}
