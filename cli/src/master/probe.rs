//! `--probe FILE`: the Session Probe of a run of `master`.
//!
//! The plug-in listens to its environment only, which is settled when a process begins: so the run is done by another
//! one.

use anyhow::{Context, Result, bail};
use std::path::Path;
use std::process::{Command, ExitCode};
use std::time::{Duration, SystemTime};

/// Where the plug-in leaves its recording.
const VARIABLE: &str = "FLOW_PROBE";
/// Set for the process that does the work.
const WANTED: &str = "FLOW_MASTER_PROBE";

/// Whether this process is the one whose plug-in records.
pub(super) fn is_wanted() -> bool {
    std::env::var_os(WANTED).is_some()
}

/// Does the same in another process, whose plug-in leaves its recording in `path`.
pub(super) fn again_with(path: &Path) -> Result<ExitCode> {
    // SearchResult out before minutes of work.
    let folder = match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    if !folder.is_dir() {
        bail!(
            "--probe {}: there is no folder {}",
            path.display(),
            folder.display()
        );
    }
    if path.is_dir() {
        bail!("--probe {}: that is a folder", path.display());
    }
    let begin = SystemTime::now();
    let program = std::env::current_exe().context("this program cannot be found")?;
    let status = Command::new(program)
        .args(std::env::args_os().skip(1))
        .env(VARIABLE, path)
        .env(WANTED, "1")
        .status()
        .context("the recorded run cannot be started")?;
    // A file of an earlier run is none of this one; clocks of file systems are coarse.
    let is_old = |changed| {
        let before = begin.duration_since(changed);
        before.is_ok_and(|before| before > Duration::from_millis(100))
    };
    if !status.success() {
        // It has said why.
        return Ok(ExitCode::FAILURE);
    }
    let changed = path.metadata().and_then(|data| data.modified());
    if changed.map_or(true, is_old) {
        bail!("--probe {}: nothing was recorded", path.display());
    }
    Ok(ExitCode::SUCCESS)
}
