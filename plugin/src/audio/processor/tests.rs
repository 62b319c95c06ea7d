use std::time::{Duration, Instant};

use flow_audio_file::{Audio, OutputFormat};
use flow_dsp::{Compare, Monitor, SoloStage};
use flow_params::ParameterId;

use super::*;
use crate::audio::monitor::MonitorStates;
use crate::audio::player::{PlayerAction, PlayerView};

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

/// An instance with a reference of a constant level, which is open and on.
struct ReferenceRig {
    processor: Processor,
    shared: Arc<PluginShared>,
    folder: tempfile::TempDir,
}

impl ReferenceRig {
    const LEVEL: f32 = 0.25;

    fn new() -> Self {
        Self::with_song(vec![Self::LEVEL; 96_000])
    }

    /// With a song that is equal in both channels.
    fn with_song(samples: Vec<f32>) -> Self {
        let mut rig = Self::requested(samples);
        rig.open();
        assert!(rig.is_started());
        rig.switch_on();
        rig
    }

    /// With a song that is asked for and not yet open.
    fn requested(samples: Vec<f32>) -> Self {
        let (mut processor, shared) = Processor::new();
        processor.activate(48_000.0, false);
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("Night.wav");
        let audio = Audio::new(48_000, vec![samples; 2]);
        flow_audio_file::write(&path, &OutputFormat::WAV_24, &audio).unwrap();
        shared.reference.play(&path, &shared.monitor);
        Self {
            processor,
            shared,
            folder,
        }
    }

    /// Plays until the song is open.
    fn open(&mut self) {
        let begin = Instant::now();
        while !self.shared.reference.has_song() {
            self.update(f32::NEG_INFINITY);
            self.process();
            assert!(begin.elapsed() < Duration::from_secs(60));
        }
    }

    fn is_started(&self) -> bool {
        self.shared.reference.take_start(&self.shared.monitor)
    }

    /// Follows the song, with a master of this loudness.
    fn update(&self, lufs: f32) {
        self.update_at(lufs, -3.0, false);
    }

    /// The same, with a change by *Auto gain*. Returns the gain of the song.
    fn update_at(&self, lufs: f32, auto_gain_db: f32, is_bypassed: bool) -> Option<f32> {
        let mut readings = flow_dsp::Readings {
            monitor_gain_db: auto_gain_db,
            ..flow_dsp::Readings::default()
        };
        readings.output.integrated_lufs = lufs;
        readings.output.short_term_lufs = lufs;
        let shared = &self.shared;
        shared
            .reference
            .update(Some(48_000.0), &shared.monitor, &readings, is_bypassed);
        let level = shared.reference.played().and_then(|played| played.level);
        level.map(|level| level.gain_db)
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
fn bypass_by_the_host_ends_the_reference() {
    let mut rig = ReferenceRig::new();
    rig.process();
    let bypass = rig.shared.params.get(ParameterId::Bypass);
    bypass.set_normalized(1.0);
    rig.process();
    assert!(!rig.shared.monitor.get().reference);
}

type Change<'c> = &'c dyn Fn(&mut ReferenceRig);

#[test]
fn reference_that_is_asked_for_is_not_heard_after_an_activation_or_a_bypass_or_without_its_window()
{
    let bypass = |rig: &mut ReferenceRig| {
        let bypass = rig.shared.params.get(ParameterId::Bypass);
        bypass.set_normalized(1.0);
        rig.process();
    };
    let changes: [(&str, Change, bool); 3] = [
        ("nothing", &|_| {}, true),
        (
            "activation",
            &|rig| rig.processor.activate(48_000.0, false),
            false,
        ),
        ("bypass", &bypass, false),
    ];
    for (name, change, expected) in changes {
        let mut rig = ReferenceRig::requested(vec![ReferenceRig::LEVEL; 96_000]);
        change(&mut rig);
        rig.open();
        assert_eq!(rig.is_started(), expected, "{name}");
        assert!(!rig.is_started(), "{name}");
    }
    // Without its window the song isn't even opened.
    let mut rig = ReferenceRig::requested(vec![ReferenceRig::LEVEL; 96_000]);
    rig.update(f32::NEG_INFINITY);
    rig.shared.set_editor_open(false);
    rig.process();
    wait_until_free(&rig);
    rig.update(f32::NEG_INFINITY);
    assert!(!rig.is_started() && !rig.shared.reference.has_song());
}

#[test]
fn reference_that_is_given_up_or_removed_does_not_start_the_open_one() {
    let rig = ReferenceRig::new();
    let (reference, monitor) = (&rig.shared.reference, &rig.shared.monitor);
    monitor.end_reference();
    let [open, other] = ["Night.wav", "Other.wav"].map(|name| rig.folder.path().join(name));
    reference.play(&other, monitor);
    reference.perform(PlayerAction::Cancel, monitor);
    assert!(!rig.is_started());
    reference.play(&other, monitor);
    reference.keep(&[&open], monitor);
    assert!(!rig.is_started() && reference.has(&open));
    reference.play(&open, monitor);
    assert!(rig.is_started());
}

#[test]
fn reference_keeps_the_master_before_a_bypass_and_follows_auto_gain() {
    let tone = (0..96_000_u32)
        .map(|n| 0.25 * (std::f64::consts::TAU * 1000.0 * f64::from(n) / 48_000.0).sin());
    let rig = ReferenceRig::with_song(tone.map(flow_dsp::math::narrow).collect());
    let set = |auto_gain, reference| {
        let chain = Monitor {
            auto_gain,
            ..Monitor::default()
        };
        rig.shared.monitor.set(MonitorStates { chain, reference });
    };
    set(false, false);
    let before = rig.update_at(-20.0, -3.0, false).unwrap();
    // The input is measured now, and for a while after.
    assert_eq!(rig.update_at(-30.0, -5.0, true), Some(before));
    set(false, true);
    assert_eq!(rig.update_at(-30.0, -5.0, false), Some(before));
    set(true, true);
    assert_eq!(rig.update_at(-30.0, -5.0, false), Some(before - 3.0));
}

#[test]
fn reference_after_a_seek_out_of_a_soft_section_stays_below_full_scale() {
    let tone = (0..480_000_u32).map(|frame| {
        let amplitude = if frame < 240_000 { 0.001 } else { 0.9 };
        amplitude * (std::f64::consts::TAU * 1000.0 * f64::from(frame) / 48_000.0).sin()
    });
    let mut rig = ReferenceRig::with_song(tone.map(flow_dsp::math::narrow).collect());
    let shared = rig.shared.clone();
    let perform = |action| shared.reference.perform(action, &shared.monitor);
    perform(PlayerAction::Loop([0.0, 4.5]));
    rig.update(-14.0);
    rig.process();
    perform(PlayerAction::Seek(6.0));
    let (mut left, mut right) = (vec![0.0; 96_000], vec![0.0; 96_000]);
    for (left, right) in left.chunks_mut(512).zip(right.chunks_mut(512)) {
        rig.processor.process(&mut [left, right]);
    }
    let peak = left.iter().fold(0.0, |peak: f32, s| peak.max(s.abs()));
    // It is turned up, as far as it goes.
    assert!((0.99..1.0 + 1e-6).contains(&peak), "{peak}");
}

#[test]
fn closed_reference_ends_its_monitor_state() {
    let mut rig = ReferenceRig::new();
    rig.process();
    rig.shared.reference.close(&rig.shared.monitor);
    assert!(!rig.shared.monitor.get().reference);
    rig.switch_on();
    rig.update(f32::NEG_INFINITY);
    assert!(!rig.shared.monitor.get().reference, "without a song");
    assert_eq!(rig.process(), [0.0; 2]);
}

/// Waits until the song's memory is free.
fn wait_until_free(rig: &ReferenceRig) {
    let begin = Instant::now();
    while rig.shared.reference.is_lent() {
        assert!(begin.elapsed() < Duration::from_secs(60), "never freed");
        std::thread::sleep(Duration::from_millis(5));
    }
}

#[test]
fn song_of_a_closed_window_is_freed_without_another_window() {
    let mut rig = ReferenceRig::new();
    rig.process();
    assert!(rig.shared.reference.is_lent());
    rig.shared.set_editor_open(false);
    assert!(!rig.shared.reference.has_song());
    assert_eq!(rig.process(), [0.0; 2]);
    wait_until_free(&rig);
}

#[test]
fn song_of_a_closed_window_is_freed_at_the_end_of_the_activation() {
    let mut rig = ReferenceRig::new();
    rig.process();
    rig.shared.set_editor_open(false);
    // No block is processed any more.
    rig.processor.deactivate();
    wait_until_free(&rig);
}

#[test]
fn song_of_the_last_window_is_played_again_at_its_place() {
    let ramp = (0..96_000_u32).map(|frame| f64::from(frame % 100) / 1000.0);
    let mut rig = ReferenceRig::with_song(ramp.map(flow_dsp::math::narrow).collect());
    let shared = rig.shared.clone();
    let section = PlayerAction::Loop([0.5, 1.25]);
    shared.reference.perform(section, &shared.monitor);
    rig.process();
    shared.set_editor_open(false);
    rig.process();
    wait_until_free(&rig);
    shared.set_editor_open(true);
    assert!(shared.reference.play_last(&shared.monitor));
    rig.open();
    assert!(rig.is_started());
    let section_s = |player: &PlayerView<'_>| player.song.as_ref().map(|song| song.section_s);
    let reopened = shared.reference.view(section_s).flatten();
    assert_eq!(reopened, Some([0.5, 1.25]));
    // A song that the user closes is not opened again.
    shared.reference.close(&shared.monitor);
    assert!(!shared.reference.play_last(&shared.monitor));
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
