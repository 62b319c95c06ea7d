//! Programs from crates.io.

use crate::workspace;
use anyhow::{Context, Result, ensure};
use std::process::{Command, Stdio};

/// A program that `cargo install` installs from the package of the same name.
#[derive(Clone, Copy, PartialEq)]
pub(crate) struct CargoTool {
    program: &'static str,
    /// The library of Cargo.lock that must have the tool's version.
    library: Option<&'static str>,
    /// Its features; empty for those that the tool itself chooses.
    features: &'static str,
}

pub(crate) const NEXTEST: CargoTool = CargoTool {
    program: "cargo-nextest",
    library: None,
    features: "",
};

/// Counts the benchmarks' instructions. It must have the version of the library that the benches link.
pub(crate) const GUNGRAUN_RUNNER: CargoTool = CargoTool {
    program: "gungraun-runner",
    library: Some("gungraun"),
    features: "",
};

/// Builds the manual's website. Its server and its watch for changes aren't needed, and take most of the time to compile.
pub(crate) const MDBOOK: CargoTool = CargoTool {
    program: "mdbook",
    library: None,
    features: "search",
};

/// Looks for known faults of the dependencies, and checks `deny.toml`.
pub(crate) const CARGO_DENY: CargoTool = CargoTool {
    program: "cargo-deny",
    library: None,
    features: "",
};

/// A tool to install, in a version or the newest.
pub(super) struct MissingTool {
    program: &'static str,
    version: Option<String>,
    features: &'static str,
}

/// The tools that are not installed or have another version.
///
/// # Errors
///
/// If Cargo.lock doesn't name the library of a tool.
pub(super) fn missing(tools: &[CargoTool]) -> Result<Vec<MissingTool>> {
    let mut missing = Vec::new();
    for tool in tools {
        let version = tool.library.map(version_in_lock_file).transpose()?;
        let output = Command::new(tool.program).arg("--version").output();
        let is_installed = output.is_ok_and(|output| {
            let text = String::from_utf8_lossy(&output.stdout);
            let has_version = |version: &String| text.trim().ends_with(version);
            output.status.success() && version.as_ref().is_none_or(has_version)
        });
        if !is_installed {
            missing.push(MissingTool {
                program: tool.program,
                version,
                features: tool.features,
            });
        }
    }
    Ok(missing)
}

impl MissingTool {
    fn arguments(&self) -> Vec<&str> {
        let mut arguments = vec!["install", "--locked", "--force", self.program];
        if let Some(version) = &self.version {
            arguments.extend(["--version", version]);
        }
        if !self.features.is_empty() {
            arguments.extend(["--no-default-features", "--features", self.features]);
        }
        arguments
    }

    /// The command that installs it.
    pub(super) fn installation(&self) -> String {
        format!("cargo {}", self.arguments().join(" "))
    }

    /// Installs it.
    ///
    /// # Errors
    ///
    /// If `cargo install` fails.
    pub(super) fn install(&self) -> Result<()> {
        let mut command = workspace::cargo();
        // stdout belongs to `master --json`.
        command
            .args(self.arguments())
            .stdout(Stdio::from(std::io::stderr()));
        let is_installed = command.status().is_ok_and(|status| status.success());
        ensure!(is_installed, "`{}` failed", self.installation());
        Ok(())
    }
}

/// The version of a package in Cargo.lock.
fn version_in_lock_file(package: &str) -> Result<String> {
    let path = workspace::root().join("Cargo.lock");
    let lock = std::fs::read_to_string(&path)
        .with_context(|| format!("{} cannot be read", path.display()))?;
    lock.split_once(&format!("name = \"{package}\"\nversion = \""))
        .and_then(|(_, after)| after.split_once('"'))
        .map(|(version, _)| version.to_owned())
        .with_context(|| format!("Cargo.lock: there is no package {package}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lock_file_with_package_gives_its_version() {
        let version = version_in_lock_file("gungraun").unwrap();
        assert!(
            version.starts_with(|c: char| c.is_ascii_digit()),
            "{version}"
        );
        let error = version_in_lock_file("no such package").unwrap_err();
        assert!(error.to_string().contains("no such package"), "{error}");
    }

    #[test]
    fn installation_of_tool_with_version_names_both() {
        let tool = MissingTool {
            program: "gungraun-runner",
            version: Some("0.20.0".to_owned()),
            features: "",
        };
        let command = "cargo install --locked --force gungraun-runner --version 0.20.0";
        assert_eq!(tool.installation(), command);
    }
}
