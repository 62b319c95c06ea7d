//! Wall-clock speed of the whole chain: with all stages and meters, at the defaults, in silence, and with each factory preset.
//! Items are frames: 48 000 000 a second are 1000 × real time at 48 kHz. Machines are noisy, so compare lines of one run only.

use divan::{Bencher, counter::ItemsCount};
use flow_audio_file::Audio;
use flow_demo_song::demo_excerpt;
use flow_dsp::{Chain, ChainSettings, Monitor, SimdLevel, Spec};
use flow_params::presets;
use flow_testkit::settings::{everything_on, of_preset};

fn main() {
    divan::main();
}

const RATE_HZ: u32 = 48_000;

fn song() -> Audio {
    demo_excerpt(RATE_HZ, 10.0, 2.0)
}

fn process(
    bencher: Bencher<'_, '_>,
    level: SimdLevel,
    block: usize,
    settings: &ChainSettings,
    sound: &Audio,
) {
    let mut chain = Chain::new(Spec {
        sample_rate_hz: f64::from(RATE_HZ),
    });
    chain.use_level(level);
    bencher
        .counter(ItemsCount::new(sound.frames()))
        .with_inputs(|| sound.channels.clone())
        .bench_local_values(|mut channels| {
            let [left, right] = channels.as_mut_slice() else {
                return channels;
            };
            for (left, right) in left.chunks_mut(block).zip(right.chunks_mut(block)) {
                chain.process(settings, Monitor::default(), &mut [left, right]);
            }
            channels
        });
}

#[divan::bench(args = [1, 64, 512, 8192])]
fn chain(bencher: Bencher<'_, '_>, block: usize) {
    let level = SimdLevel::detect();
    process(bencher, level, block, &everything_on(), &song());
}

#[divan::bench(args = [512])]
fn chain_without_instruction_set_selection(bencher: Bencher<'_, '_>, block: usize) {
    let level = SimdLevel::Baseline;
    process(bencher, level, block, &everything_on(), &song());
}

#[divan::bench(args = [512])]
fn silence_at_the_defaults(bencher: Bencher<'_, '_>, block: usize) {
    let silence = Audio::silence(RATE_HZ, 2, song().frames());
    let level = SimdLevel::detect();
    process(bencher, level, block, &ChainSettings::default(), &silence);
}

/// Blocks of 512 samples. *Neutral* has the defaults.
#[divan::bench(args = presets::all().iter().map(|preset| preset.name.as_str()))]
fn preset(bencher: Bencher<'_, '_>, name: &str) {
    let named = presets::all().iter().find(|preset| preset.name == name);
    let settings = named.map(of_preset).unwrap_or_default();
    let level = SimdLevel::detect();
    process(bencher, level, 512, &settings, &song());
}
