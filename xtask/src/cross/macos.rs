//! Flow for macOS: everything is compiled as far as that needs no Mac.

use super::toolchain::{self, Toolchain};
use crate::command_steps::Steps;
use anyhow::Result;

const TARGETS: [&str; 2] = ["aarch64-apple-darwin", "x86_64-apple-darwin"];

/// Checks every crate, its tests and examples for both processors of Macs.
///
/// # Errors
///
/// If a crate does not compile.
pub(super) fn cross(steps: &mut Steps) -> Result<Vec<String>> {
    for target in TARGETS {
        let toolchain = Toolchain::new(toolchain::folder("macos")?, target, &[])?;
        let mut check = toolchain.cargo(&["check", "--release", "--workspace", "--all-targets"]);
        steps.command(&format!("check for {target}"), &mut check)?;
    }
    Ok([
        "Checked for macOS: all crates, tests and examples of the workspace.",
        "Not compiled: the Audio Unit's Objective-C++, which needs Apple's SDK.",
        "Not linked and not run: everything. A Mac does both with `cargo xtask bundle` and `cargo xtask test`.",
    ]
    .map(str::to_owned)
    .to_vec())
}
