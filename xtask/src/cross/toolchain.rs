//! Cargo for another system, with the toolchain that has a standard library for it.

use crate::setup::{self, CargoTool, Package, StandardLibrary};
use crate::{command_steps, workspace};
use anyhow::{Context, Result};
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The parts of the standard library that Debian's compiler builds. Tests need the last one.
const BUILD_STD: &str = "-Zbuild-std=std,panic_unwind,test";

/// The folder of the source of Debian's standard library.
const DEBIAN_LIBRARY: &str = "/usr/lib/rustlib/src/rust/library";

/// The object files that begin and end each program for Windows, and that no crate of the standard library contains.
const START_OBJECTS: [&str; 2] = ["rsbegin", "rsend"];

/// The target folder of a system.
pub(super) fn folder(system: &str) -> Result<PathBuf> {
    Ok(workspace::target_dir()?.join("cross").join(system))
}

/// Cargo for another system.
pub(crate) struct Toolchain {
    target: &'static str,
    /// The target folder.
    folder: PathBuf,
    library: StandardLibrary,
    environment: Vec<(String, OsString)>,
}

impl Toolchain {
    /// Finds or installs the standard library for `target`, and `packages` and `tools`. Everything is built in `folder`.
    ///
    /// # Errors
    ///
    /// If something is missing and cannot be installed.
    pub(crate) fn new(
        folder: PathBuf,
        target: &'static str,
        packages: &[Package],
        tools: &[CargoTool],
    ) -> Result<Self> {
        let library = setup::ensure_standard_library(target, packages, tools)?;
        let mut toolchain = Self {
            target,
            folder,
            library,
            environment: Vec::new(),
        };
        if library == StandardLibrary::BuiltByDebian {
            toolchain.use_debian()?;
        }
        Ok(toolchain)
    }

    /// The folder of everything that is built.
    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    /// Names the program that links for the target.
    pub(crate) fn set_linker(&mut self, linker: &str) {
        self.set_option("LINKER", linker);
    }

    /// Names the program, with its options, that runs programs of the target.
    pub(crate) fn set_runner(&mut self, runner: &str) {
        self.set_option("RUNNER", runner);
    }

    /// Sets rustc's options for the target.
    pub(super) fn set_rustc_options(&mut self, options: &str) {
        self.set_option("RUSTFLAGS", options);
    }

    /// Sets one of Cargo's variables for the target.
    fn set_option(&mut self, option: &str, value: &str) {
        let target = self.target.replace('-', "_").to_uppercase();
        let variable = format!("CARGO_TARGET_{target}_{option}");
        self.environment.push((variable, value.into()));
    }

    /// Cargo's command for the target, such as `build` or `nextest run`.
    pub(crate) fn cargo(&self, command: &[&str]) -> Command {
        let cargo = match self.library {
            StandardLibrary::Installed => workspace::cargo(),
            StandardLibrary::BuiltByDebian => Command::new("/usr/bin/cargo"),
        };
        self.with_options(cargo, command)
    }

    /// The command of a program that takes cargo's commands and options, for the target.
    pub(super) fn with_options(&self, mut cargo: Command, command: &[&str]) -> Command {
        cargo.current_dir(workspace::root());
        cargo.args(command).args(["--target", self.target]);
        cargo.arg("--target-dir").arg(&self.folder);
        if self.library == StandardLibrary::BuiltByDebian {
            cargo.arg(BUILD_STD);
        }
        cargo.envs(self.environment.iter().cloned());
        // It leads to the libraries of the toolchain that runs this program.
        cargo.env_remove("LD_LIBRARY_PATH");
        cargo
    }

    /// Sets the variables by which Cargo and its subcommands find Debian's compiler.
    fn use_debian(&mut self) -> Result<()> {
        let mut path = OsString::from("/usr/bin:");
        path.push(std::env::var_os("PATH").unwrap_or_default());
        for (variable, value) in [
            ("PATH", path),
            ("CARGO", "/usr/bin/cargo".into()),
            ("RUSTC", "/usr/bin/rustc".into()),
            ("RUSTDOC", "/usr/bin/rustdoc".into()),
            // The option that builds the standard library is not stable.
            ("RUSTC_BOOTSTRAP", "1".into()),
        ] {
            self.environment.push((variable.to_owned(), value));
        }
        if self.target.ends_with("windows-gnu") {
            let sysroot = self.sysroot_with_start_objects()?;
            self.set_rustc_options(&format!("--sysroot {}", sysroot.display()));
        }
        Ok(())
    }

    /// Makes a copy of Debian's sysroot by links, with the objects that begin and end each program for Windows.
    fn sysroot_with_start_objects(&self) -> Result<PathBuf> {
        let sysroot = self.folder.join("sysroot");
        let libraries = sysroot.join("lib/rustlib");
        let objects = libraries.join(self.target).join("lib");
        std::fs::create_dir_all(&objects)
            .with_context(|| format!("{} cannot be created", objects.display()))?;
        let host = workspace::rustc_print("host-tuple")?;
        for name in ["src", &host] {
            let link = libraries.join(name);
            if !link.exists() {
                std::os::unix::fs::symlink(Path::new("/usr/lib/rustlib").join(name), &link)
                    .with_context(|| format!("{} cannot be created", link.display()))?;
            }
        }
        for name in START_OBJECTS {
            let mut compile = Command::new("/usr/bin/rustc");
            compile
                .args(["--target", self.target])
                .args(["--crate-type=lib", "--emit=obj", "-O"])
                .arg(format!("{DEBIAN_LIBRARY}/rtstartup/{name}.rs"))
                .arg("-o")
                .arg(objects.join(format!("{name}.o")))
                .env("RUSTC_BOOTSTRAP", "1")
                .env_remove("LD_LIBRARY_PATH");
            command_steps::run(&mut compile)?;
        }
        Ok(sysroot)
    }
}
