//! Tests under the compiler's sanitizers.

use super::nextest;
use crate::{command_steps, workspace};
use anyhow::{Context, Result, ensure};
use std::path::{Path, PathBuf};
use std::process::Command;

/// The audio thread's tests with RealtimeSanitizer around each process call: no allocation, lock, wait or system call.
pub(crate) fn real_time_safety(clap: &Path) -> Result<()> {
    let library = sanitizer_library()?;
    ensure!(
        library.exists(),
        "this toolchain comes without RealtimeSanitizer: {} is missing",
        library.display()
    );
    let mut command = nextest::command(
        &[
            "-p",
            "flow_testkit",
            "--features",
            "rtsan",
            "-E",
            nextest::REAL_TIME_TESTS,
        ],
        clap.as_os_str(),
    );
    command_steps::run(
        command
            .env("RTSAN_ENABLE", "1")
            .env("RTSAN_LIB_PATH", library),
    )
}

/// Where the toolchain in use keeps the sanitizer's run-time library.
fn sanitizer_library() -> Result<PathBuf> {
    let libraries = Path::new(&printed("sysroot")?)
        .join("lib/rustlib")
        .join(printed("host-tuple")?)
        .join("lib");
    // Its name has the toolchain's channel in it.
    let file = std::fs::read_dir(&libraries)
        .with_context(|| format!("{} cannot be read", libraries.display()))?
        .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
        .find(|name| name.ends_with("_rt.rtsan.a"));
    Ok(libraries.join(file.unwrap_or_else(|| "librustc-stable_rt.rtsan.a".to_owned())))
}

/// What threads share without a lock, under ThreadSanitizer. On Linux only, where the toolchain brings it.
pub(crate) fn thread_safety() -> Result<()> {
    if !cfg!(target_os = "linux") {
        return Ok(());
    }
    let suppressions = workspace::root().join("service/tests/tsan.supp");
    let mut command = workspace::cargo();
    command
        .args(["test", "-p", "flow_service", "--test", "lock_free"])
        // With a target, build scripts and macros stay as they are.
        .args(["--target", &printed("host-tuple")?])
        .arg("--target-dir")
        .arg(workspace::target_dir()?.join("tsan"))
        // The sanitizer comes with stable Rust; only its switch is unstable. The standard library is without it.
        .env("RUSTC_BOOTSTRAP", "1")
        .env(
            "RUSTFLAGS",
            "-Zsanitizer=thread -Cunsafe-allow-abi-mismatch=sanitizer",
        )
        .env(
            "TSAN_OPTIONS",
            format!("suppressions={}", suppressions.display()),
        );
    command_steps::run(&mut command)
}

/// What rustc says of itself.
fn printed(what: &str) -> Result<String> {
    let output = Command::new("rustc")
        .current_dir(workspace::root())
        .args(["--print", what])
        .output()
        .context("rustc cannot be started")?;
    Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
}
