//! The Session Probe: what the three tiers did and when, for Perfetto (<https://ui.perfetto.dev>).
//!
//! Off by default. Events are of fixed size, without names, audio or files. Each thread writes into a ring of its own; the
//! service empties the rings into a [`Recording`] of bounded length, which [`Trace`] writes down as Chrome trace-event
//! JSON. A full ring drops and counts.

mod recording;
mod trace;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use rtrb::{Consumer, Producer, RingBuffer};

use flow_platform::flags::{FLAGS, Flag};

pub use recording::{Recording, Track};
pub use trace::{Phase, Trace, TraceError, TraceEvent};

/// Events between two visits of the service: 5 s of blocks of 64 frames at 48 kHz.
const RING_EVENTS: usize = 4096;

/// What happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A callback, from its beginning to its end; the value is its deadline, ns.
    Block,
    /// It came late.
    Late,
    /// It took longer than its deadline.
    Missed,
    /// Audio found no place on its way to the service; the value is how many frames.
    Dropped,
    /// Features of some audio; the value is how many frames.
    Listen,
    /// What else the next analysis would have to wait for.
    Prepare,
    /// Analyses; the value is of how many instances.
    Analyse,
    /// Analysis has to wait for the audio.
    Deferred,
    /// Analysis that waited too long runs anyway.
    Aged,
    /// Share of questions to the network whose answer was known; the value is in millionths.
    Known,
    /// The rules took the place of another analyst.
    Fallback,
    /// Whether audio is short of time from now on: 1, or 0.
    Pressed,
    /// An analysis of this instance panicked.
    Panicked,
    /// Flags changed; the value is their bits.
    Flags,
    /// The window drew itself, from beginning to end.
    Draw,
    /// The window showed a result too late; the value is its age, ns.
    Stale,
    /// Share of its deadline that an instance needs; the value is in millionths.
    Load,
}

/// One thing that happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Event {
    /// What.
    pub kind: Kind,
    /// When, or since when.
    pub begin_ns: u64,
    /// Until when, where it took time; else the same as `begin_ns`.
    pub end_ns: u64,
    /// See [`Kind`].
    pub value: u64,
}

impl Event {
    /// Something without a duration.
    #[must_use]
    pub fn at(kind: Kind, now_ns: u64, value: u64) -> Self {
        Self {
            kind,
            begin_ns: now_ns,
            end_ns: now_ns,
            value,
        }
    }
}

/// One thread's end of its ring.
#[derive(Debug)]
pub struct ProbeWriter {
    ring: Producer<Event>,
    lost: Arc<AtomicU64>,
}

/// The service's end.
#[derive(Debug)]
pub struct ProbeReader {
    ring: Consumer<Event>,
    lost: Arc<AtomicU64>,
}

/// A connected pair. Allocates.
#[must_use]
pub fn probe() -> (ProbeWriter, ProbeReader) {
    let (producer, consumer) = RingBuffer::new(RING_EVENTS);
    let lost = Arc::new(AtomicU64::new(0));
    let writer = ProbeWriter {
        ring: producer,
        lost: lost.clone(),
    };
    let reader = ProbeReader {
        ring: consumer,
        lost,
    };
    (writer, reader)
}

/// `[any]` Whether events are wanted: one relaxed load.
#[inline]
#[must_use]
pub fn is_on() -> bool {
    FLAGS.is_on(Flag::Probe)
}

impl ProbeWriter {
    /// `[audio]` Notes an event, if the probe is on. Never waits.
    #[inline]
    pub fn record(&mut self, event: Event) {
        if is_on() && self.ring.push(event).is_err() {
            // Only this end writes it.
            self.lost.store(self.lost.load(Relaxed) + 1, Relaxed);
        }
    }
}

impl ProbeReader {
    /// `[worker]` Empties the ring.
    pub fn drain(&mut self, mut take: impl FnMut(Event)) {
        for _ in 0..RING_EVENTS {
            let Ok(event) = self.ring.pop() else {
                return;
            };
            take(event);
        }
    }

    /// Events that found no place.
    #[must_use]
    pub fn lost(&self) -> u64 {
        self.lost.load(Relaxed)
    }
}
