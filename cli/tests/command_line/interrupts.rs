//! SIGINT and SIGTERM at several phases, and readers of stdout that end early.

use super::{flow, names, text, write_noise};
use std::ffi::OsStr;
use std::io::Write;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::time::Duration;

fn start(folder: &Path, song: &Path) -> Child {
    let out = folder.join("new").join("out");
    flow([
        OsStr::new("master"),
        song.as_ref(),
        "--out".as_ref(),
        out.as_ref(),
    ])
    .stdin(Stdio::piped())
    .stdout(Stdio::piped())
    .stderr(Stdio::piped())
    .spawn()
    .unwrap()
}

/// Waits until something has happened. The test runner ends a test that waits for ever.
fn wait_until(mut has_happened: impl FnMut() -> bool) {
    while !has_happened() {
        std::thread::sleep(Duration::from_millis(1));
    }
}

fn end(child: Child, signal: &str) -> Output {
    let id = child.id().to_string();
    let sent = Command::new("kill").args(["-s", signal, &id]).status();
    assert!(sent.unwrap().success());
    child.wait_with_output().unwrap()
}

/// Asserts the exit code and the one line of an interrupted command, and that it left nothing.
fn assert_nothing_left(folder: &Path, output: &Output, code: i32) {
    let stderr = text(&output.stderr);
    assert_eq!(output.status.code(), Some(code), "{stderr}");
    assert_eq!(stderr.lines().count(), 1, "{stderr}");
    assert!(
        stderr.contains("unfinished results were removed"),
        "{stderr}"
    );
    assert_eq!(names(&folder.join("new")), [""; 0]);
    assert!(!folder.join("new").exists());
}

#[test]
fn interrupt_while_reading_stdin_leaves_nothing() {
    for (signal, code) in [("INT", 130), ("TERM", 143), ("HUP", 129)] {
        let scratch = tempfile::tempdir().unwrap();
        let mut child = start(scratch.path(), "-".as_ref());
        let mut stdin = child.stdin.take().unwrap();
        stdin.write_all(b"RIFF").unwrap();
        wait_until(|| scratch.path().join("new/out").exists());
        let output = end(child, signal);
        assert_nothing_left(scratch.path(), &output, code);
    }
}

#[test]
fn interrupted_json_is_an_object_with_the_error() {
    let scratch = tempfile::tempdir().unwrap();
    let mut command = flow(["master", "-", "--json", "--out"]);
    let mut child = command
        .arg(scratch.path().join("new"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let _stdin = child.stdin.take();
    wait_until(|| scratch.path().join("new").exists());
    let output = end(child, "INT");
    assert_eq!(output.status.code(), Some(130), "{output:?}");
    let error = super::json(&output)["error"].as_str().unwrap().to_owned();
    assert!(error.contains("interrupted"), "{error}");
}

#[test]
fn interrupted_analysis_says_nothing_of_results() {
    let mut child = flow(["analyze", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    // More than a pipe holds: the command reads, and handles signals by then.
    stdin.write_all(&[0; 1 << 20]).unwrap();
    let output = end(child, "INT");
    assert_eq!(output.status.code(), Some(130), "{output:?}");
    assert_eq!(text(&output.stderr), "error: interrupted\n");
    drop(stdin);
}

#[test]
fn interrupt_while_mastering_leaves_nothing() {
    let scratch = tempfile::tempdir().unwrap();
    let song = std::fs::read(write_noise(scratch.path(), "song.wav", 120.0)).unwrap();
    let mut child = start(scratch.path(), "-".as_ref());
    // All of it has been taken when the last byte is written, and two minutes of audio are to be mastered.
    let mut stdin = child.stdin.take().unwrap();
    stdin.write_all(&song).unwrap();
    drop(stdin);
    let output = end(child, "INT");
    assert_nothing_left(scratch.path(), &output, 130);
}

#[test]
fn interrupt_while_writing_leaves_whole_results_or_none() {
    let scratch = tempfile::tempdir().unwrap();
    let song = write_noise(scratch.path(), "song.wav", 20.0);
    let child = start(scratch.path(), &song);
    let out = scratch.path().join("new/out");
    // The first temporary file is empty and tests the folder; the next one is the result.
    let is_writing = |name: &String| {
        let data = out.join(name).metadata();
        data.is_ok_and(|data| data.len() > 0)
    };
    wait_until(|| names(&out).iter().any(is_writing));
    let output = end(child, "INT");
    let left = names(&out);
    if output.status.code() == Some(130) && left.is_empty() {
        assert_nothing_left(scratch.path(), &output, 130);
    } else {
        // The signal came when both files were nearly there.
        assert_eq!(left, ["song.flow.html", "song.flow.wav"], "{output:?}");
        assert!(
            [Some(0), Some(130)].contains(&output.status.code()),
            "{output:?}"
        );
    }
}

#[test]
fn interrupt_keeps_songs_that_are_finished() {
    let scratch = tempfile::tempdir().unwrap();
    let first = write_noise(scratch.path(), "first.wav", 1.0);
    let out = scratch.path().join("out");
    let arguments = [
        OsStr::new("master"),
        first.as_ref(),
        "-".as_ref(),
        "--out".as_ref(),
        out.as_ref(),
    ];
    let mut child = flow(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // The second song doesn't end before the signal.
    let _stdin = child.stdin.take();
    wait_until(|| out.join("first.flow.html").exists());
    let output = end(child, "TERM");
    assert_eq!(output.status.code(), Some(143), "{output:?}");
    assert_eq!(names(&out), ["first.flow.html", "first.flow.wav"]);
}

#[test]
fn interrupt_while_writing_album_leaves_all_tracks_or_none() {
    let scratch = tempfile::tempdir().unwrap();
    let tracks = ["1.wav", "2.wav", "3.wav", "4.wav"];
    let tracks = tracks.map(|name| write_noise(scratch.path(), name, 5.0));
    let out = scratch.path().join("out");
    let mut command = flow([OsStr::new("master"), "--album".as_ref(), "--out".as_ref()]);
    let child = command
        .arg(&out)
        .args(&tracks)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    wait_until(|| out.join("1.flow.html").exists());
    let output = end(child, "INT");
    let left = names(&out);
    if left.is_empty() {
        assert_eq!(output.status.code(), Some(130), "{output:?}");
        assert!(!out.exists());
    } else {
        // The signal came after the last track.
        let expected = ["4.flow.wav", "album.cue"].map(str::to_owned);
        assert!(expected.iter().all(|name| left.contains(name)), "{left:?}");
    }
}

#[test]
fn closed_stdout_leaves_results_and_exit_code() {
    let scratch = tempfile::tempdir().unwrap();
    let songs = ["1.wav", "2.wav"].map(|name| write_noise(scratch.path(), name, 1.0));
    for options in [&[][..], &["--json"]] {
        let out = scratch.path().join("out");
        let mut command = flow([OsStr::new("master"), "--out".as_ref(), out.as_ref()]);
        let mut child = command
            .args(&songs)
            .args(options)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        drop(child.stdout.take());
        let output = child.wait_with_output().unwrap();
        assert_eq!(output.status.code(), Some(0), "{output:?}");
        assert_eq!(text(&output.stderr), "");
        assert!(out.join("all.html").exists());
        std::fs::remove_dir_all(&out).unwrap();
    }
    let mut child = flow(["presets"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert!(
        output.status.success() && output.stderr.is_empty(),
        "{output:?}"
    );
}
