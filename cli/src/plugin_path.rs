//! The path of the plug-in that `flow` uses.

use anyhow::{Context, Result};
use std::path::PathBuf;

/// The variable that names the bundle to use.
const VARIABLE: &str = "FLOW_BUNDLE";
const BUNDLE: &str = "Flow.clap";

/// The path of the plug-in: the bundle that `FLOW_BUNDLE` names unless it is empty, else `Flow.clap` in the folder of this program or the one
/// above, else in CLAP's folders.
///
/// # Errors
///
/// If there is none. The error lists the paths that were searched.
pub fn installed_plugin() -> Result<PathBuf> {
    if let Some(path) = std::env::var_os(VARIABLE).filter(|path| !path.is_empty()) {
        return Ok(PathBuf::from(path));
    }
    let candidates = candidates();
    let found = candidates.iter().find(|path| path.exists()).cloned();
    found.with_context(|| {
        let folders = candidates.iter().filter_map(|path| path.parent());
        let candidates: Vec<String> = folders.map(|path| path.display().to_string()).collect();
        format!(
            "the plug-in is missing: copy Flow.clap to one of these folders, or name it in the variable {VARIABLE}: {}",
            candidates.join(", ")
        )
    })
}

/// The folder of this program, the one above, where archives have it, then those of CLAP's specification
/// (`clap/include/clap/entry.h`): first the user's, then the system's.
fn candidates() -> Vec<PathBuf> {
    // A link to the program may stand anywhere.
    let program = std::env::current_exe().and_then(|program| program.canonicalize());
    let program = without_verbatim_prefix(program.unwrap_or_default());
    let beside = program.ancestors().skip(1).take(2).map(PathBuf::from);
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
    let all = beside.chain(folders.into_iter().flatten());
    all.map(|folder| folder.join(BUNDLE)).collect()
}

/// The path of a drive without the prefix `\\?\` of Windows' canonical paths, which messages should not show.
fn without_verbatim_prefix(path: PathBuf) -> PathBuf {
    let plain = path.to_str().and_then(|text| text.strip_prefix(r"\\?\"));
    match plain {
        Some(plain) if plain.as_bytes().get(1) == Some(&b':') => PathBuf::from(plain),
        _ => path,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn canonical_path_of_drive_loses_its_prefix() {
        for (canonical, plain) in [
            (r"\\?\C:\Flow\flow.exe", r"C:\Flow\flow.exe"),
            (r"\\?\UNC\nas\flow.exe", r"\\?\UNC\nas\flow.exe"),
            ("/usr/bin/flow", "/usr/bin/flow"),
        ] {
            let path = without_verbatim_prefix(canonical.into());
            assert_eq!(path, PathBuf::from(plain));
        }
    }
}
