//! Speed of the analysis: `cargo bench -p flow_analysis`. An item is a sample.

use divan::counter::ItemsCount;
use divan::{Bencher, black_box};
use flow_analysis::features::{ANALYSIS_WINDOW_FRAMES, AnalysisWindow, Extractor};
use flow_analysis::pipeline::analyze;
use flow_analysis::report::Context;
use flow_demo_song::{CHORUS_SECONDS, demo_excerpt};
use flow_dsp::Spec;

fn main() {
    divan::main();
}

/// Features of a second of music.
#[divan::bench(args = [48_000, 192_000])]
fn features(bencher: Bencher<'_, '_>, rate: u32) {
    let audio = demo_excerpt(rate, CHORUS_SECONDS, 1.0);
    let channels = audio.slices();
    let mut extractor = Extractor::new(Spec {
        sample_rate_hz: f64::from(rate),
    });
    bencher.counter(ItemsCount::new(rate)).bench_local(|| {
        for (left, right) in channels[0].chunks(512).zip(channels[1].chunks(512)) {
            extractor.push(left, right, |frame, _| {
                black_box(frame);
            });
        }
    });
}

/// From 30 s of frames to an analysis.
#[divan::bench]
fn rules(bencher: Bencher<'_, '_>) {
    let audio = demo_excerpt(48_000, CHORUS_SECONDS, 12.0);
    let channels = audio.slices();
    let mut extractor = Extractor::new(Spec::default());
    let mut window = AnalysisWindow::default();
    while window.frames().len() < ANALYSIS_WINDOW_FRAMES {
        extractor.push(channels[0], channels[1], |frame, _| window.push(frame));
    }
    let context = Context::default();
    bencher.bench(|| analyze(black_box(&window), &context));
}
