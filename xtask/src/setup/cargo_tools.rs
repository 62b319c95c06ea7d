//! Programs from crates.io, and those that rustup adds to the toolchain.

use crate::command_steps::output;
use crate::workspace;
use anyhow::{Context, Result, ensure};
use std::path::PathBuf;
use std::process::{Command, Stdio};

/// The origin of a program.
#[derive(Clone, Copy, PartialEq)]
enum Source {
    /// The package of the same name on crates.io, at least in the version of `cargo-tools.toml`, with these features. The tool
    /// itself chooses if they are empty.
    Listed(&'static str),
    /// The package of the same name on crates.io, in the version that this library has in Cargo.lock.
    OfLibrary(&'static str),
    /// A component of the toolchain.
    Component(&'static str),
}

/// A program that cargo runs as one of its commands, or that a task starts.
#[derive(Clone, Copy, PartialEq)]
pub(crate) struct CargoTool {
    program: &'static str,
    source: Source,
}

pub(crate) const NEXTEST: CargoTool = CargoTool {
    program: "cargo-nextest",
    source: Source::Listed(""),
};

/// Counts the benchmarks' instructions. It must have the version of the library that the benches link.
pub(crate) const GUNGRAUN_RUNNER: CargoTool = CargoTool {
    program: "gungraun-runner",
    source: Source::OfLibrary("gungraun"),
};

/// Builds the manual's website. Its server and its watch for changes aren't needed, and take most of the time to compile.
pub(crate) const MDBOOK: CargoTool = CargoTool {
    program: "mdbook",
    source: Source::Listed("search"),
};

/// Looks for known faults of the dependencies, and checks `deny.toml`.
pub(crate) const CARGO_DENY: CargoTool = CargoTool {
    program: "cargo-deny",
    source: Source::Listed(""),
};

/// Formats sources. rustup's minimal profile, which container images have, lacks it.
pub(crate) const RUSTFMT: CargoTool = CargoTool {
    program: "cargo-fmt",
    source: Source::Component("rustfmt"),
};

/// Lints. rustup's minimal profile lacks it.
pub(crate) const CLIPPY: CargoTool = CargoTool {
    program: "cargo-clippy",
    source: Source::Component("clippy"),
};

/// A command that installs a tool.
pub(super) struct MissingTool {
    command: Vec<String>,
}

/// The tools that are not installed or have another version than they must have.
///
/// # Errors
///
/// If the version that a tool must have is unknown.
pub(super) fn missing(tools: &[CargoTool]) -> Result<Vec<MissingTool>> {
    let mut missing = Vec::new();
    for tool in tools {
        let wanted = tool.version()?;
        let output = Command::new(tool.program).arg("--version").output();
        let is_installed = output.is_ok_and(|output| {
            let text = String::from_utf8_lossy(&output.stdout);
            output.status.success() && wanted.is_none_or(|wanted| tool.accepts(&text, &wanted))
        });
        if !is_installed {
            missing.push(tool.installation()?);
        }
    }
    Ok(missing)
}

impl CargoTool {
    /// The version that it must have; none for components, which have that of the toolchain.
    fn version(self) -> Result<Option<String>> {
        Ok(match self.source {
            Source::Listed(_) => Some(listed_version(self.program)?),
            Source::OfLibrary(library) => Some(version_in_lock_file(library)?),
            Source::Component(_) => None,
        })
    }

    /// Whether a tool that prints `text` as its version serves where `wanted` is asked for.
    fn accepts(self, text: &str, wanted: &str) -> bool {
        let installed = text.split_whitespace().find_map(numbers);
        match self.source {
            Source::OfLibrary(_) => installed == numbers(wanted),
            Source::Listed(_) | Source::Component(_) => installed >= numbers(wanted),
        }
    }

    fn installation(self) -> Result<MissingTool> {
        let mut command: Vec<&str> = match self.source {
            Source::Component(name) => vec!["rustup", "component", "add", name],
            _ => vec!["cargo", "install", "--locked", "--force", self.program],
        };
        let version = self.version()?;
        if let Some(version) = &version {
            command.extend(["--version", version]);
        }
        if let Source::Listed(features) = self.source
            && !features.is_empty()
        {
            command.extend(["--no-default-features", "--features", features]);
        }
        Ok(MissingTool {
            command: command.into_iter().map(str::to_owned).collect(),
        })
    }
}

impl MissingTool {
    /// The command that installs it.
    pub(super) fn installation(&self) -> String {
        self.command.join(" ")
    }

    /// Installs it.
    ///
    /// # Errors
    ///
    /// If the command fails.
    pub(super) fn install(&self) -> Result<()> {
        let mut command = match self.command[0].as_str() {
            "cargo" => workspace::cargo(),
            program => Command::new(program),
        };
        // stdout belongs to `master --json`.
        command
            .args(&self.command[1..])
            .stdout(Stdio::from(std::io::stderr()));
        let is_installed = command.status().is_ok_and(|status| status.success());
        ensure!(is_installed, "`{}` failed", self.installation());
        Ok(())
    }
}

/// The three numbers of a version such as `v1.2.3`; `None` for other words.
fn numbers(word: &str) -> Option<[u64; 3]> {
    let mut parts = word.trim_start_matches('v').splitn(3, '.');
    let mut next = || parts.next()?.parse().ok();
    Some([next()?, next()?, next()?])
}

/// The file with the versions of the tools.
fn list() -> PathBuf {
    workspace::root().join("xtask/cargo-tools.toml")
}

fn read_list() -> Result<String> {
    let path = list();
    std::fs::read_to_string(&path).with_context(|| format!("{} cannot be read", path.display()))
}

/// The name and version in a line of the list; `None` for comments.
fn listed(line: &str) -> Option<(&str, &str)> {
    let (name, version) = line.split_once(" = \"")?;
    Some((name, version.strip_suffix('"')?))
}

/// The version that the list gives a tool.
fn listed_version(program: &str) -> Result<String> {
    let text = read_list()?;
    let version = text.lines().filter_map(listed);
    version
        .filter(|(name, _)| *name == program)
        .map(|(_, version)| version.to_owned())
        .next()
        .with_context(|| format!("{}: there is no {program}", list().display()))
}

/// Writes the newest version of each tool, by crates.io, to the list.
///
/// # Errors
///
/// If crates.io gives no version, or if the list can't be read or written.
pub(crate) fn list_newest_versions() -> Result<()> {
    let text = read_list()?;
    let mut lines = String::new();
    for line in text.lines() {
        let new = match listed(line) {
            Some((name, version)) => {
                let newest = newest_version(name)?;
                eprintln!("{name}: {version} → {newest}");
                format!("{name} = \"{newest}\"")
            }
            None => line.to_owned(),
        };
        lines.push_str(&new);
        lines.push('\n');
    }
    std::fs::write(list(), lines).with_context(|| format!("{} cannot be written", list().display()))
}

/// The newest version of a package that the present Rust compiles.
fn newest_version(package: &str) -> Result<String> {
    let text = output(workspace::cargo().args(["info", "--registry", "crates-io", package]))?;
    let version = text.lines().find_map(|line| line.strip_prefix("version: "));
    version
        .and_then(|version| version.split_whitespace().next())
        .map(str::to_owned)
        .with_context(|| format!("`cargo info {package}` prints no version"))
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
        assert!(numbers(&version).is_some(), "{version}");
        let error = version_in_lock_file("no such package").unwrap_err();
        assert!(error.to_string().contains("no such package"), "{error}");
    }

    #[test]
    fn installation_from_crates_io_names_a_version_for_each_tool() {
        for tool in [NEXTEST, GUNGRAUN_RUNNER, MDBOOK, CARGO_DENY] {
            let version = tool.version().unwrap().unwrap();
            let command = tool.installation().unwrap().installation();
            let start = format!(
                "cargo install --locked --force {} --version {version}",
                tool.program
            );
            assert!(command.starts_with(&start), "{command}");
        }
    }

    #[test]
    fn installation_of_component_is_a_command_of_rustup() {
        let command = CLIPPY.installation().unwrap().installation();
        assert_eq!(command, "rustup component add clippy");
    }

    #[test]
    fn list_of_tools_has_whole_versions_of_tools_that_are_installed() {
        let text = read_list().unwrap();
        let (comments, entries): (Vec<&str>, Vec<&str>) =
            text.lines().partition(|line| line.starts_with('#'));
        assert!(!comments.is_empty());
        for line in entries {
            let (name, version) = listed(line).unwrap_or_else(|| panic!("{line}"));
            assert!(numbers(version).is_some(), "{line}");
            let tools = [NEXTEST, MDBOOK, CARGO_DENY];
            assert!(tools.iter().any(|tool| tool.program == name), "{line}");
        }
    }

    #[test]
    fn newer_version_is_accepted_unless_a_library_needs_its_own() {
        for (text, is_accepted) in [
            ("cargo-nextest 0.9.143 (60fa45f63 2026-08-04)", true),
            ("mdbook v0.10.0", true),
            ("cargo-deny 0.9.142", false),
            ("no version", false),
        ] {
            assert_eq!(NEXTEST.accepts(text, "0.9.143"), is_accepted, "{text}");
        }
        assert!(GUNGRAUN_RUNNER.accepts("gungraun-runner 0.20.0", "0.20.0"));
        assert!(!GUNGRAUN_RUNNER.accepts("gungraun-runner 0.21.0", "0.20.0"));
    }
}
