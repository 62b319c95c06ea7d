//! Flow for macOS on Apple's chips: types are checked, and what needs none of Apple's frameworks is linked.

use super::toolchain::{self, Toolchain};
use crate::command_steps::Steps;
use crate::setup::{self, python};
use anyhow::{Context, Result, ensure};
use std::ffi::OsString;
use std::path::Path;
use std::process::Command;

const TARGET: &str = "aarch64-apple-darwin";

/// Checks the types of every crate and of its tests, and links the command line.
///
/// # Errors
///
/// If tests are asked for, if a program is missing, or if a check fails.
pub(super) fn cross(steps: &mut Steps, is_tested: bool) -> Result<Vec<String>> {
    ensure!(
        !is_tested,
        "`--test` cannot be had for macOS: nothing here runs its programs"
    );
    let toolchain = Toolchain::new(toolchain::folder("macos")?, TARGET, &setup::FOR_PYTHON)?;
    let interpreter = python::environment(python::FOR_MACOS)?;
    let programs = interpreter
        .parent()
        .context("the Python environment has no folder")?;
    let mut check = zigbuild(&toolchain, programs, "check")?;
    check.args(["--release", "--workspace", "--all-targets"]);
    steps.command("types", &mut check)?;
    let mut link = zigbuild(&toolchain, programs, "zigbuild")?;
    link.args(["--release", "--package", "flow_cli"]);
    steps.command("command line", &mut link)?;
    Ok(vec![
        format!(
            "Flow's command line for macOS, linked and not run: {}",
            toolchain.built("release", "flow").display()
        ),
        "Checked and not linked: CLAP, VST3 and the standalone app, which need Apple's frameworks."
            .to_owned(),
        "Not checked: the Audio Unit, whose wrapper is Objective-C++ and needs Apple's headers."
            .to_owned(),
    ])
}

/// A command of cargo-zigbuild, with which zig compiles C and links.
fn zigbuild(toolchain: &Toolchain, programs: &Path, command: &str) -> Result<Command> {
    let mut path = OsString::from(programs);
    path.push(":");
    path.push(std::env::var_os("PATH").context("there is no PATH")?);
    let program = Command::new(programs.join("cargo-zigbuild"));
    let mut cargo = toolchain.with_options(program, &[command]);
    cargo.env("PATH", path);
    Ok(cargo)
}
