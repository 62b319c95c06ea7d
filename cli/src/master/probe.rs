//! `--probe FILE`: the Session Probe of a run of `master`.
//!
//! The plug-in reads the recording's path from its environment. So a child process with that variable does the run.

use anyhow::{Context, Result, bail};
use std::path::Path;
use std::process::{Command, ExitCode};
use std::time::{Duration, SystemTime};

/// The variable that gives the plug-in the path of its recording.
const VARIABLE: &str = "FLOW_PROBE";
/// The variable that marks the child process.
const CHILD: &str = "FLOW_MASTER_PROBE";

/// Whether this is the child process, whose plug-in records.
pub(super) fn is_recording() -> bool {
    std::env::var_os(CHILD).is_some()
}

/// Repeats this command in a child process whose plug-in records to `path`.
///
/// # Errors
///
/// If the path is no place for a file, or if no recording was written.
pub(super) fn rerun_with_recording(path: &Path) -> Result<ExitCode> {
    // A wrong path is reported before minutes of work.
    let folder = match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    if !folder.is_dir() {
        bail!(
            "--probe {}: the folder {} is missing",
            path.display(),
            folder.display()
        );
    }
    if path.is_dir() {
        bail!("--probe {}: it is a folder", path.display());
    }
    let begin = SystemTime::now();
    let program = std::env::current_exe().context("the path of this program is unknown")?;
    let status = Command::new(program)
        .args(std::env::args_os().skip(1))
        .env(VARIABLE, path)
        .env(CHILD, "1")
        .status()
        .context("the recorded run cannot be started")?;
    // A file of an earlier run doesn't count. Clocks of file systems are coarse.
    let is_old = |changed| {
        let before = begin.duration_since(changed);
        before.is_ok_and(|before| before > Duration::from_millis(100))
    };
    if !status.success() {
        // The child has printed the error.
        return Ok(ExitCode::FAILURE);
    }
    let changed = path.metadata().and_then(|data| data.modified());
    if changed.map_or(true, is_old) {
        bail!("--probe {}: nothing was recorded", path.display());
    }
    Ok(ExitCode::SUCCESS)
}
