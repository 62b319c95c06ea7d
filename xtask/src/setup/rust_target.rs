//! Rust's standard library for another system.

use super::packages::{self, Package};
use super::packages_for_other_systems::DEBIAN_RUST;
use super::{CargoTool, consent, ensure, installations};
use crate::workspace;
use anyhow::{Result, bail};
use std::path::Path;
use std::process::{Command, Stdio};

/// The origin of the standard library for another system.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum StandardLibrary {
    /// The toolchain has it, as after `rustup target add`.
    Installed,
    /// Debian's compiler builds it from its source.
    BuiltByDebian,
}

/// Finds the standard library for `target`, or installs it if there is permission: with rustup, or else with Debian's packages.
/// `packages` and `tools` are all else that the command needs.
///
/// # Errors
///
/// If the library or a package is missing and cannot be installed, or if there is no permission to install it.
pub(crate) fn ensure_standard_library(
    target: &str,
    packages: &[Package],
    tools: &[CargoTool],
) -> Result<StandardLibrary> {
    if let Some(library) = find(target)? {
        ensure(packages, tools)?;
        return Ok(library);
    }
    let rustup = format!("rustup target add {target}");
    let debian = packages::installation(&packages::missing(&DEBIAN_RUST)).unwrap_or_default();
    let mut commands = vec![format!("{{ {rustup} || {debian}; }}")];
    commands.extend(installations(packages, tools)?);
    consent::permit(&commands.join(" && "))?;
    // The permission holds for all of these commands.
    consent::give();
    let is_added = Command::new("rustup")
        .args(["target", "add", target])
        .current_dir(workspace::root())
        .stdout(Stdio::from(std::io::stderr()))
        .status();
    if !is_added.is_ok_and(|status| status.success()) && ensure(&DEBIAN_RUST, &[]).is_err() {
        bail!(
            "there is no standard library for {target}: neither `{rustup}` nor Debian's packages rustc-web, cargo-web and \
             rust-web-src could be installed"
        );
    }
    ensure(packages, tools)?;
    find(target)?.map_or_else(
        || bail!("there is still no standard library for {target} after its installation"),
        Ok,
    )
}

/// The standard library for `target`, if the present toolchain has it, or if Debian's can build it.
fn find(target: &str) -> Result<Option<StandardLibrary>> {
    let sysroot = workspace::rustc_print("sysroot")?;
    Ok(if has_library(Path::new(&sysroot), target) {
        Some(StandardLibrary::Installed)
    } else if packages::missing(&DEBIAN_RUST).is_empty() && cfg!(target_os = "linux") {
        Some(StandardLibrary::BuiltByDebian)
    } else {
        None
    })
}

/// Whether a toolchain has the standard library for `target`.
fn has_library(sysroot: &Path, target: &str) -> bool {
    let libraries = sysroot.join("lib/rustlib").join(target).join("lib");
    let is_std = |entry: std::fs::DirEntry| {
        let name = entry.file_name();
        name.to_string_lossy().starts_with("libstd-")
    };
    std::fs::read_dir(libraries)
        .is_ok_and(|mut entries| entries.any(|entry| entry.is_ok_and(is_std)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn toolchain_has_library_of_its_own_system_and_of_no_unknown_one() {
        let sysroot = workspace::rustc_print("sysroot").unwrap();
        let host = workspace::rustc_print("host-tuple").unwrap();
        assert!(has_library(Path::new(&sysroot), &host));
        assert!(!has_library(Path::new(&sysroot), "no-such-system"));
    }

    #[test]
    fn folder_of_target_without_library_does_not_count() {
        let sysroot = tempfile::tempdir().unwrap();
        let libraries = sysroot.path().join("lib/rustlib/some-target/lib");
        std::fs::create_dir_all(&libraries).unwrap();
        assert!(!has_library(sysroot.path(), "some-target"));
        std::fs::write(libraries.join("libstd-0123.rlib"), "").unwrap();
        assert!(has_library(sysroot.path(), "some-target"));
    }
}
