//! `cargo xtask conformance` with shell scripts as validators. Needs the bundle.

#![cfg(unix)]

use flow_testkit::testing;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

const PASSING_PLUGINVAL: &str = r#"#!/bin/sh
[ "$1" = --version ] && { echo "pluginval - 1.0.4"; exit 0; }
printf 'Starting tests in: pluginval / Editor...\nCompleted tests in pluginval / Editor\nSUCCESS\n'
"#;

const FAILING_VST3_VALIDATOR: &str = r#"#!/bin/sh
[ "$1" = --version ] && { echo "VST 3.7.14 Plug-in Validator"; exit 0; }
printf '[Bus Activation]\nERROR: bus 0 is inactive\n[XXXXXXX Failed]\nResult: 0 tests passed, 1 tests failed\n'
exit 255
"#;

fn script(folder: &Path, name: &str, text: &str) -> PathBuf {
    let path = folder.join(name);
    std::fs::write(&path, text).unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
    path
}

fn conformance() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_xtask"));
    command
        .arg("conformance")
        .env("FLOW_BUNDLE", testing::bundle_path())
        // The scripts open no window, so no X server is needed.
        .env("DISPLAY", ":none");
    command
}

fn stdout(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

#[test]
fn conformance_without_validators_fails_with_one_line() {
    let output = conformance().env("PATH", "").output().unwrap();
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success());
    assert_eq!(stderr.lines().count(), 1, "{stderr}");
    assert!(stderr.contains("no validator"), "{stderr}");
    assert!(stderr.contains("--pluginval"), "{stderr}");
}

#[test]
fn conformance_with_missing_program_names_its_path() {
    let output = conformance()
        .args(["--pluginval", "missing/pluginval"])
        .output()
        .unwrap();
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success());
    assert!(stderr.contains("missing/pluginval is no file"), "{stderr}");
}

#[test]
fn conformance_runs_each_seed_and_fails_if_one_validator_fails() {
    let folder = tempfile::tempdir().unwrap();
    let pluginval = script(folder.path(), "pluginval", PASSING_PLUGINVAL);
    let passing = conformance()
        .arg("--pluginval")
        .arg(&pluginval)
        .args(["--seeds", "2"])
        .output()
        .unwrap();
    let text = stdout(&passing);
    assert!(passing.status.success(), "{text}");
    assert!(text.contains("pluginval, seed 2  1.0.4"), "{text}");

    let validator = script(folder.path(), "validator", FAILING_VST3_VALIDATOR);
    let failing = conformance()
        .arg("--pluginval")
        .arg(&pluginval)
        .arg("--vst3-validator")
        .arg(&validator)
        .args(["--seeds", "1"])
        .output()
        .unwrap();
    let text = stdout(&failing);
    assert!(!failing.status.success(), "{text}");
    let line = "failed: VST3 SDK validator: Bus Activation: bus 0 is inactive";
    assert!(text.contains(line), "{text}");
}
