//! What the threads of one instance share.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

use nice_plug_egui::RepaintNotifier;

use crate::ears::Ears;
use crate::engine::Engine;
use crate::meters::MeterReader;
use crate::moments::Moments;
use crate::monitor::MonitorState;
use crate::params::FlowParams;
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
    /// What the last window left to the next one.
    pub(crate) between: Between,
    watched: AtomicBool,
    forget_meters: AtomicBool,
    sample_rate_hz: AtomicU32,
    latency_samples: AtomicU32,
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
            between: Between::default(),
            watched: AtomicBool::new(false),
            forget_meters: AtomicBool::new(false),
            sample_rate_hz: AtomicU32::new(0),
            latency_samples: AtomicU32::new(0),
        }
    }

    /// `[main]` What an activation found out.
    pub fn activated(&self, sample_rate_hz: f32, latency_samples: u32) {
        self.sample_rate_hz
            .store(sample_rate_hz.to_bits(), Ordering::Relaxed);
        self.latency_samples
            .store(latency_samples, Ordering::Relaxed);
        self.repaint.request_repaint();
    }

    /// `[gui]` Sample rate in Hz; none before the first activation.
    #[must_use]
    pub fn sample_rate_hz(&self) -> Option<f32> {
        let rate = f32::from_bits(self.sample_rate_hz.load(Ordering::Relaxed));
        (rate > 0.0).then_some(rate)
    }

    /// `[gui]` The latency that the host was told, samples.
    #[must_use]
    pub fn latency_samples(&self) -> u32 {
        self.latency_samples.load(Ordering::Relaxed)
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
