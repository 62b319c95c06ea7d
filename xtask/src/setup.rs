//! The programs and libraries that the development tasks need beside Rust.
//!
//! Nothing is installed without permission: [`consent`] says when there is one. Without it, an error names all that is
//! missing and the command that installs it.

mod cargo_tools;
pub(crate) mod consent;
mod packages;
pub(crate) mod python;

pub(crate) use cargo_tools::{GUNGRAUN_RUNNER, NEXTEST};
pub(crate) use packages::{
    FOR_ARDOUR, FOR_BENCHMARKS, FOR_BUILDING, FOR_LIMITERS, FOR_PYTHON_HOSTS, FOR_RENDERING,
    FOR_TRAINING, FOR_WINDOWS,
};

use anyhow::{Result, bail};
use cargo_tools::{CargoTool, MissingTool};
use consent::Consent;
use packages::Package;

/// Installs all that `cargo xtask master` and `cargo xtask test` need.
///
/// # Errors
///
/// As for [`ensure`].
pub(crate) fn setup() -> Result<()> {
    ensure_for_tests()?;
    eprintln!("Everything that `cargo xtask master` and `cargo xtask test` need is installed.");
    Ok(())
}

/// Makes sure that all packages and tools of `cargo xtask test` are there.
///
/// # Errors
///
/// As for [`ensure`].
pub(crate) fn ensure_for_tests() -> Result<()> {
    let packages = [
        &FOR_BUILDING[..],
        &FOR_WINDOWS,
        &FOR_BENCHMARKS,
        &FOR_PYTHON_HOSTS,
        &FOR_TRAINING,
    ];
    ensure(&packages.concat(), &[NEXTEST, GUNGRAUN_RUNNER])
}

/// Makes sure that these packages and tools are there. Installs those that are missing, if there is permission.
///
/// # Errors
///
/// If something is missing and there is no permission to install it, or if the installation fails.
pub(crate) fn ensure(packages: &[Package], tools: &[CargoTool]) -> Result<()> {
    let missing_packages = packages::missing(packages);
    let missing_tools = cargo_tools::missing(tools)?;
    let installations: Vec<String> = packages::installation(&missing_packages)
        .into_iter()
        .chain(missing_tools.iter().map(MissingTool::installation))
        .collect();
    if installations.is_empty() {
        return Ok(());
    }
    permit(&installations.join(" && "))?;
    if !missing_packages.is_empty() {
        packages::install(&missing_packages)?;
    }
    missing_tools.iter().try_for_each(MissingTool::install)
}

/// Makes sure that `commands` may install something.
///
/// # Errors
///
/// If there is no permission; the error names the commands.
fn permit(commands: &str) -> Result<()> {
    let is_permitted = match consent::decide(consent::Circumstances::now()) {
        Consent::Given => true,
        Consent::Ask => consent::ask(commands)?,
        Consent::Missing => false,
    };
    if !is_permitted {
        bail!(
            "programs or libraries are missing; with `--yes` this task installs them, as `{commands}` does"
        );
    }
    eprintln!("Installing: {commands}");
    Ok(())
}
