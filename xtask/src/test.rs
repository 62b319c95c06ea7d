//! All checks of CI. Those that fail fastest run first.

mod hosts;
mod nextest;
mod sanitizers;
mod stage;

pub(crate) use nextest::{PORTABLE, command as nextest};
pub(crate) use stage::Stage;

use crate::arguments::{SetupArguments, TestArguments};
use crate::command_steps::{self, Steps};
use crate::setup::{self, python};
use crate::{bench, bundle, manual, train, workspace};
use anyhow::Result;
use std::env::consts::{DLL_PREFIX, DLL_SUFFIX};
use std::process::Command;

const LINTS: [&str; 7] = [
    "clippy",
    "--release",
    "--workspace",
    "--all-targets",
    "--",
    "-D",
    "warnings",
];
/// Cargo warns of a crate whose library only hosts load: it can have no examples.
const EXAMPLES: [&str; 6] = [
    "test",
    "--release",
    "--doc",
    "--workspace",
    "--exclude",
    bundle::PACKAGE,
];
const DOCUMENTATION: [&str; 4] = ["doc", "--release", "--workspace", "--no-deps"];

/// Installs all that `cargo xtask master` and `cargo xtask test` need. The command is the permission.
///
/// # Errors
///
/// If an installation fails.
pub(crate) fn setup(arguments: &SetupArguments) -> Result<()> {
    setup::consent::give();
    if arguments.newest {
        setup::list_newest_versions()?;
    }
    let (stages, left_out) = stage::ensure_available(Stage::standard())?;
    for environment in stages.iter().flat_map(|stage| stage.environments()) {
        python::environment(*environment)?;
    }
    let all = if left_out.is_empty() {
        "Everything"
    } else {
        "All else"
    };
    for remark in left_out {
        eprintln!("{remark}");
    }
    eprintln!("{all} that `cargo xtask master` and `cargo xtask test` need is installed.");
    Ok(())
}

/// Runs the stages that the arguments ask for, and prints their times.
///
/// # Errors
///
/// If a program or a library is missing, or if a check fails.
pub(crate) fn test(arguments: &TestArguments) -> Result<()> {
    let stages = Stage::chosen(arguments.quick, &arguments.only);
    // A stage that is asked for by name is never left out.
    let (stages, left_out) = if arguments.only.is_empty() {
        stage::ensure_available(stages)?
    } else {
        stage::ensure(&stages)?;
        (stages, Vec::new())
    };
    for line in &left_out {
        eprintln!("{line}");
    }
    let mut steps = Steps::new();
    let mut summary = Vec::new();
    let result = stages
        .into_iter()
        .try_for_each(|stage| run(stage, arguments.quick, &mut steps, &mut summary));
    steps.print_times();
    result?;
    // The test runner's summary comes last, where readers look for it.
    for line in left_out.into_iter().chain(summary) {
        eprintln!("{line}");
    }
    Ok(())
}

/// Runs a stage, and keeps the test runner's summary. A quick one leaves out long tests.
fn run(stage: Stage, is_quick: bool, steps: &mut Steps, summary: &mut Vec<String>) -> Result<()> {
    match stage {
        Stage::Code => {
            steps.command(
                "formatting",
                workspace::cargo().args(["fmt", "--all", "--check"]),
            )?;
            steps.command("lints", workspace::cargo().args(LINTS))
        }
        Stage::Spelling => steps.step("spelling", spelling),
        Stage::Documentation => {
            let mut documentation = workspace::cargo();
            documentation
                .args(DOCUMENTATION)
                .env("RUSTDOCFLAGS", "-D warnings");
            steps.command("documentation", &mut documentation)?;
            steps.command(
                "documentation's examples",
                workspace::cargo().args(EXAMPLES),
            )
        }
        Stage::Manual => steps.step("website of the manual", manual::build_site),
        Stage::Tests => {
            let profile = if is_quick {
                nextest::QUICK
            } else {
                nextest::WHOLE
            };
            *summary = bundles_and_tests(steps, &["--workspace", "--profile", profile])?;
            Ok(())
        }
        Stage::Portable => {
            // With the features of all other commands, so that nothing is compiled again.
            let packages = PORTABLE.iter().chain(&["workspace_features"]);
            let options: Vec<&str> = packages.flat_map(|name| ["--package", *name]).collect();
            *summary = bundles_and_tests(steps, &options)?;
            Ok(())
        }
        Stage::PythonHosts => steps.step("VST3 in Python hosts", || {
            hosts::python_hosts(&bundle::vst3(&bundle::clap()?)?)
        }),
        Stage::Ardour => steps.step("VST3 in Ardour", || {
            hosts::ardour(&bundle::vst3(&bundle::clap()?)?)
        }),
        Stage::RealTime => {
            steps.step("no allocation in process", no_allocation)?;
            steps.step("real-time safety", || {
                sanitizers::real_time_safety(&bundle::clap()?)
            })
        }
        Stage::Threads => steps.step("thread safety", sanitizers::thread_safety),
        Stage::Training => steps.step("training recipe", || train::train(&train::QUICK)),
        Stage::Instructions => steps.command("instruction counts", &mut bench::instructions()),
        Stage::Advisories => {
            steps.command("advisories", workspace::cargo().args(["deny", "check"]))
        }
    }
}

/// Builds the bundles, runs the tests that nextest's options choose, and returns the test runner's summary.
fn bundles_and_tests(steps: &mut Steps, options: &[&str]) -> Result<Vec<String>> {
    let clap = steps.step("bundles", bundle::release_clap)?;
    steps.step("tests", || {
        nextest::run_and_keep_summary(nextest::command(options, clap.as_os_str()))
    })
}

/// Checks the spelling of all files by typos, whose settings are in typos.toml.
fn spelling() -> Result<()> {
    let typos = python::environment(python::SPELLING)?.with_file_name("typos");
    command_steps::run(Command::new(typos).current_dir(workspace::root()))
}

/// Runs the audio thread's tests with a framework that aborts when `process` allocates. This check needs debug assertions,
/// and so a separate build that doesn't replace the bundle.
fn no_allocation() -> Result<()> {
    const PROFILE: &str = "allocs";
    command_steps::run(workspace::cargo().args([
        "build",
        "-p",
        bundle::PACKAGE,
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
        .join(format!("{DLL_PREFIX}{}{DLL_SUFFIX}", bundle::PACKAGE));
    command_steps::run(&mut nextest::command(
        &["-p", "flow_testkit", "-E", nextest::REAL_TIME_TESTS],
        library.as_os_str(),
    ))
}
