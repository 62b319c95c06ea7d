//! Prints a line of JSON for each executor and batch size: see `cargo xtask measure --table executors`.

use std::time::{Duration, Instant};

use flow_analysis::analyzer::{AnalysisRequest, AnalyzerWithFallback};
use flow_analysis::features::{AnalysisWindow, MEL_FRAMES};
use flow_analysis::report::Context;
use flow_dsp::Spec;
use flow_inference::{ModelError, ModelSet, NetworkAnalyzer};
use flow_platform::flags::{FLAGS, Flag};

/// Analyses for the median.
const WINDOWS: usize = 300;

fn main() {
    flow_inference::benchmark(Duration::from_millis(700), |timings| match timings {
        Ok(timings) => timings.iter().for_each(|timing| {
            if let Ok(line) = serde_json::to_string(timing) {
                println!("{line}");
            }
        }),
        Err((name, e)) => eprintln!("{name}: {e}"),
    });
    let window = window();
    print(
        "analysis",
        "a full window: rules, network, solver",
        analysis_ns(&window),
    );
    print(
        "cache",
        "a known window: its answer",
        flow_inference::cached_prediction_ns(&window),
    );
}

fn print(backend: &str, on: &str, ns: Result<[u64; 2], ModelError>) {
    match ns {
        Ok([least, median]) => println!(
            r#"{{"backend":"{backend}","on":"{on}","batch":1,"least_ns":{least},"median_ns":{median}}}"#
        ),
        Err(e) => eprintln!("{backend}: {e}"),
    }
}

/// A window of music that has just become full.
fn window() -> AnalysisWindow {
    let song = flow_demo_song::demo_song(48_000).channels;
    AnalysisWindow::new(MEL_FRAMES).with_recording(Spec::default(), &song[0], &song[1])
}

/// The time from a full window to its proposals, on the backend that is selected for this CPU: the least and the median, ns.
fn analysis_ns(window: &AnalysisWindow) -> Result<[u64; 2], ModelError> {
    FLAGS.set(Flag::Gpu, false);
    FLAGS.set(Flag::Cache, false);
    let mut analyzer = AnalyzerWithFallback::new(Some(Box::new(NetworkAnalyzer::new(
        ModelSet::SHIPPED,
        None,
    )?)));
    while analyzer.prepare() {}
    let context = Context::default();
    let request = AnalysisRequest {
        window,
        context: &context,
    };
    let mut analyze = || {
        let start = Instant::now();
        std::hint::black_box(analyzer.analyze(&[request], false));
        u64::try_from(start.elapsed().as_nanos()).unwrap_or(u64::MAX)
    };
    let first = analyze();
    print("first analysis", "once all is prepared", Ok([first; 2]));
    let mut times: Vec<u64> = (0..WINDOWS).map(|_| analyze()).collect();
    FLAGS.set(Flag::Cache, true);
    times.sort_unstable();
    Ok([times[0], times[WINDOWS / 2]])
}
