//! Files that a command writes: what they may replace, limits of their size, and other processes in the same folder.

use super::{flow, json, names, text, write, write_noise};
use std::ffi::OsStr;
use std::fs;
use std::path::Path;
use std::process::{Command, Output};

fn master(songs: &[&Path], out: &Path, options: &[&OsStr]) -> Output {
    let mut command = flow(["master", "--no-assist", "--out"]);
    let command = command.arg(out).args(options).args(songs);
    command.output().unwrap()
}

/// Asserts an exit code and one line on stderr with these words.
fn assert_refused(output: &Output, code: i32, words: &str) {
    let stderr = text(&output.stderr);
    assert_eq!(output.status.code(), Some(code), "{stderr}");
    assert_eq!(stderr.lines().count(), 1, "{stderr}");
    assert!(stderr.contains(words), "{stderr}");
}

#[test]
fn probe_replaces_only_recordings_of_flow() {
    let scratch = tempfile::tempdir().unwrap();
    let folder = scratch.path();
    let song = write_noise(folder, "song.wav", 0.5);
    let music = flow_demo_song::demo_song(48_000).range(15 * 48_000, 27 * 48_000);
    let reference = write(folder, "reference.wav", &music);
    let notes = folder.join("notes.json");
    fs::write(&notes, "{\"traceEvents\":[]}").unwrap();
    let out = folder.join("out");
    fs::create_dir(&out).unwrap();
    let page = out.join("old.flow.html");
    fs::write(&page, "<html>").unwrap();
    let detour = folder.join("out").join("..").join("song.wav");
    let options = |probe: &Path| {
        let options: [&OsStr; 4] = [
            "--reference".as_ref(),
            reference.as_os_str(),
            "--probe".as_ref(),
            probe.as_os_str(),
        ];
        master(&[&song], &out, &options)
    };
    for (probe, words) in [
        (&song, "no recording of Flow"),
        (&detour, "no recording of Flow"),
        (&reference, "no recording of Flow"),
        (&notes, "no recording of Flow"),
        (&page, "no recording of Flow"),
        (&out.join("song.flow.wav"), "a result of this command"),
        (&out.join("song.flow.html"), "a result of this command"),
    ] {
        let before = fs::read(probe).ok();
        assert_refused(&options(probe), 2, words);
        assert_eq!(fs::read(probe).ok(), before, "{}", probe.display());
    }
    assert_eq!(names(&out), ["old.flow.html"]);
    // A recording is replaced by the next one, and a missing or empty file by the first.
    let recording = folder.join("recording.json");
    fs::write(&recording, "").unwrap();
    for _ in 0..2 {
        let output = options(&recording);
        assert!(output.status.success(), "{output:?}");
    }
}

#[test]
fn master_over_its_reference_is_refused() {
    let scratch = tempfile::tempdir().unwrap();
    let song = write_noise(scratch.path(), "song.wav", 0.5);
    let music = flow_demo_song::demo_song(48_000).range(15 * 48_000, 27 * 48_000);
    let reference = write(scratch.path(), "song.flow.wav", &music);
    let before = fs::read(&reference).unwrap();
    let options: [&OsStr; 2] = ["--reference".as_ref(), reference.as_os_str()];
    let output = master(&[&song], scratch.path(), &options);
    assert_refused(&output, 1, "would overwrite a song or a reference");
    assert!(fs::read(&reference).unwrap() == before);
}

#[test]
fn album_with_two_equal_songs_names_the_song_in_its_error() {
    let scratch = tempfile::tempdir().unwrap();
    let song = write_noise(scratch.path(), "song.wav", 0.5);
    let out = scratch.path().join("out");
    let output = master(&[&song, &song], &out, &["--album".as_ref()]);
    let begin = format!("error: {}: its result would overwrite", song.display());
    assert_refused(&output, 1, &begin);
}

#[cfg(unix)]
#[test]
fn limit_of_file_size_is_an_error_that_leaves_no_files() {
    let scratch = tempfile::tempdir().unwrap();
    let song = write_noise(scratch.path(), "song.wav", 3.0);
    let out = scratch.path().join("out");
    let mut shell = Command::new("sh");
    let output = shell
        .args([
            "-c",
            "ulimit -f 200; exec \"$0\" master \"$1\" --out \"$2\"",
        ])
        .arg(env!("CARGO_BIN_EXE_flow"))
        .args([&song, &out])
        .env("FLOW_BUNDLE", flow_testkit::testing::bundle_path())
        .output()
        .unwrap();
    assert_refused(&output, 1, "song.wav: it cannot be written");
    assert!(!out.exists(), "{:?}", names(&out));
}

#[test]
fn album_that_can_have_no_cue_sheet_removes_that_of_another() {
    let scratch = tempfile::tempdir().unwrap();
    let plain = write_noise(scratch.path(), "plain.wav", 0.5);
    let out = scratch.path().join("out");
    let album: [&OsStr; 1] = ["--album".as_ref()];
    assert!(master(&[&plain], &out, &album).status.success());
    assert!(out.join("album.cue").exists());
    let odd = scratch.path().join("odd\nname.wav");
    if fs::copy(&plain, &odd).is_ok() {
        assert!(master(&[&odd], &out, &album).status.success());
        assert!(!out.join("album.cue").exists());
    }
}

#[cfg(unix)]
#[test]
fn two_processes_in_one_folder_leave_a_song_with_its_own_report() {
    let scratch = tempfile::tempdir().unwrap();
    let song = write_noise(scratch.path(), "song.wav", 2.0);
    let out = scratch.path().join("out");
    let start = |gain: &str| {
        let mut command = flow(["master", "--no-assist", "--json", "--set", gain, "--out"]);
        let command = command.args([&out, &song]);
        let pipes = command.stdout(std::process::Stdio::piped());
        pipes.stderr(std::process::Stdio::piped()).spawn().unwrap()
    };
    for _ in 0..4 {
        let children = ["gain=1", "gain=4"].map(start);
        let records = children.map(|child| {
            let output = child.wait_with_output().unwrap();
            assert!(output.status.success(), "{output:?}");
            json(&output)
        });
        assert_eq!(names(&out), ["song.flow.html", "song.flow.wav"]);
        let page = fs::read_to_string(out.join("song.flow.html")).unwrap();
        let verdict = |i: usize| records[i]["verdict"][0].as_str().unwrap();
        let is_of_first = page.contains(verdict(0));
        assert_ne!(is_of_first, page.contains(verdict(1)));
        let audio = flow_audio_file::read(&out.join("song.flow.wav")).unwrap();
        let lufs = flow_measure::loudness::loudness(&audio.audio).integrated_lufs;
        let record = &records[usize::from(!is_of_first)];
        let expected = record["output"]["lufs_i"].as_f64().unwrap();
        assert!((lufs - expected).abs() < 0.1, "{lufs} {record:#}");
    }
}

#[cfg(unix)]
#[test]
fn url_of_json_opens_a_file_whose_name_is_no_text() {
    use std::os::unix::ffi::{OsStrExt, OsStringExt};
    let scratch = tempfile::tempdir().unwrap();
    let plain = write_noise(scratch.path(), "plain.wav", 0.5);
    let odd = scratch
        .path()
        .join(OsStr::from_bytes(b"not utf-8 \xff.wav"));
    fs::rename(plain, &odd).unwrap();
    let out = scratch.path().join("out");
    let output = master(&[&odd], &out, &["--json".as_ref()]);
    let record = json(&output);
    for field in ["song_url", "output_url", "report_url"] {
        let url = record[field].as_str().unwrap();
        let path = url.strip_prefix("file://").unwrap();
        let bytes: Vec<u8> = percent_encoding::percent_decode_str(path).collect();
        let path = std::ffi::OsString::from_vec(bytes);
        assert!(Path::new(&path).is_file(), "{field}: {url}");
    }
}
