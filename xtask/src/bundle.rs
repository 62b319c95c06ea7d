//! Building Flow.clap and Flow.vst3.

use crate::{system, workspace};
use anyhow::{Context, Result};
use std::path::PathBuf;

/// Names a bundle that is built already: used as it is.
pub(crate) const BUNDLE_VARIABLE: &str = "FLOW_BUNDLE";

/// Builds and bundles what `arguments` ask for, in the words of nice-plug-xtask. All its output goes to stderr.
pub(crate) fn bundle(arguments: &[String]) -> Result<()> {
    system::ensure(&system::FOR_BUILDING)?;
    // nice-plug-xtask looks for the workspace from the current folder up where cargo doesn't tell it.
    let before = std::env::current_dir();
    std::env::set_current_dir(workspace::root())
        .context("the workspace's folder cannot be entered")?;
    let arguments = std::iter::once("bundle".to_owned()).chain(arguments.iter().cloned());
    let bundled = nice_plug_xtask::main_with_args("cargo xtask", arguments);
    if let Ok(before) = before {
        std::env::set_current_dir(before)?;
    }
    bundled
}

/// The CLAP bundle in the release profile: the one that `FLOW_BUNDLE` names, or freshly built.
pub(crate) fn release_clap() -> Result<PathBuf> {
    if let Some(bundle) = std::env::var_os(BUNDLE_VARIABLE) {
        return Ok(PathBuf::from(bundle));
    }
    bundle(&["flow_plugin".to_owned(), "--release".to_owned()])?;
    Ok(workspace::target_dir()?.join("bundled").join("Flow.clap"))
}
