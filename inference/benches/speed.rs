//! What listening costs: `cargo bench -p flow_inference`. An item is a frame of audio.

use divan::counter::ItemsCount;
use divan::{Bencher, black_box};
use flow_dsp::Spec;
use flow_inference::analysis::Context;
use flow_inference::features::{Extractor, WINDOW_FRAMES, Window};
use flow_inference::flags::{FLAGS, Flag};
use flow_inference::rules::Rules;
use flow_inference::{clock, service};
use flow_tests::music::{CHORUS_SECONDS, demo_excerpt};

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
            extractor.push(left, right, |frame| {
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
    let mut window = Window::default();
    while window.frames().len() < WINDOW_FRAMES {
        extractor.push(channels[0], channels[1], |frame| window.push(frame));
    }
    let context = Context::default();
    bencher.bench(|| Rules.judge(black_box(&window), &context));
}

/// What an audio thread spends for the service in a callback of 64 frames: nobody listening, somebody listening, and
/// the probe on as well. Two reads of the clock included.
#[divan::bench(args = [(false, false), (true, false), (true, true)])]
fn hand_over(bencher: Bencher<'_, '_>, (listen, probe): (bool, bool)) {
    const FRAMES: usize = 64;
    FLAGS.set(Flag::Probe, probe);
    let (mut audio, client) = service::join(|| None);
    // Offline: the service may always work.
    audio.prepare(48_000.0, false);
    client.listen(listen);
    let block = [[0.1_f32; FRAMES]; 2];
    bencher.counter(ItemsCount::new(FRAMES)).bench_local(|| {
        let begin_ns = clock::now_ns();
        audio.feed(&block);
        audio.finish(begin_ns, clock::now_ns(), FRAMES);
    });
    FLAGS.set(Flag::Probe, false);
}
