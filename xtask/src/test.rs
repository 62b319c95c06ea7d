//! Everything that CI runs, in the order of what fails fastest.

use crate::steps::Steps;
use crate::{bundle, system, workspace};
use anyhow::{Context, Result, bail, ensure};
use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};

pub(crate) fn test() -> Result<()> {
    system::ensure(&system::FOR_BUILDING)?;
    system::ensure_cargo_tool("cargo-nextest", "cargo-nextest", None)?;
    let mut steps = Steps::new();
    let done = run(&mut steps);
    steps.print_times();
    // The last lines that anyone sees are the test runner's own.
    for line in done? {
        eprintln!("{line}");
    }
    Ok(())
}

fn run(steps: &mut Steps) -> Result<Vec<String>> {
    steps.command("formatting", workspace::cargo().args(["fmt", "--all", "--check"]))?;
    steps.command("lints", workspace::cargo().args(LINTS))?;
    let clap = steps.step("bundles", bundle::release_clap)?;
    let closing_lines = steps.step("tests", || {
        let mut command = workspace::cargo();
        command.args(["nextest", "run", "--release", "--workspace"]).env(bundle::BUNDLE_VARIABLE, &clap);
        run_and_keep_summary(&mut command)
    })?;
    steps.command(
        "documentation",
        workspace::cargo().args(["doc", "--release", "--workspace", "--no-deps"]).env("RUSTDOCFLAGS", "-D warnings"),
    )?;
    steps.command("documentation's examples", workspace::cargo().args(["test", "--release", "--workspace", "--doc"]))?;
    steps.step("real-time safety", real_time_safety)?;
    Ok(closing_lines)
}

const LINTS: [&str; 7] = ["clippy", "--release", "--workspace", "--all-targets", "--", "-D", "warnings"];

/// flow_dsp's tests under RealtimeSanitizer, which ends the test in which the audio path allocates, locks or makes a
/// system call.
fn real_time_safety() -> Result<()> {
    let library = sanitizer_library()?;
    ensure!(
        library.exists(),
        "this toolchain has no RealtimeSanitizer ({} is missing): install the toolchain of rust-toolchain.toml",
        library.display()
    );
    let target_dir = workspace::target_dir()?.join("rtsan");
    crate::steps::run(
        workspace::cargo()
            .args(["nextest", "run", "--release", "-p", "flow_dsp", "--features", "rtsan", "-E", "test(rtsan)"])
            .env("RTSAN_ENABLE", "1")
            .env("RTSAN_LIB_PATH", library)
            // Another environment and another feature: it would throw away the artefacts of the other steps.
            .env("CARGO_TARGET_DIR", target_dir),
    )
}

/// Where the running toolchain keeps the sanitizer's run-time library.
fn sanitizer_library() -> Result<std::path::PathBuf> {
    let printed = |arguments: &[&str]| {
        let output = Command::new("rustc").args(arguments).output().context("rustc cannot be started")?;
        Ok::<_, anyhow::Error>(String::from_utf8_lossy(&output.stdout).trim().to_owned())
    };
    let sysroot = printed(&["--print", "sysroot"])?;
    let host = printed(&["--print", "host-tuple"])?;
    let folder = std::path::Path::new(&sysroot).join("lib/rustlib").join(host).join("lib");
    Ok(folder.join("librustc-stable_rt.rtsan.a"))
}

/// Runs nextest, passes on what it prints, and gives back its summary.
fn run_and_keep_summary(command: &mut Command) -> Result<Vec<String>> {
    let mut child = command.stderr(Stdio::piped()).spawn().context("cargo nextest cannot be started")?;
    let stderr = child.stderr.take().context("its output cannot be read")?;
    let mut summary: Vec<String> = Vec::new();
    for line in BufReader::new(stderr).lines() {
        let line = line?;
        eprintln!("{line}");
        if line.trim_start().starts_with("Summary") || !summary.is_empty() {
            summary.push(line);
        }
    }
    let status = child.wait()?;
    if !status.success() {
        bail!("cargo nextest ended with {status}");
    }
    Ok(summary)
}
