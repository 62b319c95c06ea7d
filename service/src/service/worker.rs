//! The service's thread.

use std::fs;
use std::mem;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use super::durations::Durations;
use super::job::Job;
use super::standing::{Standing, Sums};
use super::{Inbox, MakeAnalyst, Shared};
use crate::probe::{self, Event, Kind, Recording, Track};
use crate::scheduler::{Admission, Scheduler};
use flow_analysis::analyst::{Runs, WithFallback};
use flow_platform::clock::now_ns;
use flow_platform::flags::{FLAGS, Flag};
use flow_platform::priority;

/// How often it looks for audio while somebody listens or the probe records.
const AWAKE: Duration = Duration::from_millis(15);
/// And while nobody does: flags may change.
const ASLEEP: Duration = Duration::from_millis(250);

/// Most windows that are analysed in one slice.
const MOST_TOGETHER: usize = 8;

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

/// Who judges. Making them takes a moment, so nobody does before somebody wants an analysis.
struct Analysts {
    make: Option<MakeAnalyst>,
    made: Option<WithFallback>,
}

impl Analysts {
    /// Makes them if they aren't there yet.
    fn made(&mut self) -> &mut WithFallback {
        let make = &mut self.make;
        self.made.get_or_insert_with(|| {
            let made = make.take().map(|make| catch_unwind(AssertUnwindSafe(make)));
            WithFallback::new(made.and_then(Result::unwrap_or_default))
        })
    }

    /// Whether there was something to do.
    fn prepare(&mut self) -> bool {
        let are_made = self.made.is_some();
        let analysts = self.made();
        !are_made || analysts.prepare()
    }

    /// Who isn't made yet has nothing that a flag could take away.
    fn follow(&mut self) {
        if let Some(made) = &mut self.made {
            made.follow();
        }
    }

    fn runs(&self) -> Runs {
        let nobody = || Runs {
            on: "nobody yet",
            ..Runs::default()
        };
        self.made.as_ref().map_or_else(nobody, WithFallback::runs)
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
    analysts: Analysts,
    /// What they ran on last.
    runs: Arc<Runs>,
    durations: Durations,
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
            analysts: Analysts {
                make: Some(make_analyst),
                made: None,
            },
            runs: Arc::default(),
            durations: Durations::default(),
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
        } else if probe::is_on() || self.jobs.iter().any(Job::listens) {
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

    /// Everyone who has work gets one slice, and those that are due for an analysis one together.
    fn round(&mut self) {
        let begin_ns = now_ns();
        self.jobs.iter_mut().for_each(|job| job.follow(begin_ns));
        let pressed = self.look_around(begin_ns);
        // Analysis doesn't wait long: it would have to wait for the same.
        let preparing = !pressed && self.prepare();
        self.more = false;
        let members = self.jobs.len();
        self.first = (self.first + 1) % members.max(1);
        let mut due = Vec::new();
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
                }
                Admission::Aged => {
                    self.note(Event::at(Kind::Aged, now_ns(), 0));
                    // What was heard and what it means; and only of one of them all, the others get their turn.
                    self.listen(index);
                    if self.jobs[index].is_due(now_ns()) {
                        self.analyse(&[index], true);
                    }
                    return;
                }
                // Where audio comes faster than it is taken in, there would never be time for an analysis.
                Admission::Admitted if !preparing && self.jobs[index].is_due(now_ns()) => {
                    due.push(index);
                }
                Admission::Admitted => self.listen(index),
            }
        }
        self.analyse_together(due);
        let now_ns = now_ns();
        self.more = preparing
            || self
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
    fn look_around(&mut self, now_ns: u64) -> bool {
        let mut sums = self.gone;
        self.jobs.iter().for_each(|job| job.add_to(&mut sums));
        self.standing.lost(sums);
        let loads = self.jobs.iter().map(|job| job.slot.load.read());
        let pressed = FLAGS.is_on(Flag::Scheduler) && !self.scheduler.has_headroom(now_ns, loads);
        if self.standing.press(pressed) {
            self.note(Event::at(Kind::Pressed, now_ns, u64::from(pressed)));
        }
        pressed
    }

    /// A step of what an analysis would else have to wait for, if somebody is going to want one; whether there was any.
    fn prepare(&mut self) -> bool {
        if !self.jobs.iter().any(Job::listens) {
            return false;
        }
        let begin_ns = now_ns();
        let done = self.analysts.prepare();
        if done {
            self.ran(Kind::Prepare, begin_ns, 0);
            self.look_at_analysts(now_ns());
        }
        done
    }

    /// Takes in the audio of an instance.
    fn listen(&mut self, index: usize) {
        let begin_ns = now_ns();
        let job = &mut self.jobs[index];
        match catch_unwind(AssertUnwindSafe(|| job.listen())) {
            Ok(frames) => self.ran(Kind::Listen, begin_ns, frames),
            Err(_) => self.panicked(&[index]),
        }
        self.jobs[index].publish(now_ns());
    }

    /// Analyses those that are due, and those that soon will be with them.
    fn analyse_together(&mut self, mut due: Vec<usize>) {
        if due.is_empty() {
            return;
        }
        let now_ns = now_ns();
        let others = (0..self.jobs.len()).filter(|index| self.jobs[*index].may_join(now_ns));
        let others: Vec<usize> = others.filter(|index| !due.contains(index)).collect();
        due.extend(others);
        // The rest is due in the next round.
        due.truncate(MOST_TOGETHER);
        self.analyse(&due, false);
    }

    /// One slice for some instances' analyses.
    fn analyse(&mut self, indices: &[usize], pressed: bool) {
        let begin_ns = now_ns();
        for index in indices {
            self.jobs[*index].begin(begin_ns);
        }
        let Self { jobs, analysts, .. } = self;
        let questions: Vec<_> = indices.iter().map(|i| jobs[*i].question()).collect();
        let analysts = analysts.made();
        let answers = catch_unwind(AssertUnwindSafe(|| analysts.analyse(&questions, pressed)));
        let fallbacks = analysts.fallbacks();
        self.ran(Kind::Analyse, begin_ns, indices.len() as u64);
        let end_ns = now_ns();
        self.look_at_analysts(end_ns);
        if self.standing.fell_back(fallbacks) {
            self.note(Event::at(Kind::Fallback, end_ns, 0));
        }
        match answers {
            Ok(answers) => {
                let took_ns = end_ns - begin_ns;
                self.durations.push(took_ns);
                self.standing.analysed(&self.durations);
                for (index, analysis) in indices.iter().zip(answers) {
                    self.jobs[*index].take(analysis, self.runs.clone(), took_ns);
                }
            }
            Err(_) => self.panicked(indices),
        }
        for index in indices {
            let job = &mut self.jobs[*index];
            if let Some(wait_ns) = job.take_wait_ns(end_ns) {
                self.standing.waited(wait_ns);
            }
            job.publish(end_ns);
        }
    }

    /// A slice has ended.
    fn ran(&mut self, kind: Kind, begin_ns: u64, value: u64) {
        let end_ns = now_ns();
        self.scheduler.ran(begin_ns, end_ns);
        self.standing.scheduled(self.scheduler.counts());
        self.note(Event {
            kind,
            begin_ns,
            end_ns,
            value,
        });
    }

    /// Whatever led to it is gone with what was heard.
    fn panicked(&mut self, indices: &[usize]) {
        self.panics += 1;
        self.standing.caught(self.panics);
        for index in indices {
            self.jobs[*index].forget();
            if probe::is_on() {
                let track = Track::Audio(self.jobs[*index].slot.number);
                self.recording
                    .push(track, Event::at(Kind::Panicked, now_ns(), 0));
            }
        }
    }

    /// Notes what the analysts run on, if that has changed, and how much they knew.
    fn look_at_analysts(&mut self, now_ns: u64) {
        let runs = self.analysts.runs();
        if let Some(known) = (runs.known * 1_000_000).checked_div(runs.asked) {
            self.note(Event::at(Kind::Known, now_ns, known));
        }
        let what = |runs: &Runs| (runs.on, runs.reason.clone(), runs.graphics.clone());
        let changed = what(&runs) != what(&self.runs);
        self.runs = Arc::new(runs);
        if changed {
            self.choose(now_ns);
        }
    }

    fn choose(&mut self, now_ns: u64) {
        if probe::is_on() {
            self.recording.chose(now_ns, (*self.runs).clone());
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
        self.analysts.follow();
        let flags = FLAGS.bits();
        if mem::replace(&mut self.flags, flags) != flags {
            self.note(Event::at(Kind::Flags, now_ns, u64::from(flags)));
            self.runs = Arc::new(self.analysts.runs());
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
