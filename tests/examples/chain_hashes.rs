//! Prints hashes of the demo song and of the chain's output at each sample rate, with every stage at work and at default
//! settings.
//!
//! `cargo xtask cross` compares these lines between systems: the sound is the same on all of one instruction-set level.

use std::hash::{DefaultHasher, Hash, Hasher};

use flow_demo_song::{CHORUS_SECONDS, demo_excerpt};
use flow_dsp::{Chain, ChainSettings, Monitor, Spec};
use flow_testkit::settings::everything_on;

const RATES_HZ: [u32; 4] = [22_050, 44_100, 48_000, 96_000];
/// The length of the music: it is longer than every ramp, crossfade and release.
const SECONDS: f64 = 2.0;
/// The frames of a call.
const BLOCK: usize = 480;

fn main() {
    for rate_hz in RATES_HZ {
        let music = demo_excerpt(rate_hz, CHORUS_SECONDS, SECONDS);
        println!("{rate_hz} Hz, demo song: {:016x}", hash(&music.channels));
        for (name, settings) in [
            ("default", ChainSettings::default()),
            ("everything", everything_on()),
        ] {
            let mut channels = music.channels.clone();
            let [left, right] = &mut channels[..] else {
                unreachable!("the demo song is stereo");
            };
            let mut chain = Chain::new(Spec {
                sample_rate_hz: f64::from(rate_hz),
            });
            for (left, right) in left.chunks_mut(BLOCK).zip(right.chunks_mut(BLOCK)) {
                chain.process(&settings, Monitor::default(), &mut [left, right]);
            }
            println!("{rate_hz} Hz, {name}: {:016x}", hash(&channels));
        }
    }
}

fn hash(channels: &[Vec<f32>]) -> u64 {
    let mut hasher = DefaultHasher::new();
    for sample in channels.iter().flatten() {
        sample.to_bits().hash(&mut hasher);
    }
    hasher.finish()
}
