//! All checks of CI. Those that fail fastest run first.

mod hosts;
mod nextest;
mod sanitizers;

use crate::arguments::TestArguments;
use crate::command_steps::{self, Steps};
use crate::{bench, bundle, setup, train, workspace};
use anyhow::Result;
use std::env::consts::{DLL_PREFIX, DLL_SUFFIX};

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

pub(crate) fn test(arguments: &TestArguments) -> Result<()> {
    if arguments.hosts {
        hosts::ensure()?;
        let mut steps = Steps::new();
        let result = hosts::all(&mut steps);
        steps.print_times();
        return result;
    }
    setup::ensure_for_tests()?;
    let mut steps = Steps::new();
    let summary = run(&mut steps);
    steps.print_times();
    // The test runner's summary comes last, where readers look for it.
    for line in summary? {
        eprintln!("{line}");
    }
    Ok(())
}

/// Runs all steps and returns the test runner's summary.
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
        // The plug-in's library is also a cdylib, whose examples rustdoc cannot link.
        workspace::cargo().args(["test", "--release", "--doc", "--workspace"]),
    )?;
    let clap = steps.step("bundles", bundle::release_clap)?;
    let summary = steps.step("tests", || {
        nextest::run_and_keep_summary(nextest::command(&["--workspace"], clap.as_os_str()))
    })?;
    steps.step("VST3 in Python hosts", || {
        hosts::python_hosts(&bundle::vst3(&clap)?)
    })?;
    steps.step("no allocation in process", no_allocation)?;
    steps.step("real-time safety", || sanitizers::real_time_safety(&clap))?;
    steps.step("thread safety", sanitizers::thread_safety)?;
    // The tests have built the trainer. A build of its package alone would have other features.
    steps.step("training recipe", || {
        train::train_with(&train::QUICK, &train::built_trainer()?)
    })?;
    steps.command("instruction counts", &mut bench::instructions())?;
    Ok(summary)
}

/// Runs the audio thread's tests with a framework that aborts when `process` allocates. This check needs debug assertions,
/// and so a separate build that doesn't replace the bundle.
fn no_allocation() -> Result<()> {
    const PROFILE: &str = "allocs";
    command_steps::run(workspace::cargo().args([
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
    // Outside macOS a CLAP bundle is the library itself.
    let library = workspace::target_dir()?
        .join(PROFILE)
        .join(format!("{DLL_PREFIX}flow_plugin{DLL_SUFFIX}"));
    command_steps::run(&mut nextest::command(
        &["-p", "flow_testkit", "-E", nextest::REAL_TIME_TESTS],
        library.as_os_str(),
    ))
}
