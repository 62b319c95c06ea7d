//! Wall-clock speed of the whole chain with all stages and meters. Items are frames: 48 000 000 a second are 1000 × real
//! time at 48 kHz. Machines are noisy, so compare lines of one run only.

use divan::{Bencher, counter::ItemsCount};
use flow_dsp::{Chain, Monitor, SimdLevel, Spec};
use flow_testkit::settings::everything_on;

fn main() {
    divan::main();
}

fn process(bencher: Bencher<'_, '_>, level: SimdLevel, block: usize) {
    let song = flow_demo_song::demo_excerpt(48_000, 10.0, 2.0);
    let settings = everything_on();
    let mut chain = Chain::new(Spec {
        sample_rate_hz: 48_000.0,
    });
    chain.use_level(level);
    bencher
        .counter(ItemsCount::new(song.frames()))
        .with_inputs(|| song.channels.clone())
        .bench_local_values(|mut channels| {
            let [left, right] = channels.as_mut_slice() else {
                return channels;
            };
            for (left, right) in left.chunks_mut(block).zip(right.chunks_mut(block)) {
                chain.process(&settings, Monitor::default(), &mut [left, right]);
            }
            channels
        });
}

#[divan::bench(args = [1, 64, 512, 8192])]
fn chain(bencher: Bencher<'_, '_>, block: usize) {
    process(bencher, SimdLevel::detect(), block);
}

#[divan::bench(args = [512])]
fn chain_without_instruction_set_selection(bencher: Bencher<'_, '_>, block: usize) {
    process(bencher, SimdLevel::Baseline, block);
}
