mod reference;

use flow_dsp::{Compare, Monitor, SoloStage};
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
        solo: Some(SoloStage::Glue),
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

#[test]
fn offline_render_after_live_blocks_has_nothing_of_the_monitor_states_in_any_sample() {
    // Whole quanta, and blocks whose end lies inside of one.
    for live_frames in [4800, 4805] {
        let render = |monitor: Monitor| {
            let (mut processor, shared) = Processor::new();
            processor.activate(48_000.0, false);
            for (id, value) in [(ParameterId::Air, 0.9), (ParameterId::Width, 0.8)] {
                shared.params.get(id).set_normalized(value);
            }
            shared.monitor.set(monitor.into());
            let mut song = flow_demo_song::demo_excerpt(48_000, 20.0, 1.0);
            let [left, right] = song.channels.as_mut_slice() else {
                panic!("stereo")
            };
            let (live_left, left) = left.split_at_mut(live_frames);
            let (live_right, right) = right.split_at_mut(live_frames);
            processor.process(&mut [live_left, live_right]);
            processor.set_offline(true);
            processor.process(&mut [left, right]);
            [left, right].map(|channel| channel.iter().map(|x| x.to_bits()).collect::<Vec<_>>())
        };
        let expected = render(Monitor::default());
        for (name, monitor) in [
            (
                "delta",
                Monitor {
                    delta: true,
                    ..Monitor::default()
                },
            ),
            (
                "mono",
                Monitor {
                    mono: true,
                    ..Monitor::default()
                },
            ),
            (
                "auto gain",
                Monitor {
                    auto_gain: true,
                    ..Monitor::default()
                },
            ),
            (
                "compare",
                Monitor {
                    compare: Compare::Original,
                    ..Monitor::default()
                },
            ),
        ] {
            assert!(
                render(monitor) == expected,
                "{name} after {live_frames} frames"
            );
        }
    }
}

#[test]
fn offline_render_after_a_solo_is_that_of_an_activated_instance() {
    let song = |from_s: f64| flow_demo_song::demo_excerpt(48_000, from_s, 0.5);
    let process = |processor: &mut Processor, from_s: f64| {
        let mut audio = song(from_s);
        let [left, right] = audio.channels.as_mut_slice() else {
            panic!("stereo")
        };
        processor.process(&mut [left, right]);
        audio.channels
    };
    let set = |shared: &PluginShared| {
        for (id, value) in [(ParameterId::Air, 0.9), (ParameterId::Width, 0.8)] {
            shared.params.get(id).set_normalized(value);
        }
    };
    let (mut fresh, shared) = Processor::new();
    set(&shared);
    fresh.activate(48_000.0, true);
    let expected = process(&mut fresh, 21.0);
    // The solo is on when the render begins, or ended before.
    for ends_before in [false, true] {
        let (mut processor, shared) = Processor::new();
        set(&shared);
        processor.activate(48_000.0, false);
        let solo = Monitor {
            solo: Some(SoloStage::Limiter),
            ..Monitor::default()
        };
        shared.monitor.set(solo.into());
        process(&mut processor, 20.0);
        if ends_before {
            shared.monitor.end_solo();
            process(&mut processor, 20.5);
        }
        processor.set_offline(true);
        assert!(process(&mut processor, 21.0) == expected, "{ends_before}");
        // Later blocks of the render go on.
        processor.set_offline(true);
        process(&mut processor, 21.5);
    }
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
            solo: Some(SoloStage::Glue),
        };
        shared.monitor.set(monitor.into());
        process();
        assert_eq!(shared.monitor.get(), monitor.into(), "without bypass");
        bypass.set_normalized(1.0);
        process();
        let expected = Monitor {
            compare: Compare::Off,
            delta: false,
            solo: None,
            ..monitor
        };
        assert_eq!(shared.monitor.get(), expected.into());
        bypass.set_normalized(0.0);
        process();
    }
}

#[test]
fn reset_by_the_host_keeps_the_measures_and_an_activation_clears_them() {
    let (mut processor, shared) = Processor::new();
    processor.activate(48_000.0, false);
    let play = |processor: &mut Processor, gain_db: f64, seconds: f64| {
        let mut audio = flow_demo_song::demo_excerpt(48_000, 20.0, seconds).gained(gain_db);
        let [left, right] = audio.channels.as_mut_slice() else {
            panic!("stereo")
        };
        processor.process(&mut [left, right]);
        shared.meters.read().output
    };
    let before = play(&mut processor, 0.0, 4.0);
    processor.reset();
    let after = play(&mut processor, -40.0, 1.0);
    assert_eq!(after.measured_s, 5.0);
    assert_eq!(after.true_peak_dbtp, before.true_peak_dbtp);
    assert_eq!(after.short_term_max_lufs, before.short_term_max_lufs);
    assert!((after.integrated_lufs - before.integrated_lufs).abs() < 0.1);
    assert_eq!(shared.meter_history.song().points.len(), 5);
    processor.activate(48_000.0, false);
    assert_eq!(play(&mut processor, -40.0, 1.0).measured_s, 1.0);
    assert_eq!(shared.meter_history.song().points.len(), 1);
}
