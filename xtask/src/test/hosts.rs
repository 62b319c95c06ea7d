//! The VST3 in other projects' hosts, by the scripts in `tests/hosts`.

use crate::command_steps;
use crate::setup::python;
use crate::workspace;
use anyhow::{Result, bail};
use std::path::Path;
use std::process::Command;

/// The hosts that are Python packages.
const PYTHON_HOSTS: [&str; 2] = ["test_pedalboard.py", "test_dawdreamer.py"];
const ARDOUR: [&str; 1] = ["test_ardour.py"];

/// Tests the VST3 in pedalboard and in DawDreamer.
///
/// # Errors
///
/// If a host is missing and cannot be installed, or if a test fails.
pub(super) fn python_hosts(vst3: &Path) -> Result<()> {
    run_scripts(&PYTHON_HOSTS, vst3)
}

/// Tests the VST3 in Ardour.
///
/// # Errors
///
/// As for [`python_hosts`].
pub(super) fn ardour(vst3: &Path) -> Result<()> {
    run_scripts(&ARDOUR, vst3)
}

/// Runs all of these scripts, even after one has failed.
fn run_scripts(scripts: &[&str], vst3: &Path) -> Result<()> {
    let folder = workspace::root().join("tests").join("hosts");
    let python = python::environment(python::HOSTS)?;
    let is_failing = |script: &&&str| {
        let mut command = Command::new(&python);
        command_steps::run(command.arg(folder.join(script)).arg(vst3)).is_err()
    };
    let failed: Vec<&str> = scripts.iter().filter(is_failing).copied().collect();
    if !failed.is_empty() {
        bail!("tests failed in {}", failed.join(", "));
    }
    Ok(())
}
