//! The analyzer in the service, as in the plug-in.

use flow_analysis::report::ContentClass;
use flow_platform::clock;
use flow_service::{AudioHandle, Client, Report};

use super::*;

/// Loops samples of the demo song, block by block, until a report meets a condition.
fn play(
    (side, client): &mut (AudioHandle, Client),
    samples: usize,
    until: impl Fn(&Report) -> bool,
) -> Report {
    const BLOCK: usize = 480;
    let song = flow_demo_song::demo_song(48_000).channels;
    let (begin, mut at) = (Instant::now(), 0);
    assert!(samples.is_multiple_of(BLOCK));
    loop {
        let from = 48_000 * 20 + at;
        let block = [&song[0][from..from + BLOCK], &song[1][from..from + BLOCK]];
        at = (at + BLOCK) % samples;
        side.push(&block);
        let now_ns = clock::now_ns();
        side.finish_callback(now_ns, now_ns + 1000, BLOCK);
        let report = client.latest_report(now_ns);
        if until(&report) {
            return report;
        }
        if report.has_newer_window {
            client.analyze_latest();
        }
        assert!(begin.elapsed() < Duration::from_secs(240), "{report:?}");
        // Lets the service's thread run, whose work takes real time.
        std::thread::sleep(Duration::from_micros(500));
    }
}

fn member(
    make: impl FnOnce() -> Option<Box<dyn Analyzer>> + Send + 'static,
) -> (AudioHandle, Client) {
    let (mut side, client) = flow_service::join(make);
    side.prepare(48_000.0, false);
    client.set_listening(true);
    (side, client)
}

fn is_music(report: &Report) -> bool {
    let analysis = report.analysis.as_ref();
    analysis.is_some_and(|a| a.content == ContentClass::Music)
}

#[test]
fn network_analyzer_with_damaged_files_leaves_analysis_to_the_rules() {
    let shipped = shipped::F32;
    let mut flipped = shipped.weights.to_vec();
    flipped[shipped.weights.len() / 3] ^= 1;
    let oversized = vec![0; 5 << 20];
    let features = format!("\"features\": {}", flow_analysis::features::VERSION);
    let foreign = shipped.manifest.replace(&features, "\"features\": 99");
    assert_ne!(foreign, shipped.manifest);
    let weights = |weights| ModelFiles { weights, ..shipped };
    let manifest = |manifest| ModelFiles {
        manifest,
        ..shipped
    };
    let files = [
        (weights(&flipped[..]), "SHA-256"),
        (weights(&shipped.weights[..1000]), "bytes instead of"),
        (manifest(&foreign[..]), "features 99"),
        (weights(&oversized), "too many"),
        (manifest(""), "manifest"),
    ];
    for (f32, cause) in files {
        let _lock = lock_process();
        let models = ModelSet { f32, int8: None };
        assert!(network_analyzer(models, None).is_none());
        assert_logged(log::Level::Warn, cause);
        assert_logged(log::Level::Warn, "the rules take its place");
    }
    let _lock = lock_process();
    let damaged = ModelSet {
        f32: ModelFiles {
            weights: &shipped.weights[..1000],
            ..shipped
        },
        int8: None,
    };
    let mut member = member(move || network_analyzer(damaged, None));
    let report = play(&mut member, 48_000 * 12, is_music);
    assert_eq!(report.analysis.unwrap().analyzer, "rules");
    assert_eq!(report.backend.backend, "rules");
}

#[test]
fn network_analyzer_with_damaged_int8_files_uses_f32() {
    let _lock = lock_process();
    FLAGS.set(Flag::Gpu, false);
    let weights = shipped::INT8.weights;
    let damaged = ModelSet {
        int8: Some(ModelFiles {
            weights: &weights[..weights.len() / 2],
            ..shipped::INT8
        }),
        ..ModelSet::SHIPPED
    };
    let mut member = member(move || network_analyzer(damaged, None));
    let report = play(&mut member, 48_000 * 12, is_music);
    FLAGS.set(Flag::Gpu, true);
    assert_eq!(report.analysis.unwrap().analyzer, "network");
    assert_ne!(report.backend.backend, "int8");
    assert_logged(log::Level::Warn, "int8 is left out");
}

/// The loop is half a window, so that every window begins at the same sample of it.
#[test]
fn network_analyzer_on_a_loop_of_whole_hops_hits_the_cache() {
    let _lock = lock_process();
    FLAGS.set(Flag::Gpu, false);
    let mut member = member(|| network_analyzer(ModelSet::SHIPPED, None));
    // Three known windows prove the cache. Ten took longer than the limit of 100 s on a machine with much other work.
    let report = play(&mut member, 245_760, |report| {
        report.backend.cache_hits >= 3
    });
    FLAGS.set(Flag::Gpu, true);
    let runs = &report.backend;
    println!("{} of {} were known", runs.cache_hits, runs.queries);
    assert!(runs.cache_hits < runs.queries);
}
