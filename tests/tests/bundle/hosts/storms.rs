//! CLAP and VST3 in one process: two loaded libraries, each with its own analysis service.

use std::time::{Duration, Instant};

use flow_audio_file::Audio;
use flow_demo_song::{CHORUS_SECONDS, demo_excerpt};
use flow_host::clap::{Bundle, Instance};
use flow_host::vst3::{Vst3Bundle, Vst3Instance};
use flow_testkit::signals;
use flow_testkit::signals::Noise;
use flow_testkit::testing::{assert_same, bundle_path, open_bundle};

use super::lifecycle::assert_analysis_threads;

const RATE_HZ: u32 = 48_000;

/// Opens the VST3 beside the CLAP.
fn open_vst3() -> Vst3Bundle {
    Vst3Bundle::open(&bundle_path().with_extension("vst3")).unwrap()
}

#[test]
fn both_formats_in_one_process_render_the_same() {
    let song = demo_excerpt(RATE_HZ, CHORUS_SECONDS, 2.0);
    let (clap, vst3) = (open_bundle(), open_vst3());
    let mut one = clap.instantiate().unwrap();
    let mut other = vst3.instantiate().unwrap();
    let mut more = vst3.instantiate().unwrap();
    assert_analysis_threads(0, "before any activation");
    other.activate(RATE_HZ, true).unwrap();
    assert_analysis_threads(1, "for the first VST3");
    more.activate(RATE_HZ, false).unwrap();
    assert_analysis_threads(1, "for all instances of a library");
    {
        let mut session = one.start(RATE_HZ, 2, 512, true).unwrap();
        assert_analysis_threads(2, "for two libraries");
        let expected = session.process(&song, &[]).unwrap();
        let rendered = other.process(&song, 512).unwrap();
        assert_same(&rendered, &expected, "VST3");
    }
    drop(one);
    assert_analysis_threads(1, "after the CLAP instance");
    drop(other);
    assert_analysis_threads(1, "for the remaining instance");
    drop(more);
    assert_analysis_threads(0, "after the last instance");
}

/// One instance of either format.
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

/// Makes random calls as one thread of a host, which creates and destroys all its plug-ins itself.
fn make_random_calls(seed: u32, instantiate: &dyn Fn() -> Plugin) {
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
                // Dropping the last instance waits for the service, but not for long.
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
fn random_calls_of_both_formats_on_many_threads_succeed() {
    std::thread::scope(|scope| {
        for seed in 0..3 {
            scope.spawn(move || {
                let bundle: Bundle = open_bundle();
                let clap = || Plugin::Clap(Box::new(bundle.instantiate().unwrap()));
                make_random_calls(seed, &clap);
            });
            scope.spawn(move || {
                let bundle = open_vst3();
                make_random_calls(100 + seed, &|| Plugin::Vst3(bundle.instantiate().unwrap()));
            });
        }
    });
    assert_analysis_threads(0, "after all threads ended");
}
