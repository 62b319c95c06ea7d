//! Packages for Linux: an archive with an install script, and a Debian package.

use super::c_library;
use super::install_scripts;
use super::notices;
use super::output::{
    DEBIAN_NAME, PROFILE, build_folder, folder, last_commit_seconds, reproducible,
};
use super::stage::{Contents, files_in, stage};
use crate::command_steps::{self, Steps};
use crate::version::VERSION;
use crate::{bundle, setup, workspace};
use anyhow::{Context, Result, bail, ensure};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Libraries that are loaded when a window opens, if they are there.
const RECOMMENDED: &str =
    "libegl1, libgl1, libvulkan1, libx11-6, libx11-xcb1, libxcb1, libxcursor1";

/// The names of this system's processor.
struct Processor {
    /// In the archive's name.
    archive: &'static str,
    /// Debian's.
    debian: &'static str,
    /// The target of Rust.
    target: &'static str,
}

/// The names of a processor that Rust calls `name`.
fn processor(name: &str) -> Result<Processor> {
    let (archive, debian, target) = match name {
        "x86_64" => ("linux-x86_64", "amd64", "x86_64-unknown-linux-gnu"),
        "aarch64" => ("linux-aarch64", "arm64", "aarch64-unknown-linux-gnu"),
        _ => bail!(
            "packages for Linux are made on x86-64 and 64-bit Arm, and this processor is {name}"
        ),
    };
    Ok(Processor {
        archive,
        debian,
        target,
    })
}

/// Builds both packages and returns their paths.
///
/// # Errors
///
/// If a build or a check fails.
pub(super) fn package(steps: &mut Steps, is_tested: bool) -> Result<Vec<PathBuf>> {
    let processor = processor(std::env::consts::ARCH)?;
    let mut packages = [&setup::FOR_BUILDING[..], &setup::FOR_DEBIAN_PACKAGES].concat();
    if is_tested && setup::consent::is_root() {
        packages.extend(setup::FOR_NEW_SYSTEMS);
    }
    setup::ensure(&packages, &[])?;
    let build = build_folder("linux")?;
    let mut cargo = workspace::cargo();
    cargo
        .args(["build", "--profile", PROFILE, "--target-dir"])
        .arg(&build)
        .args(["--package", bundle::PACKAGE, "--package", "flow_cli"]);
    steps.command("build", &mut cargo)?;
    let stage = steps.step("files", || files(&build, &processor))?;
    let archive = steps.step("archive", || archive(&stage, &folder()?))?;
    let debian = steps.step("Debian package", || {
        debian_package(&stage, &build, processor.debian)
    })?;
    if is_tested {
        steps.step("install and uninstall", || {
            install_scripts::try_with(&stage, &build)
        })?;
        steps.step("Debian package in a new system", || {
            try_in_chroot(&debian, &stage, &build)
        })?;
    }
    Ok(vec![archive, debian])
}

/// Collects the files of both packages.
fn files(build: &Path, processor: &Processor) -> Result<PathBuf> {
    let bundled = bundle::bundle_built(build, None, PROFILE)?;
    for program in ["Flow.clap", "Flow", "command-line/flow"] {
        c_library::check(&bundled.join(program))?;
    }
    let scripts = [
        "install.sh",
        "uninstall.sh",
        "flow-audio.desktop",
        "README.txt",
    ];
    let others = scripts.map(|name| workspace::root().join("packaging/linux").join(name));
    stage(
        build,
        &Contents {
            system: processor.archive,
            bundled: &bundled,
            standalone: "Flow",
            clap: &bundled.join("Flow.clap"),
            notices: &notices::notices(processor.target)?,
            others: &others,
        },
    )
}

/// The option of tar by which all users may read the files, whatever mask the folder was made with.
const MODES: &str = "--mode=u+rwX,go=rX";

/// The archive of the files, with names of no user and times of the last commit.
fn archive(stage: &Path, folder: &Path) -> Result<PathBuf> {
    let name = stage.file_name().context("the folder has a name")?;
    let path = folder.join(format!("{}.tar.gz", name.to_string_lossy()));
    let mut tar = Command::new("tar");
    tar.args(["--sort=name", "--owner=0", "--group=0", "--numeric-owner"])
        .arg(MODES)
        .arg(format!("--mtime=@{}", last_commit_seconds()))
        .args(["--use-compress-program", "gzip -9n", "--create", "--file"])
        .arg(&path)
        .arg("--directory")
        .arg(stage.parent().unwrap_or(stage))
        .arg(name);
    command_steps::run(&mut tar)?;
    Ok(path)
}

/// The Debian package: the files where install.sh puts them for all users, below /usr.
fn debian_package(stage: &Path, build: &Path, architecture: &str) -> Result<PathBuf> {
    let root = build.join("debian");
    if root.exists() {
        fs::remove_dir_all(&root)?;
    }
    fs::create_dir_all(root.join("DEBIAN"))?;
    command_steps::run(
        Command::new(stage.join("install.sh"))
            .arg("--system")
            .env("DESTDIR", &root)
            .env("PREFIX", "/usr"),
    )?;
    let documents = root.join("usr/share/doc").join(DEBIAN_NAME);
    let copyright = format!(
        "Flow is under the MIT license:\n\n{}\n\nTHIRD-PARTY.txt has the licenses of the crates and the font in it.\n",
        fs::read_to_string(documents.join("LICENSE"))?.trim()
    );
    fs::write(documents.join("copyright"), copyright)?;
    for page in files_in(&root.join("usr/share/man"))? {
        command_steps::run(
            Command::new("gzip")
                .arg("-9n")
                .arg(root.join("usr/share/man").join(page)),
        )?;
    }
    let installed = files_in(&root)?;
    let sums = command_steps::output(Command::new("md5sum").args(&installed).current_dir(&root))?;
    fs::write(root.join("DEBIAN/md5sums"), sums)?;
    let bytes = installed.iter().map(|file| fs::metadata(root.join(file)));
    let bytes: u64 = bytes.map(|data| data.map_or(0, |data| data.len())).sum();
    fs::write(
        root.join("DEBIAN/control"),
        control(
            &debian_version(VERSION),
            architecture,
            bytes.div_ceil(1024),
            &dependencies(&root, build, architecture)?,
        ),
    )?;
    // dpkg-deb keeps the modes, and refuses a folder DEBIAN that others may not read.
    command_steps::run(Command::new("chmod").args(["-R", "u+rwX,go=rX"]).arg(&root))?;
    let path = folder()?.join(format!("{DEBIAN_NAME}_{VERSION}_{architecture}.deb"));
    command_steps::run(
        reproducible("dpkg-deb")
            .args(["--root-owner-group", "--build"])
            .arg(&root)
            .arg(&path),
    )?;
    Ok(path)
}

/// A version in Debian's order, in which the pre-release 1.2.3~rc.1 comes before 1.2.3.
fn debian_version(version: &str) -> String {
    version.replace('-', "~")
}

/// The package's description for dpkg.
fn control(version: &str, architecture: &str, kilobytes: u64, dependencies: &str) -> String {
    format!(
        "Package: {DEBIAN_NAME}\n\
         Version: {version}\n\
         Section: sound\n\
         Priority: optional\n\
         Architecture: {architecture}\n\
         Maintainer: The Flow authors <hello@flow-audio.org>\n\
         Installed-Size: {kilobytes}\n\
         Depends: {dependencies}\n\
         Recommends: {RECOMMENDED}\n\
         Homepage: https://flow-audio.org\n\
         Description: mastering plug-in with a true-peak limiter\n \
         Flow is a mastering chain for the master bus as CLAP, VST3 and standalone app,\n \
         with a command line for the same chain. An assistant proposes settings with\n \
         reasons. Nothing leaves the computer.\n"
    )
}

/// The packages with the libraries that the programs link, in the versions that they need.
fn dependencies(root: &Path, build: &Path, architecture: &str) -> Result<String> {
    // The tool reads the name of the package from a source package.
    let source = build.join("debian-source");
    fs::create_dir_all(source.join("debian"))?;
    fs::write(
        source.join("debian/control"),
        format!("Source: {DEBIAN_NAME}\n\nPackage: {DEBIAN_NAME}\nArchitecture: {architecture}\n"),
    )?;
    let programs = [
        "usr/lib/clap/Flow.clap",
        "usr/bin/flow",
        "usr/bin/flow-standalone",
    ];
    let mut tool = Command::new("dpkg-shlibdeps");
    tool.arg("-O").current_dir(&source);
    for program in programs {
        tool.arg(format!("-e{}", root.join(program).display()));
    }
    let output = tool.output().context("dpkg-shlibdeps cannot be started")?;
    let text = String::from_utf8_lossy(&output.stdout);
    let list = text.trim().strip_prefix("shlibs:Depends=");
    ensure!(
        output.status.success(),
        "dpkg-shlibdeps: {}",
        String::from_utf8_lossy(&output.stderr).trim()
    );
    Ok(list.context("dpkg-shlibdeps names no packages")?.to_owned())
}

/// Installs the package in a new system of this one's release, masters the demo song there, and removes it. The archive's scripts
/// leave its files alone.
fn try_in_chroot(debian: &Path, stage: &Path, build: &Path) -> Result<()> {
    if !setup::consent::is_root() {
        eprintln!("skipped: only the superuser can make a new system");
        return Ok(());
    }
    let root = build.join("chroot");
    if !root.join("usr/bin/apt-get").exists() {
        let release = fs::read_to_string("/etc/os-release")?;
        let name = release
            .lines()
            .find_map(|line| line.strip_prefix("VERSION_CODENAME="))
            .context("/etc/os-release names no release")?;
        let mut debootstrap = Command::new("debootstrap");
        debootstrap.args(["--variant=minbase", name]).arg(&root);
        command_steps::run(&mut debootstrap)?;
    }
    let name = debian.file_name().context("a package has a name")?;
    fs::copy(debian, root.join("tmp").join(name))?;
    let archive = root.join("tmp/archive");
    command_steps::run(Command::new("rm").arg("-rf").arg(&archive))?;
    command_steps::run(Command::new("cp").arg("-R").arg(stage).arg(&archive))?;
    let command = |arguments: &[&str]| {
        let mut chroot = Command::new("chroot");
        chroot
            .arg(&root)
            .args(arguments)
            .env_clear()
            .env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin")
            .env("HOME", "/root")
            .env("DEBIAN_FRONTEND", "noninteractive");
        chroot
    };
    let run = |arguments: &[&str]| command_steps::run(&mut command(arguments));
    let package = format!("/tmp/{}", name.to_string_lossy());
    // A test that failed may have left the package of an earlier run.
    run(&["dpkg", "--purge", DEBIAN_NAME])?;
    run(&["apt-get", "autoremove", "-y"])?;
    let before = files_outside_of_var(&root)?;
    run(&[
        "apt-get",
        "install",
        "-y",
        "--no-install-recommends",
        &package,
    ])?;
    run(&["flow", "master", "--no-assist", "--out", "/tmp/masters"])?;
    run(&["flow-standalone", "--help"])?;
    let scripts = ["/tmp/archive/install.sh", "--system"];
    ensure!(
        !command(&scripts).status()?.success(),
        "install.sh replaces files of the Debian package"
    );
    // The package replaces files of the script, which its uninstaller then leaves alone.
    run(&["dpkg", "--remove", DEBIAN_NAME])?;
    run(&scripts)?;
    run(&["dpkg", "--install", &package])?;
    run(&["/usr/local/share/flow-audio/uninstall.sh"])?;
    ensure!(
        root.join("usr/lib/clap/Flow.clap").exists(),
        "uninstall.sh removes files of the Debian package"
    );
    run(&["apt-get", "remove", "-y", DEBIAN_NAME])?;
    run(&["apt-get", "autoremove", "-y"])?;
    let after = files_outside_of_var(&root)?;
    let left: Vec<_> = after.iter().filter(|file| !before.contains(file)).collect();
    ensure!(left.is_empty(), "the package leaves these files: {left:?}");
    Ok(())
}

/// The files of a system, without those that apt and programs keep for themselves.
fn files_outside_of_var(root: &Path) -> Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for folder in ["usr", "etc", "opt"] {
        files.extend(files_in(&root.join(folder))?);
    }
    let is_cache = |path: &PathBuf| path.ends_with("ld.so.cache");
    files.retain(|path| !is_cache(path));
    Ok(files)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debian_version_of_pre_release_has_a_tilde() {
        assert_eq!(debian_version("1.2.3-rc.1"), "1.2.3~rc.1");
        assert_eq!(debian_version("1.2.3"), "1.2.3");
    }

    #[test]
    fn processor_names_its_packages_or_is_refused() {
        let x86 = processor("x86_64").unwrap();
        assert_eq!((x86.archive, x86.debian), ("linux-x86_64", "amd64"));
        let arm = processor("aarch64").unwrap();
        assert_eq!((arm.archive, arm.debian), ("linux-aarch64", "arm64"));
        assert!(arm.target.starts_with("aarch64"));
        let error = processor("riscv64").err().unwrap().to_string();
        assert!(error.contains("riscv64"), "{error}");
    }

    #[test]
    fn archive_is_readable_for_all_with_any_mask() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let stage = folder.path().join("flow-1.2.3");
        fs::create_dir(&stage).unwrap();
        for (name, mode) in [("program", 0o700), ("text", 0o600), ("other", 0o666)] {
            let path = stage.join(name);
            fs::write(&path, name).unwrap();
            fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
        }
        fs::set_permissions(&stage, fs::Permissions::from_mode(0o700)).unwrap();
        let archive = archive(&stage, folder.path()).unwrap();
        let list = command_steps::output(Command::new("tar").arg("-tvf").arg(archive)).unwrap();
        let modes: Vec<&str> = list
            .lines()
            .filter_map(|line| line.split(' ').next())
            .collect();
        assert_eq!(
            modes,
            ["drwxr-xr-x", "-rw-r--r--", "-rwxr-xr-x", "-rw-r--r--"]
        );
    }

    #[test]
    fn control_has_one_field_a_line_and_an_indented_description() {
        let control = control("1.2.3", "arm64", 42, "libc6 (>= 2.34)");
        assert!(control.contains("\nVersion: 1.2.3\n"));
        assert!(control.contains("\nArchitecture: arm64\n"));
        assert!(control.contains("\nInstalled-Size: 42\nDepends: libc6 (>= 2.34)\n"));
        let is_line = |line: &str| line.starts_with(' ') || line.contains(": ");
        assert!(control.lines().all(is_line), "{control}");
        assert!(control.ends_with('\n'));
    }
}
