//! Measures the cost of listening on the audio thread: `cargo bench -p flow_service`. An item is a frame of audio.

use divan::Bencher;
use divan::counter::ItemsCount;
use flow_platform::clock;
use flow_platform::flags::{FLAGS, Flag};

fn main() {
    divan::main();
}

/// The service's part of a callback of 64 frames, with two reads of the clock: not listening, listening, and listening
/// while the probe records.
#[divan::bench(args = [(false, false), (true, false), (true, true)])]
fn hand_over(bencher: Bencher<'_, '_>, (listen, probe): (bool, bool)) {
    const FRAMES: usize = 64;
    FLAGS.set(Flag::Probe, probe);
    let (mut audio, client) = flow_service::join(|| None);
    // Offline instances never make the service wait.
    audio.prepare(48_000.0, false);
    client.set_listening(listen);
    let block = [[0.1_f32; FRAMES]; 2];
    bencher.counter(ItemsCount::new(FRAMES)).bench_local(|| {
        let begin_ns = clock::now_ns();
        audio.push(&block);
        audio.finish_callback(begin_ns, clock::now_ns(), FRAMES);
    });
    FLAGS.set(Flag::Probe, false);
}
