//! `flow master` on the command line: results and errors. Needs the bundle: `cargo xtask test` names it in `FLOW_BUNDLE`,
//! else it has to be in the output folder of `cargo xtask bundle`.

use flow_audio_file::{Audio, OutputFormat, read};
use flow_testkit::{signals, testing};
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use tempfile::TempDir;

/// The temporary folder of one test.
struct Scratch(TempDir);

impl Scratch {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn out(&self) -> PathBuf {
        self.path("out")
    }

    fn file(&self, name: &str, bytes: &[u8]) -> PathBuf {
        std::fs::write(self.path(name), bytes).unwrap();
        self.path(name)
    }

    fn song(&self, name: &str, audio: &Audio) -> PathBuf {
        flow_audio_file::write(&self.path(name), &OutputFormat::WAV_24, audio).unwrap();
        self.path(name)
    }

    /// Writes a float WAV, which can hold NaN and infinity.
    fn float_song(&self, name: &str, channels: u16, samples: &[f32]) -> PathBuf {
        let spec = hound::WavSpec {
            channels,
            sample_rate: 48_000,
            bits_per_sample: 32,
            sample_format: hound::SampleFormat::Float,
        };
        let mut writer = hound::WavWriter::create(self.path(name), spec).unwrap();
        for sample in samples {
            writer.write_sample(*sample).unwrap();
        }
        writer.finalize().unwrap();
        self.path(name)
    }

    /// Runs `flow master` with this output folder.
    fn master(&self, songs: &[&Path], options: &[&str]) -> Output {
        Command::new(env!("CARGO_BIN_EXE_flow"))
            .arg("master")
            .args(songs)
            .arg("--out")
            .arg(self.out())
            .args(options)
            .env("FLOW_BUNDLE", testing::bundle_path())
            .output()
            .unwrap()
    }

    /// Asserts that `flow master` fails with one line on stderr that has `words` in it, and writes nothing.
    fn assert_refusal(&self, songs: &[&Path], options: &[&str], words: &[&str]) {
        let output = self.master(songs, options);
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert!(!output.status.success(), "{stderr}");
        assert_eq!(stderr.lines().count(), 1, "{stderr}");
        for word in words {
            assert!(stderr.contains(word), "no {word:?} in: {stderr}");
        }
        assert_eq!(output.stdout, b"", "stdout is not empty");
        assert!(!self.out().exists(), "the output folder exists");
    }

    fn results(&self) -> Vec<String> {
        let names = std::fs::read_dir(self.out())
            .unwrap()
            .map(|e| e.unwrap().file_name().into_string().unwrap());
        let mut names: Vec<_> = names.collect();
        names.sort();
        names
    }
}

/// A few seconds of noise at about −20 LUFS.
fn noise(channel_count: usize) -> Audio {
    signals::white_noise(48_000, channel_count, 3.0, 0.08, 1)
}

fn json(output: &Output) -> Value {
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    serde_json::from_slice(&output.stdout).unwrap()
}

fn number(value: &Value) -> f64 {
    value
        .as_f64()
        .unwrap_or_else(|| panic!("{value} is no number"))
}

#[test]
fn demo_song_reaches_loudness_target_below_ceiling() {
    let scratch = Scratch::new();
    let record = json(&scratch.master(&[], &["--json"]));
    assert!(
        (number(&record["output"]["lufs_i"]) + 14.0).abs() <= 0.1,
        "{record:#}"
    );
    assert!(
        number(&record["output"]["dbtp"]) <= -1.0 + 0.05,
        "{record:#}"
    );
    assert_eq!(record["target_reached"], true);
    assert_eq!(record["profile"], "streaming");
    assert_eq!(number(&record["ceiling_dbtp"]), -1.0);
    assert!(
        number(&record["latency_samples"]) / 48.0 <= 4.9,
        "{record:#}"
    );
    assert!(number(&record["real_time_factor"]) > 1.0, "{record:#}");
    for side in ["input", "output"] {
        for field in ["lufs_i", "lra", "dbtp", "plr", "correlation"] {
            number(&record[side][field]);
        }
    }
    assert_eq!(scratch.results(), ["demo.flow.html", "demo.flow.wav"]);
    assert_eq!(
        Path::new(record["output_path"].as_str().unwrap()),
        scratch.out().join("demo.flow.wav")
    );
    let report = std::fs::read_to_string(record["report_path"].as_str().unwrap()).unwrap();
    assert!(report.contains("Reached −14.0 LUFS") && report.contains("<svg"));
    // The written file has the reported loudness.
    let written = read(&scratch.out().join("demo.flow.wav")).unwrap().audio;
    let measured = flow_measure::loudness::loudness(&written).integrated_lufs;
    assert!(
        (measured - number(&record["output"]["lufs_i"])).abs() < 0.01,
        "{measured}"
    );
}

#[test]
fn target_out_of_reach_is_reported_with_reason() {
    let scratch = Scratch::new();
    // The loudness of clicks is that of their peaks, which the ceiling limits.
    let mut clicks = Audio::silence(48_000, 2, 5 * 48_000);
    for second in 0..5 {
        for channel in &mut clicks.channels {
            channel[second * 48_000 + 24_000] = 0.5;
        }
    }
    let song = scratch.song("clicks.wav", &clicks);
    let record = json(&scratch.master(&[&song], &["--json", "--profile", "club"]));
    assert_eq!(record["target_reached"], false, "{record:#}");
    assert!(
        record["reason"].as_str().unwrap().contains("out of reach"),
        "{record:#}"
    );
    assert_eq!(record["ceiling_held"], true, "{record:#}");
    // The style Loud adds no loudness here, so Clean stays.
    assert_eq!(record["settings"]["Limiter style"], "Clean", "{record:#}");
}

#[test]
fn limiter_style_below_target_changes_to_loud_unless_it_is_set() {
    let scratch = Scratch::new();
    let excerpt = flow_demo_song::demo_excerpt(48_000, flow_demo_song::CHORUS_SECONDS, 6.0);
    let song = scratch.song("chorus.wav", &excerpt);
    // Below this ceiling Clean cannot reach -9 LUFS.
    let options = ["--json", "--profile", "club", "--set", "ceil=-6"];
    let own = json(&scratch.master(&[&song], &options));
    assert_eq!(own["settings"]["Limiter style"], "Loud", "{own:#}");
    assert_eq!(own["ceiling_held"], true, "{own:#}");
    let chosen = scratch.master(
        &[&song],
        &[&options[..], &["--set", "lstyl=clean"]].concat(),
    );
    let chosen = json(&chosen);
    assert_eq!(chosen["settings"]["Limiter style"], "Clean", "{chosen:#}");
    let louder_by = number(&own["output"]["lufs_i"]) - number(&chosen["output"]["lufs_i"]);
    assert!(louder_by > 0.1, "{louder_by} LU");
}

#[test]
fn quiet_song_above_range_of_gain_gets_trim() {
    let scratch = Scratch::new();
    let song = scratch.song("quiet.wav", &noise(2).gained(-30.0));
    let record = json(&scratch.master(&[&song], &["--json"]));
    assert_eq!(record["target_reached"], true, "{record:#}");
    assert_eq!(number(&record["gain_db"]), 24.0);
    assert!(number(&record["trim_db"]) > 0.0, "{record:#}");
}

#[test]
fn mono_song_keeps_channel_count_rate_and_length() {
    let scratch = Scratch::new();
    let song = scratch.song("mono.wav", &signals::white_noise(22_050, 1, 3.0, 0.08, 1));
    let record = json(&scratch.master(&[&song], &["--json"]));
    let written = read(&scratch.out().join("mono.flow.wav")).unwrap().audio;
    assert_eq!(
        (
            written.channel_count(),
            written.sample_rate_hz,
            written.frames()
        ),
        (1, 22_050, 66_150)
    );
    assert_eq!(
        (&record["channels"], &record["sample_rate_hz"]),
        (&Value::from(1), &Value::from(22_050))
    );
}

#[test]
fn settings_by_hand_override_profile() {
    let scratch = Scratch::new();
    let song = scratch.song("song.wav", &noise(2));
    let options = [
        "--json",
        "--set",
        "ceil=-3",
        "--set",
        "Loudness gain=2",
        "--set",
        "lstyl=loud",
        "--block",
        "64",
    ];
    let record = json(&scratch.master(&[&song], &options));
    assert_eq!(number(&record["ceiling_dbtp"]), -3.0);
    assert_eq!(number(&record["gain_db"]), 2.0);
    assert_eq!(record["settings"]["Limiter style"], "Loud");
    assert_eq!(record["renders"], 1, "no search");
    assert_eq!(record["target_reached"], false);
}

#[test]
fn preset_with_setting_by_hand_reaches_target() {
    let scratch = Scratch::new();
    let song = scratch.song("song.wav", &noise(2));
    let options = ["--json", "--preset", "club", "--set", "wemof=90 Hz"];
    let record = json(&scratch.master(&[&song], &options));
    assert_eq!(record["preset"], "Club");
    let settings = &record["settings"];
    assert_eq!(settings["Translation"], "Deep", "{record:#}");
    assert_eq!(settings["Limiter style"], "Loud", "{record:#}");
    assert_eq!(settings["Mono below frequency"], "90.0 Hz", "{record:#}");
    assert_eq!(record["target_reached"], true, "{record:#}");
    // Ceiling and gain come from the profile.
    assert_eq!(number(&record["ceiling_dbtp"]), -1.0);
    assert_ne!(number(&record["gain_db"]), 8.0);
    assert_eq!(settings["Dither"], "24 bit", "{record:#}");
    let report = std::fs::read_to_string(record["report_path"].as_str().unwrap()).unwrap();
    assert!(
        report.contains("Streaming, Club"),
        "the report names the preset"
    );
    assert!(report.contains("Mono below frequency") && !report.contains("Sheen"));
}

#[test]
fn profile_without_target_keeps_gain() {
    let scratch = Scratch::new();
    let song = scratch.song("song.wav", &noise(2));
    let record = json(&scratch.master(&[&song], &["--json", "--profile", "keep"]));
    assert_eq!(
        (&record["target_lufs"], &record["target_reached"]),
        (&Value::Null, &Value::Null)
    );
    assert_eq!(number(&record["gain_db"]), 0.0);
    assert!(
        (number(&record["output"]["lufs_i"]) - number(&record["input"]["lufs_i"])).abs() < 0.05,
        "{record:#}"
    );
}

#[test]
fn failing_song_leaves_other_songs_mastered() {
    let scratch = Scratch::new();
    let good = scratch.song("good.wav", &noise(2));
    let bad = scratch.file("bad.wav", b"");
    let output = scratch.master(&[&bad, &good], &["--json"]);
    assert_eq!(output.status.code(), Some(1));
    let records: Vec<Value> = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(records[0]["song"], bad.to_str().unwrap());
    assert!(
        records[0]["error"].as_str().unwrap().contains("empty"),
        "{}",
        records[0]
    );
    assert_eq!(records[1]["target_reached"], true, "{}", records[1]);
    // The page on all songs names the one that failed.
    assert_eq!(
        scratch.results(),
        ["all.html", "good.flow.html", "good.flow.wav"]
    );
    let page = std::fs::read_to_string(scratch.out().join("all.html")).unwrap();
    assert!(page.contains("bad.wav") && page.contains("not mastered"));
}

#[test]
fn files_without_audio_are_refused() {
    let scratch = Scratch::new();
    scratch.assert_refusal(
        &[&scratch.path("nowhere.wav")],
        &[],
        &["nowhere.wav", "no such file"],
    );
    scratch.assert_refusal(
        &[&scratch.file("empty.wav", b"")],
        &[],
        &["empty.wav", "empty"],
    );
    scratch.assert_refusal(
        &[&scratch.file("text.wav", b"This is no song.\n")],
        &[],
        &["text.wav", "no WAV"],
    );
    std::fs::create_dir(scratch.path("empty")).unwrap();
    scratch.assert_refusal(
        &[&scratch.path("empty")],
        &[],
        &["empty", "no songs in this folder"],
    );
    let random: Vec<u8> = (0..60_000u32)
        .map(|i| i.wrapping_mul(2_654_435_761).to_le_bytes()[3])
        .collect();
    scratch.assert_refusal(
        &[&scratch.file("random.mp3", &random)],
        &[],
        &["random.mp3", "no WAV"],
    );
}

#[test]
fn truncated_song_is_refused() {
    let scratch = Scratch::new();
    let whole = std::fs::read(scratch.song("whole.wav", &noise(2))).unwrap();
    for bytes in [30, 44, 45, whole.len() / 2, whole.len() - 1] {
        scratch.assert_refusal(
            &[&scratch.file("cut.wav", &whole[..bytes])],
            &[],
            &["cut.wav", "truncated"],
        );
    }
}

#[test]
fn songs_outside_of_limits_are_refused() {
    let scratch = Scratch::new();
    let silence = scratch.song("silent.wav", &Audio::silence(48_000, 2, 96_000));
    scratch.assert_refusal(&[&silence], &[], &["silent.wav", "silent"]);
    let whisper = scratch.song("whisper.wav", &noise(2).gained(-60.0));
    scratch.assert_refusal(&[&whisper], &[], &["whisper.wav", "−70 LUFS"]);
    let surround = scratch.float_song("surround.wav", 6, &[0.1; 6 * 48_000]);
    scratch.assert_refusal(&[&surround], &[], &["surround.wav", "6 channels"]);
    let short = scratch.float_song("short.wav", 2, &[0.1; 1000]);
    scratch.assert_refusal(&[&short], &[], &["short.wav", "shorter"]);
    let slow = scratch.song("slow.wav", &signals::white_noise(8_000, 1, 1.0, 0.1, 1));
    scratch.assert_refusal(&[&slow], &[], &["slow.wav", "8000 Hz"]);
    for (name, poison) in [("nan.wav", f32::NAN), ("infinite.wav", f32::INFINITY)] {
        let mut samples = [0.1; 96_000];
        samples[30_001] = poison;
        scratch.assert_refusal(
            &[&scratch.float_song(name, 2, &samples)],
            &[],
            &[name, "NaN or infinity", "channel 2"],
        );
    }
}

#[test]
fn wrong_arguments_are_refused_with_alternatives() {
    let scratch = Scratch::new();
    let song = scratch.song("song.wav", &noise(2));
    let song = song.as_path();
    scratch.assert_refusal(
        &[song],
        &["--profile", "cassette"],
        &["cassette", "streaming", "apple-music"],
    );
    scratch.assert_refusal(&[song], &["--set", "fuzz=3"], &["fuzz", "gain", "ceil"]);
    scratch.assert_refusal(&[song], &["--set", "ceil=high"], &["Ceiling", "high"]);
    scratch.assert_refusal(
        &[song],
        &["--set", "ceil=99"],
        &["ceil=99", "−12.00 dBTP to 0.00 dBTP"],
    );
    scratch.assert_refusal(&[song], &["--set", "ceil"], &["--set ceil", "ID=VALUE"]);
    scratch.assert_refusal(
        &[song],
        &["--preset", "gleu"],
        &["gleu", "Gentle glue", "flow presets"],
    );
    scratch.assert_refusal(&[song], &["--block", "0"], &["--block"]);
    scratch.assert_refusal(&[song], &["--loudness", "3"], &["--loudness"]);
}

#[test]
fn second_song_of_equal_name_is_refused() {
    let scratch = Scratch::new();
    let first = scratch.song("song.wav", &noise(2));
    std::fs::create_dir(scratch.path("other")).unwrap();
    let second = scratch.song("other/song.wav", &noise(2));
    let output = scratch.master(&[&first, &second], &[]);
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(
        !output.status.success() && stderr.contains("overwrite"),
        "{stderr}"
    );
    assert_eq!(
        scratch.results(),
        ["all.html", "song.flow.html", "song.flow.wav"]
    );
}

#[test]
fn output_folder_without_write_access_is_refused() {
    let scratch = Scratch::new();
    let song = scratch.song("song.wav", &noise(2));
    // A file has the folder's path, which stops the superuser too.
    let output = Command::new(env!("CARGO_BIN_EXE_flow"))
        .args([
            Path::new("master"),
            &song,
            Path::new("--out"),
            &scratch.file("file", b"").join("out"),
        ])
        .env("FLOW_BUNDLE", testing::bundle_path())
        .output()
        .unwrap();
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(
        !output.status.success() && stderr.lines().count() == 1,
        "{stderr}"
    );
    assert!(
        stderr.contains("output folder") && stderr.contains("cannot be written"),
        "{stderr}"
    );
}

#[test]
fn missing_bundle_is_reported_with_its_path() {
    let scratch = Scratch::new();
    let output = Command::new(env!("CARGO_BIN_EXE_flow"))
        .args([Path::new("master"), Path::new("--out"), &scratch.out()])
        .env("FLOW_BUNDLE", scratch.path("Flow.clap"))
        .output()
        .unwrap();
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(
        !output.status.success() && stderr.lines().count() == 1 && stderr.contains("Flow.clap"),
        "{stderr}"
    );
}
