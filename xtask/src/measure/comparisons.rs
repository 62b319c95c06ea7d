//! The built plug-in beside other open programs, by the scripts in `tests/compare`. Each prints its table.

use crate::command_steps::{self, output};
use crate::setup::python;
use crate::{bundle, setup, workspace};
use anyhow::Result;
use std::path::PathBuf;
use std::process::Command;

/// Runs a script that compares the plug-in's VST3 with other plug-ins on songs, and returns its table.
///
/// # Errors
///
/// If a program is missing and cannot be installed, or if the comparison fails.
pub(super) fn of_plugins(script: &str, songs: &[PathBuf]) -> Result<String> {
    let flow = bundle::vst3(&bundle::clap()?)?;
    output(comparison(script)?.arg(flow).args(songs))
}

/// Runs a script that compares `flow` with other programs, and returns its table. `arguments` are those of the script.
///
/// # Errors
///
/// If a program is missing and cannot be installed, or if the comparison fails.
pub(super) fn of_programs(script: &str, arguments: &[PathBuf]) -> Result<String> {
    command_steps::run(workspace::cargo().args(["build", "--release", "-p", "flow_cli"]))?;
    let flow = workspace::target_dir()?.join("release").join("flow");
    let mut command = comparison(script)?;
    command
        .env("FLOW", flow)
        .env("FLOW_BUNDLE", bundle::clap()?);
    output(command.args(arguments))
}

/// The command that runs a script in the environment of the comparisons.
fn comparison(script: &str) -> Result<Command> {
    let packages = [
        &setup::FOR_BUILDING[..],
        &setup::FOR_PYTHON_HOSTS,
        &setup::FOR_COMPARISONS,
    ];
    setup::ensure_all(&packages.concat(), &[], &[python::COMPARISON])?;
    let mut command = Command::new(python::environment(python::COMPARISON)?);
    command.arg(workspace::root().join("tests").join("compare").join(script));
    Ok(command)
}
