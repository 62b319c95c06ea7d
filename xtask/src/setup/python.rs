//! Python environments in the target folder, with pinned packages from PyPI.

use crate::command_steps;
use anyhow::{Context, Result, bail};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// Whether an environment uses the system's Python packages.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum SystemPackages {
    Visible,
    Hidden,
}

/// Returns the interpreter of the environment in `folder`, with the packages of the file `requirements`. An environment
/// that is missing or has other packages is created, if there is permission; a complete one needs no network.
///
/// # Errors
///
/// If Python is missing, if there is no permission to install the packages, or if pip cannot install a package.
pub(crate) fn environment(
    folder: &Path,
    requirements: &Path,
    system_packages: SystemPackages,
) -> Result<PathBuf> {
    let python = folder.join("bin").join("python3");
    let wanted = std::fs::read_to_string(requirements)
        .with_context(|| format!("{} cannot be read", requirements.display()))?;
    let installed = folder.join("installed.txt");
    if std::fs::read_to_string(&installed).is_ok_and(|found| found == wanted) {
        return Ok(python);
    }
    super::permit(&format!(
        "{} -m pip install --no-deps --requirement {}",
        python.display(),
        requirements.display()
    ))?;
    let mut create = Command::new("/usr/bin/python3");
    create.args(["-m", "venv", "--clear"]);
    if system_packages == SystemPackages::Visible {
        create.arg("--system-site-packages");
    }
    command_steps::run(create.arg(folder))?;
    let output = Command::new(&python)
        .args(["-m", "pip", "install", "--quiet", "--no-deps"])
        .args(["--retries", "2", "--disable-pip-version-check"])
        .arg("--requirement")
        .arg(requirements)
        .output()
        .with_context(|| format!("{} cannot be started", python.display()))?;
    if !output.status.success() {
        bail!(
            "{}: pip cannot install these packages from PyPI ({})",
            requirements.display(),
            last_error(&output)
        );
    }
    std::fs::write(installed, wanted)?;
    Ok(python)
}

/// The last line that pip wrote to stderr; the lines before it are its retries.
fn last_error(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr)
        .lines()
        .map(str::trim)
        .rfind(|line| !line.is_empty())
        .unwrap_or("pip wrote no error")
        .trim_start_matches("ERROR: ")
        .to_owned()
}
