//! Instances come and go in any order, at any rate and size.

use crate::settings::AT_WORK;
use flow_audio_file::Audio;
use flow_host::clap::{BlockSizes, HostError, Instance, RenderOptions};
use flow_testkit::signals;
use flow_testkit::signals::Noise;
use flow_testkit::testing::{configure, flow_with, open_bundle, render_with};
use std::time::{Duration, Instant};

fn assert_works(flow: &mut Instance, sample_rate_hz: u32, channel_count: usize) {
    let input = signals::white_noise(sample_rate_hz, channel_count, 0.02, 0.5, 1);
    let output = render_with(flow, &input, &RenderOptions::default());
    assert!(
        output.is_finite() && output.sample_peak() > 0.1,
        "{sample_rate_hz} Hz, {channel_count} channels"
    );
}

#[test]
fn fifty_instances_in_odd_orders() {
    let bundle = open_bundle();
    let mut noise = Noise::new(4);
    let mut living: Vec<Instance> = Vec::new();
    let mut made = 0;
    while made < 50 || !living.is_empty() {
        if made < 50 && (living.len() < 3 || noise.below(3) > 0) {
            living.push(bundle.instantiate().unwrap());
            made += 1;
        } else {
            living.swap_remove(noise.below(living.len()));
        }
        // Some are used, some never.
        if !living.is_empty() && noise.below(2) == 0 {
            let which = noise.below(living.len());
            assert_works(&mut living[which], 48_000, 2);
        }
    }
    assert_eq!(bundle.readings(), None, "no instance is left to read");
}

#[test]
fn several_instances_process_at_once() {
    let bundle = open_bundle();
    let mut instances: Vec<Instance> = (0..4).map(|_| bundle.instantiate().unwrap()).collect();
    let mut sessions: Vec<_> = instances
        .iter_mut()
        .map(|i| i.start(48_000, 2, 256, false).unwrap())
        .collect();
    let input = signals::white_noise(48_000, 2, 0.5, 0.9, 2);
    let expected = sessions[0].process(&input, &[]).unwrap();
    for session in &mut sessions[1..] {
        assert_eq!(
            session
                .process(&input, &[])
                .unwrap()
                .first_difference(&expected),
            None
        );
    }
}

#[test]
fn one_instance_at_many_rates_and_layouts() {
    let mut flow = flow_with(&[("gain", "6 dB")]);
    for rate in [44_100, 192_000, 22_050, 384_000, 48_000, 96_000] {
        for channel_count in [2, 1] {
            assert_works(&mut flow, rate, channel_count);
        }
    }
    assert_eq!(
        flow.value_text("gain").as_deref(),
        Some("6.00 dB"),
        "activation leaves parameters alone"
    );
}

#[test]
fn reactivation_is_a_fresh_start() {
    let mut flow = flow_with(&AT_WORK);
    configure(&mut flow, &[("gain", "12 dB"), ("dith", "16 bit")]);
    let input = signals::white_noise(48_000, 2, 0.3, 0.9, 3);
    let fresh = render_with(&mut flow, &input, &RenderOptions::default());
    // At another rate, loud, in other blocks.
    assert_works(&mut flow, 96_000, 1);
    assert_eq!(
        render_with(&mut flow, &input, &RenderOptions::default()).first_difference(&fresh),
        None
    );
    // Reset without deactivating is one too.
    let mut session = flow.start(48_000, 2, 512, true).unwrap();
    let first = session.process(&input, &[]).unwrap();
    session.reset().unwrap();
    assert_eq!(
        session
            .process(&input, &[])
            .unwrap()
            .first_difference(&first),
        None
    );
}

#[test]
fn empty_blocks_change_nothing() {
    let mut flow = flow_with(&[("gain", "12 dB")]);
    let input = signals::white_noise(48_000, 2, 0.2, 0.9, 3);
    let plain = render_with(&mut flow, &input, &RenderOptions::default());
    let block = BlockSizes::Cycle(&[0, 100, 0, 0, 1]);
    let cut = render_with(
        &mut flow,
        &input,
        &RenderOptions {
            block,
            ..RenderOptions::default()
        },
    );
    assert_eq!(cut.first_difference(&plain), None);
    let empty = Audio::silence(48_000, 2, 0);
    let options = RenderOptions {
        compensate_latency: false,
        ..RenderOptions::default()
    };
    assert_eq!(render_with(&mut flow, &empty, &options).frames(), 0);
}

#[test]
fn layouts_beyond_stereo_are_refused() {
    let mut flow = flow_with(&[]);
    for channel_count in [0, 3, 6] {
        let refused = flow.start(48_000, channel_count, 512, false).err();
        assert!(
            matches!(refused, Some(HostError::UnsupportedChannels(_))),
            "{channel_count} channels: {refused:?}"
        );
    }
    // And none of it hurt.
    assert_works(&mut flow, 48_000, 2);
}

#[test]
fn the_bundle_can_be_opened_again_and_again() {
    for _ in 0..5 {
        let bundle = open_bundle();
        let mut flow = bundle.instantiate().unwrap();
        // The bundle may go before its instances.
        drop(bundle);
        assert_works(&mut flow, 48_000, 2);
    }
}

#[test]
fn it_says_who_it_is() {
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
fn scanning_and_instantiating_are_quick() {
    // The design's bounds. Nothing slow happens before `activate`: a few milliseconds are usual, so that even a busy
    // machine passes.
    let began = Instant::now();
    let bundle = open_bundle();
    let scan = began.elapsed();
    let began = Instant::now();
    let flow = bundle.instantiate().unwrap();
    let instantiate = began.elapsed();
    println!("scan {scan:?}, instantiate {instantiate:?}");
    assert!(scan < Duration::from_millis(50), "{scan:?}");
    assert!(instantiate < Duration::from_millis(100), "{instantiate:?}");
    drop(flow);
}

/// Holds that this process has so many analysis threads. A thread names itself only once it runs, and the kernel may
/// list one for a moment after it was joined: they are given a while.
#[cfg(target_os = "linux")]
pub(crate) fn assert_services(expected: usize, when: &str) {
    let give_up = Instant::now() + Duration::from_secs(5);
    while threads("flow analysis") != expected {
        assert!(
            Instant::now() < give_up,
            "{} instead of {expected} {when}",
            threads("flow analysis")
        );
        std::thread::sleep(Duration::from_millis(1));
    }
}

/// Threads of this process with a name.
#[cfg(target_os = "linux")]
fn threads(name: &str) -> usize {
    let tasks = std::fs::read_dir("/proc/self/task").unwrap();
    let names = tasks
        .flatten()
        .map(|task| std::fs::read_to_string(task.path().join("comm")));
    names.flatten().filter(|found| found.trim() == name).count()
}

/// The analysis service: none for a scan, one for all instances, none when the last one is gone.
#[cfg(target_os = "linux")]
#[test]
fn one_analysis_thread_for_all_instances_and_none_without() {
    let bundle = open_bundle();
    for _ in 0..3 {
        let mut first = bundle.instantiate().unwrap();
        let mut second = bundle.instantiate().unwrap();
        assert_services(0, "before any activation");
        assert_works(&mut first, 48_000, 2);
        assert_works(&mut second, 44_100, 1);
        assert_services(1, "for two instances");
        drop(first);
        assert_services(1, "for the one left");
        let begin = Instant::now();
        drop(second);
        assert!(begin.elapsed() < Duration::from_millis(600));
        assert_services(0, "with the last one gone");
    }
}
