//! The programs and libraries that the development tasks need beside Rust.
//!
//! Nothing is installed without permission: [`consent`] says when there is one. Without it, an error names all that is
//! missing and the command that installs it.

mod cargo_tools;
pub(crate) mod consent;
mod packages;
#[cfg(target_os = "linux")]
mod packages_for_other_systems;
pub(crate) mod python;
#[cfg(target_os = "linux")]
mod rust_target;

pub(crate) use cargo_tools::{
    CARGO_DENY, CLIPPY, CargoTool, GUNGRAUN_RUNNER, MDBOOK, NEXTEST, RUSTFMT, list_newest_versions,
};
pub(crate) use packages::{
    FOR_ARDOUR, FOR_BENCHMARKS, FOR_BUILDING, FOR_COMPARISONS, FOR_CONTENT_CLASSES, FOR_PYTHON,
    FOR_PYTHON_HOSTS, FOR_RENDERING, FOR_TRAINING, FOR_WINDOWS, Package, unavailable,
};
#[cfg(target_os = "linux")]
pub(crate) use packages_for_other_systems::{
    FOR_ARM_LINKING, FOR_DEBIAN_PACKAGES, FOR_NEW_SYSTEMS, FOR_QEMU, FOR_WINDOWS_LINKING,
    FOR_WINDOWS_PACKAGES, FOR_WINE,
};
pub(crate) use python::Environment;
#[cfg(target_os = "linux")]
pub(crate) use rust_target::{StandardLibrary, ensure_standard_library};

use anyhow::Result;
use cargo_tools::MissingTool;

/// Makes sure that these packages and tools are there. Installs those that are missing, if there is permission.
///
/// # Errors
///
/// If something is missing and there is no permission to install it, or if the installation fails.
pub(crate) fn ensure(packages: &[Package], tools: &[CargoTool]) -> Result<()> {
    ensure_all(packages, tools, &[])
}

/// As [`ensure`]. Asks also for the permission to create these Python environments, so that no later step asks or fails.
///
/// # Errors
///
/// As for [`ensure`].
pub(crate) fn ensure_all(
    packages: &[Package],
    tools: &[CargoTool],
    environments: &[Environment],
) -> Result<()> {
    let mut installations = installations(packages, tools)?;
    for environment in environments {
        installations.extend(environment.installation()?);
    }
    if installations.is_empty() {
        return Ok(());
    }
    consent::permit(&installations.join(" && "))?;
    if !environments.is_empty() {
        // The permission holds for the steps that create them.
        consent::give();
    }
    let missing_packages = packages::missing(packages);
    if !missing_packages.is_empty() {
        packages::install(&missing_packages)?;
    }
    let missing_tools = cargo_tools::missing(tools)?;
    missing_tools.iter().try_for_each(MissingTool::install)
}

/// The commands that install the packages and tools that are missing.
fn installations(packages: &[Package], tools: &[CargoTool]) -> Result<Vec<String>> {
    let packages = packages::installation(&packages::missing(packages));
    let tools = cargo_tools::missing(tools)?;
    let tools = tools.iter().map(MissingTool::installation);
    Ok(packages.into_iter().chain(tools).collect())
}
