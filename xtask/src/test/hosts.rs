//! The VST3 in other projects' hosts, by the scripts in `tests/hosts`.

use crate::command_steps::{self, Steps};
use crate::setup::python::{self, SystemPackages};
use crate::{bundle, setup, workspace};
use anyhow::{Result, bail};
use std::path::Path;
use std::process::Command;

/// The hosts that are Python packages.
const PYTHON_HOSTS: [&str; 2] = ["test_pedalboard.py", "test_dawdreamer.py"];
const ARDOUR: [&str; 1] = ["test_ardour.py"];

/// Tests the bundle in all hosts, each as a step.
///
/// # Errors
///
/// If a host is missing and cannot be installed, or if a test fails.
pub(crate) fn all(steps: &mut Steps) -> Result<()> {
    let vst3 = steps.step("bundles", || bundle::vst3(&bundle::clap()?))?;
    let python_hosts = steps.step("pedalboard and DawDreamer", || python_hosts(&vst3));
    let ardour = steps.step("Ardour", || ardour(&vst3));
    python_hosts.and(ardour)
}

/// Tests the VST3 in pedalboard and in DawDreamer.
///
/// # Errors
///
/// As for [`all`].
pub(crate) fn python_hosts(vst3: &Path) -> Result<()> {
    run_scripts(&PYTHON_HOSTS, vst3)
}

/// Tests the VST3 in Ardour.
fn ardour(vst3: &Path) -> Result<()> {
    setup::ensure(&setup::FOR_ARDOUR, &[])?;
    run_scripts(&ARDOUR, vst3)
}

/// Runs all of these scripts, even after one has failed.
fn run_scripts(scripts: &[&str], vst3: &Path) -> Result<()> {
    setup::ensure(&setup::FOR_PYTHON_HOSTS, &[])?;
    let folder = workspace::root().join("tests").join("hosts");
    let python = python::environment(
        &workspace::target_dir()?.join("hosts").join("python"),
        &folder.join("requirements.txt"),
        SystemPackages::Hidden,
    )?;
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
