//! Flow for Linux on 64-bit Arm, built with Debian's cross linker and run by qemu.

use super::compare;
use super::left_out::{self, INTEGRATION_TESTS};
use super::toolchain::{self, Toolchain};
use crate::arguments::Trial;
use crate::command_steps::Steps;
use crate::{bundle, command_steps, setup};
use anyhow::Result;
use std::process::Command;

const TARGET: &str = "aarch64-unknown-linux-gnu";

/// qemu, which finds Arm's C library in Debian's cross compiler.
const QEMU: [&str; 5] = [
    "qemu-aarch64-static",
    "-L",
    "/usr/aarch64-linux-gnu",
    "-cpu",
    "max",
];

/// The crates whose tests run under qemu, with the features of all other commands, so that nothing is compiled again.
const TESTED: [&str; 6] = [
    "flow_platform",
    "flow_dsp",
    "flow_analysis",
    "flow_inference",
    "flow_service",
    "workspace_features",
];

/// Builds the bundles and the command line, unless only the sound is compared. qemu runs what `trial` names.
///
/// # Errors
///
/// If a build or a check fails.
pub(super) fn cross(steps: &mut Steps, trial: Trial) -> Result<Vec<String>> {
    let linking = setup::FOR_ARM_LINKING;
    // The comparisons build Flow for this system too.
    let (packages, tools) = match trial {
        Trial::Nothing => (linking.to_vec(), &[][..]),
        Trial::Sound => ([&linking[..], &setup::FOR_QEMU].concat(), &[][..]),
        Trial::Everything => (
            [&linking[..], &setup::FOR_QEMU, &setup::FOR_BUILDING].concat(),
            &[setup::NEXTEST][..],
        ),
    };
    let folder = toolchain::folder("linux-arm64")?;
    let mut toolchain = Toolchain::new(folder, TARGET, &packages, tools)?;
    toolchain.set_linker("aarch64-linux-gnu-gcc");
    toolchain.set_runner(&QEMU.join(" "));
    if trial != Trial::Nothing {
        steps.step("chain's bits", || {
            compare::chains(toolchain.cargo(&["run"]))
        })?;
    }
    if trial == Trial::Sound {
        return Ok(Vec::new());
    }
    let mut build = toolchain.cargo(&["build", "--release"]);
    build.args(["--package", bundle::PACKAGE, "--package", "flow_cli"]);
    build.args(["--no-default-features", "--features", "flow_bundle/network"]);
    steps.command("build", &mut build)?;
    let bundled = steps.step("bundles", || {
        bundle::bundle_built(toolchain.folder(), Some(TARGET), "release")
    })?;
    let mut remarks = vec![format!("Flow for Linux on Arm: {}", bundled.display())];
    if trial == Trial::Everything {
        steps.step("master of the demo song", || {
            let mut flow = Command::new(QEMU[0]);
            flow.args(&QEMU[1..]).arg(bundled.join("command-line/flow"));
            // The assistant's analysis takes minutes in an emulator.
            compare::masters(toolchain.folder(), &bundle::clap()?, flow, &["--no-assist"])
        })?;
        remarks.extend(steps.step("tests that are left out", || {
            left_out::remarks(|filter| {
                let mut list = toolchain.cargo(&["nextest", "list", "--release"]);
                list.args(selection()).args(["-T", "oneline", "-E", filter]);
                let names = command_steps::output(&mut list)?;
                Ok(names.lines().count())
            })
        })?);
        steps.step("tests", || {
            let mut tests = toolchain.cargo(&["nextest", "run", "--release"]);
            tests.args(["--profile", "emulated"]).args(selection());
            tests.arg("-E").arg(left_out::filter());
            command_steps::run(&mut tests)
        })?;
    }
    remarks.push(
        "Not built: the standalone app, which needs Arm's ALSA and JACK libraries.".to_owned(),
    );
    Ok(remarks)
}

/// nextest's options for the packages and targets that are compiled for the tests.
fn selection() -> Vec<&'static str> {
    let packages = TESTED.into_iter().flat_map(|name| ["--package", name]);
    let tests = INTEGRATION_TESTS
        .into_iter()
        .flat_map(|name| ["--test", name]);
    let mut options: Vec<&str> = packages.chain(["--lib"]).chain(tests).collect();
    options.extend([
        "--no-default-features",
        "--features",
        "flow_inference/tract",
    ]);
    options
}
