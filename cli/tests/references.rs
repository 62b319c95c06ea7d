//! `flow master` with more than one song: references, and songs in parallel. Needs the bundle, as `master.rs`
//! does.

mod common;

use std::path::Path;

use common::{json, master, number, song, write};
use flow_audio_file::{Audio, read};
use flow_measure::loudness;
use flow_testkit::testing::write_long_silence;
use serde_json::Value;

/// The song with less treble.
fn dull(song: &Audio) -> Audio {
    let darken = |channel: &Vec<f32>| {
        let mut low = 0.0;
        let sample = |x: &f32| {
            low += 0.25 * (x - low);
            0.4 * x + 0.6 * low
        };
        channel.iter().map(sample).collect()
    };
    Audio::new(
        song.sample_rate_hz,
        song.channels.iter().map(darken).collect(),
    )
}

fn lufs(record: &Value) -> f64 {
    record["output"]["lufs_i"].as_f64().unwrap()
}

#[test]
fn reference_determines_balance_and_loudness() {
    let scratch = tempfile::tempdir().unwrap();
    let bright = song();
    let reference = write(scratch.path(), "bright.wav", &bright);
    let dull = write(scratch.path(), "dull.wav", &dull(&bright));
    let follow = |options: &[&str]| {
        let towards = ["--json", "--reference", reference.to_str().unwrap()];
        json(&master(
            scratch.path(),
            &[&dull],
            &[&towards, options].concat(),
        ))
    };
    let found = follow(&[]);
    assert_eq!(found["reference"], "bright");
    assert_eq!(found["ceiling_held"], true);
    let wanted = loudness::loudness(&bright).integrated_lufs;
    assert!((lufs(&found) - wanted).abs() < 0.2, "{found:#} {wanted}");
    let lines = found["verdict"].to_string();
    assert!(
        lines.contains("Reference: Velvet Curve · Match 0 → 100 %")
            && lines.contains("Compared with bright"),
        "{lines}"
    );
    let matched = &found["proposals"][0];
    assert_eq!(matched["origin"], "reference");
    let changed = &matched["changes"][0];
    assert_eq!(
        (&changed["id"], &changed["name"]),
        (&Value::from("mtamt"), &Value::from("Match"))
    );
    let share = |found: &Value| number(&found["settings"]["Match"]);
    // The balance is the difference of two bands.
    let air = |found: &Value| {
        let band = |name: &str| number(&found["settings"][name]);
        band("Match 9 kHz") - band("Match 130 Hz")
    };
    assert_eq!(share(&found), 100.0, "{}", found["settings"]);
    assert!(air(&found) > 2.0, "{}", found["settings"]);
    // With a reference the assistant doesn't change the balance.
    assert_eq!(found["assisted"], true);
    let alone = follow(&["--no-assist"]);
    assert_eq!(air(&alone), air(&found), "{alone:#}");
    assert_eq!(alone["assisted"], false);
    // The amount applies to loudness too.
    let own = loudness::loudness(&read(&dull).unwrap().audio).integrated_lufs;
    let found = follow(&["--amount", "50"]);
    assert_eq!(share(&found), 50.0, "{}", found["settings"]);
    let wanted = f64::midpoint(own, wanted);
    assert!((lufs(&found) - wanted).abs() < 0.2, "{found:#} {wanted}");
    let found = follow(&["--amount", "0"]);
    assert!(found["verdict"].to_string().contains("0 % of the way"));
    assert_eq!(air(&found), 0.0);
    assert!((lufs(&found) - own).abs() < 0.2, "{found:#} {own}");
    // Settings by hand stay and are part of the match, which starts from the preset.
    let held = follow(&["--preset", "Gentle glue", "--set", "crair=-1"]);
    assert_eq!(number(&held["settings"]["Air"]), -1.0);
    assert_ne!(number(&held["settings"]["Glue amount"]), 0.0, "{held:#}");
    assert!(air(&held) > 2.0, "{held:#}");
    let held = follow(&["--set", "crv=off"]);
    let lines = held["verdict"].to_string();
    assert!(lines.contains("switched off or set by hand"), "{lines}");
}

#[test]
fn incomplete_reference_is_named_in_the_verdict() {
    let scratch = tempfile::tempdir().unwrap();
    let flac = flow_audio_file::OutputFormat::new(flow_audio_file::Container::Flac, None).unwrap();
    let reference = scratch.path().join("other.flac");
    flow_audio_file::write(&reference, &flac, &song()).unwrap();
    let mut bytes = std::fs::read(&reference).unwrap();
    bytes.extend(b"the rest of a broken download");
    std::fs::write(&reference, bytes).unwrap();
    let song = write(scratch.path(), "song.wav", &song());
    let options = ["--reference", reference.to_str().unwrap()];
    let found = json(&master(
        scratch.path(),
        &[&song],
        &[&["--json"], &options[..]].concat(),
    ));
    let warning =
        "Warning about the reference other: 29 bytes behind its last FLAC frame are left out.";
    let verdict = found["verdict"].as_array().unwrap();
    assert!(verdict.iter().any(|line| line == warning), "{found:#}");
    let output = master(scratch.path(), &[&song], &options);
    let stdout = String::from_utf8_lossy(&output.stdout);
    assert!(stdout.contains(warning), "{stdout}");
}

#[test]
fn mono_reference_keeps_width() {
    let scratch = tempfile::tempdir().unwrap();
    let wide = song();
    let mono = Audio::new(48_000, vec![wide.channels[0].clone()]);
    let reference = write(scratch.path(), "mono.wav", &mono);
    let song = write(scratch.path(), "song.wav", &wide);
    let options = ["--json", "--reference", reference.to_str().unwrap()];
    let found = json(&master(scratch.path(), &[&song], &options));
    assert_eq!(number(&found["settings"]["Width"]), 100.0, "{found:#}");
    let correlation = |side: &str| number(&found[side]["correlation"]);
    assert!((correlation("output") - correlation("input")).abs() < 0.1);
}

#[test]
fn unusable_reference_is_refused_before_rendering() {
    let scratch = tempfile::tempdir().unwrap();
    let folder = scratch.path();
    let song = song();
    let path = write(folder, "song.wav", &song);
    std::fs::write(folder.join("empty.wav"), []).unwrap();
    let slow = Audio::new(8_000, song.channels.clone());
    write(folder, "slow.wav", &slow);
    write(folder, "short.wav", &song.range(0, 48_000));
    write_long_silence(&folder.join("silent.wav"), 20);
    write_long_silence(&folder.join("three hours.wav"), 3 * 3600);
    for (reference, words) in [
        ("three hours.wav", "longer than 60 minutes"),
        ("empty.wav", "the file is empty"),
        ("deleted.wav", "there is no such file"),
        ("slow.wav", "8000 Hz"),
        ("short.wav", "less than ten seconds of sound"),
        ("silent.wav", "less than ten seconds of sound"),
    ] {
        let reference = folder.join(reference).display().to_string();
        let output = master(folder, &[&path], &["--reference", &reference]);
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert!(!output.status.success());
        assert_eq!(stderr.lines().count(), 1, "{stderr}");
        assert!(
            stderr.contains(words) && stderr.contains(&reference),
            "{stderr}"
        );
        assert!(!folder.join("out").exists());
    }
}

#[test]
fn songs_in_parallel_equal_songs_alone() {
    let scratch = tempfile::tempdir().unwrap();
    let whole = song();
    let songs: Vec<_> = (0..4)
        .map(|i| {
            let part = whole.range(i * 96_000, i * 96_000 + 240_000);
            write(
                scratch.path(),
                &format!("{i}.wav"),
                &part.gained(-2.0 * i as f64),
            )
        })
        .collect();
    let paths: Vec<&Path> = songs.iter().map(|path| path.as_path()).collect();
    let together = json(&master(scratch.path(), &paths, &["--json"]));
    let results = |i: usize| {
        read(&scratch.path().join(format!("out/{i}.flow.wav")))
            .unwrap()
            .audio
    };
    let of_all: Vec<Audio> = (0..4).map(results).collect();
    for (i, path) in paths.iter().enumerate() {
        let alone = json(&master(scratch.path(), &[path], &["--json"]));
        let mut of_these = together[i].clone();
        // The time differs.
        of_these["real_time_factor"] = alone["real_time_factor"].clone();
        assert_eq!(of_these, alone);
        assert_eq!(results(i).first_difference(&of_all[i]), None, "song {i}");
        // The meters belong to this song's instance.
        let metered = number(&alone["plugin_meters"]["output"]["lufs_i"]);
        assert!((metered - lufs(&alone)).abs() < 0.05, "{alone:#}");
    }
    // A run of one song removes the page on all songs.
    assert!(!scratch.path().join("out/all.html").exists());
}
