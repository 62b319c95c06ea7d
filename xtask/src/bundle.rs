//! Builds Flow.clap, Flow.vst3, its preset files, and on macOS Flow.component. In the release profile the command line comes
//! along.

mod audio_unit;
mod command_line;
mod property_list;
mod vst3_presets;

#[cfg(any(target_os = "linux", target_os = "macos"))]
pub(crate) use vst3_presets::write as write_vst3_presets;

use crate::{setup, workspace};
use anyhow::{Context, Result, ensure};
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::Stdio;

/// The variable that names a bundle to use instead of a new build.
pub(crate) const BUNDLE_VARIABLE: &str = "FLOW_BUNDLE";

/// The beginnings of cargo's lines that are hidden when nothing has to be built.
const HIDDEN_LINES: [&str; 3] = ["Finished ", "Created a ", "Blocking "];

/// The package of the plug-in's library and of the standalone app.
pub(crate) const PACKAGE: &str = "flow_bundle";

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
    let (packages, options) = packages_and_options(arguments)?;
    let is_flow = packages.iter().any(|package| package == PACKAGE);
    let target = target_of(options);
    let is_native = target.is_none();
    // The Audio Unit compiles on macOS only.
    let has_audio_unit = is_flow && is_native && cfg!(target_os = "macos");
    let mut options = options.to_vec();
    if has_audio_unit {
        options.extend(["--features", "auv2"].map(str::to_owned));
    }
    // Bundles of other systems have the same names, so that they need another folder.
    let mut target_dir = workspace::target_dir()?;
    if let Some(target) = &target {
        target_dir = target_dir.join("cross").join(target);
        options.extend(["--target-dir".to_owned(), target_dir.display().to_string()]);
    }
    in_workspace(|| {
        nice_plug_xtask::build(&packages, &options)?;
        let mut each = packages.iter();
        each.try_for_each(|package| nice_plug_xtask::bundle(&target_dir, package, &options, false))
    })?;
    let folder = target_dir.join("bundled");
    if has_audio_unit {
        audio_unit::write(&folder)?;
    }
    if is_flow {
        property_list::write(&folder)?;
    }
    // The presets come from the loaded plug-in, which has to be one for this system.
    if is_flow && is_native {
        vst3_presets::write(&built_clap()?, &folder.join("vst3-presets"))?;
    }
    if is_flow && is_native && options.iter().any(|word| word == "--release") {
        command_line::write(&folder.join("command-line"))?;
    }
    Ok(())
}

/// The packages in front, one or several with `-p`, and the other arguments.
fn packages_and_options(arguments: &[String]) -> Result<(Vec<String>, &[String])> {
    let mut packages = Vec::new();
    let mut rest = arguments;
    while let [flag, package, after @ ..] = rest
        && flag == "-p"
    {
        packages.push(package.clone());
        rest = after;
    }
    if packages.is_empty() {
        let (package, after) = rest.split_first().context("no package is named")?;
        ensure!(
            !package.starts_with('-'),
            "{package} stands where a package's name is expected"
        );
        packages.push(package.clone());
        rest = after;
    }
    Ok((packages, rest))
}

/// The system that the options name, other than this one.
fn target_of(options: &[String]) -> Option<String> {
    let mut options = options.iter();
    while let Some(option) = options.next() {
        match option.strip_prefix("--target") {
            Some("") => return options.next().cloned(),
            Some(value) if value.starts_with('=') => return Some(value[1..].to_owned()),
            _ => {}
        }
    }
    None
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
    let mut child = workspace::this_program()?
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

/// Bundles the plug-in and copies the command line that a target folder has in a profile, for this system or for `target`, and
/// returns the folder of the bundles. On a Mac the library has to be built with the Audio Unit.
#[cfg(any(target_os = "linux", target_os = "macos"))]
pub(crate) fn bundle_built(folder: &Path, target: Option<&str>, profile: &str) -> Result<PathBuf> {
    let mut options = vec!["--profile".to_owned(), profile.to_owned()];
    if let Some(target) = target {
        options.extend(["--target".to_owned(), target.to_owned()]);
    }
    in_workspace(|| nice_plug_xtask::bundle(folder, PACKAGE, &options, false))?;
    let bundled = folder.join("bundled");
    let is_for_macos = target.map_or(cfg!(target_os = "macos"), |target| {
        target.ends_with("apple-darwin")
    });
    if is_for_macos {
        audio_unit::write(&bundled)?;
    }
    property_list::write(&bundled)?;
    let is_for_windows = target.is_some_and(|target| target.contains("windows"));
    let program = if is_for_windows { "flow.exe" } else { "flow" };
    let built = folder.join(target.unwrap_or("")).join(profile);
    command_line::copy(&built.join(program), &bundled.join("command-line"))?;
    Ok(bundled)
}

/// Runs `work` in the folder of the workspace, in which nice-plug-xtask finds its settings.
fn in_workspace(work: impl FnOnce() -> Result<()>) -> Result<()> {
    let before = std::env::current_dir();
    std::env::set_current_dir(workspace::root())
        .context("the workspace's folder cannot be entered")?;
    let result = work();
    if let Ok(before) = before {
        std::env::set_current_dir(before)?;
    }
    result
}

fn built_clap() -> Result<PathBuf> {
    Ok(workspace::target_dir()?.join("bundled").join("Flow.clap"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> Vec<String> {
        text.split_whitespace().map(str::to_owned).collect()
    }

    #[test]
    fn arguments_begin_with_one_package_or_several() {
        let split = |text: &str| {
            let arguments = words(text);
            let (packages, options) = packages_and_options(&arguments).unwrap();
            (packages.join(" "), options.join(" "))
        };
        let expected = ("a".to_owned(), "--release".to_owned());
        assert_eq!(split("a --release"), expected);
        assert_eq!(split("-p a --release"), expected);
        assert_eq!(split("-p a -p b"), ("a b".to_owned(), String::new()));
        assert!(packages_and_options(&words("--release")).is_err());
        assert!(packages_and_options(&[]).is_err());
    }

    #[test]
    fn target_of_options_is_named_in_both_forms() {
        let target = |text: &str| target_of(&words(text));
        assert_eq!(target("--release --target a-b"), Some("a-b".to_owned()));
        assert_eq!(target("--target=a-b --release"), Some("a-b".to_owned()));
        assert_eq!(target("--release --target-dir x"), None);
    }
}
