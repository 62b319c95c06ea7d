//! The work that the service's thread does for one instance.

use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;

use flow_analysis::analyzer::{AnalysisRequest, BackendStatus};
use flow_analysis::features::MEL_FRAMES;
use flow_analysis::report::{Analysis, Context};
use flow_analysis::trial::Trial;
use flow_dsp::math::{count, narrow};
use flow_platform::flags::{FLAGS, Flag};
use flow_platform::mutex::lock;
use triple_buffer::Input;

use crate::audio_tap::{TAP_BLOCKS, TapReader};
use crate::feature_accumulator::{AudioPart, FeatureAccumulator};
use crate::instance::{Instance, Report};
use crate::probe::{ProbeReader, Recording, Track};
use crate::scheduler::WaitTime;
use crate::stats::Losses;

/// Shortest time between two analyses of an instance, ns: users don't read faster.
const PERIOD_NS: u64 = 250_000_000;

/// How long settings stay the same before they are analyzed, ns, so that a moving control doesn't begin one trial after
/// another.
const SETTLED_NS: u64 = 500_000_000;

/// Number of samples that a trial renders in one slice: 3 to 10 ms of work.
const TRIAL_SAMPLES: usize = 20_000;

/// The service's side of an instance.
pub(crate) struct Job {
    pub(crate) instance: Arc<Instance>,
    pub(crate) wait_time: WaitTime,
    tap: TapReader,
    results: Input<Report>,
    /// Events of the audio thread and of the editor.
    probes: [ProbeReader; 2],
    accumulator: FeatureAccumulator,
    /// The window has frames, or the user settings, that the analysis doesn't cover.
    has_changed: bool,
    /// The whole window of the analysis. It stays until [`Instance::should_analyze_latest`] is set, so that the same
    /// playback gives the same analysis.
    analyzed_window: Option<AudioPart>,
    /// Whether `analyzed_window` is new in the analysis under way.
    is_new_window: bool,
    analysis: Option<Arc<Analysis>>,
    /// The trial of the newest analysis, which replaces `analysis` at its end.
    trial: Option<Trial>,
    /// The backend of the analysis, and its duration in ns.
    analyzed_by: (Arc<BackendStatus>, u64),
    context: Context,
    /// When the settings changed last.
    context_changed_ns: Option<u64>,
    analyzed_ns: Option<u64>,
    /// Since when the instance waits for its next result; none while it wants none or has no audio.
    waiting_since_ns: Option<u64>,
}

impl Job {
    pub(crate) fn new(
        instance: Arc<Instance>,
        tap: TapReader,
        results: Input<Report>,
        probes: [ProbeReader; 2],
    ) -> Self {
        Self {
            instance,
            wait_time: WaitTime::default(),
            tap,
            results,
            probes,
            accumulator: FeatureAccumulator::default(),
            has_changed: false,
            analyzed_window: None,
            is_new_window: false,
            analysis: None,
            trial: None,
            analyzed_by: Default::default(),
            context: Context::default(),
            context_changed_ns: None,
            analyzed_ns: None,
            waiting_since_ns: None,
        }
    }

    pub(crate) fn has_left(&self) -> bool {
        self.instance.has_left.load(Relaxed)
    }

    /// Whether audio should be fetched.
    pub(crate) fn is_listening(&self) -> bool {
        self.instance.is_listening.load(Relaxed) && FLAGS.is_on(Flag::Assistant)
    }

    /// Whether analyses are wanted. A pause keeps the audio, which is analyzed with settings that change meanwhile.
    fn wants_analysis(&self) -> bool {
        self.is_listening() || (self.has_data() && FLAGS.is_on(Flag::Assistant))
    }

    /// Follows the client's requests and the flags, before each round.
    pub(crate) fn update(&mut self, now_ns: u64) {
        let is_wanted = self.is_listening() && !self.has_left();
        if self.instance.tap.is_enabled() != is_wanted {
            self.instance.tap.set_enabled(is_wanted);
        }
        let is_switched_off = !FLAGS.is_on(Flag::Assistant) && self.has_data();
        if self.instance.should_reset.swap(false, Relaxed) || is_switched_off {
            self.reset();
            self.analyzed_ns = None;
        }
        if is_wanted && self.instance.load.read().is_live(now_ns) {
            self.waiting_since_ns.get_or_insert(now_ns);
        } else {
            self.waiting_since_ns = None;
        }
        let context = lock(&self.instance.context);
        if *context != self.context {
            self.context.clone_from(&context);
            self.has_changed = true;
            self.context_changed_ns = Some(now_ns);
        }
    }

    fn has_data(&self) -> bool {
        self.analysis.is_some()
            || self.trial.is_some()
            || !self.accumulator.window().frames().is_empty()
    }

    /// Discards all audio and the analysis.
    pub(crate) fn reset(&mut self) {
        self.tap.drain(TAP_BLOCKS, |_| ());
        self.accumulator.reset();
        self.has_changed = true;
        self.analyzed_window = None;
        self.analysis = None;
        self.trial = None;
    }

    pub(crate) fn has_work(&self, now_ns: u64) -> bool {
        (self.is_listening() && self.tap.has_blocks())
            || (self.wants_analysis() && (self.is_trying() || self.is_due(now_ns)))
    }

    /// Whether proposals are on trial.
    pub(crate) fn is_trying(&self) -> bool {
        self.trial.is_some()
    }

    /// Whether it is time for an analysis. A whole window doesn't wait, but a trial ends before the next analysis.
    pub(crate) fn is_due(&self, now_ns: u64) -> bool {
        let is_due = self.takes_whole_window() || self.has_changed_for(PERIOD_NS, now_ns);
        is_due && !self.is_trying()
    }

    /// Whether it may be analyzed with other instances that are due, so that they are due together from then on.
    pub(crate) fn may_join(&self, now_ns: u64) -> bool {
        let has_changed = self.has_changed_for(PERIOD_NS / 2, now_ns);
        self.wants_analysis() && has_changed && !self.is_trying()
    }

    /// Whether there is a change, and the last analysis is at least `period_ns` old.
    fn has_changed_for(&self, period_ns: u64, now_ns: u64) -> bool {
        let is_old = |then_ns, period_ns| now_ns.saturating_sub(then_ns) >= period_ns;
        let is_settled = |then_ns| self.analysis.is_none() || is_old(then_ns, SETTLED_NS);
        self.has_changed
            && self
                .analyzed_ns
                .is_none_or(|then_ns| is_old(then_ns, period_ns))
            && self.context_changed_ns.is_none_or(is_settled)
    }

    /// Whether to analyze the newest whole window: the first one, one after other content than music, or on request.
    fn takes_whole_window(&self) -> bool {
        let is_conclusive = self.analysis.as_ref().is_some_and(|a| a.is_conclusive());
        let keeps_window = self.analyzed_window.is_some() && is_conclusive;
        self.accumulator.whole_window().is_some()
            && (!keeps_window || self.instance.should_analyze_latest.load(Relaxed))
    }

    /// Extracts features of all blocks that have arrived: at most 64 × 512 frames, which takes 2 to 4 ms. Returns the
    /// number of frames.
    pub(crate) fn receive_audio(&mut self) -> u64 {
        let mut frames = 0;
        let (accumulator, has_changed) = (&mut self.accumulator, &mut self.has_changed);
        self.tap.drain(TAP_BLOCKS, |block| {
            frames += block.frames as u64;
            *has_changed |= accumulator.push(block);
        });
        frames
    }

    /// Begins an analysis. Its state is set before the analysis, so that a panic is not repeated at once.
    pub(crate) fn begin_analysis(&mut self, now_ns: u64) {
        self.analyzed_ns = Some(now_ns);
        self.has_changed = false;
        self.is_new_window = self.takes_whole_window();
        if self.is_new_window {
            self.analyzed_window = self.accumulator.take_whole_window();
            self.instance.should_analyze_latest.store(false, Relaxed);
        }
    }

    /// The input of the analysis.
    pub(crate) fn request(&self) -> AnalysisRequest<'_> {
        let analyzed = self.analyzed_window.as_ref().map(|part| &part.window);
        AnalysisRequest {
            window: analyzed.unwrap_or(self.accumulator.window()),
            context: &self.context,
        }
    }

    /// Stores an analysis with its backend and duration. Its proposals are tried before it is published; without any it
    /// is published at once.
    pub(crate) fn finish_analysis(
        &mut self,
        analysis: Analysis,
        backend: Arc<BackendStatus>,
        duration_ns: u64,
    ) {
        if self.is_new_window && !analysis.is_conclusive() {
            // Later audio is unrelated to this window. A second analysis of it must not discard audio again.
            self.accumulator.restart();
            self.has_changed = true;
        }
        self.analyzed_by = (backend, duration_ns);
        let analyzed = self.analyzed_window.as_ref().map(|part| &part.excerpt);
        let excerpt = analyzed.unwrap_or(self.accumulator.excerpt()).clone();
        self.trial = Some(Trial::new(analysis, self.context.settings, excerpt));
        self.advance_trial(0);
    }

    /// Renders one slice of the trial. Returns the number of samples.
    pub(crate) fn try_proposals(&mut self) -> u64 {
        self.advance_trial(TRIAL_SAMPLES);
        TRIAL_SAMPLES as u64
    }

    fn advance_trial(&mut self, samples: usize) {
        let finished = self.trial.take_if(|trial| trial.advance(samples));
        if let Some(trial) = finished {
            self.analysis = Some(Arc::new(trial.finish()));
        }
    }

    /// Sends the newest report to the client.
    pub(crate) fn publish(&mut self, now_ns: u64) {
        let frames = count(self.accumulator.window().frames().len());
        let (backend, analysis_duration_ns) = self.analyzed_by.clone();
        let newer = self.analyzed_window.as_ref();
        let newer = newer.zip(self.accumulator.whole_window());
        let newer = newer.filter(|_| !self.is_trying());
        self.results.write(Report {
            created_ns: now_ns,
            progress: narrow((frames / count(MEL_FRAMES)).min(1.0)),
            trial_progress: self.trial.as_ref().map(Trial::progress),
            analysis: self.analysis.clone(),
            has_newer_window: newer.is_some(),
            has_louder_part: newer.is_some_and(|(now, newer)| now.is_softer_than(newer)),
            backend,
            analysis_duration_ns,
        });
    }

    /// How long the instance waited for the present result; the next wait begins now.
    pub(crate) fn restart_wait(&mut self, now_ns: u64) -> Option<u64> {
        let since_ns = self.waiting_since_ns.replace(now_ns)?;
        Some(now_ns.saturating_sub(since_ns))
    }

    /// Adds the instance's losses so far.
    pub(crate) fn add_losses(&self, losses: &mut Losses) {
        let lost_events = self.probes.iter().map(ProbeReader::lost).sum();
        let dropped_frames = self.instance.tap.dropped_frames();
        losses.add(&self.instance.load.read(), dropped_frames, lost_events);
    }

    /// Moves the events of the instance's threads into the recording.
    pub(crate) fn drain_probes(&mut self, recording: &mut Recording) {
        let number = self.instance.number;
        let tracks = [Track::Audio(number), Track::Editor(number)];
        for (probe, track) in self.probes.iter_mut().zip(tracks) {
            probe.drain(|event| recording.push(track, event));
        }
    }
}
