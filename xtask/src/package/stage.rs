//! The folder of a package's files, and the properties that all packages have.

use super::output::megabytes;
use crate::bundle;
use crate::version::VERSION;
use anyhow::{Context, Result, ensure};
use flow_testkit::testing::MAX_LIBRARY_BYTES;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// A system's files that a package needs beside the bundles.
pub(super) struct Contents<'a> {
    /// The end of the archive's name.
    pub(super) system: &'a str,
    /// The folder of the bundles.
    pub(super) bundled: &'a Path,
    /// The name of the standalone app in it.
    pub(super) standalone: &'a str,
    /// A CLAP that this system can load, which the presets come from.
    pub(super) clap: &'a Path,
    pub(super) notices: &'a str,
    /// Files of the workspace for the top of the archive.
    pub(super) others: &'a [PathBuf],
}

/// Copies everything that users get to a new folder `flow-VERSION-SYSTEM` in `parent`, and returns its path.
///
/// # Errors
///
/// If a file is missing or cannot be copied, if two names differ in case alone, or if the library is too large.
pub(super) fn stage(parent: &Path, contents: &Contents<'_>) -> Result<PathBuf> {
    let folder = parent.join(format!("flow-{VERSION}-{}", contents.system));
    if folder.exists() {
        fs::remove_dir_all(&folder)?;
    }
    fs::create_dir_all(&folder)
        .with_context(|| format!("{} cannot be created", folder.display()))?;
    for name in [
        "Flow.clap",
        "Flow.vst3",
        contents.standalone,
        "command-line",
    ] {
        copy(&contents.bundled.join(name), &folder.join(name))?;
    }
    bundle::write_vst3_presets(contents.clap, &folder.join("vst3-presets"))?;
    let root = crate::workspace::root();
    let common = ["LICENSE", "CHANGELOG.md"].map(|name| root.join(name));
    for path in common.iter().chain(contents.others) {
        copy(path, &folder.join(path.file_name().unwrap_or_default()))?;
    }
    fs::write(folder.join("THIRD-PARTY.txt"), contents.notices)?;
    let files = files_in(&folder)?;
    check_names(&files)?;
    // On macOS it is a folder.
    let clap = folder.join("Flow.clap");
    let program = clap.join("Contents/MacOS/Flow");
    let library = if clap.is_dir() { program } else { clap };
    let library = fs::metadata(library)?.len();
    ensure!(
        library < MAX_LIBRARY_BYTES,
        "Flow.clap has {:.1} MB, more than {:.0}",
        megabytes(library),
        megabytes(MAX_LIBRARY_BYTES)
    );
    Ok(folder)
}

/// Copies a file, or a folder with everything in it.
fn copy(from: &Path, to: &Path) -> Result<()> {
    let cannot = || format!("{} cannot be copied", from.display());
    if from.is_dir() {
        fs::create_dir_all(to).with_context(cannot)?;
        for entry in fs::read_dir(from).with_context(cannot)? {
            let entry = entry?;
            copy(&entry.path(), &to.join(entry.file_name()))?;
        }
    } else {
        fs::copy(from, to).with_context(cannot)?;
    }
    Ok(())
}

/// All files in a folder and those below it, by their paths from it, sorted.
pub(super) fn files_in(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    let mut open = vec![folder.to_owned()];
    while let Some(next) = open.pop() {
        for entry in fs::read_dir(&next)? {
            let path = entry?.path();
            if path.is_dir() {
                open.push(path);
            } else {
                files.push(path.strip_prefix(folder)?.to_owned());
            }
        }
    }
    files.sort();
    Ok(files)
}

/// Checks that a disk without cases, as on Windows and macOS, can hold all files.
fn check_names(files: &[PathBuf]) -> Result<()> {
    let mut names: BTreeMap<String, &Path> = BTreeMap::new();
    // Every path and every folder above it.
    for path in files.iter().flat_map(|file| file.ancestors()) {
        let other = names.insert(path.to_string_lossy().to_lowercase(), path);
        if let Some(other) = other {
            ensure!(
                other == path,
                "the names {} and {} differ in case alone",
                other.display(),
                path.display()
            );
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_differ_in_case_alone_are_refused() {
        let check = |names: &[&str]| {
            let files: Vec<PathBuf> = names.iter().map(PathBuf::from).collect();
            check_names(&files).map_err(|error| error.to_string())
        };
        assert_eq!(check(&["Flow", "command-line/flow", "Flow.clap"]), Ok(()));
        let error = check(&["Flow", "flow"]).unwrap_err();
        assert!(error.contains("Flow and flow"), "{error}");
        assert!(check(&["Man/a", "man/b"]).is_err());
    }

    #[test]
    fn files_in_folder_are_listed_with_those_below_and_can_be_copied() {
        let folder = tempfile::tempdir().unwrap();
        let from = folder.path().join("from");
        fs::create_dir_all(from.join("b/c")).unwrap();
        fs::write(from.join("b/c/d"), "d").unwrap();
        fs::write(from.join("a"), "a").unwrap();
        let to = folder.path().join("to");
        copy(&from, &to).unwrap();
        let expected = [PathBuf::from("a"), PathBuf::from("b/c/d")];
        assert_eq!(files_in(&to).unwrap(), expected);
        assert!(copy(&from.join("gone"), &to).is_err());
    }
}
