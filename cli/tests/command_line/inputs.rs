//! Folders, standard input, named pipes and odd names as songs.

use super::{flow, json, names, text, write_noise};
use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::process::{Command, Output, Stdio};

fn master(songs: &[&OsStr], out: &Path, options: &[&str]) -> Command {
    let mut command = flow(["master", "--out"]);
    command.arg(out).args(options).arg("--").args(songs);
    command
}

fn wav_of(out: &Path, name: &str) -> Vec<u8> {
    fs::read(out.join(name)).unwrap()
}

/// Runs `flow` with a file as standard input, through a pipe.
fn run_with_stdin(mut command: Command, stdin: &[u8]) -> Output {
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut pipe = child.stdin.take().unwrap();
    std::thread::scope(|scope| {
        // A command that doesn't read closes the pipe.
        scope.spawn(move || std::io::Write::write_all(&mut pipe, stdin));
        child.wait_with_output().unwrap()
    })
}

#[test]
fn folder_masters_its_songs_in_natural_order_and_none_of_its_results() {
    let scratch = tempfile::tempdir().unwrap();
    let folder = scratch.path().join("album");
    fs::create_dir(&folder).unwrap();
    for name in ["10 End.wav", "2 Middle.wav"] {
        write_noise(&folder, name, 1.0);
    }
    fs::write(folder.join("1 Damaged.wav"), b"no song").unwrap();
    fs::write(folder.join("cover.jpg"), b"").unwrap();
    for _ in 0..2 {
        let output = master(&[folder.as_ref()], &folder, &["--json"])
            .output()
            .unwrap();
        assert_eq!(output.status.code(), Some(1), "{output:?}");
        assert!(text(&output.stderr).contains("1 Damaged.wav"), "{output:?}");
        let records = json(&output);
        let songs: Vec<&str> = (0..3)
            .map(|i| records[i]["song"].as_str().unwrap())
            .collect();
        let expected = ["1 Damaged.wav", "2 Middle.wav", "10 End.wav"];
        let expected = expected.map(|name| folder.join(name).display().to_string());
        assert_eq!(songs, expected);
        assert!(
            records[3].is_null() && records[0]["error"].is_string(),
            "{records:#}"
        );
    }
    assert_eq!(names(&folder).len(), 4 + 2 * 2 + 1, "{:?}", names(&folder));
}

#[test]
fn stdin_and_named_pipe_give_the_result_of_the_file() {
    let scratch = tempfile::tempdir().unwrap();
    let song = write_noise(scratch.path(), "song.wav", 1.0);
    let bytes = fs::read(&song).unwrap();
    let out = scratch.path().join("out");
    let by_file = master(&[song.as_ref()], &out, &[]).output().unwrap();
    assert!(by_file.status.success(), "{by_file:?}");
    let expected = wav_of(&out, "song.flow.wav");

    let by_stdin = run_with_stdin(master(&["-".as_ref()], &out, &["--json"]), &bytes);
    assert_eq!(json(&by_stdin)["song"], "-");
    assert!(wav_of(&out, "stdin.flow.wav") == expected);

    let pipe = scratch.path().join("pipe.wav");
    assert!(
        Command::new("mkfifo")
            .arg(&pipe)
            .status()
            .unwrap()
            .success()
    );
    // An album reads each song twice.
    let mut child = master(&[pipe.as_ref()], &out, &["--album"]);
    let child = child
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    fs::write(&pipe, &bytes).unwrap();
    let by_pipe = child.wait_with_output().unwrap();
    assert!(by_pipe.status.success(), "{by_pipe:?}");
    assert!(out.join("pipe.flow.wav").exists());
}

#[test]
fn stdin_is_a_reference_unless_it_is_a_song() {
    let scratch = tempfile::tempdir().unwrap();
    let song = write_noise(scratch.path(), "song.wav", 12.0);
    let bytes = fs::read(&song).unwrap();
    let out = scratch.path().join("out");
    let options = ["--json", "--reference", "-"];
    let output = run_with_stdin(master(&[song.as_ref()], &out, &options), &bytes);
    assert_eq!(json(&output)["reference"], "stdin");
    let output = run_with_stdin(master(&["-".as_ref()], &out, &options), &bytes);
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains("only once"), "{output:?}");
}

#[test]
fn pipe_of_the_shell_has_a_name_of_its_own() {
    let scratch = tempfile::tempdir().unwrap();
    let song = write_noise(scratch.path(), "song.wav", 0.5);
    // The shell leaves the pipe open as number 9.
    let mut command = Command::new("sh");
    command.env("FLOW_BUNDLE", flow_testkit::testing::bundle_path());
    let script = "cat \"$1\" | { exec 9<&0; \"$0\" master /dev/fd/9 --out \"$2\"; }";
    let out = scratch.path().join("out");
    let output = command
        .args(["-c", script, env!("CARGO_BIN_EXE_flow")])
        .arg(&song)
        .arg(&out)
        .output()
        .unwrap();
    assert!(output.status.success(), "{output:?}");
    assert_eq!(names(&out), ["pipe.flow.html", "pipe.flow.wav"]);
}

#[test]
fn songs_that_differ_in_extension_get_results_of_their_own() {
    let scratch = tempfile::tempdir().unwrap();
    let folder = scratch.path().join("songs");
    fs::create_dir(&folder).unwrap();
    let song = write_noise(&folder, "song.wav", 0.5);
    fs::copy(&song, folder.join("song.flac")).unwrap();
    let out = scratch.path().join("out");
    let output = master(&[folder.as_ref()], &out, &[]).output().unwrap();
    assert!(output.status.success(), "{output:?}");
    let names = names(&out);
    for name in ["song.flac.flow.wav", "song.wav.flow.wav"] {
        assert!(names.contains(&name.to_owned()), "{names:?}");
    }
}

#[test]
fn album_with_a_name_that_no_cue_sheet_holds_has_none_and_says_so() {
    let scratch = tempfile::tempdir().unwrap();
    let song = write_noise(scratch.path(), "a \"quoted\" name.wav", 0.5);
    let out = scratch.path().join("out");
    let output = master(&[song.as_ref()], &out, &["--album", "--json"])
        .output()
        .unwrap();
    let record = json(&output);
    assert!(
        record["verdict"].to_string().contains("no cue sheet"),
        "{record:#}"
    );
    assert_eq!(names(&out).len(), 2, "{:?}", names(&out));
}

#[test]
fn short_song_has_no_loudness_range() {
    let scratch = tempfile::tempdir().unwrap();
    let song = write_noise(scratch.path(), "song.wav", 0.5);
    let output = flow(["analyze".as_ref(), song.as_os_str(), "--json".as_ref()])
        .output()
        .unwrap();
    assert!(json(&output)["measured"]["lra"].is_null(), "{output:?}");
}

#[test]
fn empty_stdin_is_refused_with_its_reason() {
    let scratch = tempfile::tempdir().unwrap();
    let out = scratch.path().join("out");
    let output = run_with_stdin(master(&["-".as_ref()], &out, &[]), b"");
    let stderr = text(&output.stderr);
    assert_eq!(output.status.code(), Some(1));
    assert!(
        stderr.contains("nothing came in") && stderr.lines().count() == 1,
        "{stderr}"
    );
    assert!(!out.exists());
}

#[test]
fn device_is_refused_as_song() {
    let scratch = tempfile::tempdir().unwrap();
    let output = master(&["/dev/zero".as_ref()], &scratch.path().join("out"), &[]);
    let output = { output }.output().unwrap();
    assert!(
        text(&output.stderr).contains("a device, not a song"),
        "{output:?}"
    );
}

#[test]
fn songs_with_odd_names_are_mastered() {
    let scratch = tempfile::tempdir().unwrap();
    let plain = write_noise(scratch.path(), "plain.wav", 0.5);
    let odd: [&[u8]; 5] = [
        b"a 'quoted' \"name\".wav",
        b"two\nlines.wav",
        b"not utf-8 \xff.wav",
        b"-dash.wav",
        b"demo",
    ];
    for name in odd {
        let folder = tempfile::tempdir().unwrap();
        let name = OsStr::from_bytes(name);
        fs::copy(&plain, folder.path().join(name)).unwrap();
        let output = master(&[name], "out".as_ref(), &["--json"])
            .current_dir(folder.path())
            .output()
            .unwrap();
        assert!(output.status.success(), "{name:?}: {output:?}");
        assert_eq!(json(&output)["seconds"], 0.5);
        assert_eq!(names(&folder.path().join("out")).len(), 2, "{name:?}");
    }
}
