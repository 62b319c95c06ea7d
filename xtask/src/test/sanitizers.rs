//! Tests under the compiler's sanitizers.

use super::nextest;
use crate::{command_steps, workspace};
use anyhow::{Context, Result, ensure};
use std::path::{Path, PathBuf};

/// Runs the audio thread's tests with RealtimeSanitizer around each process call: no allocation, lock, wait or system call.
pub(crate) fn real_time_safety(clap: &Path) -> Result<()> {
    let library = sanitizer_library()?;
    ensure!(
        library.exists(),
        "{}: the toolchain has no RealtimeSanitizer",
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

/// The path of the sanitizer's run-time library in the toolchain.
fn sanitizer_library() -> Result<PathBuf> {
    let libraries = Path::new(&workspace::rustc_print("sysroot")?)
        .join("lib/rustlib")
        .join(workspace::rustc_print("host-tuple")?)
        .join("lib");
    // The file's name contains the toolchain's channel.
    let file = std::fs::read_dir(&libraries)
        .with_context(|| format!("{} cannot be read", libraries.display()))?
        .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
        .find(|name| name.ends_with("_rt.rtsan.a"));
    Ok(libraries.join(file.unwrap_or_else(|| "librustc-stable_rt.rtsan.a".to_owned())))
}

/// Runs the tests of lock-free data under ThreadSanitizer, on Linux only, where the toolchain has it.
pub(crate) fn thread_safety() -> Result<()> {
    if !cfg!(target_os = "linux") {
        return Ok(());
    }
    let suppressions = workspace::root().join("service/tests/tsan.supp");
    let mut command = workspace::cargo();
    command
        .args(["test", "-p", "flow_service", "--test", "lock_free"])
        // An explicit target keeps the flags away from build scripts and macros.
        .args(["--target", &workspace::rustc_print("host-tuple")?])
        .arg("--target-dir")
        .arg(workspace::target_dir()?.join("tsan"))
        // Stable Rust includes the sanitizer; only its flag is unstable. The standard library isn't instrumented.
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
