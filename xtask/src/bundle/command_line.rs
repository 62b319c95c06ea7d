//! The program `flow` with its completions and manual pages, beside the bundles, so that an archive can contain them.

use crate::{command_steps, workspace};
use anyhow::{Context, Result};
use std::env::consts::EXE_SUFFIX;
use std::fs;
use std::path::Path;

/// Builds `flow` in the release profile and writes it with its completions and manual pages to `folder`.
pub(super) fn write(folder: &Path) -> Result<()> {
    let mut build = workspace::cargo();
    build.args([
        "build",
        "--release",
        "--package",
        "flow_cli",
        "--bin",
        "flow",
    ]);
    command_steps::run(&mut build)?;
    let program = format!("flow{EXE_SUFFIX}");
    copy(
        &workspace::target_dir()?.join("release").join(program),
        folder,
    )
}

/// Copies a built `flow` to `folder`, and writes its completions and manual pages.
pub(crate) fn copy(built: &Path, folder: &Path) -> Result<()> {
    let copy = folder.join(built.file_name().unwrap_or_default());
    fs::create_dir_all(folder)
        // A running program cannot be overwritten.
        .and_then(|()| {
            if copy.exists() {
                fs::remove_file(&copy)
            } else {
                Ok(())
            }
        })
        .and_then(|()| fs::copy(built, &copy))
        .with_context(|| format!("{} cannot be written", copy.display()))?;
    flow_cli::write_documentation(folder)
}
