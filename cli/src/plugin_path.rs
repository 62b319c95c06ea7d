//! The path of the plug-in that `flow` uses.

use anyhow::{Context, Result};
use std::path::PathBuf;

/// The variable that names the bundle to use.
const VARIABLE: &str = "FLOW_BUNDLE";
const BUNDLE: &str = "Flow.clap";

/// The path of the plug-in: the bundle that `FLOW_BUNDLE` names, else `Flow.clap` beside this program, else in CLAP's
/// folders.
///
/// # Errors
///
/// If there is none. The error lists the paths that were searched.
pub fn installed_plugin() -> Result<PathBuf> {
    if let Some(path) = std::env::var_os(VARIABLE) {
        return Ok(PathBuf::from(path));
    }
    let candidates = candidates();
    let found = candidates.iter().find(|path| path.exists()).cloned();
    found.with_context(|| {
        let candidates: Vec<String> = candidates.iter().map(|p| p.display().to_string()).collect();
        format!(
            "Flow.clap: the plug-in is not installed; install it, or name its bundle in {VARIABLE}; searched: {}",
            candidates.join(", ")
        )
    })
}

/// The folder of this program, then those of CLAP's specification (`clap/include/clap/entry.h`): first the user's, then
/// the system's.
fn candidates() -> Vec<PathBuf> {
    let beside = std::env::current_exe()
        .ok()
        .and_then(|program| Some(program.parent()?.to_owned()));
    let of = |variable: &str, rest: &str| {
        std::env::var_os(variable).map(|folder| PathBuf::from(folder).join(rest))
    };
    let folders = if cfg!(windows) {
        [
            of("LOCALAPPDATA", "Programs/Common/CLAP"),
            of("COMMONPROGRAMFILES", "CLAP"),
        ]
    } else if cfg!(target_os = "macos") {
        [
            of("HOME", "Library/Audio/Plug-Ins/CLAP"),
            Some("/Library/Audio/Plug-Ins/CLAP".into()),
        ]
    } else {
        [of("HOME", ".clap"), Some("/usr/lib/clap".into())]
    };
    let all = beside.into_iter().chain(folders.into_iter().flatten());
    all.map(|folder| folder.join(BUNDLE)).collect()
}
