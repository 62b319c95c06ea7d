//! Comparisons of the sound on another system with that on this one.

use crate::{bundle, command_steps, workspace};
use anyhow::{Context, Result, ensure};
use std::path::Path;
use std::process::{Command, Stdio};

/// Masters the demo song with `flow` of this system, which stands beside this CLAP bundle, and with `other`, and compares the files.
///
/// # Errors
///
/// If a render fails, or if the files differ.
pub(crate) fn masters(folder: &Path, clap: &Path, other: Command, options: &[&str]) -> Result<()> {
    let own = clap.with_file_name("command-line").join("flow");
    masters_of(folder, Command::new(own), other, options)
}

/// As [`masters`], with both commands.
fn masters_of(folder: &Path, own: Command, other: Command, options: &[&str]) -> Result<()> {
    let folder = folder.join("masters");
    // A file of an earlier run must not pass for that of a program that writes none.
    if folder.exists() {
        std::fs::remove_dir_all(&folder)
            .with_context(|| format!("{} cannot be removed", folder.display()))?;
    }
    let master = |mut command: Command, name: &str| -> Result<Vec<u8>> {
        let out = folder.join(name);
        command.arg("master").args(options).arg("--out").arg(&out);
        command.env_remove(bundle::BUNDLE_VARIABLE);
        command_steps::run(&mut command)?;
        let song = out.join("demo.flow.wav");
        let bytes =
            std::fs::read(&song).with_context(|| format!("{} cannot be read", song.display()))?;
        ensure!(!bytes.is_empty(), "{} is empty", song.display());
        Ok(bytes)
    };
    let expected = master(own, "expected")?;
    let actual = master(other, "actual")?;
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

#[cfg(test)]
mod tests {
    use super::*;

    /// A program that writes this text as its master, or without a text nothing.
    fn flow(text: Option<&str>) -> Command {
        let write = text.map_or(String::new(), |text| {
            format!("mkdir -p \"$3\"; printf '%s' '{text}' >\"$3/demo.flow.wav\"")
        });
        let mut command = Command::new("sh");
        command.args(["-c", &write, "flow"]);
        command
    }

    #[test]
    fn masters_are_equal_only_if_both_were_written_now() {
        let folder = tempfile::tempdir().unwrap();
        let compare = |own, other| masters_of(folder.path(), flow(own), flow(other), &[]).is_ok();
        assert!(compare(Some("sound"), Some("sound")));
        assert!(!compare(Some("sound"), Some("noise")));
        assert!(compare(Some("sound"), Some("sound")));
        assert!(!compare(Some("sound"), None), "compares an old file");
        assert!(!compare(Some(""), Some("")), "compares empty files");
    }
}
