//! `cargo xtask package`: the files that users download, in `target/packages`.
//!
//! They come from a build of their own in the `dist` profile. Their folder is `target/packages/build`, so that neither the bundles
//! of `cargo xtask bundle` nor those of `cargo xtask cross` mix with them.

#[cfg(target_os = "linux")]
mod c_library;
#[cfg(target_os = "linux")]
mod install_scripts;
#[cfg(target_os = "linux")]
mod linux;
mod macos;
mod notices;
mod output;
mod stage;
#[cfg(target_os = "linux")]
mod windows;

use crate::arguments::{PackageArguments, PackageSystem};
use crate::command_steps::Steps;
use crate::version::VERSION;
use anyhow::{Result, ensure};

/// Makes the packages of a system, and installs and removes them with `--test`.
///
/// # Errors
///
/// If the tag is that of another version, if a program is missing, or if a build or a check fails.
pub(crate) fn package(arguments: &PackageArguments) -> Result<()> {
    if let Some(tag) = &arguments.tag {
        check_tag(tag)?;
    }
    let mut steps = Steps::new();
    let packages = match arguments.system {
        #[cfg(target_os = "linux")]
        PackageSystem::Linux => linux::package(&mut steps, arguments.test),
        #[cfg(target_os = "linux")]
        PackageSystem::Windows => windows::package(&mut steps, arguments.test),
        #[cfg(not(target_os = "linux"))]
        PackageSystem::Linux | PackageSystem::Windows => Err(anyhow::anyhow!(
            "packages for Linux and Windows are made on Linux; `cargo xtask package macos` makes that of this system"
        )),
        PackageSystem::Macos => macos::package(&mut steps, arguments.test),
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

/// Checks that a tag is that of this version.
fn check_tag(tag: &str) -> Result<()> {
    ensure!(
        tag.strip_prefix('v') == Some(VERSION),
        "the tag {tag} is not v{VERSION}; set `version` in Cargo.toml, or tag another commit"
    );
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tag_of_another_version_is_refused() {
        assert!(check_tag(&format!("v{VERSION}")).is_ok());
        for tag in ["v0.0.1", VERSION, "", "main"] {
            let error = check_tag(tag).unwrap_err().to_string();
            assert!(error.contains("set `version`"), "{error}");
        }
    }
}
