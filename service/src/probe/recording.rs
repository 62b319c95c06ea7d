//! The newest events of a session, in bounded memory.

use std::collections::VecDeque;

use super::trace::{Trace, TraceEvent};
use super::{Event, Kind};
use flow_analysis::analyzer::BackendStatus;
use flow_platform::flags::Flag;

/// Largest number of events: 5 MB in memory, about 20 MB in a file.
const MAX_EVENTS: usize = 1 << 17;

/// Largest number of backend changes.
const MAX_BACKENDS: usize = 256;

/// A thread in the recording.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Track {
    /// The service's thread.
    Service,
    /// The audio thread of the instance with this number.
    Audio(u32),
    /// The editor of the instance with this number.
    Editor(u32),
}

impl Track {
    /// The thread id in the trace.
    fn tid(self) -> u32 {
        match self {
            Self::Service => 1,
            Self::Audio(instance) => 2 * instance + 2,
            Self::Editor(instance) => 2 * instance + 3,
        }
    }

    fn name(self) -> String {
        match self {
            Self::Service => "Analysis".into(),
            Self::Audio(instance) => format!("Audio {instance}"),
            Self::Editor(instance) => format!("Window {instance}"),
        }
    }

    fn instance(self) -> Option<u32> {
        match self {
            Self::Service => None,
            Self::Audio(instance) | Self::Editor(instance) => Some(instance),
        }
    }
}

/// The newest events of all threads.
#[derive(Debug, Default)]
pub struct Recording {
    events: VecDeque<(Track, Event)>,
    lost: u64,
    backends: Vec<(u64, BackendStatus)>,
}

impl Recording {
    /// Adds an event, in place of the oldest one if the recording is full.
    pub fn push(&mut self, track: Track, event: Event) {
        if self.events.len() == MAX_EVENTS {
            self.events.pop_front();
            self.lost += 1;
        }
        self.events.push_back((track, event));
    }

    /// Adds a change of the backend. Further ones than the first 256 are dropped.
    pub fn push_backend(&mut self, now_ns: u64, backend: BackendStatus) {
        if self.backends.len() < MAX_BACKENDS {
            self.backends.push((now_ns, backend));
        }
    }

    /// Number of events.
    #[must_use]
    pub fn len(&self) -> usize {
        self.events.len()
    }

    /// Whether there are no events.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.events.is_empty()
    }

    /// Number of events that were replaced by newer ones.
    #[must_use]
    pub fn lost(&self) -> u64 {
        self.lost
    }

    /// The recording in Chrome's trace-event format.
    #[must_use]
    pub fn trace(&self) -> Trace {
        let mut trace = Trace::new();
        let mut named: Vec<Track> = Vec::new();
        for (track, event) in &self.events {
            if !named.contains(track) {
                named.push(*track);
                trace.push(TraceEvent::thread_name(track.tid(), &track.name()));
            }
            trace.push(trace_event(*track, event));
        }
        for (ns, backend) in &self.backends {
            let event = TraceEvent::instant(Track::Service.tid(), "Backend", *ns)
                .with("name", backend.backend.into())
                .with("reason", backend.reason.clone().into())
                .with("graphics", backend.graphics.clone().into())
                .with("graphics_bytes", backend.graphics_bytes.into())
                .with("failures", backend.failures.into());
            trace.push(event);
        }
        trace
    }
}

fn millionths(value: u64) -> f64 {
    // Precision beyond 2⁵³ is irrelevant to a plot.
    #[allow(clippy::cast_precision_loss)]
    let share = value as f64 / 1e6;
    share
}

fn trace_event(track: Track, event: &Event) -> TraceEvent {
    let tid = track.tid();
    let instant = |name: &str| TraceEvent::instant(tid, name, event.begin_ns);
    let span = |name: &str| TraceEvent::complete(tid, name, event.begin_ns, event.end_ns);
    match event.kind {
        Kind::Block => span("Block").with("deadline_ns", event.value.into()),
        Kind::Try => span("Try").with("samples", event.value.into()),
        Kind::Listen => span("Listen").with("frames", event.value.into()),
        Kind::Prepare => span("Prepare"),
        Kind::Analyze => span("Analyze").with("windows", event.value.into()),
        Kind::Draw => span("Draw"),
        Kind::Late => instant("Late callback"),
        Kind::Missed => instant("Missed deadline"),
        Kind::Dropped => instant("Dropped").with("frames", event.value.into()),
        Kind::Deferred => instant("Deferred"),
        Kind::Aged => instant("Aged"),
        Kind::Known => TraceEvent::counter(tid, "Known answers", event.begin_ns)
            .with("share", millionths(event.value).into()),
        Kind::Fallback => instant("Fallback"),
        Kind::Pressed => TraceEvent::counter(tid, "Audio short of time", event.begin_ns)
            .with("short", event.value.into()),
        Kind::Panicked => instant("Panicked"),
        Kind::Stale => instant("Stale").with("age_ns", event.value.into()),
        Kind::Flags => Flag::ALL
            .iter()
            .fold(instant("Flags"), |trace_event, flag| {
                let is_on = event.value & u64::from(*flag as u8) != 0;
                trace_event.with(flag.name(), is_on.into())
            }),
        Kind::Load => {
            let name = format!("Load {}", track.instance().unwrap_or_default());
            TraceEvent::counter(tid, &name, event.begin_ns)
                .with("share", millionths(event.value).into())
        }
    }
}
