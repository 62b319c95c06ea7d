//! `flow` as a program: inputs, errors, exit codes, signals, written files, help, completions, manual pages. Needs the bundle, as `master.rs` does.

mod analyze;
mod documentation;
mod errors;
#[cfg(unix)]
mod inputs;
#[cfg(unix)]
mod interrupts;
mod written_files;

use flow_audio_file::{Audio, OutputFormat};
use flow_testkit::{signals, testing};
use serde_json::Value;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// `flow` with these arguments, in an empty environment of options.
fn flow<S: AsRef<OsStr>>(arguments: impl IntoIterator<Item = S>) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_flow"));
    command
        .args(arguments)
        .env("FLOW_BUNDLE", testing::bundle_path())
        .env_remove("NO_COLOR")
        .env_remove("CLICOLOR_FORCE");
    command
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn json(output: &Output) -> Value {
    let parsed = serde_json::from_slice(&output.stdout);
    parsed.unwrap_or_else(|e| panic!("{e}: {output:?}"))
}

/// Writes noise at about −20 LUFS.
fn write_noise(folder: &Path, name: &str, seconds: f64) -> PathBuf {
    let noise = signals::white_noise(48_000, 2, seconds, 0.08, 1);
    write(folder, name, &noise)
}

fn write(folder: &Path, name: &str, audio: &Audio) -> PathBuf {
    let path = folder.join(name);
    flow_audio_file::write(&path, &OutputFormat::WAV_24, audio).unwrap();
    path
}

/// The names in a folder, sorted; none if the folder is missing.
fn names(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).into_iter().flatten();
    let name = |entry: std::io::Result<std::fs::DirEntry>| {
        let name = entry.unwrap().file_name();
        name.to_string_lossy().into_owned()
    };
    let mut names: Vec<String> = entries.map(name).collect();
    names.sort();
    names
}
