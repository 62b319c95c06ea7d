//! The Session Probe: records events of the audio threads, the service and the editors, for Perfetto
//! (<https://ui.perfetto.dev>).
//!
//! It is off by default. Events have a fixed size and contain no names, audio or files. Each thread writes into a ring of
//! its own. The service drains the rings into a [`Recording`] of bounded length, which [`Trace`] writes as Chrome
//! trace-event JSON. A full ring drops events and counts them.

mod recording;
mod trace;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use rtrb::{Consumer, Producer, RingBuffer};

use flow_platform::flags::{FLAGS, Flag};

pub use recording::{Recording, Track};
pub use trace::{Phase, Trace, TraceEvent};

/// Events in a ring: 5 s of blocks of 64 frames at 48 kHz.
const RING_EVENTS: usize = 4096;

/// The kinds of events.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A callback of the audio thread; the value is its deadline, ns.
    Block,
    /// A callback came late.
    Late,
    /// A callback took longer than its deadline.
    Missed,
    /// Audio was dropped on its way to the service; the value is the number of frames.
    Dropped,
    /// The service extracted features; the value is the number of frames.
    Listen,
    /// The service prepared an analyzer.
    Prepare,
    /// The service analyzed; the value is the number of instances.
    Analyze,
    /// The service rendered a part of a trial of proposals; the value is the number of samples.
    Try,
    /// Analysis has to wait for audio.
    Deferred,
    /// Analysis ran without headroom because it had waited too long.
    Aged,
    /// Hit rate of the network's result cache; the value is in millionths.
    Known,
    /// The rules replaced another analyzer.
    Fallback,
    /// Audio is short of time from now on (1), or no longer (0).
    Pressed,
    /// An analysis of this instance panicked.
    Panicked,
    /// Flags have changed; the value is their bits.
    Flags,
    /// The editor drew itself.
    Draw,
    /// The editor showed a result too late; the value is its age, ns.
    Stale,
    /// Share of the deadline that an instance needs; the value is in millionths.
    Load,
}

/// An event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Event {
    /// Its kind.
    pub kind: Kind,
    /// When it began.
    pub begin_ns: u64,
    /// When it ended; the same as `begin_ns` for an instant.
    pub end_ns: u64,
    /// The value that [`Kind`] describes.
    pub value: u64,
}

impl Event {
    /// An instant.
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

/// A recorded thread's end of its ring.
#[derive(Debug)]
pub struct ProbeWriter {
    ring: Producer<Event>,
    lost: Arc<AtomicU64>,
}

/// The service's end of a ring.
#[derive(Debug)]
pub struct ProbeReader {
    ring: Consumer<Event>,
    lost: Arc<AtomicU64>,
}

/// A connected pair of writer and reader. Allocates.
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

/// `[any]` Whether the probe records: one relaxed load.
#[inline]
#[must_use]
pub fn is_on() -> bool {
    FLAGS.is_on(Flag::Probe)
}

impl ProbeWriter {
    /// `[audio]` Records an event if the probe is on. Never waits.
    #[inline]
    pub fn record(&mut self, event: Event) {
        if is_on() && self.ring.push(event).is_err() {
            // Only this end writes the count.
            self.lost.store(self.lost.load(Relaxed) + 1, Relaxed);
        }
    }
}

impl ProbeReader {
    /// `[worker]` Drains the ring: at most as many events as it holds.
    pub fn drain(&mut self, mut take: impl FnMut(Event)) {
        for _ in 0..RING_EVENTS {
            let Ok(event) = self.ring.pop() else {
                return;
            };
            take(event);
        }
    }

    /// Events that were dropped because the ring was full.
    #[must_use]
    pub fn lost(&self) -> u64 {
        self.lost.load(Relaxed)
    }
}
