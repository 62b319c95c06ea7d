//! Benchmarks: instruction counts under valgrind, and wall-clock times.

mod inference;

use crate::{steps, system, workspace};
use anyhow::{Context, Result};
use std::process::Command;

/// `inference` compares the network's executors; else flow_dsp's benches run, and `arguments` go to `cargo bench`.
pub(crate) fn bench(arguments: &[String]) -> Result<()> {
    if let [first, rest @ ..] = arguments
        && first == "inference"
    {
        return inference::inference(rest);
    }
    ensure_tools()?;
    steps::run(
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

/// Installs what the instruction counts need.
pub(crate) fn ensure_tools() -> Result<()> {
    system::ensure(&system::FOR_BENCHMARKS)?;
    // The runner must have the version of the library that the benches link.
    let version = locked_version("gungraun").context("Cargo.lock names no gungraun")?;
    let installed = Command::new("gungraun-runner").arg("--version").output();
    if installed.is_ok_and(|output| {
        String::from_utf8_lossy(&output.stdout)
            .trim()
            .ends_with(&version)
    }) {
        return Ok(());
    }
    system::install_cargo_tool("gungraun-runner", Some(&version))
}

/// The version of this package in Cargo.lock.
fn locked_version(package: &str) -> Option<String> {
    let lock = std::fs::read_to_string(workspace::root().join("Cargo.lock")).ok()?;
    let (_, after) = lock.split_once(&format!("name = \"{package}\"\nversion = \""))?;
    after.split_once('"').map(|(version, _)| version.to_owned())
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_lock_file_is_understood() {
        let version = super::locked_version("gungraun").unwrap();
        assert!(
            version.starts_with(|c: char| c.is_ascii_digit()),
            "{version}"
        );
        assert_eq!(super::locked_version("no such package"), None);
    }
}
