//! The service's thread.

use std::fs;
use std::mem;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use flow_analysis::analyzer::{Analyzer, AnalyzerWithFallback, BackendStatus};
use flow_platform::background_task::CancelToken;
use flow_platform::clock::Clock;
use flow_platform::flags::{FLAGS, Flag};
use hdrhistogram::Histogram;

use crate::inbox::{Inbox, Messages};
use crate::job::Job;
use crate::probe::{self, Event, Kind, Recording, Track};
use crate::scheduler::{Admission, Scheduler};
use crate::stats::{Losses, ServiceStats, SharedStats};

/// Makes the analyzer that precedes the rules, on the service's thread.
pub(crate) type MakeAnalyzer = Box<dyn FnOnce() -> Option<Box<dyn Analyzer>> + Send>;

/// Interval between two rounds while an instance listens or the probe records.
const ACTIVE_INTERVAL: Duration = Duration::from_millis(15);
/// Interval between two rounds otherwise: flags may change.
const IDLE_INTERVAL: Duration = Duration::from_millis(250);

/// How long a trial goes on without headroom, after it has waited for long, ns.
const AGED_TRIAL_NS: u64 = 40_000_000;

/// Largest number of windows that are analyzed in one slice.
const MAX_BATCH: usize = 8;

/// Serves all clients until the task is canceled.
pub(crate) fn run(
    inbox: &Inbox,
    stats: Arc<SharedStats>,
    make_analyzer: MakeAnalyzer,
    clock: Clock,
    token: &CancelToken,
) {
    let mut worker = Worker::new(stats, make_analyzer, clock);
    loop {
        let messages = inbox.wait(worker.interval());
        worker.handle(messages);
        if token.is_canceled() {
            worker.write_recording();
            return;
        }
        worker.run_round();
    }
}

/// The analyzers, which are made at the first analysis because reading the network takes time.
struct LazyAnalyzer {
    make: Option<MakeAnalyzer>,
    analyzer: Option<AnalyzerWithFallback>,
}

impl LazyAnalyzer {
    /// Makes the analyzers if they don't exist.
    fn get(&mut self) -> &mut AnalyzerWithFallback {
        let make = &mut self.make;
        self.analyzer.get_or_insert_with(|| {
            let first = make.take().map(|make| catch_unwind(AssertUnwindSafe(make)));
            AnalyzerWithFallback::new(first.and_then(Result::unwrap_or_default))
        })
    }

    /// Does a step of preparation. Returns whether there was one.
    fn prepare(&mut self) -> bool {
        let is_new = self.analyzer.is_none();
        let analyzer = self.get();
        is_new || analyzer.prepare()
    }

    /// Follows the flags.
    fn follow(&mut self) {
        if let Some(analyzer) = &mut self.analyzer {
            analyzer.follow();
        }
    }

    fn backend(&self) -> BackendStatus {
        let none = || BackendStatus {
            backend: "none",
            ..BackendStatus::default()
        };
        self.analyzer
            .as_ref()
            .map_or_else(none, AnalyzerWithFallback::status)
    }
}

struct Worker {
    clock: Clock,
    jobs: Vec<Job>,
    /// The job that is served first in the next round.
    first: usize,
    scheduler: Scheduler,
    shared_stats: Arc<SharedStats>,
    stats: ServiceStats,
    /// Losses of the instances that have left.
    past_losses: Losses,
    analyzer: LazyAnalyzer,
    /// The analyzer's backend at the last look.
    backend: Arc<BackendStatus>,
    /// Durations of analyses, ns.
    durations: Histogram<u64>,
    flags: u8,
    recording: Recording,
    has_more_work: bool,
}

impl Worker {
    fn new(shared_stats: Arc<SharedStats>, make_analyzer: MakeAnalyzer, clock: Clock) -> Self {
        let cores = thread::available_parallelism().map_or(1, |n| n.get());
        Self {
            clock,
            jobs: Vec::new(),
            first: 0,
            scheduler: Scheduler::new(u16::try_from(cores).unwrap_or(u16::MAX)),
            shared_stats,
            stats: ServiceStats::default(),
            past_losses: Losses::default(),
            analyzer: LazyAnalyzer {
                make: Some(make_analyzer),
                analyzer: None,
            },
            backend: Arc::default(),
            // From 1 µs to an hour, with two significant digits.
            durations: Histogram::new_with_bounds(1_000, 3_600_000_000_000, 2)
                .expect("the bounds are valid"),
            // No valid set, so that the recording begins with the flags.
            flags: 0,
            recording: Recording::default(),
            has_more_work: false,
        }
    }

    fn now_ns(&self) -> u64 {
        self.clock.now_ns()
    }

    /// How long to wait for messages.
    fn interval(&self) -> Duration {
        if self.has_more_work {
            Duration::ZERO
        } else if probe::is_on() || self.jobs.iter().any(Job::is_listening) {
            ACTIVE_INTERVAL
        } else {
            IDLE_INTERVAL
        }
    }

    /// Adds new instances, removes those that have left, and exports recordings.
    fn handle(&mut self, messages: Messages) {
        self.jobs.extend(messages.new_jobs);
        self.observe();
        // The events of instances that have left are in the recording now.
        for job in self.jobs.extract_if(.., |job| job.has_left()) {
            job.add_losses(&mut self.past_losses);
        }
        for export in messages.exports {
            // The client may be gone.
            let _ = export
                .reply
                .send(self.recording.trace().write(&export.path));
        }
    }

    /// Gives each instance with work one slice, and all that are due for an analysis one slice together.
    fn run_round(&mut self) {
        let begin_ns = self.now_ns();
        self.jobs.iter_mut().for_each(|job| job.update(begin_ns));
        let is_overloaded = self.update_load(begin_ns);
        let is_preparing = !is_overloaded && self.prepare();
        self.has_more_work = false;
        let count = self.jobs.len();
        self.first = (self.first + 1) % count.max(1);
        let mut due = Vec::new();
        for turn in 0..count {
            let index = (self.first + turn) % count;
            if !self.jobs[index].has_work(self.now_ns()) {
                continue;
            }
            let deferred_before = self.scheduler.stats().deferred;
            let admission = self.admit(index);
            match admission {
                Admission::Deferred => {
                    if self.scheduler.stats().deferred > deferred_before {
                        self.record(Event::at(Kind::Deferred, self.now_ns(), 0));
                    }
                }
                Admission::Aged => {
                    self.record(Event::at(Kind::Aged, self.now_ns(), 0));
                    // One instance gets its features and its analysis; the others get their turns in later rounds.
                    self.receive_audio(index);
                    let begin_ns = self.now_ns();
                    while self.jobs[index].is_trying() && self.now_ns() - begin_ns < AGED_TRIAL_NS {
                        self.try_proposals(index);
                    }
                    if self.jobs[index].is_due(self.now_ns()) {
                        self.analyze(&[index], true);
                    }
                    return;
                }
                // An analysis waits while there is anything to prepare, because it would wait for the same. It comes
                // before new audio, which may arrive faster than it is processed.
                Admission::Admitted if !is_preparing && self.jobs[index].is_due(self.now_ns()) => {
                    due.push(index);
                }
                Admission::Admitted => {
                    self.receive_audio(index);
                    self.try_proposals(index);
                }
            }
        }
        self.analyze_together(due);
        let now_ns = self.now_ns();
        let is_ready = |job: &Job| job.has_work(now_ns) && !job.wait_time.is_waiting();
        self.has_more_work = is_preparing || self.jobs.iter().any(is_ready);
    }

    fn admit(&mut self, index: usize) -> Admission {
        if !FLAGS.is_on(Flag::Scheduler) {
            return Admission::Admitted;
        }
        let mut wait_time = self.jobs[index].wait_time;
        let loads = self.jobs.iter().map(|job| job.instance.load.read());
        let admission = self
            .scheduler
            .admit(self.clock.now_ns(), loads, &mut wait_time);
        self.jobs[index].wait_time = wait_time;
        self.publish_stats();
        admission
    }

    fn publish_stats(&mut self) {
        let counts = self.scheduler.stats();
        self.stats.slices = counts.slices;
        self.stats.long_slices = counts.long_slices;
        self.stats.deferred = counts.deferred;
        self.stats.aged = counts.aged;
        self.shared_stats.publish(&self.stats);
    }

    /// Adds up the losses, and returns whether any audio thread is short of time.
    fn update_load(&mut self, now_ns: u64) -> bool {
        let mut losses = self.past_losses;
        self.jobs.iter().for_each(|job| job.add_losses(&mut losses));
        self.stats.late = losses.late;
        self.stats.missed = losses.missed;
        self.stats.dropped_frames = losses.dropped_frames;
        self.stats.lost_events = losses.lost_events;
        self.publish_stats();
        let loads = self.jobs.iter().map(|job| job.instance.load.read());
        let is_overloaded =
            FLAGS.is_on(Flag::Scheduler) && !self.scheduler.has_headroom(now_ns, loads);
        if self.shared_stats.set_audio_overloaded(is_overloaded) {
            self.record(Event::at(Kind::Pressed, now_ns, u64::from(is_overloaded)));
        }
        is_overloaded
    }

    /// Prepares the analyzers by one step, if an instance listens. Returns whether there was one.
    fn prepare(&mut self) -> bool {
        if !self.jobs.iter().any(Job::is_listening) {
            return false;
        }
        let begin_ns = self.now_ns();
        let has_prepared = self.analyzer.prepare();
        if has_prepared {
            self.finish_slice(Kind::Prepare, begin_ns, 0);
            self.update_backend(self.now_ns());
        }
        has_prepared
    }

    /// Extracts features of the audio of an instance.
    fn receive_audio(&mut self, index: usize) {
        let begin_ns = self.now_ns();
        let job = &mut self.jobs[index];
        match catch_unwind(AssertUnwindSafe(|| job.receive_audio())) {
            Ok(frames) => self.finish_slice(Kind::Listen, begin_ns, frames),
            Err(_) => self.recover(&[index]),
        }
        let now_ns = self.now_ns();
        self.jobs[index].publish(now_ns);
    }

    /// Renders a part of the trial of an instance, if proposals are on trial.
    fn try_proposals(&mut self, index: usize) {
        let job = &mut self.jobs[index];
        if !job.is_trying() {
            return;
        }
        let begin_ns = self.clock.now_ns();
        match catch_unwind(AssertUnwindSafe(|| job.try_proposals())) {
            Ok(frames) => self.finish_slice(Kind::Try, begin_ns, frames),
            Err(_) => self.recover(&[index]),
        }
        let now_ns = self.now_ns();
        self.jobs[index].publish(now_ns);
    }

    /// Analyzes the instances that are due, and those that will be due soon.
    fn analyze_together(&mut self, mut due: Vec<usize>) {
        if due.is_empty() {
            return;
        }
        let now_ns = self.now_ns();
        let others = (0..self.jobs.len()).filter(|index| self.jobs[*index].may_join(now_ns));
        let others: Vec<usize> = others.filter(|index| !due.contains(index)).collect();
        due.extend(others);
        // The rest is due in the next round.
        due.truncate(MAX_BATCH);
        self.analyze(&due, false);
    }

    /// Analyzes some instances in one slice.
    fn analyze(&mut self, indices: &[usize], is_overloaded: bool) {
        let begin_ns = self.now_ns();
        for index in indices {
            self.jobs[*index].begin_analysis(begin_ns);
        }
        let requests: Vec<_> = indices.iter().map(|i| self.jobs[*i].request()).collect();
        let analyzer = self.analyzer.get();
        let analyses = catch_unwind(AssertUnwindSafe(|| {
            analyzer.analyze(&requests, is_overloaded)
        }));
        let fallbacks = analyzer.fallbacks();
        let has_fallen_back = mem::replace(&mut self.stats.fallbacks, fallbacks) != fallbacks;
        self.finish_slice(Kind::Analyze, begin_ns, indices.len() as u64);
        let end_ns = self.now_ns();
        self.update_backend(end_ns);
        if has_fallen_back {
            self.record(Event::at(Kind::Fallback, end_ns, 0));
        }
        match analyses {
            Ok(analyses) => {
                let duration_ns = end_ns - begin_ns;
                self.durations.saturating_record(duration_ns);
                self.stats.analyses = self.durations.len();
                self.stats.analysis_median_ns = self.durations.value_at_quantile(0.5);
                self.stats.analysis_p99_ns = self.durations.value_at_quantile(0.99);
                for (index, analysis) in indices.iter().zip(analyses) {
                    let (job, backend) = (&mut self.jobs[*index], self.backend.clone());
                    let finish = || job.finish_analysis(analysis, backend, duration_ns);
                    if catch_unwind(AssertUnwindSafe(finish)).is_err() {
                        self.recover(&[*index]);
                    }
                }
            }
            Err(_) => self.recover(indices),
        }
        for index in indices {
            let job = &mut self.jobs[*index];
            if let Some(wait_ns) = job.restart_wait(end_ns) {
                self.stats.oldest_result_ns = self.stats.oldest_result_ns.max(wait_ns);
            }
        }
        self.publish_stats();
        for index in indices {
            self.jobs[*index].publish(end_ns);
        }
    }

    /// Counts and records a slice that ends now.
    fn finish_slice(&mut self, kind: Kind, begin_ns: u64, value: u64) {
        let end_ns = self.now_ns();
        self.scheduler.record_slice(begin_ns, end_ns);
        self.publish_stats();
        self.record(Event {
            kind,
            begin_ns,
            end_ns,
            value,
        });
    }

    /// Discards the data of instances whose slice panicked.
    fn recover(&mut self, indices: &[usize]) {
        self.stats.panics += 1;
        self.publish_stats();
        for index in indices {
            self.jobs[*index].reset();
            if probe::is_on() {
                let track = Track::Audio(self.jobs[*index].instance.number);
                let event = Event::at(Kind::Panicked, self.clock.now_ns(), 0);
                self.recording.push(track, event);
            }
        }
    }

    /// Records the share of cached answers, and the backend if it has changed.
    fn update_backend(&mut self, now_ns: u64) {
        let backend = self.analyzer.backend();
        if let Some(known) = (backend.cache_hits * 1_000_000).checked_div(backend.queries) {
            self.record(Event::at(Kind::Known, now_ns, known));
        }
        let choice =
            |runs: &BackendStatus| (runs.backend, runs.reason.clone(), runs.graphics.clone());
        let has_changed = choice(&backend) != choice(&self.backend);
        self.backend = Arc::new(backend);
        if has_changed {
            self.record_backend(now_ns);
        }
    }

    fn record_backend(&mut self, now_ns: u64) {
        if probe::is_on() {
            self.recording.push_backend(now_ns, (*self.backend).clone());
        }
    }

    fn record(&mut self, event: Event) {
        if probe::is_on() {
            self.recording.push(Track::Service, event);
        }
    }

    /// Collects the events of all threads, and records flags and loads.
    fn observe(&mut self) {
        for job in &mut self.jobs {
            job.drain_probes(&mut self.recording);
        }
        self.shared_stats
            .set_has_recording(!self.recording.is_empty());
        let now_ns = self.now_ns();
        self.analyzer.follow();
        let flags = FLAGS.bits();
        if mem::replace(&mut self.flags, flags) != flags {
            self.record(Event::at(Kind::Flags, now_ns, u64::from(flags)));
            self.backend = Arc::new(self.analyzer.backend());
            self.record_backend(now_ns);
        }
        if !probe::is_on() {
            return;
        }
        for job in &self.jobs {
            let load = job.instance.load.read();
            if load.is_live(now_ns) {
                // The clamp keeps the product far below 2⁶³.
                #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
                let millionths = (load.smoothed.clamp(0.0, 10.0) * 1e6) as u64;
                let track = Track::Audio(job.instance.number);
                self.recording
                    .push(track, Event::at(Kind::Load, now_ns, millionths));
            }
        }
    }

    /// Writes the recording to the path in `FLOW_PROBE`, if it is set.
    fn write_recording(&mut self) {
        let Some(path) = std::env::var_os("FLOW_PROBE").map(PathBuf::from) else {
            return;
        };
        if self.recording.is_empty() {
            return;
        }
        if let Err(error) = self.recording.trace().write(&path) {
            // A relative path is easier to find as an absolute one.
            let full = fs::canonicalize(&path).unwrap_or(path);
            log::warn!("FLOW_PROBE: {} can't be written: {error}", full.display());
        }
    }
}
