//! Audio before analysis before window: who may work now.
//!
//! | tier | budget | when time is short |
//! |---|---|---|
//! | Audio | the block's own duration, [`AUDIO_CEILING_NS`](crate::load::AUDIO_CEILING_NS) at most | nothing may keep it waiting |
//! | Ai | slices of [`SLICE_NS`] | deferred until every live instance has headroom, or [`AGE_LIMIT_NS`] is over |
//! | Ui | what it shows is at most [`UI_OLDEST_NS`] old | pictures are [`PRESSED_FRAME_NS`] apart; the newest wins, older results are never shown |
//!
//! Pure functions of the time that they are given.

use serde::Serialize;

use crate::load::Load;

/// A slice of analysis is planned to take no longer.
pub const SLICE_NS: u64 = 50_000_000;

/// Work that was deferred for so long is admitted once, whatever the load.
pub const AGE_LIMIT_NS: u64 = 2_000_000_000;

/// A result that waits longer to be shown is stale.
pub const UI_OLDEST_NS: u64 = 100_000_000;

/// From one picture to the next while audio is short of time: a picture costs more than any analysis, most of all where
/// no graphics card draws it.
pub const PRESSED_FRAME_NS: u64 = 66_000_000;

/// A window that didn't look for so long was closed.
const CLOSED_NS: u64 = 2_000_000_000;

/// An instance has headroom while it needs less of its deadline: smoothed, and at its worst within a second.
const SMOOTHED_LIMIT: f32 = 0.6;
const PEAK_LIMIT: f32 = 0.85;

/// After a late callback or a missed deadline, analysis waits.
const TROUBLE_NS: u64 = 200_000_000;

/// All live instances together may need this much of each core.
const SUM_LIMIT: f32 = 0.75;

/// What became of a piece of analysis.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Admission {
    /// Every live instance has headroom.
    Admitted,
    /// One has none, but the work waited too long.
    Aged,
    /// Later.
    Deferred,
}

/// What the scheduler counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Counts {
    /// Slices that ran.
    pub slices: u64,
    /// Of those, the ones that took longer than [`SLICE_NS`].
    pub long_slices: u64,
    /// Pieces of work that had to wait: each counts once, however often it was asked for.
    pub deferred: u64,
    /// Pieces of work that were admitted for their age.
    pub aged: u64,
}

/// Admits analysis. One for each service.
#[derive(Clone, Debug)]
pub struct Scheduler {
    cores: f32,
    counts: Counts,
}

/// How long an instance's work has been waiting.
#[derive(Clone, Copy, Debug, Default)]
pub struct Age {
    refused_since_ns: Option<u64>,
}

impl Age {
    /// Whether it was deferred when it was asked for last.
    #[must_use]
    pub fn is_refused(self) -> bool {
        self.refused_since_ns.is_some()
    }
}

impl Scheduler {
    /// On a machine with so many cores.
    #[must_use]
    pub fn new(cores: u16) -> Self {
        Self {
            cores: f32::from(cores.max(1)),
            counts: Counts::default(),
        }
    }

    /// Whether a slice of an instance's analysis may run now, given the loads of all instances.
    pub fn admit(
        &mut self,
        now_ns: u64,
        loads: impl Iterator<Item = Load>,
        age: &mut Age,
    ) -> Admission {
        if self.has_headroom(now_ns, loads) {
            age.refused_since_ns = None;
            return Admission::Admitted;
        }
        let since_ns = *age.refused_since_ns.get_or_insert_with(|| {
            self.counts.deferred += 1;
            now_ns
        });
        if now_ns.saturating_sub(since_ns) < AGE_LIMIT_NS {
            return Admission::Deferred;
        }
        // The next one has to wait as long.
        age.refused_since_ns = None;
        self.counts.aged += 1;
        Admission::Aged
    }

    /// Whether every live instance has time to spare.
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

    /// Takes in that a slice ran.
    pub fn ran(&mut self, begin_ns: u64, end_ns: u64) {
        self.counts.slices += 1;
        self.counts.long_slices += u64::from(end_ns.saturating_sub(begin_ns) > SLICE_NS);
    }

    /// So far.
    #[must_use]
    pub fn counts(&self) -> Counts {
        self.counts
    }
}

/// Lets a window draw itself.
#[derive(Clone, Copy, Debug, Default)]
pub struct Pace {
    drawn_ns: u64,
}

impl Pace {
    /// Whether a picture may be asked for now, given whether audio is short of time.
    pub fn admits(&mut self, now_ns: u64, pressed: bool) -> bool {
        let admitted = !pressed || now_ns.saturating_sub(self.drawn_ns) >= PRESSED_FRAME_NS;
        if admitted {
            self.drawn_ns = now_ns;
        }
        admitted
    }
}

/// Watches that a window shows what is new soon enough.
#[derive(Clone, Debug, Default)]
pub struct Freshness {
    shown_ns: u64,
    looked_ns: u64,
    stale: u64,
    oldest_ns: u64,
}

impl Freshness {
    /// Takes in that a window shows, now, a result made at `made_ns`. True if that was new, but had to wait too long,
    /// though the window was there to look.
    pub fn shown(&mut self, now_ns: u64, made_ns: u64) -> bool {
        let looked_ns = std::mem::replace(&mut self.looked_ns, now_ns);
        if made_ns <= self.shown_ns {
            return false;
        }
        if looked_ns == 0 || now_ns.saturating_sub(looked_ns) > CLOSED_NS {
            self.shown_ns = made_ns;
            return false;
        }
        self.shown_ns = made_ns;
        let age_ns = now_ns.saturating_sub(made_ns);
        self.oldest_ns = self.oldest_ns.max(age_ns);
        let stale = age_ns > UI_OLDEST_NS;
        self.stale += u64::from(stale);
        stale
    }

    /// Results that were shown too late.
    #[must_use]
    pub fn stale(&self) -> u64 {
        self.stale
    }

    /// The longest that a result waited.
    #[must_use]
    pub fn oldest_ns(&self) -> u64 {
        self.oldest_ns
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
        let mut age = Age::default();
        Scheduler::new(2).admit(NOW, loads.iter().copied(), &mut age) == Admission::Admitted
    }

    #[test]
    fn work_is_admitted_while_every_live_instance_has_headroom() {
        assert!(admitted(&[]));
        assert!(admitted(&[live(0.3, 0.5), live(0.1, 0.2)]));
        assert!(!admitted(&[live(0.1, 0.2), live(0.7, 0.75)]));
        assert!(!admitted(&[live(0.1, 0.9)]));
        // Each has headroom, all together don't.
        assert!(!admitted(&[live(0.55, 0.6); 3]));
        // Late a moment ago.
        let trouble = Load {
            last_trouble_ns: NOW - 1_000_000,
            ..live(0.1, 0.1)
        };
        assert!(!admitted(&[trouble]));
    }

    #[test]
    fn instances_at_rest_or_offline_need_no_headroom() {
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
    fn deferred_work_ages_and_never_starves() {
        let mut scheduler = Scheduler::new(2);
        let mut ages = [Age::default(); 2];
        let mut aged = [0; 2];
        // 10 s of overload, asked every 20 ms.
        for step in 0..500 {
            let now = NOW + step * 20_000_000;
            let busy = Load {
                last_callback_ns: now,
                ..live(0.95, 1.0)
            };
            // One instance has to wait no longer for the other's sake.
            for (age, aged) in ages.iter_mut().zip(&mut aged) {
                match scheduler.admit(now, [busy].into_iter(), age) {
                    Admission::Aged => *aged += 1,
                    Admission::Deferred => {}
                    Admission::Admitted => panic!("there was no headroom"),
                }
            }
        }
        assert_eq!(aged, [4; 2]);
        let counts = scheduler.counts();
        assert_eq!((counts.aged, counts.deferred), (8, 10));
        assert_eq!(
            scheduler.admit(NOW, std::iter::empty(), &mut ages[0]),
            Admission::Admitted
        );
        assert!(!ages[0].is_refused());
    }

    #[test]
    fn long_slices_are_counted() {
        let mut scheduler = Scheduler::new(1);
        scheduler.ran(NOW, NOW + SLICE_NS);
        scheduler.ran(NOW, NOW + SLICE_NS + 1);
        assert_eq!(
            (scheduler.counts().slices, scheduler.counts().long_slices),
            (2, 1)
        );
    }

    #[test]
    fn results_that_wait_are_stale_once() {
        let mut freshness = Freshness::default();
        // Made while the window was closed.
        assert!(!freshness.shown(NOW - 10_000_000, NOW - 900_000_000));
        assert!(!freshness.shown(NOW + 20_000_000, NOW));
        assert!(freshness.shown(NOW + 300_000_000, NOW + 100_000_000));
        assert!(!freshness.shown(NOW + 900_000_000, NOW + 100_000_000));
        assert_eq!((freshness.stale(), freshness.oldest_ns()), (1, 200_000_000));
    }

    #[test]
    fn windows_draw_seldom_while_audio_is_short_of_time() {
        let pictures = |pressed| {
            let mut pace = Pace::default();
            let blocks = (0..1000).map(|block| NOW + block * 1_000_000);
            blocks.filter(|ns| pace.admits(*ns, pressed)).count()
        };
        assert_eq!(pictures(false), 1000);
        assert_eq!(pictures(true), 16);
    }
}
