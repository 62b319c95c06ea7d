//! One instance's work, as the service's thread does it.

use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;

use flow_dsp::Spec;
use triple_buffer::Input;

use super::client::{Report, Slot};
use super::lock;
use super::standing::Sums;
use crate::probe::{ProbeReader, Recording, Track};
use crate::scheduler::Age;
use crate::tap::{PIECES, Piece, TapReader};
use flow_analysis::analysis::{Analysis, Context};
use flow_analysis::analyst::{Question, Runs};
use flow_analysis::features::{Extractor, MEL_FRAMES, Window};
use flow_platform::flags::{FLAGS, Flag};

/// Analyses aren't made more often: nobody reads faster.
const PERIOD_NS: u64 = 250_000_000;

/// An instance.
pub(super) struct Job {
    pub(super) slot: Arc<Slot>,
    pub(super) age: Age,
    tap: TapReader,
    results: Input<Report>,
    audio_events: ProbeReader,
    window_events: ProbeReader,
    ear: Ear,
    /// What the analysis is of. It stays as it was heard, so that the same playback gives the same analysis, until more of
    /// it is asked for.
    judged: Option<Window>,
    /// Whether that was cut for the analysis that is being made, and not judged before.
    is_fresh: bool,
    analysis: Option<Arc<Analysis>>,
    /// What made it, and how long that took, ns.
    made_by: (Arc<Runs>, u64),
    context: Context,
    analysed_ns: Option<u64>,
    heard_frames: u64,
    /// Since when it waits for its next result; none while it wants none or there is no audio.
    waits_since_ns: Option<u64>,
}

/// What makes a window of features of pieces of audio.
#[derive(Default)]
struct Ear {
    extractor: Option<Extractor>,
    window: Window,
    /// Where the next piece begins, if nothing is missing.
    position: u64,
    /// There is more in the window, or other settings, than in the analysis.
    changed: bool,
    /// The window as it was when its newest [`MEL_FRAMES`] were whole: whatever blocks a host makes, and whenever they are
    /// fetched, these are the same frames.
    cut: Option<Window>,
}

impl Job {
    pub(super) fn new(
        slot: Arc<Slot>,
        tap: TapReader,
        results: Input<Report>,
        audio_events: ProbeReader,
        window_events: ProbeReader,
    ) -> Self {
        Self {
            slot,
            age: Age::default(),
            tap,
            results,
            audio_events,
            window_events,
            ear: Ear::default(),
            judged: None,
            is_fresh: false,
            analysis: None,
            made_by: Default::default(),
            context: Context::default(),
            analysed_ns: None,
            heard_frames: 0,
            waits_since_ns: None,
        }
    }

    pub(super) fn has_left(&self) -> bool {
        self.slot.left.load(Relaxed)
    }

    /// Whether its audio is wanted.
    pub(super) fn listens(&self) -> bool {
        self.slot.listening.load(Relaxed) && FLAGS.is_on(Flag::Assistant)
    }

    /// Whether analyses are: what was heard before a pause is judged by what is set during it.
    fn is_wanted(&self) -> bool {
        self.listens() || (self.has_heard() && FLAGS.is_on(Flag::Assistant))
    }

    /// Before each round: lets audio come or not, as client and flags say now.
    pub(super) fn follow(&mut self, now_ns: u64) {
        let wanted = self.listens() && !self.has_left();
        if self.slot.tap.is_wanted() != wanted {
            self.slot.tap.want(wanted);
        }
        let is_of_no_use = !FLAGS.is_on(Flag::Assistant) && self.has_heard();
        if self.slot.forget.swap(false, Relaxed) || is_of_no_use {
            self.forget();
            self.analysed_ns = None;
        }
        if wanted && self.slot.load.read().is_live(now_ns) {
            self.waits_since_ns.get_or_insert(now_ns);
        } else {
            self.waits_since_ns = None;
        }
        let context = lock(&self.slot.context);
        if *context != self.context {
            self.context.clone_from(&context);
            self.ear.changed = true;
        }
    }

    fn has_heard(&self) -> bool {
        self.analysis.is_some() || !self.ear.window.frames().is_empty()
    }

    /// Forgets what was heard.
    pub(super) fn forget(&mut self) {
        self.tap.drain(PIECES, |_| ());
        self.ear.begin_anew();
        if let Some(extractor) = &mut self.ear.extractor {
            extractor.reset();
        }
        self.judged = None;
        self.analysis = None;
    }

    pub(super) fn has_work(&self, now_ns: u64) -> bool {
        (self.listens() && self.tap.has_pieces()) || (self.is_wanted() && self.is_due(now_ns))
    }

    /// Whether it is time for an analysis. A whole window doesn't wait.
    pub(super) fn is_due(&self, now_ns: u64) -> bool {
        self.takes_cut() || (self.ear.changed && self.has_rested(now_ns, PERIOD_NS))
    }

    /// Whether it may join others that are due, so that from then on they are due together.
    pub(super) fn may_join(&self, now_ns: u64) -> bool {
        self.is_wanted() && self.ear.changed && self.has_rested(now_ns, PERIOD_NS / 2)
    }

    fn has_rested(&self, now_ns: u64, least_ns: u64) -> bool {
        let since_ns = self.analysed_ns.map(|then| now_ns.saturating_sub(then));
        since_ns.is_none_or(|ns| ns >= least_ns)
    }

    /// Whether the newest whole window is to be judged: the first, what comes after no music, and what is asked for.
    fn takes_cut(&self) -> bool {
        let is_judged = self.analysis.as_ref().is_some_and(|a| a.is_judged());
        let stays = self.judged.is_some() && is_judged;
        self.ear.cut.is_some() && (!stays || self.slot.go_on.load(Relaxed))
    }

    /// Features of all pieces that are there: at most 64 × 512 frames, 2 to 4 ms. Says how many frames there were.
    pub(super) fn listen(&mut self) -> u64 {
        let mut frames = 0;
        let ear = &mut self.ear;
        self.tap.drain(PIECES, |piece| {
            frames += piece.frames as u64;
            ear.take(piece);
        });
        self.heard_frames += frames;
        frames
    }

    /// Before it is analysed, so that one that leads to a panic isn't asked about again at once.
    pub(super) fn begin(&mut self, now_ns: u64) {
        self.analysed_ns = Some(now_ns);
        self.ear.changed = false;
        self.is_fresh = self.takes_cut();
        if self.is_fresh {
            self.judged = self.ear.cut.take();
            self.slot.go_on.store(false, Relaxed);
        }
    }

    /// What is to be judged.
    pub(super) fn question(&self) -> Question<'_> {
        Question {
            window: self.judged.as_ref().unwrap_or(&self.ear.window),
            context: &self.context,
        }
    }

    /// Takes in what was found, by whom, and how long that took.
    pub(super) fn take(&mut self, analysis: Analysis, runs: Arc<Runs>, took_ns: u64) {
        if self.is_fresh && !analysis.is_judged() {
            // What comes next has nothing to do with it. Once: what has come since then is heard already.
            self.ear.begin_anew();
        }
        self.analysis = Some(Arc::new(analysis));
        self.made_by = (runs, took_ns);
    }

    /// Hands its client the newest.
    pub(super) fn publish(&mut self, now_ns: u64) {
        let heard = flow_dsp::math::count(self.ear.window.frames().len());
        let needed = flow_dsp::math::count(MEL_FRAMES);
        self.results.write(Report {
            made_ns: now_ns,
            progress: flow_dsp::math::narrow((heard / needed).min(1.0)),
            analysis: self.analysis.clone(),
            has_more: self.judged.is_some() && self.ear.cut.is_some(),
            heard_frames: self.heard_frames,
            runs: self.made_by.0.clone(),
            took_ns: self.made_by.1,
        });
    }

    /// How long its audio had to wait for the result that is there now.
    pub(super) fn take_wait_ns(&mut self, now_ns: u64) -> Option<u64> {
        let since_ns = self.waits_since_ns.replace(now_ns)?;
        Some(now_ns.saturating_sub(since_ns))
    }

    /// What it lost so far.
    pub(super) fn add_to(&self, sums: &mut Sums) {
        let lost_events = self.audio_events.lost() + self.window_events.lost();
        sums.add(&self.slot.load.read(), self.slot.tap.dropped(), lost_events);
    }

    /// What its threads noted.
    pub(super) fn empty_rings(&mut self, recording: &mut Recording) {
        let number = self.slot.number;
        self.audio_events
            .drain(|event| recording.push(Track::Audio(number), event));
        self.window_events
            .drain(|event| recording.push(Track::Window(number), event));
    }
}

impl Ear {
    /// Forgets what was heard.
    fn begin_anew(&mut self) {
        self.window.clear();
        self.cut = None;
        self.changed = true;
    }

    fn take(&mut self, piece: &Piece) {
        let rate_hz = f64::from(piece.sample_rate_hz);
        // Nothing that hosts offer; an extractor of it would be of no use.
        if !(8_000.0..=768_000.0).contains(&rate_hz) {
            return;
        }
        if self
            .extractor
            .as_ref()
            .is_none_or(|e| e.sample_rate_hz() != rate_hz)
        {
            let spec = Spec {
                sample_rate_hz: rate_hz,
            };
            self.extractor = Some(Extractor::new(spec));
        }
        let Some(extractor) = &mut self.extractor else {
            return;
        };
        if piece.position != self.position {
            extractor.reset();
        }
        self.position = piece.position + piece.frames as u64;
        let [left, right] = piece.filled();
        let Self {
            window,
            changed,
            cut,
            ..
        } = self;
        extractor.push(left, right, |frame| {
            let before = window.sounding_frames();
            window.push(frame);
            let heard = window.sounding_frames();
            if heard > before && heard.is_multiple_of(MEL_FRAMES as u64) {
                *cut = Some(window.clone());
            }
            // A window that is judged already waits to be asked for.
            *changed |= heard < MEL_FRAMES as u64;
        });
    }
}
