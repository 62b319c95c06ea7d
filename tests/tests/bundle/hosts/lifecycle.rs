//! Instances are created, activated and destroyed in any order, at any rate and block size.

use crate::settings::flow_at_work;
use clap_sys::factory::plugin_factory::{CLAP_PLUGIN_FACTORY_ID, clap_plugin_factory};
use flow_audio_file::Audio;
use flow_host::clap::{BlockSizes, HostError, Instance, RenderOptions};
use flow_testkit::raw_clap::RawBundle;
use flow_testkit::signals;
use flow_testkit::signals::Noise;
use flow_testkit::testing::{
    assert_same, bundle_path, configure, flow_with, open_bundle, render_with,
};
use std::time::{Duration, Instant};

fn assert_processes(flow: &mut Instance, sample_rate_hz: u32, channel_count: usize) {
    let input = signals::white_noise(sample_rate_hz, channel_count, 0.02, 0.5, 1);
    let output = render_with(flow, &input, &RenderOptions::default());
    assert!(
        output.is_finite() && output.sample_peak() > 0.1,
        "{sample_rate_hz} Hz, {channel_count} channels"
    );
}

#[test]
fn lifecycle_of_fifty_instances_in_random_order_succeeds() {
    let bundle = open_bundle();
    let mut noise = Noise::new(4);
    let mut living: Vec<Instance> = Vec::new();
    let mut created = 0;
    while created < 50 || !living.is_empty() {
        if created < 50 && (living.len() < 3 || noise.below(3) > 0) {
            living.push(bundle.instantiate().unwrap());
            created += 1;
        } else {
            living.swap_remove(noise.below(living.len()));
        }
        // Some process audio, others never do.
        if !living.is_empty() && noise.below(2) == 0 {
            let which = noise.below(living.len());
            assert_processes(&mut living[which], 48_000, 2);
        }
    }
    assert_eq!(bundle.start_listening(), 0, "all instances are dropped");
}

/// On Linux the library's thread-local variables keep it loaded too; on Windows nothing else does.
#[test]
fn library_stays_loaded_for_instances_that_the_host_has_not_destroyed() {
    let bundle = RawBundle::open(&bundle_path());
    let factory = bundle.factory::<clap_plugin_factory>(CLAP_PLUGIN_FACTORY_ID);
    std::mem::forget(bundle.create());
    bundle.unload();
    // SAFETY: the library with the factory is still there, which is the promise; otherwise the process crashes.
    let count = unsafe { (*factory).get_plugin_count.expect("get_plugin_count")(factory) };
    assert_eq!(count, 1);
}

#[test]
fn instances_with_interleaved_blocks_render_the_same() {
    let bundle = open_bundle();
    let mut instances: Vec<Instance> = (0..4).map(|_| bundle.instantiate().unwrap()).collect();
    let mut sessions: Vec<_> = instances
        .iter_mut()
        .map(|i| i.start(48_000, 2, 256, false).unwrap())
        .collect();
    let input = signals::white_noise(48_000, 2, 0.5, 0.9, 2);
    let expected = sessions[0].process(&input, &[]).unwrap();
    for session in &mut sessions[1..] {
        let output = session.process(&input, &[]).unwrap();
        assert_same(&output, &expected, "interleaved");
    }
}

#[test]
fn instance_at_many_rates_and_layouts_processes() {
    let mut flow = flow_with(&[("gain", "6 dB")]);
    for rate in [44_100, 192_000, 22_050, 384_000, 48_000, 96_000] {
        for channel_count in [2, 1] {
            assert_processes(&mut flow, rate, channel_count);
        }
    }
    assert_eq!(
        flow.value_text("gain").as_deref(),
        Some("6.00 dB"),
        "an activation must not change parameters"
    );
}

#[test]
fn reactivation_after_other_audio_renders_like_a_new_instance() {
    let mut flow = flow_at_work();
    configure(&mut flow, &[("gain", "12 dB"), ("dith", "16 bit")]);
    let input = signals::white_noise(48_000, 2, 0.3, 0.9, 3);
    let fresh = render_with(&mut flow, &input, &RenderOptions::default());
    // Other audio at another rate.
    assert_processes(&mut flow, 96_000, 1);
    let again = render_with(&mut flow, &input, &RenderOptions::default());
    assert_same(&again, &fresh, "reactivated");
    // A reset has the same effect.
    let mut session = flow.start(48_000, 2, 512, true).unwrap();
    let first = session.process(&input, &[]).unwrap();
    session.reset().unwrap();
    let again = session.process(&input, &[]).unwrap();
    assert_same(&again, &first, "reset");
}

#[test]
fn empty_blocks_between_others_change_nothing() {
    let mut flow = flow_with(&[("gain", "12 dB")]);
    let input = signals::white_noise(48_000, 2, 0.2, 0.9, 3);
    let plain = render_with(&mut flow, &input, &RenderOptions::default());
    let block = BlockSizes::Cycle(&[0, 100, 0, 0, 1]);
    let options = RenderOptions {
        block,
        ..RenderOptions::default()
    };
    let cut = render_with(&mut flow, &input, &options);
    assert_same(&cut, &plain, "with empty blocks");
    let empty = Audio::silence(48_000, 2, 0);
    let options = RenderOptions {
        compensate_latency: false,
        ..RenderOptions::default()
    };
    assert_eq!(render_with(&mut flow, &empty, &options).frames(), 0);
}

#[test]
fn layout_beyond_stereo_is_refused() {
    let mut flow = flow_with(&[]);
    for channel_count in [0, 3, 6] {
        let refused = flow.start(48_000, channel_count, 512, false).err();
        assert!(
            matches!(refused, Some(HostError::UnsupportedChannels(_))),
            "{channel_count} channels: {refused:?}"
        );
    }
    // The instance still works.
    assert_processes(&mut flow, 48_000, 2);
}

#[test]
fn bundle_after_repeated_opening_processes_audio() {
    for _ in 0..5 {
        let bundle = open_bundle();
        let mut flow = bundle.instantiate().unwrap();
        // A bundle may be dropped before its instances.
        drop(bundle);
        assert_processes(&mut flow, 48_000, 2);
    }
}

#[test]
fn descriptor_of_bundle_names_flow() {
    let descriptor = open_bundle().descriptor().unwrap();
    assert_eq!(descriptor.name, "Flow");
    assert!(descriptor.id.contains('.'), "{}", descriptor.id);
    assert_eq!(
        descriptor.version,
        env!("CARGO_PKG_VERSION"),
        "all crates share one version"
    );
    for feature in ["audio-effect", "mastering", "stereo", "mono"] {
        assert!(
            descriptor.features.iter().any(|f| f == feature),
            "{feature} is missing: {:?}",
            descriptor.features
        );
    }
}

#[test]
fn scan_and_instantiation_of_bundle_take_milliseconds() {
    // The design's limits. A few milliseconds are usual, so that a busy machine passes too.
    let begin = Instant::now();
    let bundle = open_bundle();
    let scan = begin.elapsed();
    let begin = Instant::now();
    let flow = bundle.instantiate().unwrap();
    let instantiate = begin.elapsed();
    let [scan_ms, instantiate_ms] = [scan, instantiate].map(|time| 1000.0 * time.as_secs_f64());
    println!("measured: {scan_ms:.1} and {instantiate_ms:.1} ms");
    // Wine, which runs these tests for Windows, took 460 ms to load the library on a busy machine. macOS checks the signature of
    // a new library at its first start.
    let slowness = if cfg!(target_os = "linux") { 1 } else { 20 };
    assert!(scan < slowness * Duration::from_millis(50), "{scan:?}");
    assert!(
        instantiate < slowness * Duration::from_millis(100),
        "{instantiate:?}"
    );
    drop(flow);
}

/// Asserts the number of analysis threads in this process. It polls, because a new thread gets its name late and the
/// kernel lists a joined one for a moment.
#[cfg(target_os = "linux")]
pub(crate) fn assert_analysis_threads(expected: usize, when: &str) {
    let deadline = Instant::now() + Duration::from_secs(240);
    while threads("flow analysis") != expected {
        assert!(
            Instant::now() < deadline,
            "{} instead of {expected} {when}",
            threads("flow analysis")
        );
        std::thread::sleep(Duration::from_millis(1));
    }
}

/// The number of threads with a name in this process.
#[cfg(target_os = "linux")]
fn threads(name: &str) -> usize {
    let tasks = std::fs::read_dir("/proc/self/task").unwrap();
    let names = tasks
        .flatten()
        .map(|task| std::fs::read_to_string(task.path().join("comm")));
    names.flatten().filter(|found| found.trim() == name).count()
}

#[cfg(target_os = "linux")]
#[test]
fn analysis_thread_exists_once_while_any_instance_is_active() {
    let bundle = open_bundle();
    for _ in 0..3 {
        let mut first = bundle.instantiate().unwrap();
        let mut second = bundle.instantiate().unwrap();
        assert_analysis_threads(0, "before any activation");
        assert_processes(&mut first, 48_000, 2);
        assert_processes(&mut second, 44_100, 1);
        assert_analysis_threads(1, "for two instances");
        drop(first);
        assert_analysis_threads(1, "for the remaining instance");
        let begin = Instant::now();
        drop(second);
        assert!(begin.elapsed() < Duration::from_millis(600));
        assert_analysis_threads(0, "after the last instance");
    }
}
