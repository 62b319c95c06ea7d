//! Helpers of the tests of `flow master` with music.

use flow_audio_file::{Audio, OutputFormat};
use flow_testkit::testing;
use serde_json::Value;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// Twenty seconds of the demo song.
pub(crate) fn song() -> Audio {
    flow_demo_song::demo_song(48_000).range(15 * 48_000, 35 * 48_000)
}

pub(crate) fn write(folder: &Path, name: &str, audio: &Audio) -> PathBuf {
    let path = folder.join(name);
    flow_audio_file::write(&path, &OutputFormat::WAV_24, audio).unwrap();
    path
}

/// Runs `flow master` with the output folder `out` in `folder`.
pub(crate) fn master(folder: &Path, songs: &[&Path], options: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_flow"))
        .arg("master")
        .arg("--out")
        .arg(folder.join("out"))
        .args(songs)
        .args(options.iter().map(OsStr::new))
        .env("FLOW_BUNDLE", testing::bundle_path())
        .output()
        .unwrap()
}

/// The JSON on stdout of a successful run.
pub(crate) fn json(output: &Output) -> Value {
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{stderr}");
    serde_json::from_slice(&output.stdout).unwrap()
}

/// The number in a text such as "3.10 dB". A missing value is at its default, 0.
pub(crate) fn number(shown: &Value) -> f64 {
    if let Some(number) = shown.as_f64() {
        return number;
    }
    let text = shown.as_str().unwrap_or("0");
    let number = text.split_whitespace().next().unwrap_or("0");
    number.replace('−', "-").parse().unwrap()
}
