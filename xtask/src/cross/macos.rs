//! Flow for macOS on Apple's chips. Types are checked; linking needs Apple's frameworks.

use super::toolchain::{self, Toolchain};
use crate::command_steps::Steps;
use crate::setup::{self, python};
use anyhow::{Context, Result, ensure};
use std::process::Command;

const TARGET: &str = "aarch64-apple-darwin";

/// Checks the types of every crate and of its tests. zig compiles the C sources.
///
/// # Errors
///
/// If tests are asked for, if a program is missing, or if the check fails.
pub(super) fn cross(steps: &mut Steps, is_tested: bool) -> Result<Vec<String>> {
    ensure!(
        !is_tested,
        "`cross macos --test` is not supported: no emulator runs programs of macOS; leave out `--test`"
    );
    let folder = toolchain::folder("macos")?;
    let toolchain = Toolchain::new(folder, TARGET, &setup::FOR_PYTHON, &[])?;
    let interpreter = python::environment(python::FOR_MACOS)?;
    let programs = interpreter
        .parent()
        .context("the Python environment has no folder")?;
    let mut path = programs.as_os_str().to_owned();
    path.push(":");
    path.push(std::env::var_os("PATH").context("there is no PATH")?);
    let zigbuild = Command::new(programs.join("cargo-zigbuild"));
    let mut check = toolchain.with_options(zigbuild, &["check"]);
    check.args(["--release", "--workspace", "--all-targets"]);
    steps.command("types", check.env("PATH", path))?;
    Ok(vec![
        "Checked for macOS: the types of all crates and their tests.".to_owned(),
        "Not linked: the programs and the plug-in, which need Apple's frameworks.".to_owned(),
        "Not checked: the Audio Unit, whose wrapper is Objective-C++ and needs Apple's headers."
            .to_owned(),
    ])
}
