//! The events of a session, as many as memory is set aside for.

use std::collections::VecDeque;

use super::trace::{Trace, TraceEvent};
use super::{Event, Kind};
use flow_analysis::analyst::Runs;
use flow_platform::flags::Flag;

/// Events that are kept: 5 MB, and some 20 MB when written down.
const MOST_EVENTS: usize = 1 << 17;

/// Choices of a backend that are kept.
const MOST_CHOICES: usize = 256;

/// A thread in the recording.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Track {
    /// The service's.
    Service,
    /// The audio thread of the instance with this number.
    Audio(u32),
    /// The window of the instance with this number.
    Window(u32),
}

impl Track {
    /// What Perfetto takes for the thread.
    fn tid(self) -> u32 {
        match self {
            Self::Service => 1,
            Self::Audio(instance) => 2 * instance + 2,
            Self::Window(instance) => 2 * instance + 3,
        }
    }

    fn name(self) -> String {
        match self {
            Self::Service => "Analysis".into(),
            Self::Audio(instance) => format!("Audio {instance}"),
            Self::Window(instance) => format!("Window {instance}"),
        }
    }

    fn instance(self) -> Option<u32> {
        match self {
            Self::Service => None,
            Self::Audio(instance) | Self::Window(instance) => Some(instance),
        }
    }
}

/// The newest events of all threads.
#[derive(Debug, Default)]
pub struct Recording {
    events: VecDeque<(Track, Event)>,
    lost: u64,
    choices: Vec<(u64, Runs)>,
}

impl Recording {
    /// Takes in an event; the oldest gives way.
    pub fn push(&mut self, track: Track, event: Event) {
        if self.events.len() == MOST_EVENTS {
            self.events.pop_front();
            self.lost += 1;
        }
        self.events.push_back((track, event));
    }

    /// Takes in who analyses from now on, and why.
    pub fn chose(&mut self, now_ns: u64, runs: Runs) {
        // Whoever changes its mind more often has said so by then.
        if self.choices.len() < MOST_CHOICES {
            self.choices.push((now_ns, runs));
        }
    }

    /// Events in it.
    #[must_use]
    pub fn len(&self) -> usize {
        self.events.len()
    }

    /// Whether nothing was recorded.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.events.is_empty()
    }

    /// Events that had to give way.
    #[must_use]
    pub fn lost(&self) -> u64 {
        self.lost
    }

    /// As Perfetto reads it.
    #[must_use]
    pub fn trace(&self) -> Trace {
        let mut trace = Trace::new();
        let mut named: Vec<Track> = Vec::new();
        for (track, event) in &self.events {
            if !named.contains(track) {
                named.push(*track);
                trace.push(TraceEvent::thread_name(track.tid(), &track.name()));
            }
            trace.push(written(*track, event));
        }
        for (ns, runs) in &self.choices {
            let choice = TraceEvent::instant(Track::Service.tid(), "Backend", *ns);
            let choice = choice.with("name", runs.on.into());
            let choice = choice.with("reason", runs.reason.clone().into());
            let choice = choice.with("graphics", runs.graphics.clone().into());
            let choice = choice.with("graphics_bytes", runs.graphics_bytes.into());
            trace.push(choice.with("failures", runs.failures.into()));
        }
        trace
    }
}

fn millionths(value: u64) -> f64 {
    #[allow(clippy::cast_precision_loss)]
    let share = value as f64 / 1e6;
    share
}

fn written(track: Track, event: &Event) -> TraceEvent {
    let tid = track.tid();
    let instant = |name: &str, key: &str| {
        let event_ = TraceEvent::instant(tid, name, event.begin_ns);
        if key.is_empty() {
            event_
        } else {
            event_.with(key, event.value.into())
        }
    };
    let span = |name: &str| TraceEvent::complete(tid, name, event.begin_ns, event.end_ns);
    match event.kind {
        Kind::Block => span("Block").with("deadline_ns", event.value.into()),
        Kind::Listen => span("Listen").with("frames", event.value.into()),
        Kind::Prepare => span("Prepare"),
        Kind::Analyse => span("Analyse").with("windows", event.value.into()),
        Kind::Draw => span("Draw"),
        Kind::Late => instant("Late callback", ""),
        Kind::Missed => instant("Missed deadline", ""),
        Kind::Dropped => instant("Dropped", "frames"),
        Kind::Deferred => instant("Deferred", ""),
        Kind::Aged => instant("Aged", ""),
        Kind::Known => TraceEvent::counter(tid, "Known answers", event.begin_ns)
            .with("share", millionths(event.value).into()),
        Kind::Fallback => instant("Fallback", ""),
        Kind::Pressed => TraceEvent::counter(tid, "Audio short of time", event.begin_ns)
            .with("short", event.value.into()),
        Kind::Panicked => instant("Panicked", ""),
        Kind::Stale => instant("Stale", "age_ns"),
        Kind::Flags => Flag::ALL
            .iter()
            .fold(instant("Flags", ""), |written, flag| {
                let is_on = event.value & u64::from(*flag as u8) != 0;
                written.with(flag.name(), is_on.into())
            }),
        Kind::Load => {
            let name = format!("Load {}", track.instance().unwrap_or_default());
            TraceEvent::counter(tid, &name, event.begin_ns)
                .with("share", millionths(event.value).into())
        }
    }
}
