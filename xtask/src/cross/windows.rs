//! Flow for Windows on x86-64, built with mingw-w64 and run by Wine.

use super::toolchain::{self, Toolchain};
use super::wine::Wine;
use super::{compare, photograph};
use crate::arguments::Trial;
use crate::command_steps::Steps;
use crate::test::PORTABLE;
use crate::{bundle, command_steps, setup};
use anyhow::Result;
use std::path::{Path, PathBuf};

pub(crate) const TARGET: &str = "x86_64-pc-windows-gnu";

/// `flow`'s arguments for songs by a pattern. No shell is there that would replace it.
const ANALYZE_BY_PATTERN: [&str; 2] = ["analyze", "*.wav"];

/// Builds the bundles and the command line. Wine runs what `trial` names.
///
/// # Errors
///
/// If a build or a check fails.
pub(super) fn cross(steps: &mut Steps, trial: Trial) -> Result<Vec<String>> {
    let linking = setup::FOR_WINDOWS_LINKING;
    let is_run = trial != Trial::Nothing;
    let packages = if is_run {
        [
            &linking[..],
            &setup::FOR_WINE,
            &setup::FOR_WINDOWS,
            // The comparisons build Flow for this system too.
            &setup::FOR_BUILDING,
        ]
        .concat()
    } else {
        linking.to_vec()
    };
    let tools = if trial == Trial::Everything {
        &[setup::NEXTEST][..]
    } else {
        &[][..]
    };
    let mut toolchain = toolchain(toolchain::folder("windows")?, &packages, tools)?;
    let bundled = build(steps, &toolchain)?;
    if is_run {
        let wine = steps.step("Wine's prefix", || Wine::new(toolchain.folder()))?;
        toolchain.set_runner("wine");
        compare_sound(steps, &toolchain, &bundled, &wine)?;
        if trial == Trial::Everything {
            test(steps, &toolchain, &bundled, &wine)?;
        }
    }
    Ok(vec![format!("Flow for Windows: {}", bundled.display())])
}

/// Cargo for Windows, in a target folder.
pub(crate) fn toolchain(
    folder: PathBuf,
    packages: &[setup::Package],
    tools: &[setup::CargoTool],
) -> Result<Toolchain> {
    let mut toolchain = Toolchain::new(folder, TARGET, packages, tools)?;
    toolchain.set_linker("x86_64-w64-mingw32-gcc");
    Ok(toolchain)
}

/// Builds everything that a user gets, and returns the folder of the bundles.
fn build(steps: &mut Steps, toolchain: &Toolchain) -> Result<PathBuf> {
    let mut build = toolchain.cargo(&["build", "--release"]);
    build.args(["--package", bundle::PACKAGE, "--package", "flow_cli"]);
    steps.command("build", &mut build)?;
    steps.step("bundles", || {
        bundle::bundle_built(toolchain.folder(), Some(TARGET), "release")
    })
}

/// Compares the sound with that of this system.
fn compare_sound(
    steps: &mut Steps,
    toolchain: &Toolchain,
    bundled: &Path,
    wine: &Wine,
) -> Result<()> {
    steps.step("chain's bits", || {
        let mut run = toolchain.cargo(&["run"]);
        run.envs(wine.environment());
        compare::chains(run)
    })?;
    steps.step("master of the demo song", || {
        let flow = wine.command(bundled.join("command-line/flow.exe"));
        compare::masters(toolchain.folder(), &bundle::clap()?, flow, &[])
    })
}

/// Reads songs by a pattern, opens the window, and runs the tests. The masters of [`compare_sound`] are the songs.
fn test(steps: &mut Steps, toolchain: &Toolchain, bundled: &Path, wine: &Wine) -> Result<()> {
    let folder = toolchain.folder();
    steps.step("songs by a pattern", || {
        let mut flow = wine.command(bundled.join("command-line/flow.exe"));
        flow.args(ANALYZE_BY_PATTERN);
        command_steps::run(flow.current_dir(folder.join("masters/actual")))
    })?;
    steps.step("window", || {
        let app = wine.command(bundled.join("Flow.exe"));
        photograph::photograph(app, wine.server(), &folder.join("window.bmp"))
    })?;
    steps.step("tests", || {
        let mut tests = toolchain.cargo(&["nextest", "run", "--release"]);
        tests.envs(wine.environment());
        for package in PORTABLE {
            tests.args(["--package", package]);
        }
        command_steps::run(tests.env(bundle::BUNDLE_VARIABLE, bundled.join("Flow.clap")))
    })?;
    let mut xtask = toolchain.cargo(&["build", "--release", "--package", "xtask"]);
    steps.command("xtask compiles", &mut xtask)
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser;

    #[test]
    fn arguments_of_flow_are_accepted() {
        let words = ["flow"].into_iter().chain(ANALYZE_BY_PATTERN);
        assert!(flow_cli::Cli::try_parse_from(words).is_ok());
    }
}
