//! The folder of the packages, their checksums, and the times in them.

use crate::version::VERSION;
use crate::workspace;
use anyhow::{Context, Result};
use std::fmt::Write;
use std::path::{Path, PathBuf};
#[cfg(target_os = "linux")]
use std::process::Command;

/// The profile of the packages.
pub(super) const PROFILE: &str = "dist";

/// The Debian package's name. A package `flow` would promise too much.
pub(super) const DEBIAN_NAME: &str = "flow-audio";

/// The systems in names of archives.
const SYSTEMS: [&str; 3] = ["linux-", "windows-", "macos-"];

/// The file with the checksums of all packages.
const CHECKSUMS: &str = "SHA256SUMS";

/// The folder of the packages.
pub(super) fn folder() -> Result<PathBuf> {
    let folder = workspace::target_dir()?.join("packages");
    std::fs::create_dir_all(&folder)
        .with_context(|| format!("{} cannot be created", folder.display()))?;
    Ok(folder)
}

/// The target folder of the packages of a system.
pub(super) fn build_folder(system: &str) -> Result<PathBuf> {
    Ok(folder()?.join("build").join(system))
}

/// Bytes in units of 10⁶.
pub(super) fn megabytes(bytes: u64) -> f64 {
    bytes as f64 / 1e6
}

/// Writes the SHA-256 of each package of this version in the folder.
pub(super) fn write_checksums(folder: &Path) -> Result<()> {
    let mut names = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        if entry.file_type()?.is_file() && is_of_version(&name, VERSION) {
            names.push(name);
        }
    }
    names.sort();
    let mut lines = String::new();
    for name in names {
        let bytes = std::fs::read(folder.join(&name))?;
        // Writing to a string cannot fail.
        let _ = writeln!(lines, "{}  {name}", sha256(&bytes));
    }
    std::fs::write(folder.join(CHECKSUMS), lines)
        .with_context(|| format!("{CHECKSUMS} cannot be written"))
}

/// Whether a package's file name has this version, and not a pre-release of it.
fn is_of_version(name: &str, version: &str) -> bool {
    let archive = format!("flow-{version}-");
    let of_archive = |rest: &str| SYSTEMS.iter().any(|system| rest.starts_with(system));
    name.strip_prefix(&archive).is_some_and(of_archive)
        || name.starts_with(&format!("{DEBIAN_NAME}_{version}_"))
}

fn sha256(bytes: &[u8]) -> String {
    use sha2::Digest;
    let digest = sha2::Sha256::digest(bytes);
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// A command whose files are the same for the same content: their times are those of the last commit.
#[cfg(target_os = "linux")]
pub(super) fn reproducible(program: &str) -> Command {
    let mut command = Command::new(program);
    command.env("SOURCE_DATE_EPOCH", last_commit_seconds());
    command
}

/// The time of the last commit in seconds since 1970, or of this version's first day without git.
#[cfg(target_os = "linux")]
pub(super) fn last_commit_seconds() -> String {
    const WITHOUT_GIT: &str = "1735689600";
    let output = Command::new("git")
        .current_dir(workspace::root())
        .args(["log", "-1", "--format=%ct"])
        .output();
    let seconds = output.map_or(String::new(), |output| {
        String::from_utf8_lossy(&output.stdout).trim().to_owned()
    });
    if seconds.is_empty() {
        WITHOUT_GIT.to_owned()
    } else {
        seconds
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn checksums_list_each_package_of_this_version_in_the_format_of_sha256sum() {
        let folder = tempfile::tempdir().unwrap();
        let [deb, zip] = [
            format!("flow-audio_{VERSION}_amd64.deb"),
            format!("flow-{VERSION}-windows-x86_64.zip"),
        ];
        std::fs::write(folder.path().join(&zip), "abc").unwrap();
        std::fs::write(folder.path().join(&deb), "").unwrap();
        std::fs::write(folder.path().join("flow-audio_0.0.1_amd64.deb"), "").unwrap();
        std::fs::create_dir(folder.path().join("build")).unwrap();
        write_checksums(folder.path()).unwrap();
        write_checksums(folder.path()).unwrap();
        let sums = std::fs::read_to_string(folder.path().join(CHECKSUMS)).unwrap();
        assert_eq!(
            sums,
            format!(
                "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad  {zip}\n\
                 e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855  {deb}\n"
            )
        );
    }

    #[test]
    fn version_of_package_is_not_that_of_its_pre_release() {
        for name in [
            "flow-1.2.3-linux-x86_64.tar.gz",
            "flow-audio_1.2.3_amd64.deb",
            "flow-1.2.3-windows-x86_64-setup.exe",
        ] {
            assert!(is_of_version(name, "1.2.3"), "{name}");
            assert!(!is_of_version(name, "1.2.3-rc.1"), "{name}");
            let pre_release = name.replace("1.2.3", "1.2.3-rc.1");
            assert!(!is_of_version(&pre_release, "1.2.3"), "{pre_release}");
            assert!(is_of_version(&pre_release, "1.2.3-rc.1"), "{pre_release}");
            assert!(!is_of_version(&name.replace("1.2.3", "11.2.3"), "1.2.3"));
        }
    }
}
