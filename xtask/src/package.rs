//! `cargo xtask package`: the files that users download, in `target/packages`.
//!
//! They come from a build of their own in the `dist` profile. Their folder is `target/packages/build`, so that neither the bundles
//! of `cargo xtask bundle` nor those of `cargo xtask cross` mix with them.

mod linux;
mod notices;
mod output;
mod stage;
mod windows;

use crate::arguments::{PackageArguments, PackageSystem};
use crate::command_steps::Steps;
use anyhow::Result;

/// Makes the packages of a system, and installs and removes them with `--test`.
///
/// # Errors
///
/// If a program is missing, or if a build or a check fails.
pub(crate) fn package(arguments: &PackageArguments) -> Result<()> {
    let mut steps = Steps::new();
    let packages = match arguments.system {
        PackageSystem::Linux => linux::package(&mut steps, arguments.test),
        PackageSystem::Windows => windows::package(&mut steps, arguments.test),
    };
    steps.print_times();
    let packages = packages?;
    output::write_checksums(&output::folder()?)?;
    for path in packages {
        let bytes = std::fs::metadata(&path)?.len();
        eprintln!("{:6.1} MB  {}", output::megabytes(bytes), path.display());
    }
    Ok(())
}
