//! The level of songs that are loud, over full scale, mono or faulty, through `flow master`. Needs the bundle, as
//! `master.rs` does.

mod common;

use common::{json, master, number, song, write};
use flow_audio_file::{Audio, read};
use flow_measure::loudness;
use serde_json::Value;
use std::path::{Path, PathBuf};

/// The song as its limiter and converter left it: louder than −10 LUFS, with true peaks over full scale.
fn loud_master() -> Audio {
    let mut loud = song().gained(14.0);
    for sample in loud.channels.iter_mut().flatten() {
        *sample = sample.clamp(-0.999, 0.999);
    }
    loud
}

/// Writes a float WAV, which can hold samples over full scale.
fn write_float(folder: &Path, name: &str, audio: &Audio) -> PathBuf {
    let spec = hound::WavSpec {
        channels: u16::try_from(audio.channel_count()).unwrap(),
        sample_rate: audio.sample_rate_hz,
        bits_per_sample: 32,
        sample_format: hound::SampleFormat::Float,
    };
    let path = folder.join(name);
    let mut writer = hound::WavWriter::create(&path, spec).unwrap();
    for frame in 0..audio.frames() {
        for channel in &audio.channels {
            writer.write_sample(channel[frame]).unwrap();
        }
    }
    writer.finalize().unwrap();
    path
}

fn change(record: &Value, field: &str) -> f64 {
    number(&record["output"][field]) - number(&record["input"][field])
}

fn kinds(record: &Value) -> Vec<&str> {
    let findings = record["findings"].as_array().unwrap();
    let kinds = findings.iter().map(|found| found["kind"].as_str().unwrap());
    kinds.collect()
}

fn lines(record: &Value) -> String {
    record["verdict"].to_string()
}

#[test]
fn loud_master_is_turned_down_to_ceiling_and_not_limited() {
    let scratch = tempfile::tempdir().unwrap();
    let path = write(scratch.path(), "loud.wav", &loud_master());
    for options in [&[][..], &["--profile", "keep"]] {
        let options = [&["--json", "--no-assist"], options].concat();
        let record = json(&master(scratch.path(), &[&path], &options));
        assert!(number(&record["input"]["lufs_i"]) > -10.0, "{record:#}");
        let over_db = number(&record["input"]["dbtp"]) + 1.0;
        assert!(over_db > 1.0, "{record:#}");
        let gain_db = number(&record["gain_db"]);
        assert!(
            (-over_db - 0.2..=-over_db).contains(&gain_db),
            "{over_db} {record:#}"
        );
        for (field, expected) in [("plr", 0.0), ("lra", 0.0), ("lufs_i", gain_db)] {
            let changed = change(&record, field);
            assert!((changed - expected).abs() < 0.02, "{field} {record:#}");
        }
        assert_eq!(number(&record["gain_reduction_db"]), 0.0, "{record:#}");
        assert!(
            lines(&record).contains("Turned down by")
                && lines(&record).contains("nothing was limited"),
            "{record:#}"
        );
    }
    // A named loudness is reached, whatever it takes.
    let options = ["--json", "--profile", "streaming"];
    let record = json(&master(scratch.path(), &[&path], &options));
    assert_eq!(record["target_reached"], true, "{record:#}");
}

#[test]
fn samples_over_full_scale_are_never_clipped_by_the_file() {
    let scratch = tempfile::tempdir().unwrap();
    let path = write_float(scratch.path(), "hot.wav", &song().gained(20.0));
    let run = |bits: &str| {
        let options = ["--json", "--set", "byp=on", "--bits", bits];
        master(scratch.path(), &[&path], &options)
    };
    let output = run("24");
    assert_eq!(output.status.code(), Some(1));
    let error = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(error.contains("use --bits 32f"), "{error}");
    let record = json(&run("32f"));
    assert!(!lines(&record).contains("works hard"), "{record:#}");
}

#[test]
fn song_with_trim_by_hand_keeps_its_gain_and_says_so() {
    let scratch = tempfile::tempdir().unwrap();
    let path = write(scratch.path(), "loud.wav", &loud_master());
    let record = json(&master(
        scratch.path(),
        &[&path],
        &["--json", "--set", "trim=-6"],
    ));
    assert_eq!(number(&record["gain_db"]), 0.0, "{record:#}");
    let lines = lines(&record);
    assert!(
        lines.contains("The level stays; nothing was limited"),
        "{lines}"
    );
    assert!(lines.contains("Trim was set to −6.0 dB."), "{lines}");
    assert!(!lines.contains("Turned down"), "{lines}");
}

#[test]
fn loud_song_below_ceiling_keeps_every_sample() {
    let scratch = tempfile::tempdir().unwrap();
    let quiet_peaks = loud_master().gained(-3.5);
    let path = write(scratch.path(), "loud.wav", &quiet_peaks);
    let record = json(&master(
        scratch.path(),
        &[&path],
        &["--json", "--no-assist", "--set", "dith=off"],
    ));
    assert_eq!(number(&record["gain_db"]), 0.0, "{record:#}");
    assert!(lines(&record).contains("The level stays; nothing was limited"));
    let output = read(record["output_path"].as_str().unwrap().as_ref())
        .unwrap()
        .audio;
    assert_eq!(output.first_difference(&read(&path).unwrap().audio), None);
}

#[test]
fn loud_master_with_assistant_is_not_limited() {
    let scratch = tempfile::tempdir().unwrap();
    let path = write(scratch.path(), "loud.wav", &loud_master());
    let record = json(&master(scratch.path(), &[&path], &["--json"]));
    assert_eq!(number(&record["gain_reduction_db"]), 0.0, "{record:#}");
    assert!(number(&record["gain_db"]) < 0.0, "{record:#}");
    assert!(change(&record, "lra").abs() < 0.5, "{record:#}");
}

#[test]
fn float_song_over_full_scale_is_turned_down_before_the_chain() {
    let scratch = tempfile::tempdir().unwrap();
    let mix = song();
    let peak_db = flow_audio_file::gain_to_db(f64::from(mix.sample_peak()));
    let hot = write_float(
        scratch.path(),
        "hot.wav",
        &mix.clone().gained(6.0 - peak_db),
    );
    let options = ["--json", "--no-assist"];
    let record = json(&master(scratch.path(), &[&hot], &options));
    assert!((number(&record["full_scale_trim_db"]) + 6.0).abs() < 0.02);
    assert!((change(&record, "plr")).abs() < 0.05, "{record:#}");
    assert!(!lines(&record).contains("clipped"), "{record:#}");

    // Saturation sees the same level as in a mix at full scale.
    let drive = ["--set", "drive=80%", "--set", "ladrv=80%"];
    let drive = [&options[..], &drive, &["--profile", "streaming"]].concat();
    let full = write(scratch.path(), "full.wav", &mix.gained(-peak_db - 0.01));
    let [hot, full] = [&hot, &full].map(|path| json(&master(scratch.path(), &[path], &drive)));
    let plr = |record: &Value| number(&record["output"]["plr"]);
    assert!((plr(&hot) - plr(&full)).abs() < 0.05, "{hot:#} {full:#}");

    let absurd = write_float(scratch.path(), "absurd.wav", &song().gained(90.0));
    let output = master(scratch.path(), &[&absurd], &[]);
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(stderr.contains("over full scale"), "{stderr}");
}

#[test]
fn mono_song_and_two_equal_channels_end_equally_loud() {
    let scratch = tempfile::tempdir().unwrap();
    let left = song().channels[0].clone();
    let mono = Audio::from_mono(48_000, 1, left.clone());
    let twice = Audio::from_mono(48_000, 2, left);
    let options = ["--json", "--profile", "apple-music"];
    let run = |name: &str, audio: &Audio, more: &[&str]| {
        let path = write(scratch.path(), name, audio);
        let options = [&options[..], more].concat();
        let record = json(&master(scratch.path(), &[&path], &options));
        let output = read(record["output_path"].as_str().unwrap().as_ref())
            .unwrap()
            .audio;
        (record, output)
    };
    let (mono_record, mono_output) = run("mono.wav", &mono, &[]);
    let (twice_record, twice_output) = run("twice.wav", &twice, &[]);
    assert_eq!(mono_output.channel_count(), 1);
    let played = Audio::from_mono(48_000, 2, mono_output.channels[0].clone());
    let lufs = |audio: &Audio| loudness::loudness(audio).integrated_lufs;
    assert!((lufs(&played) - lufs(&twice_output)).abs() < 0.03);
    assert!((lufs(&played) + 16.0).abs() < 0.1);
    assert!(kinds(&mono_record).contains(&"mono"));
    assert!(kinds(&twice_record).contains(&"equal-channels"));
    let metered = number(&mono_record["plugin_meters"]["output"]["lufs_i"]);
    assert!((metered + 16.0).abs() < 0.1, "{mono_record:#}");

    // On request it becomes stereo: the channels have the same dither, too.
    let (record, output) = run("mono.wav", &mono, &["--stereo"]);
    assert_eq!(record["channels"], 2);
    assert!(kinds(&record).contains(&"stereo"));
    assert_eq!(output.first_difference(&played), None);
}

#[test]
fn faults_of_recording_are_remarked_with_and_without_assistant() {
    let scratch = tempfile::tempdir().unwrap();
    let good = song();
    let changed = |change: &dyn Fn(&mut Vec<f32>)| {
        let mut audio = good.clone();
        change(&mut audio.channels[1]);
        audio
    };
    let faulty = [
        ("empty-channel", changed(&|right| right.fill(0.0))),
        (
            "dc-offset",
            changed(&|right| right.iter_mut().for_each(|s| *s += 0.02)),
        ),
        (
            "clipping",
            changed(&|right| right.iter_mut().for_each(|s| *s = s.clamp(-0.1, 0.1))),
        ),
        ("mono-compatibility", {
            let mut inverted = Audio::from_mono(48_000, 2, good.channels[0].clone());
            inverted.channels[1].iter_mut().for_each(|s| *s = -*s);
            inverted
        }),
    ];
    for (kind, audio) in faulty {
        let path = write(scratch.path(), &format!("{kind}.wav"), &audio);
        for options in [&["--json", "--no-assist"][..], &["--json"]] {
            let record = json(&master(scratch.path(), &[&path], options));
            assert!(kinds(&record).contains(&kind), "{kind}: {record:#}");
            let mut text = record["findings"][0]["text"].as_str().unwrap();
            if lines(&record).contains("Low cut Off → On") {
                // The change says why it removes the offset.
                assert!(!lines(&record).contains(text), "{record:#}");
                text = "(DC)";
            }
            assert!(lines(&record).contains(text), "{record:#}");
            let report = record["report_path"].as_str().unwrap();
            let report = std::fs::read_to_string(Path::new(report)).unwrap();
            assert!(report.contains(text), "{text}");
        }
    }
    let path = write(scratch.path(), "good.wav", &good);
    let options = ["--json", "--no-assist"];
    let record = json(&master(scratch.path(), &[&path], &options));
    assert_eq!(kinds(&record), [""; 0], "{record:#}");
}

#[test]
fn proposals_never_cost_loudness_bass_or_mono_compatibility() {
    let scratch = tempfile::tempdir().unwrap();
    let good = song();
    let stereo = |change: &dyn Fn(usize, f32, f32) -> [f32; 2]| {
        let mut audio = good.clone();
        let [left, right] = &mut audio.channels[..] else {
            panic!("stereo")
        };
        for (i, (l, r)) in left.iter_mut().zip(right).enumerate() {
            [*l, *r] = change(i, *l, *r);
        }
        audio
    };
    let faulty = [
        (
            "inverted",
            stereo(&|_, l, r| [0.5 * (l + r), -0.5 * (l + r)]),
        ),
        (
            "nearly inverted",
            stereo(&|_, l, r| [0.5 * l, -0.45 * l + 0.05 * r]),
        ),
        ("one side", stereo(&|_, l, r| [l + r, 0.0])),
        ("wide", stereo(&|_, l, r| [l - 0.6 * r, r - 0.6 * l])),
        ("offset", stereo(&|_, l, r| [l + 0.1, r - 0.1])),
        ("very quiet", stereo(&|_, l, r| [0.003 * l, 0.003 * r])),
    ];
    for (name, audio) in faulty {
        let path = write(scratch.path(), &format!("{name}.wav"), &audio);
        let options = ["--json", "--profile", "apple-music"];
        let run = |options: &[&str]| json(&master(scratch.path(), &[&path], options));
        let plain = run(&[&options[..], &["--no-assist"]].concat());
        let assisted = run(&options);
        let lufs = |record: &Value| number(&record["output"]["lufs_i"]);
        assert!(
            lufs(&assisted) > lufs(&plain) - 0.2,
            "{name}: {plain:#} {assisted:#}"
        );
        let gain = |record: &Value| number(&record["gain_db"]) + number(&record["trim_db"]);
        assert!(gain(&assisted) < gain(&plain) + 6.0, "{name}: {assisted:#}");
        assert!(lines(&assisted).contains("Recognized: "), "{assisted:#}");
    }
}

#[test]
fn silent_result_is_an_error_that_writes_nothing() {
    let scratch = tempfile::tempdir().unwrap();
    let mut inverted = Audio::from_mono(48_000, 2, song().channels[0].clone());
    inverted.channels[1].iter_mut().for_each(|s| *s = -*s);
    let path = write(scratch.path(), "inverted.wav", &inverted);
    let output = master(scratch.path(), &[&path], &["--set", "wewid=0%"]);
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success());
    assert!(stderr.contains("instead of about"), "{stderr}");
    assert!(!scratch.path().join("out").exists());
}
