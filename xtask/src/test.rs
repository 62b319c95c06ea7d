//! Everything that CI runs, in the order of what fails fastest.

use crate::cli::TestArguments;
use crate::steps::{self, Steps};
use crate::{bench, bundle, hosts, sanitizers, system, train, workspace};
use anyhow::{Context, Result, bail};
use std::env::consts::{DLL_PREFIX, DLL_SUFFIX};
use std::ffi::OsStr;
use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};

const LINTS: [&str; 7] = [
    "clippy",
    "--release",
    "--workspace",
    "--all-targets",
    "--",
    "-D",
    "warnings",
];
const DOCUMENTATION: [&str; 4] = ["doc", "--release", "--workspace", "--no-deps"];
/// The tests that the audio thread's checks watch.
pub(crate) const REAL_TIME_TESTS: &str = "test(real_time)";

pub(crate) fn test(arguments: &TestArguments) -> Result<()> {
    system::ensure(&system::FOR_BUILDING)?;
    system::ensure(&system::FOR_WINDOWS)?;
    if arguments.hosts {
        let mut steps = Steps::new();
        let result = hosts::all(&mut steps);
        steps.print_times();
        return result;
    }
    system::ensure_cargo_tool("cargo-nextest", "cargo-nextest")?;
    bench::ensure_tools()?;
    let mut steps = Steps::new();
    let summary = run(&mut steps);
    steps.print_times();
    // The last lines that anyone sees are the test runner's own.
    for line in summary? {
        eprintln!("{line}");
    }
    Ok(())
}

/// Runs all steps and gives back the test runner's summary.
fn run(steps: &mut Steps) -> Result<Vec<String>> {
    steps.command(
        "formatting",
        workspace::cargo().args(["fmt", "--all", "--check"]),
    )?;
    steps.command("lints", workspace::cargo().args(LINTS))?;
    let mut documentation = workspace::cargo();
    documentation
        .args(DOCUMENTATION)
        .env("RUSTDOCFLAGS", "-D warnings");
    steps.command("documentation", &mut documentation)?;
    steps.command(
        "documentation's examples",
        // The plug-in's library is also a cdylib, whose examples rustdoc can't link.
        workspace::cargo().args(["test", "--release", "--doc", "--workspace"]),
    )?;
    let clap = steps.step("bundles", bundle::release_clap)?;
    let summary = steps.step("tests", || {
        run_and_keep_summary(nextest(&["--workspace"], clap.as_os_str()))
    })?;
    steps.step("VST3 in Python hosts", || {
        hosts::python_hosts(&bundle::vst3(&clap)?)
    })?;
    steps.step("no allocation in process", no_allocation)?;
    steps.step("real-time safety", || sanitizers::real_time_safety(&clap))?;
    steps.step("thread safety", sanitizers::thread_safety)?;
    // With what the tests have built: alone it would be built once more with other features.
    steps.step("training recipe", || {
        train::train_with(&train::QUICK, &train::built_trainer()?)
    })?;
    steps.command("instruction counts", &mut bench::instructions())?;
    Ok(summary)
}

/// nextest in the release profile, with this bundle under test.
pub(crate) fn nextest(arguments: &[&str], clap: &OsStr) -> Command {
    let mut command = workspace::cargo();
    command
        .args(["nextest", "run", "--release"])
        .args(arguments)
        .env(bundle::BUNDLE_VARIABLE, clap);
    command
}

/// The audio thread's tests with a plug-in whose framework ends the process when `process` allocates. That check needs
/// debug assertions, and so a build of its own, which must not take the place of the bundle that users get.
fn no_allocation() -> Result<()> {
    const PROFILE: &str = "allocs";
    steps::run(workspace::cargo().args([
        "build",
        "-p",
        "flow_plugin",
        "--lib",
        "--no-default-features",
        "--features",
        "assert_process_allocs",
        "--profile",
        PROFILE,
    ]))?;
    // Outside macOS, a CLAP bundle is the library itself.
    let library = workspace::target_dir()?
        .join(PROFILE)
        .join(format!("{DLL_PREFIX}flow_plugin{DLL_SUFFIX}"));
    steps::run(&mut nextest(
        &["-p", "flow_testkit", "-E", REAL_TIME_TESTS],
        library.as_os_str(),
    ))
}

/// Runs nextest, passes on what it prints, and gives back its summary.
fn run_and_keep_summary(mut command: Command) -> Result<Vec<String>> {
    let mut child = command
        .stderr(Stdio::piped())
        .spawn()
        .context("cargo nextest cannot be started")?;
    let stderr = child.stderr.take().context("its output cannot be read")?;
    let mut summary: Vec<String> = Vec::new();
    for line in BufReader::new(stderr).lines() {
        let line = line?;
        eprintln!("{line}");
        if line.trim_start().starts_with("Summary") || !summary.is_empty() {
            summary.push(line);
        }
    }
    let status = child.wait()?;
    if !status.success() {
        bail!("cargo nextest ended with {status}");
    }
    Ok(summary)
}
