//! CLAP and VST3 in one process: two images, each with an analysis service of its own.

use std::time::{Duration, Instant};

use flow_audio_file::Audio;
use flow_demo_song::{CHORUS_SECONDS, demo_excerpt};
use flow_host::clap::{Bundle, Instance};
use flow_host::vst3::{Vst3Bundle, Vst3Instance};
use flow_testkit::signals;
use flow_testkit::signals::Noise;
use flow_testkit::testing::{bundle_path, open_bundle};

use crate::lifecycle::assert_services;

const RATE_HZ: u32 = 48_000;

/// The VST3 lies beside the CLAP.
fn open_vst3() -> Vst3Bundle {
    Vst3Bundle::open(&bundle_path().with_extension("vst3")).unwrap()
}

#[test]
fn both_formats_live_side_by_side_and_sound_the_same() {
    let song = demo_excerpt(RATE_HZ, CHORUS_SECONDS, 2.0);
    let (clap, vst3) = (open_bundle(), open_vst3());
    let mut one = clap.instantiate().unwrap();
    let mut other = vst3.instantiate().unwrap();
    let mut more = vst3.instantiate().unwrap();
    assert_services(0, "before any activation");
    other.activate(RATE_HZ, true).unwrap();
    assert_services(1, "for the first VST3");
    more.activate(RATE_HZ, false).unwrap();
    assert_services(1, "for all instances of an image");
    {
        let mut session = one.start(RATE_HZ, 2, 512, true).unwrap();
        assert_services(2, "for two images");
        let expected = session.process(&song, &[]).unwrap();
        let heard = other.process(&song, 512).unwrap();
        assert_eq!(heard.first_difference(&expected), None);
    }
    drop(one);
    assert_services(1, "with the CLAP gone");
    drop(other);
    assert_services(1, "for the one left");
    drop(more);
    assert_services(0, "with the last one gone");
}

/// One plug-in of either format.
enum Plugin {
    Clap(Box<Instance>),
    Vst3(Vst3Instance),
}

impl Plugin {
    fn render(&mut self, audio: &Audio, block: usize, offline: bool) -> Audio {
        match self {
            Self::Clap(instance) => {
                let mut session = instance.start(RATE_HZ, 2, block, offline).unwrap();
                session.process(audio, &[]).unwrap()
            }
            Self::Vst3(instance) => {
                instance.activate(RATE_HZ, offline).unwrap();
                instance.process(audio, block).unwrap()
            }
        }
    }

    fn save(&mut self) -> Vec<u8> {
        match self {
            Self::Clap(instance) => instance.save_state().unwrap(),
            Self::Vst3(instance) => instance.save_state().unwrap(),
        }
    }

    fn load(&mut self, state: &[u8]) {
        match self {
            Self::Clap(instance) => instance.load_state(state).unwrap(),
            Self::Vst3(instance) => instance.load_state(state).unwrap(),
        }
    }
}

/// What one thread of a host does: each of its plug-ins lives on it from the beginning to the end.
fn storm(seed: u32, instantiate: &dyn Fn() -> Plugin) {
    let mut noise = Noise::new(seed);
    let audio = signals::white_noise(RATE_HZ, 2, 0.05, 0.5, seed);
    let mut living: Vec<Plugin> = Vec::new();
    let mut state = None;
    for _ in 0..600 {
        let which = noise.below(living.len().max(1));
        let block = 1 + noise.below(512);
        let few = living.len() < 4;
        match (noise.below(6), living.get_mut(which)) {
            (0 | 1, _) if few => living.push(instantiate()),
            (2, Some(_)) => {
                let begin = Instant::now();
                living.swap_remove(which);
                // The last one waits for the service, and never long.
                assert!(
                    begin.elapsed() < Duration::from_secs(2),
                    "{:?}",
                    begin.elapsed()
                );
            }
            (3, Some(plugin)) => state = Some(plugin.save()),
            (4, Some(plugin)) => {
                if let Some(state) = &state {
                    plugin.load(state);
                }
            }
            (_, Some(plugin)) => {
                let offline = noise.below(2) == 0;
                let output = plugin.render(&audio, block, offline);
                assert!(output.is_finite() && output.sample_peak() > 0.05);
            }
            _ => {}
        }
    }
}

#[test]
fn storms_of_both_formats_from_many_threads() {
    // Whoever is loaded first and goes last is one of them.
    std::thread::scope(|scope| {
        for seed in 0..3 {
            scope.spawn(move || {
                let bundle: Bundle = open_bundle();
                let clap = || Plugin::Clap(Box::new(bundle.instantiate().unwrap()));
                storm(seed, &clap);
            });
            scope.spawn(move || {
                let bundle = open_vst3();
                storm(100 + seed, &|| Plugin::Vst3(bundle.instantiate().unwrap()));
            });
        }
    });
    assert_services(0, "after the storm");
}
