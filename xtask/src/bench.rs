//! Benchmarks: instruction counts under valgrind, and wall-clock times.

use crate::{steps, system, workspace};
use anyhow::Result;

/// The runner must have the version of the library that the benches link.
const GUNGRAUN_VERSION: &str = "0.20.0";

/// Runs flow_dsp's benches; `arguments` go to `cargo bench`.
pub(crate) fn bench(arguments: &[String]) -> Result<()> {
    system::ensure(&system::FOR_BENCHMARKS)?;
    system::ensure_cargo_tool("gungraun-runner", "gungraun-runner", Some(GUNGRAUN_VERSION))?;
    steps::run(workspace::cargo().args(["bench", "-p", "flow_dsp"]).args(arguments))
}
