//! Errors and exit codes, as text and as JSON.

use super::{flow, json, text, write_noise};
use std::process::Output;

/// Asserts one line on stderr with these words, and with `--json` the same on stdout.
fn assert_refusal(arguments: &[&str], code: i32, words: &[&str]) {
    let run = |arguments: &[&str]| -> Output { flow(arguments).output().unwrap() };
    let output = run(arguments);
    let stderr = text(&output.stderr);
    assert_eq!(output.status.code(), Some(code), "{arguments:?}: {stderr}");
    assert_eq!(stderr.lines().count(), 1, "{stderr}");
    assert!(output.stdout.is_empty(), "{output:?}");
    let words_are_in = |text: &str| words.iter().all(|word| text.contains(word));
    assert!(words_are_in(&stderr), "{words:?}: {stderr}");

    let output = run(&[arguments, &["--json"]].concat());
    assert_eq!(output.status.code(), Some(code), "{output:?}");
    assert_eq!(text(&output.stderr), stderr);
    let error = json(&output)["error"].as_str().unwrap().to_owned();
    assert!(words_are_in(&error), "{words:?}: {error}");
}

#[test]
fn wrong_arguments_have_code_2_and_an_object_with_their_error() {
    let scratch = tempfile::tempdir().unwrap();
    let out = scratch.path().join("out");
    let out = out.to_str().unwrap();
    for (options, words) in [
        (
            &["--profile", "cassette"][..],
            &["cassette", "apple-music"][..],
        ),
        (&["--preset", "gleu"], &["Gentle glue"]),
        (&["--set", "fuzz=3"], &["fuzz", "ceil"]),
        (&["--set", "ceil=high"], &["Ceiling", "high"]),
        (
            &["--reference", "nowhere.wav"],
            &["nowhere.wav", "no such file"],
        ),
        (
            &["--amount", "50", "--no-assist"],
            &["--amount has no effect"],
        ),
        (
            &["--intensity", "strong", "--no-assist"],
            &["--intensity has no effect"],
        ),
        (&["--intensity", "loud"], &["gentle, normal, strong"]),
        (&["--set", "deliv=Spotify"], &["--profile chooses"]),
        (&["--reference", "/dev/null"], &["/dev/null", "a device"]),
        (&["--probe", "nowhere/probe.json"], &["nowhere", "missing"]),
        (&["--loudness", "3"], &["--loudness"]),
        (&["--block", "0"], &["--block", "1..=8192"]),
        (&["--amount"], &["--amount <N>"]),
    ] {
        let arguments = [&["master", "--out", out][..], options].concat();
        assert_refusal(&arguments, 2, words);
        assert!(!scratch.path().join("out").exists());
    }
    assert_refusal(
        &["analyze"],
        2,
        &["required", "<SONG>...", "flow analyze --help"],
    );
    // The advice on names that begin with a dash is for names.
    let output = flow(["master", "-d"]).output().unwrap();
    assert!(!text(&output.stderr).contains("tip"), "{output:?}");
    assert_refusal(
        &["analyze", "x.wav", "--profile", "cassette"],
        2,
        &["cassette"],
    );
    let output = flow(["completions", "tcsh"]).output().unwrap();
    let stderr = text(&output.stderr);
    assert_eq!(output.status.code(), Some(2));
    assert!(
        stderr.contains("tcsh") && stderr.contains("; tip: "),
        "{stderr}"
    );
}

#[test]
fn name_that_begins_with_a_dash_gets_a_hint() {
    let scratch = tempfile::tempdir().unwrap();
    for name in ["-dash.wav", "--dash.wav"] {
        write_noise(scratch.path(), name, 0.5);
        for command in ["master", "analyze"] {
            let mut command = flow([command, name]);
            let output = command.current_dir(scratch.path()).output().unwrap();
            let stderr = text(&output.stderr);
            assert_eq!(output.status.code(), Some(2));
            let hint = format!(
                "put -- in front of the names of files if one begins with a dash: -- {name} ("
            );
            assert!(stderr.contains(&hint), "{stderr}");
            assert_eq!(stderr.lines().count(), 1, "{stderr}");
        }
    }
}

#[test]
fn missing_songs_and_folders_have_code_1() {
    let scratch = tempfile::tempdir().unwrap();
    let file = scratch.path().join("file");
    std::fs::write(&file, "").unwrap();
    let out = file.join("out");
    assert_refusal(
        &["master", "--out", out.to_str().unwrap()],
        1,
        &["output folder"],
    );
    assert_refusal(
        &["master", "--out", file.to_str().unwrap()],
        1,
        &["is a file"],
    );
    let out = scratch.path().join("out");
    let out = out.to_str().unwrap();
    assert_refusal(
        &["master", "--out", out, "nowhere.wav"],
        1,
        &["no such file"],
    );
    assert_refusal(&["analyze", "nowhere.wav"], 1, &["no such file"]);
}

#[test]
fn missing_plug_in_has_code_1_and_says_how_to_install() {
    let scratch = tempfile::tempdir().unwrap();
    let song = write_noise(scratch.path(), "song.wav", 0.5);
    let home = scratch.path().join("home");
    let mut command = flow(["master", "--json", "--out"]);
    let output = command
        .args([&scratch.path().join("out"), &song])
        .env_remove("FLOW_BUNDLE")
        .env("HOME", &home)
        .output()
        .unwrap();
    let empty = command.env("FLOW_BUNDLE", "").output().unwrap();
    assert_eq!(
        (empty.status, text(&empty.stderr)),
        (output.status, text(&output.stderr))
    );
    // A plug-in that is installed for all users is used.
    if output.status.code() != Some(0) {
        assert_eq!(output.status.code(), Some(1), "{output:?}");
        let error = json(&output)["error"].as_str().unwrap().to_owned();
        assert!(
            error.contains("FLOW_BUNDLE") && error.contains(home.to_str().unwrap()),
            "{error}"
        );
    }
}

#[test]
fn errors_are_colored_only_on_request() {
    for (options, is_colored) in [
        (&[][..], false),
        (&["--color=always"][..], true),
        (&["--color", "always"], true),
        (&["--color", "never"], false),
    ] {
        for arguments in [
            ["master", "--profile", "cassette"],
            ["master", "--block", "0"],
        ] {
            let output = flow(arguments).args(options).output().unwrap();
            let stderr = text(&output.stderr);
            assert_eq!(
                stderr.contains('\x1b'),
                is_colored,
                "{options:?}: {stderr:?}"
            );
        }
    }
    let list = |options: &[&str]| text(&flow(["presets"]).args(options).output().unwrap().stdout);
    assert!(!list(&[]).contains('\x1b') && list(&["--color=always"]).contains('\x1b'));
}

#[test]
fn full_disk_behind_stdout_has_code_1() {
    let full = std::path::Path::new("/dev/full");
    if !full.exists() {
        return;
    }
    for argument in ["presets", "--help", "--version"] {
        let stdout = std::fs::OpenOptions::new().write(true).open(full).unwrap();
        let output = flow([argument]).stdout(stdout).output().unwrap();
        assert_eq!(output.status.code(), Some(1), "{argument}");
        assert!(
            text(&output.stderr).contains("stdout cannot be written to"),
            "{output:?}"
        );
    }
}

/// The built bundle with another identifier stands for the plug-in of another maker.
#[cfg(target_os = "linux")]
#[test]
fn other_plug_in_is_refused_before_it_is_used() {
    let scratch = tempfile::tempdir().unwrap();
    let mut bundle = std::fs::read(flow_testkit::testing::bundle_path()).unwrap();
    let id = b"org.flow-audio.flow";
    let places = bundle.windows(id.len()).enumerate();
    let places: Vec<usize> = places
        .filter(|(_, bytes)| bytes == id)
        .map(|(at, _)| at)
        .collect();
    assert!(!places.is_empty());
    for at in places {
        bundle[at] = b'x';
    }
    let other = scratch.path().join("Other.clap");
    std::fs::write(&other, bundle).unwrap();
    let song = write_noise(scratch.path(), "song.wav", 0.5);
    let mut command = flow(["master", "--out"]);
    let output = command
        .args([&scratch.path().join("out"), &song])
        .env("FLOW_BUNDLE", &other)
        .output()
        .unwrap();
    let stderr = text(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{stderr}");
    let words = format!("{} is the plug-in Flow, not Flow", other.display());
    assert!(stderr.contains(&words), "{stderr}");
}

#[cfg(unix)]
#[test]
fn program_in_folder_below_plug_in_finds_it() {
    let scratch = tempfile::tempdir().unwrap();
    let folder = scratch.path().join("command-line");
    std::fs::create_dir(&folder).unwrap();
    std::fs::copy(env!("CARGO_BIN_EXE_flow"), folder.join("flow")).unwrap();
    let bundle = flow_testkit::testing::bundle_path().canonicalize().unwrap();
    std::os::unix::fs::symlink(bundle, scratch.path().join("Flow.clap")).unwrap();
    let song = write_noise(scratch.path(), "song.wav", 0.5);
    // A link to the program stands in another folder.
    let link = scratch.path().join("link");
    std::os::unix::fs::symlink(folder.join("flow"), &link).unwrap();
    let output = std::process::Command::new(link)
        .args(["master", "--json", "--out"])
        .args([&scratch.path().join("out"), &song])
        .env_remove("FLOW_BUNDLE")
        .env("HOME", scratch.path())
        .output()
        .unwrap();
    assert!(output.status.success(), "{output:?}");
}
