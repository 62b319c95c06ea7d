//! The service's thread.

use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use super::job::Job;
use super::standing::{Standing, Sums};
use super::{Inbox, MakeAnalyst, Shared};
use crate::analysis::{Runs, WithFallback};
use crate::clock::now_ns;
use crate::flags::{FLAGS, Flag};
use crate::priority;
use crate::probe::{self, Event, Kind, Recording, Track};
use crate::scheduler::{Admission, Scheduler};

/// How often it looks for audio while somebody listens or the probe records.
const AWAKE: Duration = Duration::from_millis(15);
/// And while nobody does: flags may change.
const ASLEEP: Duration = Duration::from_millis(250);

/// Until the last client leaves.
pub(super) fn run(shared: &Shared, make_analyst: MakeAnalyst) {
    // Once: what has gone down may not come up again.
    if FLAGS.is_on(Flag::Scheduler) {
        priority::lower();
    }
    let mut worker = Worker::new(shared.standing.clone(), make_analyst);
    loop {
        let inbox = shared.wait(worker.pause());
        if inbox.stop {
            worker.take_in(inbox);
            worker.leave();
            return;
        }
        worker.take_in(inbox);
        worker.round();
    }
}

struct Worker {
    jobs: Vec<Job>,
    /// Whose turn it is first.
    first: usize,
    scheduler: Scheduler,
    standing: Arc<Standing>,
    /// What instances lost that have left.
    gone: Sums,
    make_analyst: MakeAnalyst,
    /// From when on somebody wanted an analysis: it takes a moment to make them.
    analysts: Option<WithFallback>,
    /// What they ran on last.
    runs: Runs,
    panics: u64,
    flags: u8,
    recording: Recording,
    more: bool,
}

impl Worker {
    fn new(standing: Arc<Standing>, make_analyst: MakeAnalyst) -> Self {
        let cores = thread::available_parallelism().map_or(1, |n| n.get());
        Self {
            jobs: Vec::new(),
            first: 0,
            scheduler: Scheduler::new(u16::try_from(cores).unwrap_or(u16::MAX)),
            standing,
            gone: Sums::default(),
            make_analyst,
            analysts: None,
            runs: Runs::default(),
            panics: 0,
            // Of no use yet, so that the recording begins with what is on.
            flags: 0,
            recording: Recording::default(),
            more: false,
        }
    }

    fn pause(&self) -> Duration {
        if self.more {
            Duration::ZERO
        } else if probe::is_on() || self.jobs.iter().any(Job::is_wanted) {
            AWAKE
        } else {
            ASLEEP
        }
    }

    /// Sees to who came, who left and who wants a file.
    fn take_in(&mut self, inbox: Inbox) {
        self.jobs.extend(inbox.arrivals);
        self.observe();
        // What a client that left had noted is in the recording by now.
        for job in self.jobs.extract_if(.., |job| job.has_left()) {
            job.add_to(&mut self.gone);
        }
        for (path, answer) in inbox.exports {
            // Who asked may be gone.
            let _ = answer.send(self.recording.trace().write(&path));
        }
    }

    /// Everyone who has work gets one slice.
    fn round(&mut self) {
        let begin_ns = now_ns();
        self.jobs.iter_mut().for_each(|job| job.follow(begin_ns));
        self.look_around(begin_ns);
        self.more = false;
        let members = self.jobs.len();
        self.first = (self.first + 1) % members.max(1);
        for turn in 0..members {
            let index = (self.first + turn) % members;
            if !self.jobs[index].has_work(now_ns()) {
                continue;
            }
            let deferred_before = self.scheduler.counts().deferred;
            let admission = self.admit(index);
            self.standing.scheduled(self.scheduler.counts());
            match admission {
                Admission::Deferred => {
                    if self.scheduler.counts().deferred > deferred_before {
                        self.note(Event::at(Kind::Deferred, now_ns(), 0));
                    }
                    continue;
                }
                Admission::Aged => self.note(Event::at(Kind::Aged, now_ns(), 0)),
                Admission::Admitted => {}
            }
            self.slice(index);
            if admission == Admission::Aged {
                // What was heard and what it means; and only one of them all, the others get their turn.
                if self.jobs[index].has_work(now_ns()) {
                    self.slice(index);
                }
                return;
            }
        }
        let now_ns = now_ns();
        self.more = self
            .jobs
            .iter()
            .any(|job| job.has_work(now_ns) && !job.age.is_refused());
    }

    fn admit(&mut self, index: usize) -> Admission {
        if !FLAGS.is_on(Flag::Scheduler) {
            return Admission::Admitted;
        }
        let mut age = self.jobs[index].age;
        let loads = self.jobs.iter().map(|job| job.slot.load.read());
        let admission = self.scheduler.admit(now_ns(), loads, &mut age);
        self.jobs[index].age = age;
        admission
    }

    /// Adds up what was lost, and tells whether audio is short of time.
    fn look_around(&mut self, now_ns: u64) {
        let mut sums = self.gone;
        self.jobs.iter().for_each(|job| job.add_to(&mut sums));
        self.standing.lost(sums);
        let loads = self.jobs.iter().map(|job| job.slot.load.read());
        let pressed = FLAGS.is_on(Flag::Scheduler) && !self.scheduler.has_headroom(now_ns, loads);
        if self.standing.press(pressed) {
            self.note(Event::at(Kind::Pressed, now_ns, u64::from(pressed)));
        }
    }

    fn slice(&mut self, index: usize) {
        let make_analyst = self.make_analyst;
        let analysts = self.analysts.get_or_insert_with(|| {
            WithFallback::new(catch_unwind(make_analyst).unwrap_or_default())
        });
        let fallbacks = analysts.fallbacks();
        let begin_ns = now_ns();
        let job = &mut self.jobs[index];
        let done = catch_unwind(AssertUnwindSafe(|| job.work(begin_ns, analysts)));
        let end_ns = now_ns();
        self.scheduler.ran(begin_ns, end_ns);
        let track = Track::Audio(self.jobs[index].slot.number);
        let analysed = matches!(&done, Ok(done) if done.kind == Kind::Analyse);
        match done {
            Ok(done) => self.note(Event {
                kind: done.kind,
                begin_ns,
                end_ns,
                value: done.value,
            }),
            Err(_) => {
                self.panics += 1;
                // Whatever led to it is gone with what was heard.
                self.jobs[index].forget();
                if probe::is_on() {
                    self.recording
                        .push(track, Event::at(Kind::Panicked, end_ns, 0));
                }
            }
        }
        let fallbacks_now = self.analysts.as_ref().map_or(0, WithFallback::fallbacks);
        if fallbacks_now > fallbacks {
            self.note(Event::at(Kind::Fallback, end_ns, 0));
        }
        if analysed {
            self.look_at_analysts(end_ns);
            let took_ns = end_ns - begin_ns;
            self.jobs[index].ran(self.runs.on, took_ns);
        }
        self.standing.scheduled(self.scheduler.counts());
        self.standing.caught(self.panics, fallbacks_now);
        if analysed && let Some(wait_ns) = self.jobs[index].take_wait_ns(end_ns) {
            self.standing.waited(wait_ns);
        }
        self.jobs[index].publish(end_ns);
    }

    /// Notes what the analysts run on, if that has changed, and how much they knew.
    fn look_at_analysts(&mut self, now_ns: u64) {
        let Some(analysts) = &self.analysts else {
            return;
        };
        let runs = analysts.runs();
        if let Some(known) = (runs.known * 1_000_000).checked_div(runs.asked) {
            self.note(Event::at(Kind::Known, now_ns, known));
        }
        if (runs.on, &runs.reason) != (self.runs.on, &self.runs.reason) {
            self.runs = runs;
            self.choose(now_ns);
        }
    }

    fn choose(&mut self, now_ns: u64) {
        if probe::is_on() {
            self.recording.chose(now_ns, self.runs.clone());
        }
    }

    fn note(&mut self, event: Event) {
        if probe::is_on() {
            self.recording.push(Track::Service, event);
        }
    }

    /// Fetches what all threads noted, and looks at flags and loads.
    fn observe(&mut self) {
        for job in &mut self.jobs {
            job.empty_rings(&mut self.recording);
        }
        self.standing.recorded(!self.recording.is_empty());
        let now_ns = now_ns();
        let flags = FLAGS.bits();
        if std::mem::replace(&mut self.flags, flags) != flags {
            self.note(Event::at(Kind::Flags, now_ns, u64::from(flags)));
            self.runs = self.analysts.as_ref().map_or_else(
                || Runs {
                    on: "nobody yet",
                    ..Runs::default()
                },
                WithFallback::runs,
            );
            self.choose(now_ns);
        }
        if !probe::is_on() {
            return;
        }
        for job in &self.jobs {
            let load = job.slot.load.read();
            if load.is_live(now_ns) {
                // A share of 10 is as bad as any.
                #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
                let millionths = (load.smoothed.clamp(0.0, 10.0) * 1e6) as u64;
                let track = Track::Audio(job.slot.number);
                self.recording
                    .push(track, Event::at(Kind::Load, now_ns, millionths));
            }
        }
    }

    /// Where `FLOW_PROBE` says, the recording is written down at the end.
    fn leave(&mut self) {
        let Some(path) = std::env::var_os("FLOW_PROBE").map(PathBuf::from) else {
            return;
        };
        if self.recording.is_empty() {
            return;
        }
        if let Err(error) = self.recording.trace().write(&path) {
            // The folder may be missing; say where it was looked for, once.
            let full = fs::canonicalize(&path).unwrap_or(path);
            log::warn!("FLOW_PROBE: {} can't be written: {error}", full.display());
        }
    }
}
