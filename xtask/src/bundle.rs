//! Building Flow.clap and Flow.vst3.

use crate::{system, workspace};
use anyhow::{Context, Result, ensure};
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Names a bundle that is built already: used as it is.
pub(crate) const BUNDLE_VARIABLE: &str = "FLOW_BUNDLE";

/// What is said when nothing was done.
const CHATTER: [&str; 3] = ["Finished ", "Created a ", "Blocking "];

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

/// The CLAP bundle in the release profile, freshly built.
pub(crate) fn release_clap() -> Result<PathBuf> {
    bundle(&["flow_plugin".to_owned(), "--release".to_owned()])?;
    built_clap()
}

/// The CLAP bundle to use: the one that `FLOW_BUNDLE` names, or a freshly built one. Says nothing where there is
/// nothing to build.
pub(crate) fn clap() -> Result<PathBuf> {
    if let Some(bundle) = std::env::var_os(BUNDLE_VARIABLE) {
        return Ok(PathBuf::from(bundle));
    }
    // In a process of its own, whose chatter can be kept back.
    let mut child = Command::new(std::env::current_exe().context("this program cannot be found")?)
        .args(["bundle", "flow_plugin", "--release"])
        .stdin(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .context("the bundling cannot be started")?;
    let mut last = String::new();
    for line in child
        .stderr
        .take()
        .into_iter()
        .flat_map(|stderr| BufReader::new(stderr).lines())
    {
        let line = line?;
        let is_chatter = |start: &&str| line.trim_start().starts_with(start);
        if !CHATTER.iter().any(is_chatter) && !line.is_empty() {
            eprintln!("{line}");
            last = line;
        }
    }
    ensure!(
        child.wait()?.success(),
        "the plug-in could not be built ({})",
        last.trim_start_matches("error: ")
    );
    built_clap()
}

/// The VST3 bundle beside this CLAP bundle: both are built together.
pub(crate) fn vst3(clap: &Path) -> Result<PathBuf> {
    let vst3 = clap.with_extension("vst3");
    ensure!(vst3.exists(), "{} is missing", vst3.display());
    Ok(vst3)
}

fn built_clap() -> Result<PathBuf> {
    Ok(workspace::target_dir()?.join("bundled").join("Flow.clap"))
}
