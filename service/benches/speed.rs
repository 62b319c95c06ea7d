//! What listening costs the audio thread: `cargo bench -p flow_service`. An item is a frame of audio.

use divan::Bencher;
use divan::counter::ItemsCount;
use flow_platform::clock;
use flow_platform::flags::{FLAGS, Flag};
use flow_service::service;

fn main() {
    divan::main();
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
