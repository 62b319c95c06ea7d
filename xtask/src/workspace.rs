//! The paths of the workspace, cargo, and this program.

use crate::command_steps::output;
use anyhow::{Context, Result};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

static THIS_PROGRAM: OnceLock<PathBuf> = OnceLock::new();

/// The folder of the workspace's Cargo.toml.
pub(crate) fn root() -> PathBuf {
    // Cargo sets the present path. Without cargo, the path of the compilation is used.
    let package = std::env::var_os("CARGO_MANIFEST_DIR")
        .map_or_else(|| env!("CARGO_MANIFEST_DIR").into(), PathBuf::from);
    package
        .parent()
        .map_or_else(|| package.clone(), Path::to_owned)
}

/// Cargo's target folder.
pub(crate) fn target_dir() -> Result<PathBuf> {
    let output =
        output(cargo().args(["metadata", "--format-version=1", "--no-deps", "--offline"]))?;
    let metadata: serde_json::Value =
        serde_json::from_str(&output).context("cargo metadata is unreadable")?;
    let target = metadata["target_directory"]
        .as_str()
        .context("cargo metadata names no target directory")?;
    Ok(PathBuf::from(target))
}

/// The cargo that runs this program, in the workspace's root.
pub(crate) fn cargo() -> Command {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.current_dir(root());
    command
}

/// Keeps the path of this program. It has to be called first: when cargo builds xtask again, as for its tests, it
/// replaces the file, and Linux then gives the path of a deleted file.
#[allow(clippy::disallowed_methods)]
pub(crate) fn keep_this_program() {
    if let Ok(program) = std::env::current_exe() {
        THIS_PROGRAM.get_or_init(|| program);
    }
}

/// A command that runs xtask itself, also after cargo has built it again.
///
/// # Errors
///
/// If the path of this program is unknown.
pub(crate) fn this_program() -> Result<Command> {
    let program = THIS_PROGRAM
        .get()
        .context("the path of this program is unknown")?;
    Ok(Command::new(program))
}

/// The output of `rustc --print`.
///
/// # Errors
///
/// If rustc cannot be started or fails.
pub(crate) fn rustc_print(request: &str) -> Result<String> {
    let printed = output(
        Command::new("rustc")
            .current_dir(root())
            .args(["--print", request]),
    )?;
    Ok(printed.trim().to_owned())
}
