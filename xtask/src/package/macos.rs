//! The package for macOS, made on a Mac: an archive of the bundles. packaging/macos has the script that signs it.

use super::notices;
use super::output::{PROFILE, build_folder, folder};
use super::stage::{Contents, stage};
use crate::command_steps::{self, Steps};
use crate::{bundle, setup, workspace};
use anyhow::{Context, Result, ensure};
use std::env::consts::ARCH;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Builds the package for this Mac's processor and returns its path.
///
/// # Errors
///
/// If this is no Mac, if a test is asked for, or if the build fails.
pub(super) fn package(steps: &mut Steps, is_tested: bool) -> Result<Vec<PathBuf>> {
    ensure!(
        cfg!(target_os = "macos"),
        "`package macos` needs a Mac: Apple's frameworks are linked"
    );
    ensure!(
        !is_tested,
        "`package macos --test` is not supported: the package has no installer; leave out `--test`"
    );
    setup::ensure(&setup::FOR_BUILDING, &[])?;
    let build = build_folder("macos")?;
    let mut cargo = workspace::cargo();
    cargo
        .args(["build", "--profile", PROFILE, "--target-dir"])
        .arg(&build)
        .args(["--package", bundle::PACKAGE, "--package", "flow_cli"])
        // The Audio Unit.
        .args(["--features", &format!("{}/auv2", bundle::PACKAGE)]);
    steps.command("build", &mut cargo)?;
    let stage = steps.step("files", || files(&build))?;
    let archive = steps.step("archive", || archive(&stage, &folder()?))?;
    Ok(vec![archive])
}

/// Collects the files of the package.
fn files(build: &Path) -> Result<PathBuf> {
    let bundled = bundle::bundle_built(build, None, PROFILE)?;
    stage(
        build,
        &Contents {
            system: &format!("macos-{ARCH}"),
            bundled: &bundled,
            standalone: "Flow.app",
            clap: &bundled.join("Flow.clap"),
            notices: &notices::notices(&format!("{ARCH}-apple-darwin"))?,
            others: &[
                bundled.join("Flow.component"),
                workspace::root().join("packaging/macos/README.txt"),
            ],
        },
    )
}

/// The archive of the files. It keeps the permission to run programs, which an artifact of CI loses for single files.
fn archive(stage: &Path, folder: &Path) -> Result<PathBuf> {
    let name = stage.file_name().context("the folder has a name")?;
    let path = folder.join(format!("{}.tar.gz", name.to_string_lossy()));
    let mut tar = Command::new("tar");
    // Otherwise the Mac's tar adds a file with Finder's attributes for each file.
    tar.env("COPYFILE_DISABLE", "1")
        .args(["-c", "-z", "-f"])
        .arg(&path)
        .arg("-C")
        .arg(stage.parent().unwrap_or(stage))
        .arg(name);
    command_steps::run(&mut tar)?;
    Ok(path)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;
    use std::os::unix::fs::PermissionsExt;

    /// A folder with a package in which no file may be run.
    fn unpacked(folder: &Path) -> PathBuf {
        let package = folder.join("flow-1.2.3-macos-aarch64");
        for name in ["Flow.app", "Flow.clap", "Flow.vst3", "Flow.component"] {
            write(&package.join(name).join("Contents/MacOS/Flow"), name);
        }
        write(&package.join("command-line/flow"), "flow");
        package
    }

    fn write(path: &Path, text: &str) {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
        fs::set_permissions(path, fs::Permissions::from_mode(0o644)).unwrap();
    }

    fn is_executable(path: &Path) -> bool {
        fs::metadata(path).unwrap().permissions().mode() & 0o111 == 0o111
    }

    #[test]
    fn package_for_macos_is_refused_on_other_systems() {
        if cfg!(target_os = "macos") {
            return;
        }
        let error = package(&mut Steps::new(), false).unwrap_err().to_string();
        assert!(error.contains("needs a Mac"), "{error}");
        assert_eq!(error.lines().count(), 1);
    }

    #[test]
    fn archive_keeps_permission_to_run_programs() {
        let folder = tempfile::tempdir().unwrap();
        let package = unpacked(folder.path());
        let program = package.join("command-line/flow");
        fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
        let archive = archive(&package, folder.path()).unwrap();
        fs::remove_dir_all(&package).unwrap();
        let mut tar = Command::new("tar");
        tar.arg("-xf").arg(archive).arg("-C").arg(folder.path());
        command_steps::run(&mut tar).unwrap();
        assert!(is_executable(&program));
        assert!(!is_executable(
            &package.join("Flow.clap/Contents/MacOS/Flow")
        ));
    }

    #[test]
    fn signing_makes_programs_executable_and_the_archive_after_the_tickets() {
        let folder = tempfile::tempdir().unwrap();
        let package = unpacked(folder.path());
        // Apple's programs, each of which writes its arguments down.
        let log = folder.path().join("log");
        for name in ["codesign", "ditto", "xcrun"] {
            let path = folder.path().join("programs").join(name);
            let text = format!("#!/bin/sh\necho {name} \"$@\" >>'{}'\n", log.display());
            write(&path, &text);
            fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
        }
        let mut programs = folder.path().join("programs").into_os_string();
        programs.push(":");
        programs.push(std::env::var_os("PATH").unwrap());
        let script = workspace::root().join("packaging/macos/sign-and-notarize.sh");
        let mut sign = Command::new("sh");
        sign.arg(script).arg(&package).args(["someone", "profile"]);
        command_steps::run(sign.env("PATH", programs)).unwrap();
        for name in ["Flow.app", "Flow.clap", "Flow.vst3", "Flow.component"] {
            assert!(
                is_executable(&package.join(name).join("Contents/MacOS/Flow")),
                "{name}"
            );
        }
        assert!(is_executable(&package.join("command-line/flow")));
        let log = fs::read_to_string(log).unwrap();
        assert_eq!(log.matches("stapler staple").count(), 4, "{log}");
        let expected = format!("ditto -c -k --keepParent {0} {0}.zip", package.display());
        assert_eq!(log.lines().last(), Some(expected.as_str()));
    }
}
