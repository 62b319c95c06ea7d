//! `cargo xtask cross`: Flow for another system, built and tried on Linux.
//!
//! Each system has a target folder of its own below `target/cross`, so that neither builds nor bundles mix.

mod apple_stubs;
pub(crate) mod compare;
mod left_out;
mod linux_arm64;
mod macos;
mod photograph;
mod toolchain;
pub(crate) mod windows;
pub(crate) mod wine;

use crate::arguments::{CrossArguments, System};
use crate::command_steps::Steps;
use anyhow::Result;

/// Builds Flow for the system of `arguments`, and runs it in an emulator with `--test`. For macOS it is linked with stubs.
///
/// # Errors
///
/// If a program is missing, or if a build or a check fails.
pub(crate) fn cross(arguments: &CrossArguments) -> Result<()> {
    let mut steps = Steps::new();
    let remarks = match arguments.system {
        System::Windows => windows::cross(&mut steps, arguments.trial()),
        System::LinuxArm64 => linux_arm64::cross(&mut steps, arguments.trial()),
        System::Macos => macos::cross(&mut steps, arguments.test),
    };
    steps.print_times();
    for line in remarks? {
        eprintln!("{line}");
    }
    Ok(())
}
