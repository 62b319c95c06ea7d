//! The VST3 in other projects' hosts, by the scripts in `tests/hosts`.

use crate::command_steps::{self, Steps};
use crate::setup::python;
use crate::{bundle, setup, workspace};
use anyhow::{Result, bail};
use std::path::Path;
use std::process::Command;

/// Makes sure that all that the hosts need is there, and that a step may create their Python environment.
///
/// # Errors
///
/// If something is missing and there is no permission to install it, or if the installation fails.
pub(super) fn ensure() -> Result<()> {
    let packages = [
        &setup::FOR_BUILDING[..],
        &setup::FOR_WINDOWS,
        &setup::FOR_PYTHON_HOSTS,
        &setup::FOR_ARDOUR,
    ];
    setup::ensure_all(&packages.concat(), &[], &[python::HOSTS])
}

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
