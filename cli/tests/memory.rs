//! The memory of `flow master` doesn't grow with the song.
#![cfg(target_os = "linux")]

use flow_audio_file::{Metadata, OutputFormat, SongWriter};
use flow_testkit::{signals, testing};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

const RATE_HZ: u32 = 48_000;
const SECONDS: usize = 720;
/// Two stores of 128 MiB, and the plug-in, meters and report. Input and output alone would take 550 MB in memory.
const LIMIT_KIB: u64 = 420 << 10;

/// Writes noise of two channels, one second after the other.
fn write_song(path: &Path) {
    let second = signals::white_noise(RATE_HZ, 2, 1.0, 0.2, 1);
    let format = OutputFormat::WAV_24;
    let mut writer = SongWriter::create(path, &format, RATE_HZ, 2, &Metadata::default()).unwrap();
    for _ in 0..SECONDS {
        writer.write(&second.slices()).unwrap();
    }
    writer.finish().unwrap();
}

/// The highest resident memory of a process so far, KiB. None after its end.
fn peak_kib(process: u32) -> Option<u64> {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.split_whitespace().next()?.parse().ok()
}

#[test]
fn long_song_is_mastered_in_bounded_memory() {
    let folder = tempfile::tempdir().unwrap();
    let song = folder.path().join("long.wav");
    write_song(&song);
    let mut child = Command::new(env!("CARGO_BIN_EXE_flow"))
        .args(["master", "--set", "gain=0", "--out"])
        .arg(folder.path().join("out"))
        .arg(&song)
        .env("FLOW_BUNDLE", testing::bundle_path())
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    let mut peak = 0;
    let status = loop {
        peak = peak.max(peak_kib(child.id()).unwrap_or(0));
        if let Some(status) = child.try_wait().unwrap() {
            break status;
        }
        std::thread::sleep(Duration::from_millis(20));
    };
    assert!(status.success());
    println!("measured: {} MiB", peak >> 10);
    assert!(peak > 0 && peak < LIMIT_KIB, "{} MiB", peak >> 10);
    let master = flow_audio_file::SongStream::open(&folder.path().join("out/long.flow.wav"));
    assert_eq!(master.unwrap().declared_seconds(), Some(SECONDS as f64));
}
