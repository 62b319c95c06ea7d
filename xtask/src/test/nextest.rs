//! Runs of cargo-nextest.

use crate::{bundle, workspace};
use anyhow::{Context, Result, bail};
use std::ffi::OsStr;
use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};

/// The filter of the tests that run the audio thread's code, for checks of real-time safety.
pub(super) const REAL_TIME_TESTS: &str = "test(real_time)";

/// The profile with all tests.
pub(super) const WHOLE: &str = "default";

/// The profile without long tests; `.config/nextest.toml` says which.
pub(super) const QUICK: &str = "quick";

/// The crates whose tests pass on every system. Those of the testkit load the built bundle.
pub(crate) const PORTABLE: [&str; 6] = [
    "flow_platform",
    "flow_dsp",
    "flow_analysis",
    "flow_inference",
    "flow_service",
    "flow_testkit",
];

/// nextest in the release profile, with this bundle under test.
pub(crate) fn command(arguments: &[&str], clap: &OsStr) -> Command {
    let mut command = workspace::cargo();
    command
        .args(["nextest", "run", "--release"])
        .args(arguments)
        .env(bundle::BUNDLE_VARIABLE, clap);
    command
}

/// Runs nextest, passes its output on, and returns its summary.
///
/// # Errors
///
/// If it cannot be started, or if a test fails.
pub(super) fn run_and_keep_summary(mut command: Command) -> Result<Vec<String>> {
    let mut child = command
        .stderr(Stdio::piped())
        .spawn()
        .context("cargo nextest cannot be started")?;
    let stderr = child
        .stderr
        .take()
        .context("the output of cargo nextest cannot be read")?;
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
