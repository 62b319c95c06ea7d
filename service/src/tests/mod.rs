//! Tests of the service with clients as hosts make them.

mod analysis;
mod lifecycle;
mod scheduling;
mod trials;

use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use flow_analysis::analyzer::RuleAnalyzer;
use flow_analysis::analyzer::{AnalysisRequest, Analyzer};
use flow_analysis::report::{Analysis, ContentClass};
use flow_audio_file::Audio;
use flow_demo_song::{CHORUS_SECONDS, demo_excerpt};
use flow_platform::clock::{Clock, now_ns};
use flow_platform::mutex::lock;

use crate::service::Service;
use crate::{AudioHandle, Client, Report};

/// Flags and threads belong to the process. Only nextest runs each test in a process of its own.
static SERIAL: Mutex<()> = Mutex::new(());

/// Long enough for ThreadSanitizer.
const TIMEOUT: Duration = Duration::from_secs(100);

fn start(
    make_analyzer: impl FnOnce() -> Option<Box<dyn Analyzer>> + Send + 'static,
) -> Arc<Service> {
    Service::start(Box::new(make_analyzer), Clock::System)
}

fn listening(service: &Arc<Service>) -> (AudioHandle, Client) {
    let (mut audio, client) = Client::new(service.clone());
    // Tests push faster than real time, as an offline render does.
    audio.prepare(48_000.0, false);
    client.set_listening(true);
    (audio, client)
}

/// Lets the service's thread run. Its work takes real time, whatever its clock says.
fn pause() {
    thread::sleep(Duration::from_millis(1));
}

fn wait_for(condition: impl Fn() -> bool) {
    let begin = Instant::now();
    while !condition() {
        assert!(begin.elapsed() < TIMEOUT);
        pause();
    }
}

/// Pushes music until the reports fulfill a condition.
fn play(
    members: &mut [(AudioHandle, Client)],
    mut until: impl FnMut(&[Report]) -> bool,
) -> Vec<Report> {
    let audio = demo_excerpt(48_000, CHORUS_SECONDS, 12.0);
    let channels = audio.slices();
    let begin = Instant::now();
    let mut at = 0;
    loop {
        for (side, _) in members.iter_mut() {
            let now_ns = now_ns();
            side.push(&[&channels[0][at..at + 480], &channels[1][at..at + 480]]);
            side.finish_callback(now_ns, now_ns + 1000, 480);
        }
        at = (at + 480) % (channels[0].len() - 480);
        let reports: Vec<_> = members.iter().map(|(_, client)| report(client)).collect();
        if until(&reports) {
            return reports;
        }
        assert!(begin.elapsed() < TIMEOUT, "{reports:?}");
        pause();
    }
}

fn report(client: &Client) -> Report {
    client.latest_report(now_ns())
}

fn is_music(report: &Report) -> bool {
    let analysis = report.analysis.as_ref();
    analysis.is_some_and(|a| a.content == ContentClass::Music)
}

/// Waits until the service has received all whole blocks.
fn wait_until_received(client: &Client) {
    wait_for(|| client.queued_blocks() == 0);
}

fn stereo(audio: &Audio) -> [&[f32]; 2] {
    let slices = audio.slices();
    [slices[0], slices[1]]
}

/// A call to an analyzer.
#[derive(Clone, Debug, PartialEq)]
enum Call {
    Prepare,
    Analyze { windows: usize, is_overloaded: bool },
}

/// Records the calls that it gets, and analyzes by the rules.
struct RecordingAnalyzer {
    steps_to_prepare: u32,
    calls: Arc<Mutex<Vec<Call>>>,
}

impl Analyzer for RecordingAnalyzer {
    fn name(&self) -> &'static str {
        "recorder"
    }

    fn prepare(&mut self) -> bool {
        let has_steps = self.steps_to_prepare > 0;
        if has_steps {
            self.steps_to_prepare -= 1;
            lock(&self.calls).push(Call::Prepare);
        }
        has_steps
    }

    fn analyze(
        &mut self,
        requests: &[AnalysisRequest<'_>],
        is_overloaded: bool,
    ) -> Vec<Option<Analysis>> {
        lock(&self.calls).push(Call::Analyze {
            windows: requests.len(),
            is_overloaded,
        });
        RuleAnalyzer.analyze(requests, is_overloaded)
    }
}

/// A service with an analyzer of five steps to prepare, and the analyzer's calls.
fn start_recorded(clock: Clock) -> (Arc<Service>, Arc<Mutex<Vec<Call>>>) {
    let calls = Arc::new(Mutex::new(Vec::new()));
    let analyzer = RecordingAnalyzer {
        steps_to_prepare: 5,
        calls: calls.clone(),
    };
    let service = Service::start(Box::new(|| Some(Box::new(analyzer))), clock);
    (service, calls)
}
