//! Reading songs as references.

use std::path::{Path, PathBuf};

use flow_audio_file::{Audio, OutputFormat};
use flow_testkit::signals;
use flow_testkit::testing::write_long_silence;
use tempfile::TempDir;

fn write(folder: &TempDir, name: &str, audio: &Audio) -> PathBuf {
    let path = folder.path().join(name);
    flow_audio_file::write(&path, &OutputFormat::WAV_24, audio).unwrap();
    path
}

fn error_of(path: &Path) -> String {
    let message = flow_service::reference_file::read(path, &|_| true).unwrap_err();
    let message = format!("{message:#}");
    assert_eq!(message.lines().count(), 1, "{message}");
    message
}

#[test]
fn read_of_song_equals_analysis_of_its_audio() {
    let folder = tempfile::tempdir().unwrap();
    let song = flow_demo_song::demo_song(48_000);
    let path = write(&folder, "Night drive.wav", &song);
    let measured = flow_service::reference_file::read(&path, &|_| true).unwrap();
    assert_eq!(measured.warnings, [""; 0]);
    let reference = measured.reference;
    assert_eq!(reference.name(), "Night drive");
    let written = flow_audio_file::read(&path).unwrap().audio.channels;
    let window = flow_analysis::features::AnalysisWindow::of(
        flow_dsp::Spec::default(),
        &written[0],
        &written[1],
    );
    assert_eq!(reference.summary(), &window.summary());
    // A mono file has equal channels.
    let mono = Audio::new(48_000, vec![song.channels[0].clone()]);
    let mono =
        flow_service::reference_file::read(&write(&folder, "mono.wav", &mono), &|_| true).unwrap();
    let mono = mono.reference;
    assert!(mono.summary().side_db < -100.0 && mono.summary().balance_db.abs() < 1e-3);
}

#[test]
fn read_of_unusable_file_returns_error_of_one_line() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    std::fs::write(path("empty.wav"), []).unwrap();
    std::fs::write(path("text.flac"), b"This is no song.\n").unwrap();
    write_long_silence(&path("three hours.wav"), 3 * 3600);
    write_long_silence(&path("silent.wav"), 20);
    write(
        &folder,
        "slow.wav",
        &signals::white_noise(8_000, 1, 12.0, 0.1, 1),
    );
    let short = flow_demo_song::demo_excerpt(48_000, flow_demo_song::CHORUS_SECONDS, 6.0);
    let whole = write(&folder, "short.wav", &short);
    let bytes = std::fs::read(whole).unwrap();
    std::fs::write(path("cut.wav"), &bytes[..bytes.len() / 2]).unwrap();
    for (name, words) in [
        ("empty.wav", "the file is empty"),
        ("deleted.wav", "there is no such file"),
        ("text.flac", "no WAV, AIFF, FLAC, MP3"),
        ("three hours.wav", "longer than 60 minutes"),
        ("silent.wav", "less than ten seconds of sound"),
        ("short.wav", "less than ten seconds of sound"),
        ("slow.wav", "8000 Hz"),
        ("cut.wav", "truncated"),
    ] {
        let message = error_of(&path(name));
        assert!(message.contains(words), "{name}: {message}");
    }
    assert!(error_of(folder.path()).contains("folder"));
}

#[test]
fn read_ends_when_should_continue_returns_false() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("long.wav");
    write_long_silence(&path, 1800);
    let calls = std::cell::Cell::new(0);
    let should_continue = |_: &flow_audio_file::SongStream| {
        calls.set(calls.get() + 1);
        calls.get() < 5
    };
    let message = flow_service::reference_file::read(&path, &should_continue).unwrap_err();
    assert_eq!(
        (message.to_string().as_str(), calls.get()),
        ("it was canceled", 5)
    );
}
