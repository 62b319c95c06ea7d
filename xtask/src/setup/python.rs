//! Python environments in the target folder, with pinned packages from PyPI.

use super::consent;
use crate::{command_steps, workspace};
use anyhow::{Context, Result, bail};
use std::path::{Path, PathBuf};
use std::process::Command;

/// The environment of the hosts that are Python packages.
pub(crate) const HOSTS: Environment = Environment {
    folder: "hosts/python",
    requirements: "tests/hosts/requirements.txt",
    has_system_packages: false,
};

/// The environment of the training recipe. PyTorch, numpy and scipy come from Debian, because PyPI's PyTorch has gigabytes
/// of GPU libraries.
pub(crate) const TRAINING: Environment = Environment {
    folder: "train/python",
    requirements: "models/train/requirements.txt",
    has_system_packages: true,
};

/// The environment of the comparison of limiters.
pub(crate) const COMPARISON: Environment = Environment {
    folder: "compare/python",
    requirements: "tests/compare/requirements.txt",
    has_system_packages: false,
};

/// The environment of the spell checker, whose package has the compiled program.
pub(crate) const SPELLING: Environment = Environment {
    folder: "spelling/python",
    requirements: "tests/spelling/requirements.txt",
    has_system_packages: false,
};

/// The environment of the C compiler and linker for macOS.
#[cfg(target_os = "linux")]
pub(crate) const FOR_MACOS: Environment = Environment {
    folder: "cross/python",
    requirements: "tests/cross/requirements.txt",
    has_system_packages: false,
};

/// A Python environment.
#[derive(Clone, Copy, PartialEq)]
pub(crate) struct Environment {
    /// Its path in the target folder.
    folder: &'static str,
    /// The path of its list of packages in the workspace.
    requirements: &'static str,
    /// Whether it uses the system's Python packages.
    has_system_packages: bool,
}

impl Environment {
    fn folder(self) -> Result<PathBuf> {
        Ok(workspace::target_dir()?.join(self.folder))
    }

    fn requirements(self) -> PathBuf {
        workspace::root().join(self.requirements)
    }

    /// The path of its interpreter, which is there if the environment is.
    pub(crate) fn interpreter(self) -> Result<PathBuf> {
        Ok(self.folder()?.join("bin").join("python3"))
    }

    /// The packages that the environment should have.
    fn wanted_packages(self) -> Result<String> {
        let requirements = self.requirements();
        std::fs::read_to_string(&requirements)
            .with_context(|| format!("{} cannot be read", requirements.display()))
    }

    /// The command that installs its packages; none if it has them.
    ///
    /// # Errors
    ///
    /// If the list of its packages cannot be read.
    pub(super) fn installation(self) -> Result<Option<String>> {
        let installed = std::fs::read_to_string(installed_packages(&self.folder()?));
        let wanted = self.wanted_packages()?;
        if installed.is_ok_and(|installed| installed == wanted) {
            return Ok(None);
        }
        let (interpreter, folder) = (self.interpreter()?, self.folder()?);
        let system = if self.has_system_packages {
            "--system-site-packages "
        } else {
            ""
        };
        Ok(Some(format!(
            "/usr/bin/python3 -m venv --clear {system}{} && {} -m pip install --no-deps --requirement {}",
            folder.display(),
            interpreter.display(),
            self.requirements().display()
        )))
    }
}

/// The file with the packages of the environment in `folder`, written after their installation.
fn installed_packages(folder: &Path) -> PathBuf {
    folder.join("installed.txt")
}

/// Returns the interpreter of an environment. One that is missing or has other packages is created, if there is permission;
/// a complete one needs no network.
///
/// # Errors
///
/// If Python is missing, if there is no permission to install the packages, or if pip cannot install a package.
pub(crate) fn environment(environment: Environment) -> Result<PathBuf> {
    let python = environment.interpreter()?;
    let Some(installation) = environment.installation()? else {
        return Ok(python);
    };
    consent::permit(&installation)?;
    let (folder, requirements) = (environment.folder()?, environment.requirements());
    let mut create = Command::new("/usr/bin/python3");
    create.args(["-m", "venv", "--clear"]);
    if environment.has_system_packages {
        create.arg("--system-site-packages");
    }
    command_steps::run(create.arg(&folder))?;
    let output = Command::new(&python)
        .args(["-m", "pip", "install", "--quiet", "--no-deps"])
        .args(["--retries", "2", "--disable-pip-version-check"])
        .arg("--requirement")
        .arg(&requirements)
        .output()
        .with_context(|| format!("{} cannot be started", python.display()))?;
    if !output.status.success() {
        bail!(
            "{}: pip cannot install these packages from PyPI ({})",
            requirements.display(),
            cause(&String::from_utf8_lossy(&output.stderr))
        );
    }
    std::fs::write(installed_packages(&folder), environment.wanted_packages()?)?;
    Ok(python)
}

/// The cause of pip's failure in its errors: that of its retries without a connection, after which it names packages that it
/// couldn't look for, or else the last line.
fn cause(errors: &str) -> String {
    const RETRY: &str = "after connection broken by ";
    let retry = errors.lines().find_map(|line| line.split_once(RETRY));
    if let Some((_, cause)) = retry {
        return format!("no connection: {}", cause.trim());
    }
    errors
        .lines()
        .map(str::trim)
        .rfind(|line| !line.is_empty())
        .unwrap_or("pip wrote no error")
        .trim_start_matches("ERROR: ")
        .to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cause_of_failure_without_network_is_the_connection() {
        let errors = "WARNING: Retrying (Retry(total=1)) after connection broken by 'NewConnectionError': /simple/typos/\n\
                      ERROR: Could not find a version that satisfies the requirement typos (from versions: none)\n\
                      ERROR: No matching distribution found for typos\n";
        let expected = "no connection: 'NewConnectionError': /simple/typos/";
        assert_eq!(cause(errors), expected);
        let (_, errors) = errors.split_once('\n').unwrap();
        assert_eq!(cause(errors), "No matching distribution found for typos");
        assert_eq!(cause("\n"), "pip wrote no error");
    }
}
