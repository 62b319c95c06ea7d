//! What an instance has of the service.

use std::io;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Arc, Mutex};

use triple_buffer::{Output, triple_buffer};

use super::job::Job;
use super::standing::{ServiceCounts, Standing};
use super::{Service, lock};
use crate::load::{Load, LoadReader, LoadWriter, load};
use crate::probe::{Event, Kind, ProbeWriter, probe};
use crate::scheduler::{Freshness, Pace};
use crate::tap::{TapSwitch, TapWriter, tap};
use flow_analysis::analysis::{Analysis, Context};
use flow_analysis::analyst::Runs;
use flow_platform::flags::{FLAGS, Flag};

/// The newest that the service has to tell an instance.
#[derive(Clone, Debug, Default)]
pub struct Report {
    /// When it was made; 0 for never.
    pub made_ns: u64,
    /// Share of what an analysis takes that was heard, 0 to 1.
    pub progress: f32,
    /// The newest analysis since listening began: of the first whole window of music until more is asked for, however
    /// much was heard by then.
    pub analysis: Option<Arc<Analysis>>,
    /// Clearly more was heard than the analysis is of: [`Client::go_on`] has it judged.
    pub has_more: bool,
    /// Frames that were fetched of this instance so far, whether they are still in a window or not.
    pub heard_frames: u64,
    /// What the newest analysis ran on; on nothing before the first.
    pub runs: Arc<Runs>,
    /// How long it took, ns, together with others that were made with it.
    pub took_ns: u64,
}

/// What client and job of an instance share.
pub(super) struct Slot {
    pub(super) number: u32,
    pub(super) tap: TapSwitch,
    pub(super) load: LoadReader,
    /// Somebody wants analyses.
    pub(super) listening: AtomicBool,
    /// What was heard shall be forgotten.
    pub(super) forget: AtomicBool,
    /// All that was heard shall be judged.
    pub(super) go_on: AtomicBool,
    /// The client is gone.
    pub(super) left: AtomicBool,
    pub(super) context: Mutex<Context>,
}

/// The audio thread's end: owned by what processes.
#[derive(Debug)]
pub struct AudioSide {
    tap: TapWriter,
    load: LoadWriter,
    probe: ProbeWriter,
    standing: Arc<Standing>,
    pace: Pace,
    sample_rate_hz: f32,
    lost_frames: u64,
}

/// Everyone else's end. When it goes, the instance leaves the service.
pub struct Client {
    pub(super) slot: Arc<Slot>,
    window: Mutex<Window>,
    service: Arc<Service>,
}

/// The window's part: used by one thread at a time.
struct Window {
    reports: Output<Report>,
    freshness: Freshness,
    probe: ProbeWriter,
}

/// All ends of a new member.
pub(super) fn member(number: u32, service: Arc<Service>) -> (AudioSide, Client, Job) {
    let (tap_writer, tap_reader, tap) = tap();
    let (load_writer, load) = load();
    let (audio_probe, audio_events) = probe();
    let (window_probe, window_events) = probe();
    let (results, reports) = triple_buffer(&Report::default());
    let slot = Arc::new(Slot {
        number,
        tap,
        load,
        listening: AtomicBool::new(false),
        forget: AtomicBool::new(false),
        go_on: AtomicBool::new(false),
        left: AtomicBool::new(false),
        context: Mutex::default(),
    });
    let audio = AudioSide {
        tap: tap_writer,
        load: load_writer,
        probe: audio_probe,
        standing: service.shared.standing.clone(),
        pace: Pace::default(),
        sample_rate_hz: 0.0,
        lost_frames: 0,
    };
    let job = Job::new(
        slot.clone(),
        tap_reader,
        results,
        audio_events,
        window_events,
    );
    let window = Window {
        reports,
        freshness: Freshness::default(),
        probe: window_probe,
    };
    let client = Client {
        slot,
        window: Mutex::new(window),
        service,
    };
    (audio, client, job)
}

impl AudioSide {
    /// `[main]` Before audio comes, whenever the rate or the mode changes. Rendering offline needs no headroom and is
    /// never late.
    pub fn prepare(&mut self, sample_rate_hz: f32, real_time: bool) {
        self.sample_rate_hz = sample_rate_hz;
        self.tap.prepare(sample_rate_hz);
        self.load.set_real_time(real_time);
    }

    /// `[audio]` Hands over what shall be analysed: a copy, if somebody listens, else one read of a flag.
    pub fn feed<C: AsRef<[f32]>>(&mut self, channels: &[C]) {
        self.lost_frames += self.tap.feed(channels);
    }

    /// `[audio]` At the end of a callback of so many frames, with [`now_ns`](flow_platform::clock::now_ns) of its beginning and
    /// its end. Publishes the load.
    pub fn finish(&mut self, begin_ns: u64, end_ns: u64, frames: usize) {
        let rate = self.sample_rate_hz;
        let callback = self.load.callback(begin_ns, end_ns, frames, rate);
        let lost_frames = std::mem::take(&mut self.lost_frames);
        if !crate::probe::is_on() {
            return;
        }
        self.probe.record(Event {
            kind: Kind::Block,
            begin_ns,
            end_ns,
            value: callback.deadline_ns,
        });
        let noted = [
            (callback.late, Kind::Late, begin_ns),
            (callback.missed, Kind::Missed, end_ns),
            (lost_frames > 0, Kind::Dropped, end_ns),
        ];
        for (happened, kind, now_ns) in noted {
            if happened {
                self.probe.record(Event::at(kind, now_ns, lost_frames));
            }
        }
    }

    /// `[audio]` Whether the window may draw itself now that there is something new: not often while audio is short of
    /// time.
    pub fn admits_picture(&mut self, now_ns: u64) -> bool {
        self.pace.admits(now_ns, self.standing.is_pressed())
    }
}

impl Client {
    /// `[main]` Whether audio shall be fetched and analysed; a pause forgets nothing, but what was heard while the assistant
    /// was switched on is of no use after it was off. Saying the same again lets the service look at the flags at once.
    pub fn listen(&self, listening: bool) {
        self.slot.listening.store(listening, Relaxed);
        self.slot
            .tap
            .want(listening && FLAGS.is_on(Flag::Assistant));
        self.service.shared.tell(|_| ());
    }

    /// `[main]` Forgets what was heard, and what was said of it.
    pub fn forget(&self) {
        self.slot.go_on.store(false, Relaxed);
        self.slot.forget.store(true, Relaxed);
        self.service.shared.tell(|_| ());
    }

    /// `[main]` Has all judged that was heard by now: see [`Report::has_more`].
    pub fn go_on(&self) {
        self.slot.go_on.store(true, Relaxed);
        self.service.shared.tell(|_| ());
    }

    /// `[any]` Whether it is listening.
    #[must_use]
    pub fn is_listening(&self) -> bool {
        self.slot.listening.load(Relaxed)
    }

    /// `[main]` Tells what the user has set. Costs next to nothing while it is the same.
    pub fn set_context(&self, context: &Context) {
        let mut known = lock(&self.slot.context);
        if *known != *context {
            known.clone_from(context);
            drop(known);
            if !self.is_listening() {
                // It sleeps during a pause.
                self.service.shared.tell(|_| ());
            }
        }
    }

    /// `[gui]` The newest report, for a window that looks again and again.
    #[must_use]
    pub fn newest(&self, now_ns: u64) -> Report {
        let mut window = lock(&self.window);
        let Window {
            reports,
            freshness,
            probe,
        } = &mut *window;
        let report = reports.read().clone();
        let stale = freshness.shown(now_ns, report.made_ns);
        let standing = &self.service.shared.standing;
        standing.shown(stale, freshness.oldest_ns());
        if stale {
            let age_ns = now_ns.saturating_sub(report.made_ns);
            probe.record(Event::at(Kind::Stale, now_ns, age_ns));
        }
        report
    }

    /// `[gui]` Takes in that the window drew itself.
    pub fn drew(&self, begin_ns: u64, end_ns: u64) {
        self.service.shared.standing.drew();
        lock(&self.window).probe.record(Event {
            kind: Kind::Draw,
            begin_ns,
            end_ns,
            value: 0,
        });
    }

    /// `[any]` What the service counted so far.
    #[must_use]
    pub fn counts(&self) -> ServiceCounts {
        self.service.shared.standing.counts()
    }

    /// `[gui]` How fresh what [`newest`](Self::newest) showed was.
    #[must_use]
    pub fn freshness(&self) -> Freshness {
        lock(&self.window).freshness.clone()
    }

    /// `[any]` The load of its audio thread, late callbacks and missed deadlines.
    #[must_use]
    pub fn load(&self) -> Load {
        self.slot.load.read()
    }

    /// `[any]` Frames that the service didn't fetch in time.
    #[must_use]
    pub fn dropped_frames(&self) -> u64 {
        self.slot.tap.dropped()
    }

    /// `[any]` Whether the probe recorded anything, of any instance.
    #[must_use]
    pub fn has_recording(&self) -> bool {
        self.service.shared.standing.has_recording()
    }

    /// `[gui]` Writes down what the probe recorded of all instances. The service does it; the answer comes when it is
    /// done, and never if it ends before.
    #[must_use]
    pub fn export_probe(&self, path: PathBuf) -> Receiver<io::Result<()>> {
        let (sender, receiver) = channel();
        self.service
            .shared
            .tell(|inbox| inbox.exports.push((path, sender)));
        receiver
    }
}

impl Drop for Client {
    fn drop(&mut self) {
        self.slot.tap.want(false);
        self.slot.left.store(true, Relaxed);
        self.service.shared.tell(|_| ());
    }
}

impl std::fmt::Debug for Client {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Client")
            .field("number", &self.slot.number)
            .finish_non_exhaustive()
    }
}
