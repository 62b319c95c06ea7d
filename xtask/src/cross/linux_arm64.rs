//! Flow for Linux on 64-bit Arm, built with Debian's cross linker and run by qemu.

use super::compare;
use super::toolchain::{self, Toolchain};
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

/// The crates whose tests run under qemu, with the features of all other commands, so that nothing is compiled again. The profile
/// `emulated` of .config/nextest.toml leaves the slow tests out.
const TESTED: [&str; 6] = [
    "flow_platform",
    "flow_dsp",
    "flow_analysis",
    "flow_inference",
    "flow_service",
    "workspace_features",
];

/// The integration tests that run under qemu: the kernels of single processors, and the chain's invariants. The others measure
/// seconds of music, and the chain's bits show already that its sound is that of this system.
const INTEGRATION_TESTS: [&str; 4] = ["processors", "chain", "audio_handle", "lock_free"];

/// Builds the bundles and the command line. With `is_tested`, qemu runs them and the tests.
///
/// # Errors
///
/// If a build or a check fails.
pub(super) fn cross(steps: &mut Steps, is_tested: bool) -> Result<Vec<String>> {
    let linking = setup::FOR_ARM_LINKING;
    // The comparisons build Flow for this system too.
    let (packages, tools) = if is_tested {
        (
            [&linking[..], &setup::FOR_QEMU, &setup::FOR_BUILDING].concat(),
            &[setup::NEXTEST][..],
        )
    } else {
        (linking.to_vec(), &[][..])
    };
    let folder = toolchain::folder("linux-arm64")?;
    let mut toolchain = Toolchain::new(folder, TARGET, &packages, tools)?;
    toolchain.set_linker("aarch64-linux-gnu-gcc");
    toolchain.set_runner(&QEMU.join(" "));
    if is_tested {
        steps.step("chain's bits", || {
            compare::chains(toolchain.cargo(&["run"]))
        })?;
    }
    let mut build = toolchain.cargo(&["build", "--release"]);
    build.args(["--package", "flow_plugin", "--package", "flow_cli"]);
    build.args(["--no-default-features", "--features", "flow_plugin/network"]);
    steps.command("build", &mut build)?;
    let bundled = steps.step("bundles", || {
        let bundled = bundle::bundle_built(toolchain.folder(), Some(TARGET), "release")?;
        bundle::copy_command_line(
            &toolchain.built("release", "flow"),
            &bundled.join("command-line"),
        )?;
        Ok(bundled)
    })?;
    if is_tested {
        steps.step("master of the demo song", || {
            let mut flow = Command::new(QEMU[0]);
            flow.args(&QEMU[1..]).arg(bundled.join("command-line/flow"));
            // The assistant's analysis takes minutes in an emulator.
            compare::masters(toolchain.folder(), flow, &["--no-assist"])
        })?;
        steps.step("tests", || {
            let mut tests = toolchain.cargo(&["nextest", "run", "--release"]);
            for package in TESTED {
                tests.args(["--package", package]);
            }
            tests.args(["--profile", "emulated", "--lib"]);
            for test in INTEGRATION_TESTS {
                tests.args(["--test", test]);
            }
            // The tests of the GPU need a Vulkan driver, and this system's are none for Arm.
            tests.args([
                "--no-default-features",
                "--features",
                "flow_inference/tract",
            ]);
            command_steps::run(&mut tests)
        })?;
    }
    Ok(vec![
        format!("Flow for Linux on Arm: {}", bundled.display()),
        "Not built: the standalone app, which needs Arm's ALSA and JACK libraries.".to_owned(),
    ])
}
