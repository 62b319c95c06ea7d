//! Benchmarks: instruction counts under valgrind, and wall-clock times.

mod inference;

use crate::{command_steps, setup, workspace};
use anyhow::Result;
use std::process::Command;

/// `inference` compares the network's executors; else flow_dsp's benches run, and `arguments` go to `cargo bench`.
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

/// Counts instructions; fails where a processor needs more than its limit.
pub(crate) fn instructions() -> Command {
    let mut command = workspace::cargo();
    command.args(["bench", "-p", "flow_dsp", "--bench", "instructions"]);
    command
}
