//! Flow for macOS on Apple's chips. zig compiles the C sources and links; stubs stand for Apple's frameworks.

use super::apple_stubs;
use super::toolchain::{self, Toolchain};
use crate::bundle;
use crate::command_steps::Steps;
use crate::setup::{self, python};
use anyhow::{Context, Result, ensure};
use object::{Object, ObjectSymbol};
use std::ffi::OsString;
use std::path::Path;
use std::process::Command;

const TARGET: &str = "aarch64-apple-darwin";

/// The functions and objects by which hosts enter the plug-in's library.
const ENTRY_POINTS: [&str; 4] = [
    "_clap_entry",
    "_GetPluginFactory",
    "_bundleEntry",
    "_bundleExit",
];

/// The beginnings of names of Rust's and of the C sources' functions, which no library of the system has.
const OWN_SYMBOLS: [&str; 5] = ["__R", "__ZN", "_ogg_", "_oggpack_", "_vorbis_"];

/// The bundles, by their libraries and programs.
const BUNDLES: [&str; 4] = [
    "Flow.clap/Contents/MacOS/Flow",
    "Flow.vst3/Contents/MacOS/Flow",
    "Flow.component/Contents/MacOS/Flow",
    "Flow.app/Contents/MacOS/Flow",
];

/// Checks the types of every crate and of its tests, links the plug-in and the programs with stubs, and bundles them.
///
/// # Errors
///
/// If tests are asked for, if a program is missing, or if the check, the build or the bundles fail.
pub(super) fn cross(steps: &mut Steps, is_tested: bool) -> Result<Vec<String>> {
    ensure!(
        !is_tested,
        "`cross macos --test` is not supported: no emulator runs programs of macOS; leave out `--test`"
    );
    let folder = toolchain::folder("macos")?;
    let mut toolchain = Toolchain::new(folder, TARGET, &setup::FOR_PYTHON, &[])?;
    let interpreter = python::environment(python::FOR_MACOS)?;
    let programs = interpreter
        .parent()
        .context("the Python environment has no folder")?;
    let path = path_with(programs)?;
    let zigbuild = |toolchain: &Toolchain, command: &str| {
        let cargo = Command::new(programs.join("cargo-zigbuild"));
        let mut cargo = toolchain.with_options(cargo, &[command, "--release"]);
        cargo.env("PATH", &path);
        cargo
    };
    let mut check = zigbuild(&toolchain, "check");
    steps.command("types", check.args(["--workspace", "--all-targets"]))?;
    let stubs = toolchain.folder().join("stubs");
    apple_stubs::write(&stubs)?;
    toolchain.set_rustc_options(&apple_stubs::link_options(&stubs));
    let mut build = zigbuild(&toolchain, "zigbuild");
    build.args(["--package", bundle::PACKAGE, "--package", "flow_cli"]);
    steps.command("programs and plug-in, linked with stubs", &mut build)?;
    let bundled = steps.step("bundles", || {
        let bundled = bundle::bundle_built(toolchain.folder(), Some(TARGET), "release")?;
        for path in BUNDLES {
            check_symbols(&bundled.join(path))?;
        }
        check_entry_points(&bundled.join(BUNDLES[0]))?;
        Ok(bundled)
    })?;
    Ok(vec![
        "Checked for macOS: the types of all crates and their tests.".to_owned(),
        format!(
            "Linked with stubs in place of Apple's frameworks, not to be shipped: {}",
            bundled.display()
        ),
        "Not run: everything. No emulator runs programs of macOS.".to_owned(),
        "Not compiled: the Audio Unit's wrapper, which is Objective-C++ and needs Apple's headers. Flow.component has its layout \
         and its property list, and the library without the wrapper."
            .to_owned(),
    ])
}

/// The variable `PATH` with a folder in front.
fn path_with(folder: &Path) -> Result<OsString> {
    let mut path = folder.as_os_str().to_owned();
    path.push(":");
    path.push(std::env::var_os("PATH").context("there is no PATH")?);
    Ok(path)
}

/// Checks that a program lacks no function of Flow's own code: with stubs the linker takes each missing one for a function of the
/// system.
fn check_symbols(program: &Path) -> Result<()> {
    let bytes =
        std::fs::read(program).with_context(|| format!("{} cannot be read", program.display()))?;
    let file = object::File::parse(&*bytes)
        .with_context(|| format!("{} is no program of macOS", program.display()))?;
    let missing: Vec<&str> = file
        .symbols()
        .filter(ObjectSymbol::is_undefined)
        .filter_map(|symbol| symbol.name().ok())
        .filter(|name| is_own(name))
        .collect();
    ensure!(
        missing.is_empty(),
        "{} lacks functions of its own: {}",
        program.display(),
        missing.join(", ")
    );
    Ok(())
}

/// Whether a symbol of this name must be in the program itself.
fn is_own(name: &str) -> bool {
    OWN_SYMBOLS
        .iter()
        .any(|beginning| name.starts_with(beginning))
}

/// Checks that the plug-in's library exports all entry points.
fn check_entry_points(library: &Path) -> Result<()> {
    let bytes = std::fs::read(library)?;
    let file = object::File::parse(&*bytes)?;
    let exports = file.exports()?.collect::<object::read::Result<Vec<_>>>()?;
    for entry in ENTRY_POINTS {
        ensure!(
            exports
                .iter()
                .any(|export| export.name().name() == Some(entry.as_bytes())),
            "{} does not export {entry}",
            library.display()
        );
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn functions_of_rust_and_of_c_sources_are_own_and_those_of_the_system_are_not() {
        for name in ["__RNvCs_4flow", "__ZN4core9panicking", "_vorbis_info_init"] {
            assert!(is_own(name), "{name}");
        }
        for name in ["_malloc", "_objc_msgSend", "__Unwind_Resume", "_CFRelease"] {
            assert!(!is_own(name), "{name}");
        }
    }
}
