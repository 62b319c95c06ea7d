//! `cargo xtask master` with more than one song: towards references, and as an album. Needs the bundle, as `cli.rs` does.

use flow_tests::{Audio, loudness, music, testing, wav};
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// Twenty seconds of the demo song.
fn song() -> Audio {
    let whole = music::demo_song(48_000);
    let part = |channel: &Vec<f32>| channel[15 * 48_000..35 * 48_000].to_vec();
    Audio::new(48_000, whole.channels.iter().map(part).collect())
}

/// Without much of its treble.
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

fn quieter(song: &Audio, gain: f32) -> Audio {
    let channels = song.channels.iter();
    let turned = channels.map(|channel| channel.iter().map(|x| gain * x).collect());
    Audio::new(song.sample_rate_hz, turned.collect())
}

fn write(folder: &Path, name: &str, audio: &Audio) -> PathBuf {
    let path = folder.join(name);
    wav::write_wav_24(&path, audio).unwrap();
    path
}

fn master(folder: &Path, arguments: &[&std::ffi::OsStr]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_xtask"))
        .arg("master")
        .arg("--out")
        .arg(folder.join("out"))
        .args(arguments)
        .env("FLOW_BUNDLE", testing::bundle_path())
        .output()
        .unwrap()
}

fn json(output: &Output) -> Value {
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{stderr}");
    serde_json::from_slice(&output.stdout).unwrap()
}

#[test]
fn a_reference_is_followed_in_balance_and_loudness() {
    let scratch = tempfile::tempdir().unwrap();
    let bright = song();
    let reference = write(scratch.path(), "bright.wav", &bright);
    let dull = write(scratch.path(), "dull.wav", &dull(&bright));
    let arguments = |amount| {
        let [towards, how_much, json] = ["--reference", "--amount", "--json"].map(AsRef::as_ref);
        [
            dull.as_os_str(),
            towards,
            reference.as_os_str(),
            how_much,
            AsRef::as_ref(amount),
            json,
        ]
    };
    let found = json(&master(scratch.path(), &arguments("100")));
    assert_eq!(found["reference"], "bright");
    assert_eq!(found["ceiling_held"], true);
    let wanted = loudness::loudness(&bright).integrated_lufs;
    let got = found["output"]["lufs_i"].as_f64().unwrap();
    assert!((got - wanted).abs() < 0.2, "{got} {wanted}");
    let lines = found["verdict"].to_string();
    assert!(
        lines.contains("Reference: ") && lines.contains("below bright"),
        "{lines}"
    );
    let air =
        |found: &Value| number(&found["settings"]["Silk"]) + number(&found["settings"]["Air"]);
    assert!(air(&found) > 3.0, "{}", found["settings"]);
    // None of the way.
    let found = json(&master(scratch.path(), &arguments("0")));
    assert!(
        found["verdict"]
            .to_string()
            .contains("balanced like the reference")
    );
    assert_eq!(air(&found), 0.0);
}

/// "3.10 dB" is 3.1; what isn't there is at its default, 0.
fn number(shown: &Value) -> f64 {
    let text = shown.as_str().unwrap_or("0");
    let number = text.split_whitespace().next().unwrap_or("0");
    number.replace('−', "-").parse().unwrap()
}

#[test]
fn a_reference_that_cannot_be_used_is_named_before_anything_is_done() {
    let scratch = tempfile::tempdir().unwrap();
    let folder = scratch.path();
    let song = song();
    let path = write(folder, "song.wav", &song);
    std::fs::write(folder.join("empty.wav"), []).unwrap();
    let slow = Audio::new(8_000, song.channels.clone());
    write(folder, "slow.wav", &slow);
    let part = |channel: &Vec<f32>| channel[..48_000].to_vec();
    let short = Audio::new(48_000, song.channels.iter().map(part).collect());
    write(folder, "short.wav", &short);
    write(folder, "silent.wav", &Audio::silence(48_000, 2, 960_000));
    // An hour and ten minutes of nothing.
    write(
        folder,
        "long.wav",
        &Audio::silence(22_050, 1, 22_050 * 4200),
    );
    for (reference, words) in [
        ("long.wav", "longer than 60 minutes"),
        ("empty.wav", "the file is empty"),
        ("deleted.wav", "there is no such file"),
        ("slow.wav", "8000 Hz"),
        ("short.wav", "less than ten seconds of sound"),
        ("silent.wav", "less than ten seconds of sound"),
    ] {
        let reference = folder.join(reference);
        let towards = "--reference".as_ref();
        let output = master(folder, &[path.as_os_str(), towards, reference.as_os_str()]);
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert!(!output.status.success());
        assert_eq!(stderr.lines().count(), 1, "{stderr}");
        let name = reference.display().to_string();
        assert!(stderr.contains(words) && stderr.contains(&name), "{stderr}");
        assert!(!folder.join("out").exists());
    }
}

#[test]
fn an_album_keeps_its_loudness_from_song_to_song_and_has_one_page() {
    let scratch = tempfile::tempdir().unwrap();
    let loud = song();
    let first = write(scratch.path(), "first.wav", &loud);
    let second = write(scratch.path(), "second.wav", &quieter(&loud, 0.5));
    let third = scratch.path().join("third.wav");
    std::fs::write(&third, b"no song").unwrap();
    let options = ["--album", "--profile", "atsc", "--json"].map(AsRef::as_ref);
    let arguments = [&[first.as_os_str(), second.as_os_str()][..], &options].concat();
    let found = json(&master(scratch.path(), &arguments));
    let lufs = |i: usize| found[i]["output"]["lufs_i"].as_f64().unwrap();
    assert!((lufs(0) + 24.0).abs() < 0.15, "{}", lufs(0));
    assert!(
        (lufs(0) - lufs(1) - 6.02).abs() < 0.25,
        "{} {}",
        lufs(0),
        lufs(1)
    );

    // One that isn't there doesn't stop the others, and the page says so.
    let arguments = [
        &[first.as_os_str(), third.as_os_str(), second.as_os_str()][..],
        &options,
    ]
    .concat();
    assert!(!master(scratch.path(), &arguments).status.success());
    let page = std::fs::read_to_string(scratch.path().join("out/all.html")).unwrap();
    for words in [
        "<h1>first</h1>",
        "<h1>second</h1>",
        "third.wav",
        "not mastered",
        "<svg",
    ] {
        assert!(page.contains(words), "{words}");
    }
    assert!(!page.contains("src=\"http"), "needs nothing else");
}
