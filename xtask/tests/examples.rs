//! The examples that show how to use Flow's crates run and do as they say. Needs the bundle, and the examples, which a test run
//! of the workspace builds.

use flow_audio_file::OutputFormat;
use flow_testkit::testing;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Runs an example and returns its output.
fn run(example: &str, arguments: &[&Path]) -> String {
    // Test programs lie in the folder `deps` beside the folder of the examples. This one isn't replaced while it runs.
    #[allow(clippy::disallowed_methods)]
    let program = std::env::current_exe().unwrap();
    let folder = program.ancestors().nth(2).unwrap().join("examples");
    let path = folder
        .join(example)
        .with_extension(std::env::consts::EXE_EXTENSION);
    let built = "`cargo build --release --workspace --examples` builds it";
    assert!(path.exists(), "{} is missing: {built}", path.display());
    let output = Command::new(path).args(arguments).output().unwrap();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{example}: {errors}");
    String::from_utf8(output.stdout).unwrap()
}

/// A song in a new folder, and a path for a result.
fn song() -> (tempfile::TempDir, PathBuf, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let (song, result) = (
        folder.path().join("song.wav"),
        folder.path().join("result.wav"),
    );
    let audio = flow_demo_song::demo_excerpt(48_000, 20.0, 12.0);
    flow_audio_file::write(&song, &OutputFormat::WAV_24, &audio).unwrap();
    (folder, song, result)
}

#[test]
fn example_of_the_chain_holds_the_ceiling() {
    let output = run("process_buffer", &[]);
    assert!(output.contains("latency: 188 samples"), "{output}");
    let (_, rest) = output.split_once("true peak: ").unwrap();
    let peak: f64 = rest.split(' ').next().unwrap().parse().unwrap();
    assert!((-1.5..=-1.0).contains(&peak), "{output}");
}

#[test]
fn example_of_the_analysis_prints_proposals() {
    let (_folder, song, _) = song();
    let output = run("analyze", &[&song]);
    let proposals: serde_json::Value = serde_json::from_str(&output).unwrap();
    assert!(!proposals.as_array().unwrap().is_empty(), "{output}");
}

#[test]
fn example_of_mastering_writes_a_master_below_the_ceiling() {
    let (_folder, song, result) = song();
    run("master", &[&song, &result]);
    let master = flow_audio_file::read(&result).unwrap().audio;
    assert!(master.sample_peak() <= 0.892, "{}", master.sample_peak());
}

#[test]
fn example_of_the_host_renders_the_song_through_the_plugin() {
    let (_folder, song, result) = song();
    let output = run("host_plugin", &[&testing::bundle_path(), &song, &result]);
    assert!(output.contains("Limiter style: Punch"), "{output}");
    let [before, after] = [&song, &result].map(|path| flow_audio_file::read(path).unwrap().audio);
    assert_eq!(before.frames(), after.frames());
    assert!(before.first_difference(&after).is_some());
}
