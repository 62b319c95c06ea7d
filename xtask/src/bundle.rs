//! Builds Flow.clap, Flow.vst3, its preset files, and on macOS Flow.component. In the release profile the command line comes
//! along.

mod audio_unit;
mod command_line;
mod vst3_presets;

use crate::{setup, workspace};
use anyhow::{Context, Result, ensure};
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// The variable that names a bundle to use instead of a new build.
pub(crate) const BUNDLE_VARIABLE: &str = "FLOW_BUNDLE";

/// The beginnings of cargo's lines that are hidden when nothing has to be built.
const HIDDEN_LINES: [&str; 3] = ["Finished ", "Created a ", "Blocking "];

/// The package of the plug-in.
const PACKAGE: &str = "flow_plugin";

/// Builds and bundles with the arguments of nice-plug-xtask, or Flow in the release profile without arguments. All output goes
/// to stderr.
///
/// # Errors
///
/// If a library is missing, or if the build fails.
pub(crate) fn bundle(arguments: &[String]) -> Result<()> {
    setup::ensure(&setup::FOR_BUILDING, &[])?;
    let release = [PACKAGE, "--release"].map(str::to_owned);
    let arguments = if arguments.is_empty() {
        &release
    } else {
        arguments
    };
    // nice-plug-xtask searches the workspace from the current folder upwards.
    let before = std::env::current_dir();
    std::env::set_current_dir(workspace::root())
        .context("the workspace's folder cannot be entered")?;
    let is_flow = arguments.first().is_some_and(|package| package == PACKAGE);
    // The Audio Unit compiles on macOS only.
    let audio_unit = ["--features", "auv2"].map(str::to_owned);
    let is_native = !arguments
        .iter()
        .any(|word| word == "--target" || word.starts_with("--target="));
    let has_audio_unit = is_flow && is_native && cfg!(target_os = "macos");
    let features = audio_unit.into_iter().filter(|_| has_audio_unit);
    let words = std::iter::once("bundle".to_owned()).chain(arguments.iter().cloned());
    let bundled = nice_plug_xtask::main_with_args("cargo xtask", words.chain(features));
    if let Ok(before) = before {
        std::env::set_current_dir(before)?;
    }
    bundled?;
    let folder = workspace::target_dir()?.join("bundled");
    if has_audio_unit {
        audio_unit::write(&folder)?;
    }
    // The presets come from the loaded plug-in, which has to be one for this system.
    if is_flow && is_native {
        vst3_presets::write(&built_clap()?, &folder.join("vst3-presets"))?;
    }
    if is_flow && is_native && arguments.iter().any(|word| word == "--release") {
        command_line::write(&folder.join("command-line"))?;
    }
    Ok(())
}

/// Builds the CLAP bundle in the release profile and returns its path.
pub(crate) fn release_clap() -> Result<PathBuf> {
    bundle(&[])?;
    built_clap()
}

/// The path of the CLAP bundle that `FLOW_BUNDLE` names, or else of a new build. Prints nothing if nothing has to be
/// built.
pub(crate) fn clap() -> Result<PathBuf> {
    if let Some(bundle) = std::env::var_os(BUNDLE_VARIABLE) {
        return Ok(PathBuf::from(bundle));
    }
    // The child cannot ask for permission to install.
    setup::ensure(&setup::FOR_BUILDING, &[])?;
    // The output of a child process can be filtered.
    let mut child =
        Command::new(std::env::current_exe().context("the path of this program is unknown")?)
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
        let is_hidden = |start: &&str| line.trim_start().starts_with(start);
        if !HIDDEN_LINES.iter().any(is_hidden) && !line.is_empty() {
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

/// The VST3 bundle beside this CLAP bundle.
pub(crate) fn vst3(clap: &Path) -> Result<PathBuf> {
    let vst3 = clap.with_extension("vst3");
    ensure!(vst3.exists(), "{} is missing", vst3.display());
    Ok(vst3)
}

fn built_clap() -> Result<PathBuf> {
    Ok(workspace::target_dir()?.join("bundled").join("Flow.clap"))
}
