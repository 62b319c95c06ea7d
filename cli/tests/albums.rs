//! `flow master --album`: one gain, joins without a seam, and the files beside the tracks. Needs the bundle, as `master.rs`
//! does.

mod common;

use common::{json, master, number, song, write};
use flow_audio_file::{Audio, read};
use flow_testkit::signals;
use serde_json::Value;
use std::path::{Path, PathBuf};

fn lufs(record: &Value) -> f64 {
    record["output"]["lufs_i"].as_f64().unwrap()
}

fn output(record: &Value) -> Audio {
    read(record["output_path"].as_str().unwrap().as_ref())
        .unwrap()
        .audio
}

/// The outputs of all tracks, joined.
fn joined(records: &Value) -> Audio {
    let mut tracks = records.as_array().unwrap().iter().map(output);
    let mut whole = tracks.next().unwrap();
    tracks.for_each(|track| whole.append(&track));
    whole
}

/// Writes the parts of `audio` between these frames.
fn cut(folder: &Path, audio: &Audio, at: &[usize]) -> Vec<PathBuf> {
    let starts = std::iter::once(0).chain(at.iter().copied());
    let ends = at.iter().copied().chain([audio.frames()]);
    let parts = starts.zip(ends).enumerate();
    let write_part = |(number, (start, end)): (usize, (usize, usize))| {
        write(
            folder,
            &format!("{number:02}.wav"),
            &audio.range(start, end),
        )
    };
    parts.map(write_part).collect()
}

fn album(folder: &Path, tracks: &[PathBuf], options: &[&str]) -> Value {
    let tracks: Vec<&Path> = tracks.iter().map(PathBuf::as_path).collect();
    json(&master(
        folder,
        &tracks,
        &[&["--json", "--album"], options].concat(),
    ))
}

#[test]
fn album_cut_anywhere_equals_whole_bit_by_bit() {
    let scratch = tempfile::tempdir().unwrap();
    let whole = song();
    let path = write(scratch.path(), "whole.wav", &whole);
    // Settings with memory: filters, compressors, saturation, limiter, dither with noise shaping.
    let settings = [
        "gain=9",
        "glamt=90%",
        "mbamt=70%",
        "msamt=80%",
        "crcom=70%",
        "fldep=60%",
        "flwrm=60%",
        "lcut=on",
        "ladrv=60%",
        "wewid=140%",
        "wemon=on",
        "wesaf=60%",
        "dith=16 bit",
        "dshap=on",
    ];
    let options: Vec<&str> = settings
        .iter()
        .flat_map(|setting| ["--set", *setting])
        .collect();
    let expected = json(&master(
        scratch.path(),
        &[&path],
        &[&["--json"], &options[..]].concat(),
    ));
    let expected = output(&expected);
    // Cuts in odd places, and tracks of 1, 16 and 100 samples.
    let cuts = [1, 17, 117, 30_001, 100_003, 100_103, 480_000, 500_009];
    let tracks = cut(scratch.path(), &whole, &cuts);
    let records = album(scratch.path(), &tracks, &options);
    for (record, frames) in records.as_array().unwrap().iter().zip([1, 16, 100]) {
        assert_eq!(output(record).frames(), frames);
    }
    assert_eq!(joined(&records).first_difference(&expected), None);
}

#[test]
fn loud_album_is_turned_down_together_as_its_whole() {
    let scratch = tempfile::tempdir().unwrap();
    let mut whole = song().gained(14.0);
    for sample in whole.channels.iter_mut().flatten() {
        *sample = sample.clamp(-0.999, 0.999);
    }
    // The second half is quieter.
    let half = 10 * 48_000 + 7;
    for channel in &mut whole.channels {
        channel[half..].iter_mut().for_each(|s| *s *= 0.3);
    }
    let path = write(scratch.path(), "whole.wav", &whole);
    let options = ["--json", "--no-assist"];
    let alone = json(&master(scratch.path(), &[&path], &options));
    let tracks = cut(scratch.path(), &whole, &[half]);
    let records = album(scratch.path(), &tracks, &["--no-assist"]);
    assert_eq!(joined(&records).first_difference(&output(&alone)), None);
    for record in records.as_array().unwrap() {
        assert_eq!(record["gain_db"], records[0]["gain_db"], "{record:#}");
        assert!(number(&record["gain_db"]) < 0.0, "{record:#}");
        assert_eq!(number(&record["gain_reduction_db"]), 0.0, "{record:#}");
        for field in ["plr", "lra"] {
            let change = number(&record["output"][field]) - number(&record["input"][field]);
            assert!(change.abs() < 0.1, "{field} {record:#}");
        }
    }
}

#[test]
fn album_with_profile_has_one_gain_and_loudest_track_on_target() {
    let scratch = tempfile::tempdir().unwrap();
    let loud = song();
    let tracks = [
        write(scratch.path(), "quiet.wav", &loud.clone().gained(-6.0)),
        write(scratch.path(), "loud.wav", &loud),
        write(
            scratch.path(),
            "silence.wav",
            &Audio::silence(48_000, 2, 48_000),
        ),
    ];
    let found = album(scratch.path(), &tracks, &["--profile", "atsc"]);
    assert!((lufs(&found[1]) + 24.0).abs() < 0.1, "{}", found[1]);
    assert_eq!(found[1]["target_reached"], true);
    assert!((lufs(&found[1]) - lufs(&found[0]) - 6.0).abs() < 0.05);
    assert!((number(&found[0]["below_loudest_lu"]) - 6.0).abs() < 0.05);
    assert!(found[0]["target_lufs"].is_null() && found[0]["target_reached"].is_null());
    assert!(found[2]["output"]["lufs_i"].is_null(), "{}", found[2]);
    // Without a profile quiet albums are raised to the default target.
    let found = album(scratch.path(), &tracks, &[]);
    assert!((lufs(&found[1]) + 14.0).abs() < 0.1, "{}", found[1]);

    let sheet = std::fs::read_to_string(scratch.path().join("out/album.cue")).unwrap();
    let named = std::fs::read_to_string(scratch.path().join("out/album.atsc.cue")).unwrap();
    assert!(
        named.contains("FILE \"loud.atsc.flow.wav\" WAVE"),
        "{named}"
    );
    for words in [
        "FILE \"loud.flow.wav\" WAVE",
        "TRACK 02 AUDIO",
        "TITLE \"loud\"",
        "LENGTH_SAMPLES 960000",
    ] {
        assert!(sheet.contains(words), "{sheet}");
    }
    let page = std::fs::read_to_string(scratch.path().join("out/all.html")).unwrap();
    for words in [">quiet</a>", ">silence</a>"] {
        assert!(page.contains(words), "{words}");
    }
    assert!(!page.contains("NaN") && !page.contains("src=\"http"));
}

#[test]
fn album_with_assistant_has_one_set_of_settings() {
    let scratch = tempfile::tempdir().unwrap();
    let mut whole = song();
    // Bright beyond intention, so that there are proposals.
    for channel in &mut whole.channels {
        let mut last = 0.0;
        for sample in channel {
            let bright = 3.0 * (*sample - 0.9 * last);
            last = *sample;
            *sample = 0.3 * bright;
        }
    }
    let path = write(scratch.path(), "whole.wav", &whole);
    let options = ["--set", "gain=3"];
    let alone = json(&master(
        scratch.path(),
        &[&path],
        &[&["--json"], &options[..]].concat(),
    ));
    assert_ne!(alone["proposals"].as_array().unwrap().len(), 0, "{alone:#}");
    let tracks = cut(scratch.path(), &whole, &[333_333]);
    let records = album(scratch.path(), &tracks, &options);
    for record in records.as_array().unwrap() {
        assert_eq!(record["settings"], alone["settings"]);
    }
    assert_eq!(joined(&records).first_difference(&output(&alone)), None);
}

#[test]
fn album_with_unusable_track_is_refused_as_a_whole() {
    let scratch = tempfile::tempdir().unwrap();
    let first = write(scratch.path(), "first.wav", &song());
    let slower = signals::white_noise(44_100, 2, 1.0, 0.1, 1);
    let slower = write(scratch.path(), "slower.wav", &slower);
    let damaged = scratch.path().join("damaged.wav");
    std::fs::write(&damaged, b"no song").unwrap();
    for (second, words) in [
        (&slower, "first has 48000 Hz, and slower has 44100 Hz"),
        (&damaged, "damaged.wav"),
        (&first, "overwrite"),
    ] {
        let output = master(scratch.path(), &[&first, second], &["--album"]);
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert!(!output.status.success());
        assert_eq!(stderr.lines().count(), 1, "{stderr}");
        assert!(stderr.contains(words), "{stderr}");
        assert!(!scratch.path().join("out").exists(), "{words}");
    }
}

#[test]
fn album_with_mono_track_becomes_stereo_and_says_so() {
    let scratch = tempfile::tempdir().unwrap();
    let stereo = song();
    let mono = Audio::from_mono(48_000, 1, stereo.channels[0].clone());
    let tracks = [
        write(scratch.path(), "stereo.wav", &stereo),
        write(scratch.path(), "mono.wav", &mono),
    ];
    let records = album(scratch.path(), &tracks, &[]);
    assert_eq!(output(&records[1]).channel_count(), 2);
    let lines = records[1]["verdict"].to_string();
    assert!(lines.contains("became two channels"), "{lines}");
}
