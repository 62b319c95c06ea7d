//! Comparisons of the sound on another system with that on this one.

use crate::{bundle, command_steps, workspace};
use anyhow::{Context, Result, ensure};
use std::path::Path;
use std::process::{Command, Stdio};

/// Masters the demo song with `flow` of this system and with `other`, and compares the files. `flow` is that beside the bundle
/// that `FLOW_BUNDLE` names, or else that of a new build.
///
/// # Errors
///
/// If a render fails, or if the files differ.
pub(crate) fn masters(folder: &Path, mut other: Command, options: &[&str]) -> Result<()> {
    let own = bundle::clap()?.with_file_name("command-line").join("flow");
    let folder = folder.join("masters");
    let master = |command: &mut Command, name: &str| -> Result<Vec<u8>> {
        let out = folder.join(name);
        command.arg("master").args(options).arg("--out").arg(&out);
        command.env_remove(bundle::BUNDLE_VARIABLE);
        command_steps::run(command)?;
        let song = out.join("demo.flow.wav");
        std::fs::read(&song).with_context(|| format!("{} cannot be read", song.display()))
    };
    let expected = master(&mut Command::new(own), "expected")?;
    let actual = master(&mut other, "actual")?;
    ensure!(
        expected == actual,
        "the master of the demo song differs from that of this system; both are in {}",
        folder.display()
    );
    eprintln!("The masters are equal: {} bytes.", actual.len());
    Ok(())
}

/// Runs the example `chain_hashes` here and by `other`, which is `cargo run` for the other system, and compares the lines.
///
/// # Errors
///
/// If a run fails, or if the lines differ.
pub(super) fn chains(mut other: Command) -> Result<()> {
    let expected = chain_hashes(workspace::cargo().arg("run"))?;
    let actual = chain_hashes(&mut other)?;
    ensure!(
        !expected.is_empty() && expected == actual,
        "the sound differs from that of this system\nexpected:\n{expected}actual:\n{actual}"
    );
    eprint!("The chain's bits are those of this system:\n{actual}");
    Ok(())
}

fn chain_hashes(cargo: &mut Command) -> Result<String> {
    let output = cargo
        .args(["--release", "--package", "flow_testkit"])
        .args(["--example", "chain_hashes"])
        .stderr(Stdio::inherit())
        .output()
        .context("cargo cannot be started")?;
    ensure!(output.status.success(), "the chain could not be run");
    Ok(String::from_utf8_lossy(&output.stdout).replace('\r', ""))
}
