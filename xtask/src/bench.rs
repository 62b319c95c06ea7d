//! Benchmarks: instruction counts under valgrind, and times.

mod inference;

use crate::{command_steps, setup, workspace};
use anyhow::Result;
use std::process::Command;

/// Runs the benches of flow_dsp with these arguments of `cargo bench`. A first argument `inference` compares the network's
/// executors instead.
pub(crate) fn bench(arguments: &[String]) -> Result<()> {
    if let [first, rest @ ..] = arguments
        && first == "inference"
    {
        return inference::inference(rest);
    }
    setup::ensure(&setup::FOR_BENCHMARKS, &[setup::GUNGRAUN_RUNNER])?;
    command_steps::run(
        workspace::cargo()
            .args(["bench", "-p", "flow_dsp"])
            .args(arguments),
    )
}

/// The command that counts instructions. It fails if a processor needs more than its limit.
pub(crate) fn instructions() -> Command {
    let mut command = workspace::cargo();
    command.args(["bench", "-p", "flow_dsp", "--bench", "instructions"]);
    command
}
