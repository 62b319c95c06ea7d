//! Feature flags and the Session Probe with `flow master`, through the built bundle.

use std::path::Path;
use std::process::{Command, Output};

use flow_audio_file::OutputFormat;
use flow_service::probe::Trace;
use flow_testkit::{signals, testing};

fn flow(arguments: &[&str], flags: &str) -> Output {
    Command::new(env!("CARGO_BIN_EXE_flow"))
        .args(arguments)
        .env("FLOW_BUNDLE", testing::bundle_path())
        .env("FLOW_FLAGS", flags)
        .output()
        .unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// Masters a few seconds of noise in a folder.
fn master(folder: &Path, options: &[&str], flags: &str) -> Output {
    let song = folder.join("song.wav");
    let noise = signals::white_noise(48_000, 2, 3.0, 0.08, 1);
    flow_audio_file::write(&song, &OutputFormat::WAV_24, &noise).unwrap();
    let out = folder.join("out");
    let mut arguments = vec!["master", song.to_str().unwrap(), "--out"];
    arguments.push(out.to_str().unwrap());
    arguments.extend(options);
    flow(&arguments, flags)
}

fn only_wav(folder: &Path) -> Vec<u8> {
    let results = std::fs::read_dir(folder.join("out")).unwrap().flatten();
    let mut songs = results.filter(|e| e.path().extension().is_some_and(|e| e == "wav"));
    let song = songs.next().unwrap();
    assert!(songs.next().is_none());
    std::fs::read(song.path()).unwrap()
}

#[test]
fn master_with_any_flags_is_identical_and_unknown_flags_are_reported() {
    let mut expected = None;
    for flags in [
        "",
        "-gpu,-int8,-cache,-assistant",
        "+probe",
        "-scheduler,turbo",
    ] {
        let folder = tempfile::tempdir().unwrap();
        let output = master(folder.path(), &[], flags);
        let stderr = text(&output.stderr);
        assert!(output.status.success(), "{stderr}");
        let lines = stderr.lines().filter(|line| line.contains("turbo"));
        assert_eq!(
            lines.count(),
            usize::from(flags.contains("turbo")),
            "{stderr}"
        );
        let song = only_wav(folder.path());
        assert!(
            *expected.get_or_insert_with(|| song.clone()) == song,
            "{flags}"
        );
    }
}

#[test]
fn master_with_probe_is_identical_and_writes_trace() {
    let folder = tempfile::tempdir().unwrap();
    let plain = master(folder.path(), &[], "");
    assert!(plain.status.success(), "{}", text(&plain.stderr));
    let expected = only_wav(folder.path());

    let recorded = tempfile::tempdir().unwrap();
    let trace = recorded.path().join("probe.json");
    let output = master(recorded.path(), &["--probe", trace.to_str().unwrap()], "");
    assert!(output.status.success(), "{}", text(&output.stderr));
    assert!(only_wav(recorded.path()) == expected);
    let events = Trace::read(&trace).unwrap().trace_events;
    for name in ["Block", "Flags", "Backend"] {
        assert!(events.iter().any(|e| e.name == name), "{name}");
    }

    let nowhere = recorded.path().join("none").join("probe.json");
    let output = master(recorded.path(), &["--probe", nowhere.to_str().unwrap()], "");
    let stderr = text(&output.stderr);
    assert!(
        !output.status.success() && stderr.lines().count() == 1,
        "{stderr}"
    );
    assert!(stderr.contains("is missing"), "{stderr}");
}
