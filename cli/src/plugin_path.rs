//! Where the plug-in is that `flow` masters through.

use anyhow::{Context, Result};
use std::path::PathBuf;

/// Names the bundle to use.
const VARIABLE: &str = "FLOW_BUNDLE";
const BUNDLE: &str = "Flow.clap";

/// The plug-in to use: the bundle that `FLOW_BUNDLE` names, else `Flow.clap` beside this program, else the one in
/// CLAP's folders.
///
/// # Errors
///
/// If there is none: in one line, with the places that were searched.
pub fn installed_plugin() -> Result<PathBuf> {
    if let Some(path) = std::env::var_os(VARIABLE) {
        return Ok(PathBuf::from(path));
    }
    let places = places();
    let found = places.iter().find(|place| place.exists()).cloned();
    found.with_context(|| {
        let places: Vec<String> = places.iter().map(|p| p.display().to_string()).collect();
        format!(
            "the plug-in is not installed; {VARIABLE} may name its bundle; searched: {}",
            places.join(", ")
        )
    })
}

/// Beside this program, then the folders of CLAP's specification (`clap/include/clap/entry.h`): the user's, then the
/// system's.
fn places() -> Vec<PathBuf> {
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
