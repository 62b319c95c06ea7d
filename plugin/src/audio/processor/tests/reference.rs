//! The reference in place of the output, and the memory of its song.

use std::time::{Duration, Instant};

use flow_audio_file::{Audio, OutputFormat};

use super::*;
use crate::audio::player::{PlayerAction, PlayerView};

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
            assert!(begin.elapsed() < Duration::from_secs(240));
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
fn open_reference_that_is_chosen_while_another_one_loads_is_heard() {
    let mut rig = ReferenceRig::new();
    let shared = rig.shared.clone();
    shared.monitor.end_reference();
    let [open, other] = ["Night.wav", "Other.wav"].map(|name| rig.folder.path().join(name));
    std::fs::copy(&open, &other).unwrap();
    shared.reference.play(&other, &shared.monitor);
    rig.update(f32::NEG_INFINITY);
    shared.reference.play(&open, &shared.monitor);
    let begin = Instant::now();
    while shared.reference.view(|player| player.progress.is_some()) == Some(true) {
        rig.update(f32::NEG_INFINITY);
        rig.process();
        assert!(begin.elapsed() < Duration::from_secs(240));
    }
    assert!(rig.is_started() && shared.reference.has(&open));
}

#[test]
fn reference_without_audio_says_so_and_draws_nothing_anew() {
    let rig = ReferenceRig::requested(vec![ReferenceRig::LEVEL; 96_000]);
    let (reference, monitor) = (&rig.shared.reference, &rig.shared.monitor);
    let readings = flow_dsp::Readings::default();
    assert!(!reference.update(None, monitor, &readings, false));
    let progress = reference.view(|player| player.progress.clone()).flatten();
    let expected = "Night.wav opens once audio runs at a supported sample rate";
    assert_eq!(progress.as_deref(), Some(expected));
    assert!(reference.update(Some(48_000.0), monitor, &readings, false));
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
        assert!(begin.elapsed() < Duration::from_secs(240), "never freed");
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
