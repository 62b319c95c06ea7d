//! `flow analyze`.

use super::{flow, json, text};
use std::path::{Path, PathBuf};

/// Ten seconds and more of the demo song, with clipped peaks.
fn write_clipped_song(folder: &Path) -> PathBuf {
    let mut song = flow_demo_song::demo_song(48_000)
        .range(15 * 48_000, 30 * 48_000)
        .gained(12.0);
    for sample in song.channels.iter_mut().flatten() {
        *sample = sample.clamp(-0.9, 0.9);
    }
    super::write(folder, "clipped.wav", &song)
}

#[test]
fn analysis_names_measurements_content_and_damage_without_plug_in() {
    let scratch = tempfile::tempdir().unwrap();
    let song = write_clipped_song(scratch.path());
    let run = |options: &[&str]| {
        let mut command = flow(["analyze"]);
        command
            .arg(&song)
            .args(options)
            .env("FLOW_BUNDLE", "nowhere");
        command.output().unwrap()
    };
    let output = run(&["--json"]);
    assert!(output.status.success(), "{output:?}");
    let record = json(&output);
    assert_eq!(record["content"], "music", "{record:#}");
    assert_eq!(record["profile"], "streaming");
    assert!(
        record["measured"]["lufs_i"].as_f64().unwrap() > -14.0,
        "{record:#}"
    );
    assert_eq!(record["style_probabilities"].as_object().unwrap().len(), 5);
    let findings = record["findings"].as_array().unwrap();
    // Measurement and rules find it, and it is said once.
    let about_peaks = findings.iter().filter(|finding| {
        let text = finding["text"].as_str().unwrap();
        text.contains("clip") || text.contains("cut off")
    });
    let kinds: Vec<_> = about_peaks.map(|finding| &finding["kind"]).collect();
    assert_eq!(
        kinds,
        ["clipping", "clipping"],
        "left and right: {record:#}"
    );

    let output = run(&["--profile", "broadcast"]);
    let shown = text(&output.stdout);
    assert!(
        output.status.success() && output.stderr.is_empty(),
        "{output:?}"
    );
    for part in [
        "clipped\n",
        "music",
        "LUFS-I",
        "Findings",
        "is clipped in",
        "Recommended for Broadcast",
    ] {
        assert!(shown.contains(part), "no {part:?} in {shown}");
    }
}

/// The demo song without most of its treble.
fn write_dull_song(folder: &Path) -> PathBuf {
    let mut song = flow_demo_song::demo_song(48_000).range(15 * 48_000, 30 * 48_000);
    for channel in &mut song.channels {
        let mut state = [0.0; 2];
        for sample in channel.iter_mut() {
            state[0] += 0.15 * (*sample - state[0]);
            state[1] += 0.15 * (state[0] - state[1]);
            *sample = state[1];
        }
    }
    super::write(folder, "dull.wav", &song)
}

#[test]
fn strong_intensity_enlarges_possible_changes_alone() {
    let scratch = tempfile::tempdir().unwrap();
    let song = write_dull_song(scratch.path());
    let of = |intensity: &str| {
        let mut command = flow(["analyze", "--json", "--intensity", intensity]);
        let record = json(&command.arg(&song).output().unwrap());
        assert_eq!(record["intensity"], intensity, "{record:#}");
        record
    };
    let [normal, strong] = ["normal", "strong"].map(of);
    let changes = |record: &serde_json::Value| {
        let recommended = record["proposals"].as_array().unwrap().iter();
        recommended
            .map(|p| p["changes"].clone())
            .collect::<Vec<_>>()
    };
    assert_eq!(changes(&normal), changes(&strong));
    let possible = "also_possible";
    assert_ne!(normal[possible], strong[possible], "{strong:#}");
}

#[test]
fn analysis_of_several_songs_reports_the_one_that_fails() {
    let scratch = tempfile::tempdir().unwrap();
    let song = super::write_noise(scratch.path(), "1.wav", 2.0);
    std::fs::write(scratch.path().join("2.wav"), "").unwrap();
    let output = flow(["analyze", "--json"])
        .arg(scratch.path())
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(1));
    let records = json(&output);
    assert_eq!(records[0]["song"], song.to_str().unwrap());
    assert_eq!(records[0]["content"], "too_short", "{records:#}");
    assert!(
        records[1]["error"].as_str().unwrap().contains("empty"),
        "{records:#}"
    );
}
