//! Permission to install programs and libraries.

use anyhow::{Context, Result, bail};
use std::io::{IsTerminal, Write};
use std::path::Path;
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};

/// Whether the command line has `--yes`.
static YES: AtomicBool = AtomicBool::new(false);

/// Files that container engines and systemd leave in a container.
const CONTAINER_FILES: [&str; 3] = [
    "/.dockerenv",
    "/run/.containerenv",
    "/run/systemd/container",
];
/// Variables that container engines set.
const CONTAINER_VARIABLES: [&str; 2] = ["container", "KUBERNETES_SERVICE_HOST"];

/// The answer to whether something may be installed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Consent {
    /// It may be installed at once.
    Given,
    /// The user has to be asked.
    Ask,
    /// It may not be installed.
    Missing,
}

/// The facts from which [`decide`] decides.
#[derive(Clone, Copy, Debug)]
struct Circumstances {
    has_yes: bool,
    is_ci: bool,
    is_root: bool,
    is_container: bool,
    is_terminal: bool,
}

impl Circumstances {
    fn now() -> Self {
        let has_file = CONTAINER_FILES.iter().any(|file| Path::new(file).exists());
        let is_set = |variable: &str| std::env::var_os(variable).is_some();
        Self {
            has_yes: YES.load(Ordering::Relaxed),
            is_ci: std::env::var("CI").is_ok_and(|value| !["", "0", "false"].contains(&&*value)),
            is_root: is_root(),
            is_container: has_file || CONTAINER_VARIABLES.into_iter().any(is_set),
            is_terminal: std::io::stdin().is_terminal() && std::io::stderr().is_terminal(),
        }
    }
}

/// Gives the permission of `--yes` to this process.
pub(crate) fn give() {
    YES.store(true, Ordering::Relaxed);
}

/// Decides whether something may be installed. `--yes`, CI and a container's superuser permit it; a user at a terminal
/// is asked.
fn decide(now: Circumstances) -> Consent {
    if now.has_yes || now.is_ci || (now.is_root && now.is_container) {
        Consent::Given
    } else if now.is_terminal {
        Consent::Ask
    } else {
        Consent::Missing
    }
}

/// Makes sure that `commands` may install something.
///
/// # Errors
///
/// If there is no permission; the error names the commands.
pub(super) fn permit(commands: &str) -> Result<()> {
    let is_permitted = match decide(Circumstances::now()) {
        Consent::Given => true,
        Consent::Ask => ask(commands)?,
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

/// Asks on the terminal whether these commands may run.
///
/// # Errors
///
/// If the answer cannot be read.
fn ask(commands: &str) -> Result<bool> {
    eprint!(
        "Programs or libraries are missing. This command installs them:\n\n    {commands}\n\nRun it now? [y/N] "
    );
    std::io::stderr().flush()?;
    let mut answer = String::new();
    std::io::stdin()
        .read_line(&mut answer)
        .context("the answer cannot be read")?;
    Ok(["y", "yes"].contains(&answer.trim().to_lowercase().as_str()))
}

/// Whether the superuser runs this process.
pub(crate) fn is_root() -> bool {
    let user = Command::new("id").arg("-u").output();
    user.is_ok_and(|output| output.stdout.trim_ascii() == b"0")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A shell script: no terminal, no superuser, no `--yes`.
    const SCRIPT: Circumstances = Circumstances {
        has_yes: false,
        is_ci: false,
        is_root: false,
        is_container: false,
        is_terminal: false,
    };

    #[test]
    fn consent_in_container_is_given_to_superuser_only() {
        let container = Circumstances {
            is_container: true,
            ..SCRIPT
        };
        let root = Circumstances {
            is_root: true,
            ..SCRIPT
        };
        let both = Circumstances {
            is_root: true,
            ..container
        };
        assert_eq!(decide(container), Consent::Missing);
        assert_eq!(decide(root), Consent::Missing);
        assert_eq!(decide(both), Consent::Given);
    }

    #[test]
    fn consent_with_yes_or_in_ci_is_given() {
        for (has_yes, is_ci) in [(true, false), (false, true)] {
            let now = Circumstances {
                has_yes,
                is_ci,
                ..SCRIPT
            };
            assert_eq!(decide(now), Consent::Given);
        }
    }

    #[test]
    fn consent_at_terminal_is_asked_for() {
        let terminal = Circumstances {
            is_terminal: true,
            ..SCRIPT
        };
        let root = Circumstances {
            is_root: true,
            ..terminal
        };
        assert_eq!(decide(terminal), Consent::Ask);
        assert_eq!(decide(root), Consent::Ask);
        assert_eq!(decide(SCRIPT), Consent::Missing);
    }
}
