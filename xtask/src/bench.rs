//! Benchmarks: instruction counts under valgrind, and times.

use crate::{command_steps, setup, workspace};
use anyhow::Result;
use std::process::Command;

/// Runs the benches of flow_dsp with these arguments of `cargo bench`.
pub(crate) fn bench(arguments: &[String]) -> Result<()> {
    prepare()?;
    command_steps::run(cargo_bench().args(arguments))
}

/// Installs what the benches need.
///
/// # Errors
///
/// If a program is missing and cannot be installed.
pub(crate) fn prepare() -> Result<()> {
    setup::ensure(&setup::FOR_BENCHMARKS, &[setup::GUNGRAUN_RUNNER])
}

/// The command that counts instructions. It fails if a processor needs more than its limit.
pub(crate) fn instructions() -> Command {
    let mut command = cargo_bench();
    command.args(["--bench", "instructions"]);
    command
}

/// `cargo bench` of flow_dsp, with the features of all other commands, so that nothing is compiled again.
fn cargo_bench() -> Command {
    let mut command = workspace::cargo();
    command.args(["bench", "-p", "flow_dsp", "-p", "workspace_features"]);
    command
}
