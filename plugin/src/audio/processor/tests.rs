use flow_dsp::{Compare, Monitor};
use flow_params::ParameterId;

use super::*;

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
    shared.monitor.set(monitor);
    // The activation switches the monitor state off.
    processor.activate(48_000.0, false);
    assert_eq!(shared.monitor.for_block(false), Monitor::default());
    // An offline block ignores it.
    shared.monitor.set(monitor);
    assert_eq!(shared.monitor.for_block(true), Monitor::default());
    assert_eq!(shared.monitor.for_block(false), monitor);
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
        shared.monitor.set(monitor);
        process();
        assert_eq!(shared.monitor.get(), monitor, "without bypass");
        bypass.set_normalized(1.0);
        process();
        let expected = Monitor {
            compare: Compare::Off,
            delta: false,
            ..monitor
        };
        assert_eq!(shared.monitor.get(), expected);
        bypass.set_normalized(0.0);
        process();
    }
}
