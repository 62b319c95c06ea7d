use std::time::{Duration, Instant};

use flow_audio_file::{Audio, OutputFormat};
use flow_dsp::{Compare, Monitor};
use flow_params::ParameterId;

use super::*;
use crate::audio::monitor::MonitorStates;

#[test]
fn processor_at_unsupported_sample_rate_passes_audio_through_without_latency() {
    for (sample_rate_hz, is_supported) in [
        (0.0, false),
        (f64::NAN, false),
        (*SAMPLE_RATES_HZ.start() - 0.1, false),
        (*SAMPLE_RATES_HZ.start(), true),
        (48_000.0, true),
        (*SAMPLE_RATES_HZ.end(), true),
        (*SAMPLE_RATES_HZ.end() + 1.0, false),
        (f64::INFINITY, false),
    ] {
        let (mut processor, shared) = Processor::new();
        processor.activate(sample_rate_hz, false);
        assert_eq!(shared.is_rate_supported(), is_supported, "{sample_rate_hz}");
        assert_eq!(processor.latency_samples() > 0, is_supported);
        let (mut left, mut right) = ([0.25; 64], [-0.5; 64]);
        processor.process(&mut [&mut left, &mut right]);
        let is_unchanged = left == [0.25; 64] && right == [-0.5; 64];
        assert_eq!(is_unchanged, !is_supported, "{sample_rate_hz} Hz");
    }
}

#[test]
fn latency_after_activation_depends_on_the_sample_rate_alone() {
    let (mut processor, shared) = Processor::new();
    for sample_rate_hz in [44_100.0, 48_000.0, 192_000.0] {
        processor.activate(sample_rate_hz, false);
        let expected = flow_dsp::Chain::latency_samples_at(sample_rate_hz);
        assert_eq!(processor.latency_samples(), expected);
    }
    for param in shared.params.each() {
        param.set_normalized(1.0);
    }
    processor.activate(48_000.0, true);
    assert_eq!(
        processor.latency_samples(),
        flow_dsp::Chain::latency_samples_at(48_000.0)
    );
}

#[test]
fn monitor_state_in_offline_block_is_off() {
    let monitor = Monitor {
        compare: Compare::Original,
        auto_gain: true,
        delta: true,
        mono: true,
    };
    let (mut processor, shared) = Processor::new();
    shared.monitor.set(monitor.into());
    // The activation switches the monitor state off.
    processor.activate(48_000.0, false);
    assert_eq!(shared.monitor.for_block(false), MonitorStates::default());
    // An offline block ignores it.
    shared.monitor.set(monitor.into());
    assert_eq!(shared.monitor.for_block(true), MonitorStates::default());
    assert_eq!(shared.monitor.for_block(false), monitor.into());
}

/// An instance with a reference of a constant level, which is open and on.
struct ReferenceRig {
    processor: Processor,
    shared: Arc<PluginShared>,
    folder: tempfile::TempDir,
}

impl ReferenceRig {
    const LEVEL: f32 = 0.25;

    fn new() -> Self {
        let (mut processor, shared) = Processor::new();
        processor.activate(48_000.0, false);
        let mut rig = Self {
            processor,
            shared,
            folder: tempfile::tempdir().unwrap(),
        };
        let audio = Audio::new(48_000, vec![vec![Self::LEVEL; 96_000]; 2]);
        let path = rig.folder.path().join("Night.wav");
        flow_audio_file::write(&path, &OutputFormat::WAV_24, &audio).unwrap();
        rig.shared.reference.play(&path);
        let begin = Instant::now();
        while !rig.shared.reference.take_start() {
            rig.update();
            rig.process();
            assert!(begin.elapsed() < Duration::from_secs(60));
        }
        rig.switch_on();
        rig
    }

    fn update(&self) {
        let readings = flow_dsp::Readings::default();
        let shared = &self.shared;
        shared
            .reference
            .update(Some(48_000.0), &shared.monitor, &readings);
    }

    fn switch_on(&self) {
        self.shared.monitor.set(MonitorStates {
            reference: true,
            ..MonitorStates::default()
        });
    }

    /// The last samples of half a second of silence at the input.
    fn process(&mut self) -> [f32; 2] {
        let (mut left, mut right) = ([0.0; 24_000], [0.0; 24_000]);
        for (left, right) in left.chunks_mut(512).zip(right.chunks_mut(512)) {
            self.processor.process(&mut [left, right]);
        }
        [left[23_999], right[23_999]]
    }
}

#[test]
fn reference_replaces_the_output_and_keeps_the_instance_awake() {
    let mut rig = ReferenceRig::new();
    for _ in 0..4 {
        assert_eq!(rig.process(), [ReferenceRig::LEVEL; 2]);
        assert!(!rig.processor.is_asleep());
    }
    rig.shared.monitor.end_reference();
    assert_eq!(rig.process(), [0.0; 2]);
    assert!(rig.processor.is_asleep());
}

#[test]
fn reference_in_an_offline_render_is_not_heard_in_any_sample() {
    let mut rig = ReferenceRig::new();
    rig.process();
    rig.processor.set_offline(true);
    rig.switch_on();
    let (mut left, mut right) = ([0.0; 4800], [0.0; 4800]);
    rig.processor.process(&mut [&mut left, &mut right]);
    assert_eq!((left, right), ([0.0; 4800], [0.0; 4800]));
    // An activation ends the state, in which a bounce begins.
    rig.switch_on();
    rig.processor.activate(48_000.0, false);
    assert!(!rig.shared.monitor.get().reference);
    assert_eq!(rig.process(), [0.0; 2]);
}

#[test]
fn bypass_by_the_host_ends_the_reference() {
    let mut rig = ReferenceRig::new();
    rig.process();
    let bypass = rig.shared.params.get(ParameterId::Bypass);
    bypass.set_normalized(1.0);
    rig.process();
    assert!(!rig.shared.monitor.get().reference);
}

#[test]
fn closed_reference_ends_its_monitor_state() {
    let mut rig = ReferenceRig::new();
    rig.process();
    rig.shared.reference.close(&rig.shared.monitor);
    assert!(!rig.shared.monitor.get().reference);
    rig.switch_on();
    rig.update();
    assert!(!rig.shared.monitor.get().reference, "without a song");
    assert_eq!(rig.process(), [0.0; 2]);
}

#[test]
fn tail_at_any_sample_rate_holds_latency_and_ringing() {
    let (mut processor, _shared) = Processor::new();
    for (sample_rate_hz, ring_samples) in [(48_000.0, 16_800), (96_000.0, 33_600)] {
        processor.activate(sample_rate_hz, false);
        let latency_samples = processor.latency_samples();
        assert_eq!(processor.tail_samples(), latency_samples + ring_samples);
    }
}

#[test]
fn settings_during_a_state_load_stay_as_before() {
    let (_processor, shared) = Processor::new();
    let before = shared.settings_or(ChainSettings::default());
    let gain = shared.params.get(ParameterId::LoudnessGain);
    let during = shared.load_settings(|| {
        gain.set_normalized(1.0);
        shared.settings_or(before)
    });
    assert_eq!(during, before);
    let after = shared.settings_or(before);
    assert_ne!(after, before);
}

#[test]
fn bypass_without_a_window_ends_compare_and_delta() {
    let (mut processor, shared) = Processor::new();
    processor.activate(48_000.0, false);
    let bypass = shared.params.get(ParameterId::Bypass);
    let mut process = || {
        let (mut left, mut right) = ([0.25; 64], [-0.5; 64]);
        processor.process(&mut [&mut left, &mut right]);
    };
    for (compare, delta) in [(Compare::Original, false), (Compare::Off, true)] {
        let monitor = Monitor {
            compare,
            auto_gain: true,
            delta,
            mono: true,
        };
        shared.monitor.set(monitor.into());
        process();
        assert_eq!(shared.monitor.get(), monitor.into(), "without bypass");
        bypass.set_normalized(1.0);
        process();
        let expected = Monitor {
            compare: Compare::Off,
            delta: false,
            ..monitor
        };
        assert_eq!(shared.monitor.get(), expected.into());
        bypass.set_normalized(0.0);
        process();
    }
}
