//! Decides when analysis and drawing may use the processor: audio comes before analysis, and analysis before drawing.
//!
//! | tier | budget | when audio is short of time |
//! |---|---|---|
//! | audio | the block's duration, [`AUDIO_CEILING_NS`](crate::audio_load::AUDIO_CEILING_NS) at most | never waits |
//! | analysis | slices of [`SLICE_NS`] | waits until every live instance has headroom, [`MAX_WAIT_NS`] at most |
//! | editor | shows results that are [`MAX_RESULT_AGE_NS`] old at most | repaints every [`OVERLOAD_FRAME_NS`] |
//!
//! All functions get the time as an argument.

use serde::Serialize;

use crate::audio_load::Load;

/// Planned maximum duration of a slice of analysis.
pub const SLICE_NS: u64 = 50_000_000;

/// Analysis that was deferred for this long is admitted once, at any load.
pub const MAX_WAIT_NS: u64 = 2_000_000_000;

/// A result that waits longer to be shown is stale.
pub const MAX_RESULT_AGE_NS: u64 = 100_000_000;

/// Time between two repaints while audio is short of time. A repaint without a graphics card costs more than an analysis.
pub const OVERLOAD_FRAME_NS: u64 = 66_000_000;

/// An editor that read no report for this long was closed.
const CLOSED_NS: u64 = 2_000_000_000;

/// An instance has headroom while its load is below these shares of the deadline: smoothed, and the peak of a second.
const SMOOTHED_LIMIT: f32 = 0.6;
const PEAK_LIMIT: f32 = 0.85;

/// Analysis waits this long after a late callback or a missed deadline.
const TROUBLE_NS: u64 = 200_000_000;

/// An upper limit of the sum of all live instances' loads, per core.
const SUM_LIMIT: f32 = 0.75;

/// The scheduler's decision on a slice of analysis.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Admission {
    /// Every live instance has headroom.
    Admitted,
    /// An instance has none, but the work has waited too long.
    Aged,
    /// The work has to wait.
    Deferred,
}

/// Counts of the scheduler.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct SchedulerStats {
    /// Slices that ran.
    pub slices: u64,
    /// Slices that took longer than [`SLICE_NS`].
    pub long_slices: u64,
    /// Analyses that had to wait. Each counts once, for any number of requests.
    pub deferred: u64,
    /// Analyses that were admitted because of their wait.
    pub aged: u64,
}

/// Admits slices of analysis for all instances of a service.
#[derive(Clone, Debug)]
pub struct Scheduler {
    cores: f32,
    stats: SchedulerStats,
}

/// How long an instance's analysis has been waiting.
#[derive(Clone, Copy, Debug, Default)]
pub struct WaitTime {
    since_ns: Option<u64>,
}

impl WaitTime {
    /// Whether the last request was deferred.
    #[must_use]
    pub fn is_waiting(self) -> bool {
        self.since_ns.is_some()
    }
}

impl Scheduler {
    /// A scheduler for a machine with this many cores.
    #[must_use]
    pub fn new(cores: u16) -> Self {
        Self {
            cores: f32::from(cores.max(1)),
            stats: SchedulerStats::default(),
        }
    }

    /// Decides whether a slice of an instance's analysis may run now, given the loads of all instances.
    pub fn admit(
        &mut self,
        now_ns: u64,
        loads: impl Iterator<Item = Load>,
        wait_time: &mut WaitTime,
    ) -> Admission {
        if self.has_headroom(now_ns, loads) {
            wait_time.since_ns = None;
            return Admission::Admitted;
        }
        let since_ns = *wait_time.since_ns.get_or_insert_with(|| {
            self.stats.deferred += 1;
            now_ns
        });
        if now_ns.saturating_sub(since_ns) < MAX_WAIT_NS {
            return Admission::Deferred;
        }
        // The next slice has to wait as long.
        wait_time.since_ns = None;
        self.stats.aged += 1;
        Admission::Aged
    }

    /// Whether every live instance has headroom.
    #[must_use]
    pub fn has_headroom(&self, now_ns: u64, loads: impl Iterator<Item = Load>) -> bool {
        let mut sum = 0.0;
        for load in loads.filter(|load| load.is_live(now_ns)) {
            let in_trouble = load.last_trouble_ns > 0
                && now_ns.saturating_sub(load.last_trouble_ns) < TROUBLE_NS;
            if load.smoothed > SMOOTHED_LIMIT || load.peak > PEAK_LIMIT || in_trouble {
                return false;
            }
            sum += load.smoothed;
        }
        sum <= SUM_LIMIT * self.cores
    }

    /// Counts a slice.
    pub fn record_slice(&mut self, begin_ns: u64, end_ns: u64) {
        self.stats.slices += 1;
        self.stats.long_slices += u64::from(end_ns.saturating_sub(begin_ns) > SLICE_NS);
    }

    /// The counts so far.
    #[must_use]
    pub fn stats(&self) -> SchedulerStats {
        self.stats
    }
}

/// Limits the repaint rate of an editor.
#[derive(Clone, Copy, Debug, Default)]
pub struct RepaintLimiter {
    repainted_ns: u64,
}

impl RepaintLimiter {
    /// Whether the editor should repaint now, given whether audio is short of time.
    pub fn should_repaint(&mut self, now_ns: u64, is_audio_overloaded: bool) -> bool {
        let elapsed_ns = now_ns.saturating_sub(self.repainted_ns);
        let should_repaint = !is_audio_overloaded || elapsed_ns >= OVERLOAD_FRAME_NS;
        if should_repaint {
            self.repainted_ns = now_ns;
        }
        should_repaint
    }
}

/// Measures the age of the results that an editor shows.
#[derive(Clone, Debug, Default)]
pub struct StalenessMonitor {
    newest_shown_ns: u64,
    last_frame_ns: u64,
    stale_count: u64,
    max_age_ns: u64,
}

impl StalenessMonitor {
    /// Records that the editor shows a result now. Returns whether the result is new and stale. Results that were
    /// created while the editor was closed don't count.
    pub fn record_shown(&mut self, now_ns: u64, created_ns: u64) -> bool {
        let last_frame_ns = std::mem::replace(&mut self.last_frame_ns, now_ns);
        if created_ns <= self.newest_shown_ns {
            return false;
        }
        self.newest_shown_ns = created_ns;
        if last_frame_ns == 0 || now_ns.saturating_sub(last_frame_ns) > CLOSED_NS {
            return false;
        }
        let age_ns = now_ns.saturating_sub(created_ns);
        self.max_age_ns = self.max_age_ns.max(age_ns);
        let is_stale = age_ns > MAX_RESULT_AGE_NS;
        self.stale_count += u64::from(is_stale);
        is_stale
    }

    /// The number of stale results.
    #[must_use]
    pub fn stale_count(&self) -> u64 {
        self.stale_count
    }

    /// The greatest age of a result, ns.
    #[must_use]
    pub fn max_age_ns(&self) -> u64 {
        self.max_age_ns
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: u64 = 10_000_000_000;

    fn live(smoothed: f32, peak: f32) -> Load {
        Load {
            real_time: true,
            smoothed,
            peak,
            last_callback_ns: NOW,
            ..Load::default()
        }
    }

    fn admitted(loads: &[Load]) -> bool {
        let mut wait_time = WaitTime::default();
        Scheduler::new(2).admit(NOW, loads.iter().copied(), &mut wait_time) == Admission::Admitted
    }

    #[test]
    fn admit_with_headroom_of_all_live_instances_is_admitted() {
        assert!(admitted(&[]));
        assert!(admitted(&[live(0.3, 0.5), live(0.1, 0.2)]));
        assert!(!admitted(&[live(0.1, 0.2), live(0.7, 0.75)]));
        assert!(!admitted(&[live(0.1, 0.9)]));
        // Each instance has headroom, but their sum hasn't.
        assert!(!admitted(&[live(0.55, 0.6); 3]));
        // A callback was late a moment ago.
        let trouble = Load {
            last_trouble_ns: NOW - 1_000_000,
            ..live(0.1, 0.1)
        };
        assert!(!admitted(&[trouble]));
    }

    #[test]
    fn admit_ignores_loads_at_rest_or_offline() {
        let rest = Load {
            last_callback_ns: NOW - 1_000_000_000,
            ..live(0.9, 1.5)
        };
        let offline = Load {
            real_time: false,
            ..live(0.9, 1.5)
        };
        assert!(admitted(&[rest, offline]));
    }

    #[test]
    fn admit_at_constant_overload_lets_each_instance_run_every_two_seconds() {
        let mut scheduler = Scheduler::new(2);
        let mut waits = [WaitTime::default(); 2];
        let mut aged = [0; 2];
        // 10 s of overload, with a request every 20 ms.
        for step in 0..500 {
            let now = NOW + step * 20_000_000;
            let busy = Load {
                last_callback_ns: now,
                ..live(0.95, 1.0)
            };
            // No instance waits longer because of the other.
            for (wait, aged) in waits.iter_mut().zip(&mut aged) {
                match scheduler.admit(now, [busy].into_iter(), wait) {
                    Admission::Aged => *aged += 1,
                    Admission::Deferred => {}
                    Admission::Admitted => panic!("admitted without headroom"),
                }
            }
        }
        assert_eq!(aged, [4; 2]);
        let counts = scheduler.stats();
        assert_eq!((counts.aged, counts.deferred), (8, 10));
        assert_eq!(
            scheduler.admit(NOW, std::iter::empty(), &mut waits[0]),
            Admission::Admitted
        );
        assert!(!waits[0].is_waiting());
    }

    #[test]
    fn record_slice_beyond_50_ms_counts_as_long() {
        let mut scheduler = Scheduler::new(1);
        scheduler.record_slice(NOW, NOW + SLICE_NS);
        scheduler.record_slice(NOW, NOW + SLICE_NS + 1);
        assert_eq!(
            (scheduler.stats().slices, scheduler.stats().long_slices),
            (2, 1)
        );
    }

    #[test]
    fn record_shown_of_old_result_is_stale_once() {
        let mut monitor = StalenessMonitor::default();
        // This result was created while the editor was closed.
        assert!(!monitor.record_shown(NOW - 10_000_000, NOW - 900_000_000));
        assert!(!monitor.record_shown(NOW + 20_000_000, NOW));
        assert!(monitor.record_shown(NOW + 300_000_000, NOW + 100_000_000));
        assert!(!monitor.record_shown(NOW + 900_000_000, NOW + 100_000_000));
        assert_eq!(
            (monitor.stale_count(), monitor.max_age_ns()),
            (1, 200_000_000)
        );
    }

    #[test]
    fn should_repaint_while_audio_is_overloaded_holds_66_ms() {
        let repaints = |is_overloaded| {
            let mut limiter = RepaintLimiter::default();
            let blocks = (0..1000).map(|block| NOW + block * 1_000_000);
            blocks
                .filter(|ns| limiter.should_repaint(*ns, is_overloaded))
                .count()
        };
        assert_eq!(repaints(false), 1000);
        assert_eq!(repaints(true), 16);
    }
}
