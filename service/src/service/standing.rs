//! How the service stands: what happened so far, and whether audio is short of time. Written by its thread and by
//! windows, read by anyone; no value waits for another.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};

use serde::Serialize;

use super::durations::Durations;
use super::{running, stuck};
use crate::load::Load;
use crate::scheduler;

/// What was counted, for all instances of an image. Laid out as in C, for who looks at it from outside.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[repr(C)]
pub struct ServiceCounts {
    /// Threads that run: one, but for moments.
    pub threads: u64,
    /// Threads that had to be left behind.
    pub stuck: u64,
    /// Slices of analysis.
    pub slices: u64,
    /// Of those, the ones that took too long.
    pub long_slices: u64,
    /// Pieces of work that had to wait for audio.
    pub deferred: u64,
    /// Pieces of work that were admitted for their age.
    pub aged: u64,
    /// Panics that were caught.
    pub panics: u64,
    /// How often the rules had to take another analyst's place.
    pub fallbacks: u64,
    /// The longest that a listening instance with running audio had to wait for its next result, ns.
    pub oldest_result_ns: u64,
    /// Frames that were lost on their way here.
    pub dropped_frames: u64,
    /// Callbacks that came late.
    pub late: u64,
    /// Callbacks that took longer than their deadline.
    pub missed: u64,
    /// Pictures that windows drew.
    pub pictures: u64,
    /// Results that windows showed too late.
    pub stale: u64,
    /// The longest that a result waited to be shown, ns.
    pub oldest_shown_ns: u64,
    /// Events of the probe that found no place.
    pub lost_events: u64,
    /// Slices that made analyses.
    pub analyses: u64,
    /// How long those take: half of them no longer, ns.
    pub analysis_median_ns: u64,
    /// Of a hundred, ninety-nine no longer, ns.
    pub analysis_p99_ns: u64,
}

/// What the service's thread adds up over its instances, those that left included.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Sums {
    pub(super) late: u64,
    pub(super) missed: u64,
    pub(super) dropped_frames: u64,
    pub(super) lost_events: u64,
}

impl Sums {
    pub(super) fn add(&mut self, load: &Load, dropped_frames: u64, lost_events: u64) {
        self.late += load.late;
        self.missed += load.missed;
        self.dropped_frames += dropped_frames;
        self.lost_events += lost_events;
    }
}

/// The atomics behind it.
#[derive(Debug, Default)]
pub(super) struct Standing {
    slices: AtomicU64,
    long_slices: AtomicU64,
    deferred: AtomicU64,
    aged: AtomicU64,
    panics: AtomicU64,
    fallbacks: AtomicU64,
    oldest_result_ns: AtomicU64,
    dropped_frames: AtomicU64,
    late: AtomicU64,
    missed: AtomicU64,
    pictures: AtomicU64,
    stale: AtomicU64,
    oldest_shown_ns: AtomicU64,
    lost_events: AtomicU64,
    analyses: AtomicU64,
    analysis_median_ns: AtomicU64,
    analysis_p99_ns: AtomicU64,
    recorded: AtomicBool,
    pressed: AtomicBool,
}

impl Standing {
    /// `[any]` So far.
    pub(super) fn counts(&self) -> ServiceCounts {
        let count = |threads: usize| u64::try_from(threads).unwrap_or(u64::MAX);
        ServiceCounts {
            threads: count(running()),
            stuck: count(stuck()),
            slices: self.slices.load(Relaxed),
            long_slices: self.long_slices.load(Relaxed),
            deferred: self.deferred.load(Relaxed),
            aged: self.aged.load(Relaxed),
            panics: self.panics.load(Relaxed),
            fallbacks: self.fallbacks.load(Relaxed),
            oldest_result_ns: self.oldest_result_ns.load(Relaxed),
            dropped_frames: self.dropped_frames.load(Relaxed),
            late: self.late.load(Relaxed),
            missed: self.missed.load(Relaxed),
            pictures: self.pictures.load(Relaxed),
            stale: self.stale.load(Relaxed),
            oldest_shown_ns: self.oldest_shown_ns.load(Relaxed),
            lost_events: self.lost_events.load(Relaxed),
            analyses: self.analyses.load(Relaxed),
            analysis_median_ns: self.analysis_median_ns.load(Relaxed),
            analysis_p99_ns: self.analysis_p99_ns.load(Relaxed),
        }
    }

    /// `[worker]` What the scheduler counted.
    pub(super) fn scheduled(&self, counts: scheduler::Counts) {
        self.slices.store(counts.slices, Relaxed);
        self.long_slices.store(counts.long_slices, Relaxed);
        self.deferred.store(counts.deferred, Relaxed);
        self.aged.store(counts.aged, Relaxed);
    }

    /// `[worker]` Panics that were caught.
    pub(super) fn caught(&self, panics: u64) {
        self.panics.store(panics, Relaxed);
    }

    /// `[worker]` How often the rules had to take another's place; true if that is new.
    pub(super) fn fell_back(&self, fallbacks: u64) -> bool {
        self.fallbacks.swap(fallbacks, Relaxed) != fallbacks
    }

    /// `[worker]` How long analyses take.
    pub(super) fn analysed(&self, durations: &Durations) {
        self.analyses.store(durations.count(), Relaxed);
        self.analysis_median_ns.store(durations.at(0.5), Relaxed);
        self.analysis_p99_ns.store(durations.at(0.99), Relaxed);
    }

    /// `[worker]` What all instances lost.
    pub(super) fn lost(&self, sums: Sums) {
        self.late.store(sums.late, Relaxed);
        self.missed.store(sums.missed, Relaxed);
        self.dropped_frames.store(sums.dropped_frames, Relaxed);
        self.lost_events.store(sums.lost_events, Relaxed);
    }

    /// `[worker]` A result came after so long.
    pub(super) fn waited(&self, age_ns: u64) {
        self.oldest_result_ns.fetch_max(age_ns, Relaxed);
    }

    /// `[gui]` A window showed a result of this age.
    pub(super) fn shown(&self, stale: bool, oldest_ns: u64) {
        self.stale.fetch_add(u64::from(stale), Relaxed);
        self.oldest_shown_ns.fetch_max(oldest_ns, Relaxed);
    }

    /// `[gui]` A window drew itself.
    pub(super) fn drew(&self) {
        self.pictures.fetch_add(1, Relaxed);
    }

    /// `[worker]` Whether the probe recorded anything.
    pub(super) fn recorded(&self, any: bool) {
        self.recorded.store(any, Relaxed);
    }

    /// `[any]` The same.
    pub(super) fn has_recording(&self) -> bool {
        self.recorded.load(Relaxed)
    }

    /// `[worker]` Whether any audio is short of time; true if that is new.
    pub(super) fn press(&self, pressed: bool) -> bool {
        self.pressed.swap(pressed, Relaxed) != pressed
    }

    /// `[any]` The same.
    pub(super) fn is_pressed(&self) -> bool {
        self.pressed.load(Relaxed)
    }
}
