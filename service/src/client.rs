//! The handle of an instance's main thread and editor to the service.

use std::fmt;
use std::io;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Arc, Mutex};

use flow_analysis::analyzer::Analyzer;
use flow_analysis::report::Context;
use flow_platform::flags::{self, FLAGS, Flag};
use flow_platform::mutex::lock;
use triple_buffer::{Output, triple_buffer};

use crate::audio_handle::AudioHandle;
use crate::audio_load::{Load, load};
use crate::audio_tap::audio_tap;
use crate::inbox::ExportRequest;
use crate::instance::{Instance, Report};
use crate::job::Job;
use crate::probe::{Event, Kind, ProbeWriter, probe};
use crate::scheduler::StalenessMonitor;
use crate::service::Service;
use crate::stats::ServiceStats;

/// The handle of all threads of an instance but the audio thread. When it is dropped, the instance leaves the service.
pub struct Client {
    pub(crate) instance: Arc<Instance>,
    editor: Mutex<Editor>,
    service: Arc<Service>,
}

/// The part that the editor's thread uses.
struct Editor {
    reports: Output<Report>,
    staleness: StalenessMonitor,
    probe: ProbeWriter,
}

/// `[main]` Adds an instance to this module's service, which is started if it is the first. The service calls
/// `make_analyzer` on its thread at the first analysis.
#[must_use]
pub fn join(
    make_analyzer: impl FnOnce() -> Option<Box<dyn Analyzer>> + Send + 'static,
) -> (AudioHandle, Client) {
    flags::read_environment();
    Client::new(Service::current(Box::new(make_analyzer)))
}

impl Client {
    /// Adds an instance to `service`.
    pub(crate) fn new(service: Arc<Service>) -> (AudioHandle, Self) {
        let (tap_writer, tap_reader, tap) = audio_tap();
        let (load_writer, load) = load();
        let (audio_probe, audio_events) = probe();
        let (editor_probe, editor_events) = probe();
        let (results, reports) = triple_buffer(&Report::default());
        let instance = Arc::new(Instance {
            number: service.next_instance_number(),
            tap,
            load,
            is_listening: AtomicBool::new(false),
            should_reset: AtomicBool::new(false),
            should_analyze_latest: AtomicBool::new(false),
            has_left: AtomicBool::new(false),
            context: Mutex::default(),
        });
        let audio = AudioHandle::new(tap_writer, load_writer, audio_probe, service.stats.clone());
        let probes = [audio_events, editor_events];
        let job = Job::new(instance.clone(), tap_reader, results, probes);
        service.inbox.post(|messages| messages.new_jobs.push(job));
        let editor = Mutex::new(Editor {
            reports,
            staleness: StalenessMonitor::default(),
            probe: editor_probe,
        });
        let client = Self {
            instance,
            editor,
            service,
        };
        (audio, client)
    }

    /// `[main]` Starts or pauses listening. A pause keeps audio and results, unless the assistant is switched off
    /// meanwhile. A repeated call makes the service read the flags at once.
    pub fn set_listening(&self, is_listening: bool) {
        self.instance.is_listening.store(is_listening, Relaxed);
        self.instance
            .tap
            .set_enabled(is_listening && FLAGS.is_on(Flag::Assistant));
        self.service.inbox.notify();
    }

    /// `[main]` Discards all audio that was received, and its analysis.
    pub fn reset(&self) {
        self.instance.should_analyze_latest.store(false, Relaxed);
        self.instance.should_reset.store(true, Relaxed);
        self.service.inbox.notify();
    }

    /// `[main]` Analyzes the newest whole window: see [`Report::has_newer_window`].
    pub fn analyze_latest(&self) {
        self.instance.should_analyze_latest.store(true, Relaxed);
        self.service.inbox.notify();
    }

    /// `[any]` Whether the instance listens.
    #[must_use]
    pub fn is_listening(&self) -> bool {
        self.instance.is_listening.load(Relaxed)
    }

    /// `[main]` Sets the user's settings. Compares only, if they haven't changed.
    pub fn set_context(&self, context: &Context) {
        let mut known = lock(&self.instance.context);
        if *known != *context {
            known.clone_from(context);
            drop(known);
            if !self.is_listening() {
                // The service sleeps longer during a pause.
                self.service.inbox.notify();
            }
        }
    }

    /// `[gui]` The newest report, for an editor that calls this in each frame.
    #[must_use]
    pub fn latest_report(&self, now_ns: u64) -> Report {
        let mut editor = lock(&self.editor);
        let report = editor.reports.read().clone();
        let is_stale = editor.staleness.record_shown(now_ns, report.created_ns);
        let max_age_ns = editor.staleness.max_age_ns();
        self.service.stats.record_shown(is_stale, max_age_ns);
        if is_stale {
            let age_ns = now_ns.saturating_sub(report.created_ns);
            editor.probe.record(Event::at(Kind::Stale, now_ns, age_ns));
        }
        report
    }

    /// `[gui]` Records that the editor has drawn itself.
    pub fn record_repaint(&self, begin_ns: u64, end_ns: u64) {
        self.service.stats.record_repaint();
        lock(&self.editor).probe.record(Event {
            kind: Kind::Draw,
            begin_ns,
            end_ns,
            value: 0,
        });
    }

    /// `[any]` Counts of the service so far.
    #[must_use]
    pub fn stats(&self) -> ServiceStats {
        self.service.stats()
    }

    /// `[gui]` Ages of the reports that [`latest_report`](Self::latest_report) returned.
    #[must_use]
    pub fn staleness(&self) -> StalenessMonitor {
        lock(&self.editor).staleness.clone()
    }

    /// `[any]` The load of the audio thread, late callbacks and missed deadlines.
    #[must_use]
    pub fn load(&self) -> Load {
        self.instance.load.read()
    }

    /// `[any]` Frames that the service didn't fetch in time.
    #[must_use]
    pub fn dropped_frames(&self) -> u64 {
        self.instance.tap.dropped_frames()
    }

    /// `[any]` Blocks of audio that wait for the service, which fetches none during a pause.
    #[must_use]
    pub fn queued_blocks(&self) -> usize {
        self.instance.tap.queued_blocks()
    }

    /// `[any]` Whether the probe recorded anything, of any instance.
    #[must_use]
    pub fn has_recording(&self) -> bool {
        self.service.stats.has_recording()
    }

    /// `[gui]` Lets the service write the probe's recording of all instances to a file. The reply comes when the file is
    /// written, and never if the service ends before.
    #[must_use]
    pub fn export_probe(&self, path: PathBuf) -> Receiver<io::Result<()>> {
        let (reply, receiver) = channel();
        let request = ExportRequest { path, reply };
        self.service
            .inbox
            .post(|messages| messages.exports.push(request));
        receiver
    }
}

impl Drop for Client {
    fn drop(&mut self) {
        self.instance.tap.set_enabled(false);
        self.instance.has_left.store(true, Relaxed);
        self.service.inbox.notify();
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client")
            .field("number", &self.instance.number)
            .finish_non_exhaustive()
    }
}
