//! Building Flow.clap, Flow.vst3, its preset files, and on macOS Flow.component.

mod audio_unit;
mod vst3_presets;

use crate::{setup, workspace};
use anyhow::{Context, Result, ensure};
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Names a bundle that is built already: used as it is.
pub(crate) const BUNDLE_VARIABLE: &str = "FLOW_BUNDLE";

/// What is said when nothing was done.
const CHATTER: [&str; 3] = ["Finished ", "Created a ", "Blocking "];

/// The package that the bundles are made of.
const PACKAGE: &str = "flow_plugin";

/// Builds and bundles what `arguments` ask for, in the words of nice-plug-xtask. All its output goes to stderr.
pub(crate) fn bundle(arguments: &[String]) -> Result<()> {
    setup::ensure(&setup::FOR_BUILDING, &[])?;
    // nice-plug-xtask looks for the workspace from the current folder up where cargo doesn't tell it.
    let before = std::env::current_dir();
    std::env::set_current_dir(workspace::root())
        .context("the workspace's folder cannot be entered")?;
    let is_flow = arguments.first().is_some_and(|package| package == PACKAGE);
    // The Audio Unit's sources only compile on macOS.
    let audio_unit = ["--features", "auv2"].map(str::to_owned);
    let is_for_here = !arguments
        .iter()
        .any(|word| word == "--target" || word.starts_with("--target="));
    let has_audio_unit = is_flow && is_for_here && cfg!(target_os = "macos");
    let features = audio_unit.into_iter().filter(|_| has_audio_unit);
    let words = std::iter::once("bundle".to_owned()).chain(arguments.iter().cloned());
    let bundled = nice_plug_xtask::main_with_args("cargo xtask", words.chain(features));
    if let Ok(before) = before {
        std::env::set_current_dir(before)?;
    }
    bundled?;
    let folder = workspace::target_dir()?.join("bundled");
    if has_audio_unit {
        audio_unit::make(&folder)?;
    }
    // A library for another system can't be loaded here.
    if is_flow && is_for_here {
        vst3_presets::write(&built_clap()?, &folder.join("vst3-presets"))?;
    }
    Ok(())
}

/// The CLAP bundle in the release profile, freshly built.
pub(crate) fn release_clap() -> Result<PathBuf> {
    bundle(&[PACKAGE.to_owned(), "--release".to_owned()])?;
    built_clap()
}

/// The CLAP bundle to use: the one that `FLOW_BUNDLE` names, or a freshly built one. Says nothing where there is
/// nothing to build.
pub(crate) fn clap() -> Result<PathBuf> {
    if let Some(bundle) = std::env::var_os(BUNDLE_VARIABLE) {
        return Ok(PathBuf::from(bundle));
    }
    // The child cannot ask for permission to install.
    setup::ensure(&setup::FOR_BUILDING, &[])?;
    // In a process of its own, whose chatter can be kept back.
    let mut child = Command::new(std::env::current_exe().context("this program cannot be found")?)
        .args(["bundle", PACKAGE, "--release"])
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
