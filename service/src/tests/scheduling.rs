//! Priorities between audio, preparation and analysis, and recovery from faults of an analyzer.

use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

use flow_analysis::report::Context;
use flow_platform::clock::ManualClock;
use flow_platform::flags::{FLAGS, Flag};

use super::*;
use crate::probe::Trace;

/// Records a callback that needs 0.95 of its deadline and ends now.
fn overload(audio: &mut AudioHandle, clock: &ManualClock) {
    let now_ns = clock.now_ns();
    audio.finish_callback(now_ns - 9_500_000, now_ns, 480);
}

#[test]
fn analysis_waits_while_audio_is_overloaded() {
    let _serial = lock(&SERIAL);
    let clock = ManualClock::default();
    let service = Service::start(Box::new(|| None), Clock::Manual(clock.clone()));
    let (mut busy, _client) = Client::new(service.clone());
    busy.prepare(48_000.0, true);
    overload(&mut busy, &clock);
    let mut members = [listening(&service)];
    for _ in 0..10 {
        members[0].0.push(&[[0.1_f32; 480]]);
    }
    // The service counts the wait at once, and not with the next result.
    wait_for(|| service.stats().deferred > 0);
    assert_eq!(service.stats().aged, 0);
    assert!(report(&members[0].1).progress < 0.1);
    // The busy instance comes to rest.
    clock.advance(Duration::from_secs(1));
    play(&mut members, |r| is_music(&r[0]));
}

#[test]
fn analysis_after_two_seconds_of_overload_runs_and_knows_of_it() {
    let _serial = lock(&SERIAL);
    let clock = ManualClock::default();
    let (service, calls) = start_recorded(Clock::Manual(clock.clone()));
    let (mut busy, _client) = Client::new(service.clone());
    busy.prepare(48_000.0, true);
    overload(&mut busy, &clock);
    wait_for(|| service.stats.is_audio_overloaded());
    let mut members = [listening(&service)];
    play(&mut members, |_| {
        clock.advance(Duration::from_millis(10));
        overload(&mut busy, &clock);
        !lock(&calls).is_empty()
    });
    // There is no preparation: it would have to wait as well.
    let analysis = Call::Analyze {
        windows: 1,
        is_overloaded: true,
    };
    assert_eq!(lock(&calls)[..], [analysis]);
}

#[test]
fn preparation_begins_with_listening_and_ends_before_first_analysis() {
    let _serial = lock(&SERIAL);
    let (service, calls) = start_recorded(Clock::System);
    let (_, idle) = Client::new(service.clone());
    let folder = tempfile::tempdir().unwrap();
    for _ in 0..2 {
        // A reply shows that the previous round is over.
        let reply = idle.export_probe(folder.path().join("probe.json"));
        reply.recv_timeout(TIMEOUT).unwrap().unwrap();
    }
    assert!(lock(&calls).is_empty(), "no client listens yet");
    let mut members = [listening(&service)];
    play(&mut members, |r| is_music(&r[0]));
    let calls = lock(&calls);
    assert_eq!(calls[..5], [const { Call::Prepare }; 5]);
    let is_analysis = |call: &Call| {
        matches!(
            call,
            Call::Analyze {
                is_overloaded: false,
                ..
            }
        )
    };
    assert!(calls[5..].iter().all(is_analysis), "{calls:?}");
}

#[test]
fn instances_that_are_due_are_analyzed_in_one_call() {
    let _serial = lock(&SERIAL);
    let (service, calls) = start_recorded(Clock::System);
    let mut members = [listening(&service), listening(&service)];
    play(&mut members, |r| is_music(&r[0]) && is_music(&r[1]));
    let is_batch = |call: &Call| matches!(call, Call::Analyze { windows: 2, .. });
    for turn in 0..4 {
        let before = lock(&calls).len();
        for (_, client) in &members {
            client.set_context(&Context {
                allow_gain_reduction: turn % 2 == 0,
                ..Context::default()
            });
        }
        play(&mut members, |_| lock(&calls).len() > before);
        let calls = lock(&calls);
        assert!(calls[before..].iter().all(is_batch), "{calls:?}");
    }
}

struct PanickingAnalyzer;

impl Analyzer for PanickingAnalyzer {
    fn name(&self) -> &'static str {
        // The fallback asks for the name after the first panic, so that this one reaches the service.
        panic!("on purpose, again")
    }

    fn analyze(&mut self, _: &[AnalysisRequest<'_>], _: bool) -> Vec<Option<Analysis>> {
        panic!("on purpose")
    }
}

#[test]
fn panicking_analyzer_is_replaced_by_rules_for_all_clients() {
    let _serial = lock(&SERIAL);
    log::set_max_level(log::LevelFilter::Warn);
    let service = start(|| Some(Box::new(PanickingAnalyzer)));
    let mut members = [listening(&service), listening(&service)];
    let reports = play(&mut members, |r| is_music(&r[0]) && is_music(&r[1]));
    let stats = service.stats();
    assert!(stats.panics <= 1 && stats.fallbacks <= 1);
    assert_eq!(reports[0].analysis.as_ref().unwrap().analyzer, "rules");
}

static IS_GPU_ON: AtomicBool = AtomicBool::new(true);

/// Publishes the GPU flag whenever it follows the flags.
struct FlagAnalyzer;

impl Analyzer for FlagAnalyzer {
    fn name(&self) -> &'static str {
        "test"
    }

    fn follow(&mut self) {
        IS_GPU_ON.store(FLAGS.is_on(Flag::Gpu), Relaxed);
    }

    fn analyze(
        &mut self,
        requests: &[AnalysisRequest<'_>],
        is_overloaded: bool,
    ) -> Vec<Option<Analysis>> {
        RuleAnalyzer.analyze(requests, is_overloaded)
    }
}

#[test]
fn flags_reach_analyzer_while_no_client_listens() {
    let _serial = lock(&SERIAL);
    let service = start(|| Some(Box::new(FlagAnalyzer)));
    let mut members = [listening(&service)];
    play(&mut members, |r| is_music(&r[0]));
    members[0].1.set_listening(false);
    for is_on in [false, true] {
        FLAGS.set(Flag::Gpu, is_on);
        members[0].1.set_listening(false);
        wait_for(|| IS_GPU_ON.load(Relaxed) == is_on);
    }
}

#[test]
fn probe_records_audio_analysis_and_editor() {
    let _serial = lock(&SERIAL);
    FLAGS.set(Flag::Probe, true);
    let service = start(|| None);
    let mut members = [listening(&service)];
    members[0].0.prepare(48_000.0, true);
    play(&mut members, |r| {
        r[0].progress > 0.2 && r[0].analysis.is_some()
    });
    let now_ns = now_ns();
    let (audio, client) = &mut members[0];
    client.record_repaint(now_ns, now_ns + 1000);
    audio.finish_callback(now_ns, now_ns + 50_000_000, 480);
    FLAGS.set(Flag::Gpu, false);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("probe.json");
    let reply = client.export_probe(path.clone());
    reply.recv_timeout(TIMEOUT).unwrap().unwrap();
    FLAGS.set(Flag::Gpu, true);
    FLAGS.set(Flag::Probe, false);
    assert!(client.has_recording());
    let trace = Trace::read(&path).unwrap();
    for name in [
        "Block",
        "Listen",
        "Analyze",
        "Draw",
        "Missed deadline",
        "Flags",
        "Backend",
        "Load 0",
    ] {
        assert!(trace.trace_events.iter().any(|e| e.name == name), "{name}");
    }
}
