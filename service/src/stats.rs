//! Counts of the service: written by its thread and by editors, read by any thread.

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};

use flow_platform::background_task::ThreadCounts;
use flow_platform::mutex::lock;
use serde::Serialize;

use crate::audio_load::Load;

/// Counts for all instances of a module. The layout is C's, because the bundle exports them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[repr(C)]
pub struct ServiceStats {
    /// Threads that run: one, except for moments.
    pub threads: u64,
    /// Threads that were abandoned because they didn't end in time.
    pub stuck: u64,
    /// Slices of analysis.
    pub slices: u64,
    /// Slices that took longer than [`SLICE_NS`](crate::scheduler::SLICE_NS).
    pub long_slices: u64,
    /// Analyses that waited for audio.
    pub deferred: u64,
    /// Analyses that ran without headroom because they had waited too long.
    pub aged: u64,
    /// Panics that were caught.
    pub panics: u64,
    /// How often the rules replaced another analyzer.
    pub fallbacks: u64,
    /// The longest time that a listening instance with running audio waited for its next result, ns.
    pub oldest_result_ns: u64,
    /// Frames that found no free block on their way to the service.
    pub dropped_frames: u64,
    /// Callbacks that came late.
    pub late: u64,
    /// Callbacks that took longer than their deadline.
    pub missed: u64,
    /// Repaints of editors.
    pub pictures: u64,
    /// Results that editors showed too late.
    pub stale: u64,
    /// The longest time that a result waited to be shown, ns.
    pub oldest_shown_ns: u64,
    /// Events of the probe that found no place in a ring.
    pub lost_events: u64,
    /// Slices that made analyses.
    pub analyses: u64,
    /// Median duration of those slices, ns.
    pub analysis_median_ns: u64,
    /// Their 99th percentile, ns.
    pub analysis_p99_ns: u64,
}

/// Sums over all instances, those that left included.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Losses {
    pub(crate) late: u64,
    pub(crate) missed: u64,
    pub(crate) dropped_frames: u64,
    pub(crate) lost_events: u64,
}

impl Losses {
    pub(crate) fn add(&mut self, load: &Load, dropped_frames: u64, lost_events: u64) {
        self.late += load.late;
        self.missed += load.missed;
        self.dropped_frames += dropped_frames;
        self.lost_events += lost_events;
    }
}

/// The counts of a running service.
#[derive(Debug, Default)]
pub(crate) struct SharedStats {
    /// The counts of the service's thread, which holds the lock only to copy them.
    worker: Mutex<ServiceStats>,
    repaints: AtomicU64,
    stale: AtomicU64,
    max_shown_age_ns: AtomicU64,
    has_recording: AtomicBool,
    is_audio_overloaded: AtomicBool,
}

impl SharedStats {
    /// `[main]` All counts so far.
    pub(crate) fn snapshot(&self, threads: &ThreadCounts) -> ServiceStats {
        let count = |threads: usize| u64::try_from(threads).unwrap_or(u64::MAX);
        ServiceStats {
            threads: count(threads.running()),
            stuck: count(threads.abandoned()),
            pictures: self.repaints.load(Relaxed),
            stale: self.stale.load(Relaxed),
            oldest_shown_ns: self.max_shown_age_ns.load(Relaxed),
            ..*lock(&self.worker)
        }
    }

    /// `[worker]` Publishes the counts of the service's thread.
    pub(crate) fn publish(&self, stats: &ServiceStats) {
        *lock(&self.worker) = *stats;
    }

    /// `[gui]` Records that an editor showed a result, and the greatest age so far.
    pub(crate) fn record_shown(&self, is_stale: bool, max_age_ns: u64) {
        self.stale.fetch_add(u64::from(is_stale), Relaxed);
        self.max_shown_age_ns.fetch_max(max_age_ns, Relaxed);
    }

    /// `[gui]` Counts a repaint.
    pub(crate) fn record_repaint(&self) {
        self.repaints.fetch_add(1, Relaxed);
    }

    /// `[worker]` Sets whether the probe recorded anything.
    pub(crate) fn set_has_recording(&self, has_recording: bool) {
        self.has_recording.store(has_recording, Relaxed);
    }

    /// `[any]` Whether the probe recorded anything.
    pub(crate) fn has_recording(&self) -> bool {
        self.has_recording.load(Relaxed)
    }

    /// `[worker]` Sets whether any audio thread is short of time. Returns whether that is a change.
    pub(crate) fn set_audio_overloaded(&self, is_overloaded: bool) -> bool {
        self.is_audio_overloaded.swap(is_overloaded, Relaxed) != is_overloaded
    }

    /// `[any]` Whether any audio thread is short of time.
    pub(crate) fn is_audio_overloaded(&self) -> bool {
        self.is_audio_overloaded.load(Relaxed)
    }
}
