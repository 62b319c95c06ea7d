use std::path::Path;
use std::time::{Duration, Instant};

use flow_audio_file::{Audio, OutputFormat};

use super::*;
use crate::audio::player::SourceChoice;

const RATE_HZ: f32 = 48_000.0;

/// A player with its playback, and a folder for songs.
struct Rig {
    player: SongPlayer,
    playback: Playback,
    folder: tempfile::TempDir,
    rate_hz: f32,
}

impl Rig {
    fn new() -> Self {
        let (player, playback) = SongPlayer::new();
        Self {
            player,
            playback,
            folder: tempfile::tempdir().unwrap(),
            rate_hz: RATE_HZ,
        }
    }

    /// With a song of 4 s, which is open.
    fn with_song() -> Self {
        let mut rig = Self::new();
        rig.open("Dawn.wav", StartPlace::default());
        rig
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn open(&mut self, name: &str, start: StartPlace) {
        let path = self.path(name);
        if !path.exists() {
            write(&path, 4.0);
        }
        self.player.open(path, start);
        self.settle();
    }

    /// Runs until nothing changes by itself.
    fn settle(&mut self) {
        let begin = Instant::now();
        while self.player.poll(Some(self.rate_hz)) {
            self.run(0.02);
            assert!(begin.elapsed() < Duration::from_secs(240));
        }
    }

    /// Plays so many seconds.
    fn run(&mut self, seconds: f32) {
        let frames = samples(f64::from(seconds * self.rate_hz));
        let (mut left, mut right) = (vec![0.0; frames], vec![0.0; frames]);
        for (left, right) in left.chunks_mut(512).zip(right.chunks_mut(512)) {
            self.playback
                .process(&mut [left, right], SourceChoice::Song);
        }
        self.player.poll(Some(self.rate_hz));
    }

    fn perform(&mut self, action: PlayerAction) {
        self.player.perform(action);
    }

    fn song(&self) -> SongView<'_> {
        self.player.view().song.expect("a song")
    }

    fn is_near(&self, seconds: f64) -> bool {
        (self.song().position_s - seconds).abs() < 0.03
    }
}

fn write(path: &Path, seconds: f64) {
    let song = flow_demo_song::demo_excerpt(48_000, 20.0, seconds);
    flow_audio_file::write(path, &OutputFormat::WAV_24, &song).unwrap();
}

#[test]
fn opened_song_is_paused_at_its_start() {
    let rig = Rig::with_song();
    let song = rig.song();
    assert_eq!((song.name, song.duration_s), ("Dawn.wav", 4.0));
    assert_eq!((song.position_s, song.is_playing), (0.0, false));
    assert_eq!((song.section_s, song.is_looping), ([0.0, 4.0], false));
    let view = rig.player.view();
    assert_eq!((view.progress, view.message), (None, None));
}

#[test]
fn song_opens_at_the_place_of_the_last_session() {
    let mut rig = Rig::new();
    let start = StartPlace {
        position_s: 2.5,
        section_s: Some([1.0, 3.0]),
        is_looping: true,
    };
    rig.open("Dawn.wav", start);
    let song = rig.song();
    assert_eq!((song.position_s, song.is_playing), (2.5, false));
    assert_eq!((song.section_s, song.is_looping), ([1.0, 3.0], true));
}

#[test]
fn play_pause_and_seek_move_the_position() {
    let mut rig = Rig::with_song();
    rig.perform(PlayerAction::SetPlaying(true));
    rig.run(1.0);
    assert!(rig.is_near(1.0), "{}", rig.song().position_s);
    rig.perform(PlayerAction::Seek(3.0));
    assert_eq!(rig.song().position_s, 3.0);
    rig.run(0.5);
    assert!(rig.is_near(3.5));
    rig.perform(PlayerAction::SetPlaying(false));
    rig.run(1.0);
    assert!(rig.is_near(3.5));
    rig.perform(PlayerAction::Seek(-7.0));
    assert_eq!(rig.song().position_s, 0.0);
    rig.perform(PlayerAction::Seek(f64::NAN));
    assert_eq!(rig.song().position_s, 0.0);
}

#[test]
fn song_that_ends_pauses_at_its_start() {
    let mut rig = Rig::with_song();
    rig.perform(PlayerAction::SetPlaying(true));
    rig.perform(PlayerAction::Seek(3.9));
    rig.run(1.0);
    rig.settle();
    assert!(!rig.song().is_playing);
    assert_eq!(rig.song().position_s, 0.0);
}

#[test]
fn loop_stays_within_its_section_and_enters_it_when_switched_on() {
    let mut rig = Rig::with_song();
    rig.perform(PlayerAction::SetSection([2.0, 1.0]));
    assert_eq!(rig.song().section_s, [1.0, 2.0]);
    rig.perform(PlayerAction::SetPlaying(true));
    rig.perform(PlayerAction::SetLooping(true));
    for _ in 0..30 {
        rig.run(0.1);
        let position_s = rig.song().position_s;
        assert!((0.98..2.0).contains(&position_s), "{position_s}");
    }
    rig.perform(PlayerAction::SetLooping(false));
    rig.run(1.5);
    assert!(rig.song().position_s > 2.0);
}

#[test]
fn section_is_never_empty_nor_outside_of_the_song() {
    for (section, duration_s, expected) in [
        ([1.0, 3.0], 4.0, [1.0, 3.0]),
        ([-1.0, 9.0], 4.0, [0.0, 4.0]),
        ([2.0, 2.0], 4.0, [2.0, 2.1]),
        ([4.0, 4.0], 4.0, [3.9, 4.0]),
        ([f64::NAN, 1.0], 4.0, [1.0, 1.1]),
        ([0.0, 1.0], 0.05, [0.0, 0.05]),
    ] {
        let valid = valid_section(section, duration_s);
        let is_equal = valid
            .iter()
            .zip(expected)
            .all(|(a, b)| (a - b).abs() < 1e-9);
        assert!(is_equal, "{section:?}: {valid:?}");
    }
}

#[test]
fn song_at_another_device_rate_goes_on_at_its_position() {
    let mut rig = Rig::with_song();
    rig.perform(PlayerAction::SetSection([1.0, 3.0]));
    rig.perform(PlayerAction::SetPlaying(true));
    rig.perform(PlayerAction::Seek(2.0));
    rig.run(0.1);
    rig.rate_hz = 96_000.0;
    rig.playback.prepare(rig.rate_hz);
    rig.perform(PlayerAction::SetPlaying(false));
    rig.settle();
    let song = rig.song();
    assert_eq!((song.section_s, song.duration_s), ([1.0, 3.0], 4.0));
    assert!((2.0..2.3).contains(&song.position_s), "{}", song.position_s);
}

#[test]
fn incomplete_song_opens_with_a_warning() {
    let mut rig = Rig::new();
    let path = rig.path("Dusk.flac");
    let flac = OutputFormat::new(flow_audio_file::Container::Flac, None).unwrap();
    let audio = flow_demo_song::demo_excerpt(48_000, 20.0, 1.0);
    flow_audio_file::write(&path, &flac, &audio).unwrap();
    let mut bytes = std::fs::read(&path).unwrap();
    bytes.extend(b"rest");
    std::fs::write(&path, bytes).unwrap();
    rig.open("Dusk.flac", StartPlace::default());
    let view = rig.player.view();
    assert!(view.song.is_some());
    let warning = "Dusk.flac: 4 bytes behind its last FLAC frame are left out.";
    assert_eq!(view.message.as_deref(), Some(warning));
}

#[test]
fn file_that_is_no_song_gives_one_line_and_keeps_the_song() {
    let mut rig = Rig::with_song();
    std::fs::write(rig.path("notes.wav"), "no song").unwrap();
    rig.open("notes.wav", StartPlace::default());
    assert_eq!(rig.song().name, "Dawn.wav");
    let message = rig.player.view().message.unwrap_or_default();
    assert!(message.starts_with("notes.wav: "), "{message}");
    assert_eq!(message.lines().count(), 1);
    // The next song clears it.
    rig.open("Dusk.wav", StartPlace::default());
    assert_eq!(rig.player.view().message, None);
    assert_eq!(rig.song().name, "Dusk.wav");
}

#[test]
fn song_opens_when_the_device_rate_is_known() {
    let mut rig = Rig::new();
    write(&rig.path("Dawn.wav"), 1.0);
    rig.player.open(rig.path("Dawn.wav"), StartPlace::default());
    let progress = |rig: &Rig| rig.player.view().progress.unwrap_or_default();
    assert_eq!(progress(&rig), "Opening Dawn.wav");
    // Nothing changes by itself until then.
    assert!(!rig.player.poll(None));
    let line = "Dawn.wav opens once audio runs at a supported sample rate";
    assert_eq!(progress(&rig), line);
    rig.settle();
    assert_eq!(rig.song().duration_s, 1.0);
}

#[test]
fn warning_about_the_rate_can_be_hidden() {
    let mut rig = Rig::with_song();
    rig.playback.report_device_rate(RATE_HZ);
    rig.run(0.1);
    assert_eq!(rig.player.view().message, None);
    rig.playback.report_device_rate(44_100.0);
    rig.run(0.1);
    let message = rig.player.view().message.unwrap_or_default();
    assert!(message.ends_with("44100 Hz: restart Flow."), "{message}");
    rig.perform(PlayerAction::Dismiss);
    rig.run(0.1);
    assert_eq!(rig.player.view().message, None);
}

#[test]
fn close_returns_to_the_live_input() {
    let mut rig = Rig::with_song();
    rig.perform(PlayerAction::SetPlaying(true));
    rig.run(0.5);
    rig.perform(PlayerAction::Close);
    assert!(rig.player.view().song.is_none());
    rig.run(0.5);
    let (mut left, mut right) = ([0.5; 64], [0.25; 64]);
    rig.playback
        .process(&mut [&mut left, &mut right], SourceChoice::Song);
    assert_eq!((left, right), ([0.5; 64], [0.25; 64]));
    rig.perform(PlayerAction::SetPlaying(true));
    rig.open("Dusk.wav", StartPlace::default());
    assert!(!rig.song().is_playing);
}

#[test]
fn closed_song_comes_back_from_the_audio_thread_and_is_freed() {
    let mut rig = Rig::with_song();
    rig.perform(PlayerAction::SetPlaying(true));
    rig.run(0.5);
    rig.perform(PlayerAction::Close);
    let (mut left, mut right) = ([0.0; 4800], [0.0; 4800]);
    rig.playback
        .process(&mut [&mut left, &mut right], SourceChoice::Song);
    assert_eq!(rig.player.returned.slots(), 1);
    rig.player.poll(Some(RATE_HZ));
    assert!(rig.player.returned.is_empty());
}

#[test]
fn open_replaces_the_song_that_is_being_opened() {
    let mut rig = Rig::new();
    write(&rig.path("Long.wav"), 60.0);
    rig.player.open(rig.path("Long.wav"), StartPlace::default());
    rig.player.poll(Some(RATE_HZ));
    rig.open("Dawn.wav", StartPlace::default());
    assert_eq!(rig.song().name, "Dawn.wav");
    rig.player.open(rig.path("Long.wav"), StartPlace::default());
    rig.player.poll(Some(RATE_HZ));
    rig.perform(PlayerAction::Cancel);
    rig.settle();
    assert_eq!(rig.song().name, "Dawn.wav");
}

#[test]
fn songs_that_the_audio_thread_does_not_take_are_reported() {
    let mut rig = Rig::new();
    write(&rig.path("Dawn.wav"), 0.5);
    let begin = Instant::now();
    while rig.player.view().message.is_none() {
        rig.player.open(rig.path("Dawn.wav"), StartPlace::default());
        while rig.player.view().progress.is_some() {
            rig.player.poll(Some(RATE_HZ));
            assert!(begin.elapsed() < Duration::from_secs(240));
        }
    }
    let message = rig.player.view().message;
    assert_eq!(
        message.as_deref(),
        Some("No audio is running, so no song can be opened: start it first.")
    );
}

#[test]
fn song_shorter_than_a_crossfade_plays_and_ends() {
    let mut rig = Rig::new();
    let path = rig.path("Click.wav");
    let click = Audio::new(48_000, vec![vec![0.5; 10]]);
    flow_audio_file::write(&path, &OutputFormat::WAV_24, &click).unwrap();
    rig.open("Click.wav", StartPlace::default());
    rig.perform(PlayerAction::SetLooping(true));
    rig.perform(PlayerAction::SetPlaying(true));
    rig.run(0.5);
    rig.perform(PlayerAction::SetLooping(false));
    rig.run(0.5);
    rig.settle();
    assert!(!rig.song().is_playing);
}

#[test]
fn warning_about_the_rate_stays_while_the_device_has_another() {
    let mut rig = Rig::with_song();
    rig.playback.report_device_rate(44_100.0);
    rig.run(0.02);
    let warning = |rig: &Rig| rig.player.view().message;
    let text = "The audio device runs at 44100 Hz: restart Flow.";
    assert_eq!(warning(&rig).as_deref(), Some(text));
    rig.open("Dusk.wav", StartPlace::default());
    assert_eq!(warning(&rig).as_deref(), Some(text));
    rig.playback.report_device_rate(RATE_HZ);
    rig.run(0.02);
    assert_eq!(warning(&rig), None);
}

#[test]
fn message_does_not_keep_the_song_at_a_former_rate() {
    let mut rig = Rig::with_song();
    rig.player
        .show_message("The session can't be saved.".into());
    rig.rate_hz = 44_100.0;
    rig.settle();
    assert_eq!(rig.player.song.as_ref().unwrap().rate_hz, 44_100);
}

#[test]
fn song_that_cannot_be_decoded_for_a_new_rate_is_closed() {
    let mut rig = Rig::with_song();
    rig.perform(PlayerAction::SetPlaying(true));
    rig.run(0.5);
    std::fs::remove_file(rig.path("Dawn.wav")).unwrap();
    // At the same rate it stays.
    rig.player.open(rig.path("Dawn.wav"), StartPlace::default());
    rig.settle();
    assert_eq!(rig.song().name, "Dawn.wav");
    rig.rate_hz = 44_100.0;
    rig.playback.prepare(rig.rate_hz);
    rig.settle();
    assert!(rig.player.view().song.is_none());
    let message = rig.player.view().message.unwrap_or_default();
    assert!(message.starts_with("Dawn.wav: "), "{message}");
}

#[test]
fn song_is_closed_later_while_the_audio_thread_takes_no_wish() {
    let mut rig = Rig::with_song();
    for _ in 0..QUEUE {
        let path = rig.path("Dawn.wav");
        rig.player.open(path, StartPlace::default());
        while rig.player.view().progress.is_some() {
            rig.player.poll(Some(rig.rate_hz));
        }
    }
    rig.perform(PlayerAction::Close);
    let view = rig.player.view();
    assert!(view.song.is_some());
    assert_eq!(view.message.as_deref(), Some(CLOSES_LATER));
    rig.settle();
    let view = rig.player.view();
    assert!(view.song.is_none());
    assert_eq!(view.message, None);
}

#[test]
fn song_that_is_too_short_for_one_frame_is_refused() {
    let mut rig = Rig::new();
    rig.rate_hz = 44_100.0;
    let path = rig.path("Blink.wav");
    let blink = Audio::new(384_000, vec![vec![0.5; 1]]);
    flow_audio_file::write(&path, &OutputFormat::WAV_24, &blink).unwrap();
    rig.open("Blink.wav", StartPlace::default());
    assert!(rig.player.view().song.is_none());
    let message = rig.player.view().message.unwrap();
    assert_eq!(message, "Blink.wav: there is no audio in it.");
}

#[test]
fn song_after_a_louder_one_is_silent_until_its_gain_is_set() {
    let mut rig = Rig::new();
    (rig.player, rig.playback) = SongPlayer::new();
    rig.player = rig.player.with_silent_beginning();
    rig.playback.prepare(RATE_HZ);
    rig.open("Dawn.wav", StartPlace::default());
    rig.perform(PlayerAction::SetPlaying(true));
    rig.perform(PlayerAction::SetGain(4.0));
    rig.run(0.1);
    rig.open("Dusk.wav", StartPlace::default());
    // The first song may have ended meanwhile.
    rig.perform(PlayerAction::SetPlaying(true));
    let peak = |rig: &mut Rig| {
        let (mut left, mut right) = ([0.0_f32; 4800], [0.0_f32; 4800]);
        rig.playback
            .process(&mut [&mut left, &mut right], SourceChoice::Song);
        left.iter().fold(0.0_f32, |peak, x| peak.max(x.abs()))
    };
    assert_eq!(rig.song().name, "Dusk.wav");
    assert_eq!(peak(&mut rig), 0.0);
    rig.perform(PlayerAction::SetGain(0.5));
    assert!(peak(&mut rig) > 0.0);
}
