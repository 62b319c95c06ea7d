//! The audio thread's half of the player never allocates or frees memory, whatever the window asks for.

use std::time::{Duration, Instant};

use flow_audio_file::OutputFormat;
use flow_plugin::audio::player::{Playback, PlayerAction, SongPlayer, SourceChoice, StartPlace};
use flow_plugin::standalone::recorder::Recorder;
use flow_testkit::counting_allocator::CountingAllocator;

#[global_allocator]
static ALLOCATOR: CountingAllocator = CountingAllocator;

/// Plays half a second, without an allocator call.
fn play(playback: &mut Playback, choice: SourceChoice) {
    let (mut left, mut right) = ([0.1; 512], [0.1; 512]);
    let before = CountingAllocator::calls();
    for _ in 0..47 {
        playback.process(&mut [&mut left, &mut right], choice);
    }
    assert_eq!(CountingAllocator::calls(), before);
}

#[test]
fn recorded_blocks_are_taken_without_an_allocator_call() {
    let folder = tempfile::tempdir().unwrap();
    let (mut recorder, mut tap) = Recorder::new();
    let (mut left, mut right) = ([0.1; 512], [0.1; 512]);
    let mut play = || {
        let before = CountingAllocator::calls();
        for _ in 0..94 {
            tap.push(&[&mut left, &mut right], 48_000.0);
        }
        assert_eq!(CountingAllocator::calls(), before);
    };
    play();
    let path = folder.path().join("Take.wav");
    recorder.start(path, OutputFormat::WAV_24).unwrap();
    play();
    recorder.stop();
    play();
    let begin = Instant::now();
    let file = loop {
        if let Some(result) = recorder.poll() {
            break result.unwrap();
        }
        assert!(begin.elapsed() < Duration::from_secs(240));
        std::thread::sleep(Duration::from_millis(1));
    };
    assert_eq!(file.lost_frames, 0);
    assert_eq!((file.seconds * 48_000.0).round(), 94.0 * 512.0);
}

#[test]
fn playback_of_songs_never_allocates_or_frees() {
    let folder = tempfile::tempdir().unwrap();
    let song = flow_demo_song::demo_excerpt(48_000, 20.0, 2.0);
    let paths = ["Dawn.wav", "Dusk.wav"].map(|name| folder.path().join(name));
    for path in &paths {
        flow_audio_file::write(path, &OutputFormat::WAV_24, &song).unwrap();
    }
    let (mut player, mut playback) = SongPlayer::new();
    play(&mut playback, SourceChoice::Song);
    for path in &paths {
        player.open(path.clone(), StartPlace::default());
        let begin = Instant::now();
        while player.poll(Some(48_000.0)) {
            play(&mut playback, SourceChoice::Song);
            assert!(begin.elapsed() < Duration::from_secs(240));
        }
        assert!(player.view().song.is_some());
        for action in [
            PlayerAction::SetPlaying(true),
            PlayerAction::Seek(1.5),
            PlayerAction::Loop([0.2, 0.4]),
            PlayerAction::SetSection([0.3, 1.0]),
            PlayerAction::SetLooping(false),
            PlayerAction::Seek(1.9),
            PlayerAction::SetGain(0.5),
            PlayerAction::SetPlaying(false),
        ] {
            player.perform(action);
            for choice in [
                SourceChoice::Song,
                SourceChoice::MonoSong,
                SourceChoice::Input,
            ] {
                play(&mut playback, choice);
            }
        }
    }
    player.perform(PlayerAction::Close);
    play(&mut playback, SourceChoice::Song);
}
